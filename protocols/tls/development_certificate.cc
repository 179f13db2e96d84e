// See development_certificate.h. Who finds nothing fit takes a lock, looks again, and only then
// makes one: of several processes the first, whose files the others take. Files appear whole, by
// rename.

#include "protocols/tls/development_certificate.h"

#include "protocols/tls/certificates/home.h"
#include "protocols/tls/certificates/read_file.h"
#include "protocols/tls/loaded_certificate.h"

#include <fcntl.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

namespace saker::tls {
namespace {

using namespace std::chrono_literals;

// Browsers take no certificate of more than 398 days.
constexpr std::chrono::seconds lifetime = 24h * 365, least_left = 24h * 30;
constexpr const char* names =
    "DNS:localhost,DNS:*.localhost,DNS:*.dev.localhost,DNS:host.docker.internal,"
    "IP:127.0.0.1,IP:::1";

constexpr std::string_view remedy =
    " Or give a certificate of your own: server_options::default_certificate, "
    "Kestrel:Certificates:Default in the configuration.";

error failed(const std::string& what, const std::string& path, int number = errno) {
    return error("The development certificate cannot be kept: " + what + ' ' + in_quotes(path) +
                 ": " + std::generic_category().message(number) + '.' + std::string(remedy));
}

// ---- the certificate ----

bool extend(X509* one, int kind, const char* value) {
    X509V3_CTX about{};
    X509V3_set_ctx(&about, one, one, nullptr, nullptr, 0);
    const owned<X509_EXTENSION, X509_EXTENSION_free> made(
        X509V3_EXT_conf_nid(nullptr, &about, kind, value));
    return made && X509_add_ext(one, made.get(), -1) == 1;
}

bool name_itself(X509* one) {
    const owned<BIGNUM, BN_free> serial(BN_new());
    X509_NAME* const subject = X509_get_subject_name(one);
    const auto* const common_name = reinterpret_cast<const unsigned char*>("localhost");
    // 20 octets at most (RFC 5280, 4.1.2.2), and none that is zero.
    return serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(one)) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
           X509_set_issuer_name(one, subject) == 1;
}

x509_ptr signed_by_itself(EVP_PKEY* key, std::chrono::sys_seconds now) {
    x509_ptr made(X509_new());
    const auto begin = static_cast<time_t>(now.time_since_epoch().count());
    if (made && X509_set_version(made.get(), X509_VERSION_3) == 1 && name_itself(made.get()) &&
        ASN1_TIME_set(X509_getm_notBefore(made.get()), begin) != nullptr &&
        ASN1_TIME_adj(X509_getm_notAfter(made.get()), begin, 0, lifetime.count()) != nullptr &&
        X509_set_pubkey(made.get(), key) == 1 &&
        extend(made.get(), NID_basic_constraints, "critical,CA:FALSE") &&
        extend(made.get(), NID_key_usage, "critical,digitalSignature") &&
        extend(made.get(), NID_ext_key_usage, "serverAuth") &&
        extend(made.get(), NID_subject_alt_name, names) &&
        extend(made.get(), NID_subject_key_identifier, "hash") &&
        X509_sign(made.get(), key, EVP_sha256()) > 0)
        return made;
    return {};
}

// Certificate and key, PEM.
result<secret> made_anew(std::chrono::sys_seconds now) {
    ERR_clear_error();
    const key_ptr key(EVP_EC_gen("P-256"));
    const x509_ptr certificate = key ? signed_by_itself(key.get(), now) : nullptr;
    const bio_ptr text(BIO_new(BIO_s_secmem()));
    if (certificate && text && PEM_write_bio_X509(text.get(), certificate.get()) == 1 &&
        PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1)
        return secret(written(text));
    return error("The development certificate cannot be made: " + openssl_errors() + '.');
}

// ---- the files ----

class descriptor {
public:
    explicit descriptor(int number) noexcept : number_(number) {}
    ~descriptor() {
        if (number_ >= 0) close(number_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    explicit operator bool() const noexcept { return number_ >= 0; }
    [[nodiscard]] int number() const noexcept { return number_; }

private:
    int number_;
};

bool write_all(int to, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t size = write(to, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return false;
        bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
}

// Under the lock: the name of what is not whole yet is nobody else's.
bool replace(const std::string& path, std::string_view content, mode_t mode) {
    const std::string unfinished = path + ".new";
    const descriptor to(
        open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    return to && fchmod(to.number(), mode) == 0 && write_all(to.number(), content) &&
           fsync(to.number()) == 0 && rename(unfinished.c_str(), path.c_str()) == 0;
}

// With the folders above, for the user alone.
bool make_folder(const std::string& path) {
    for (size_t end = 1; end != std::string::npos;) {
        end = path.find('/', end + 1);
        const std::string part = path.substr(0, end);
        if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
            // What is there already may not be ours to make.
            const int number = errno;
            if (access(part.c_str(), F_OK) == 0) continue;
            errno = number;
            return false;
        }
    }
    return true;
}

result<std::string> usual_folder() {
    // One that is not absolute is to be ignored, says its specification.
    if (const std::string data = data_folder(); data.starts_with('/')) return data + "/saker/https";
    if (const std::string home = home_folder(); !home.empty())
        return home + "/.local/share/saker/https";
    return error(
        "There is no folder for the development certificate: neither XDG_DATA_HOME nor HOME is "
        "set. Set one of them." +
        std::string(remedy));
}

struct places {
    std::string folder;
    std::string kept = folder + "/localhost.pem";
    std::string trusted = folder + "/localhost.crt";
    std::string lock = folder + "/lock";
};

// Null: there is none, or it is damaged, or has too little time left.
server_certificate kept_one(const places& in, std::chrono::sys_seconds now) {
    auto found = server_certificate::load({.path = in.kept});
    if (!found) return {};
    const certificate_facts& facts = found->facts();
    return facts.not_before <= now && facts.not_after - now >= least_left ? *found
                                                                          : server_certificate();
}

bool copy_is_there(const places& in, const server_certificate& of) {
    const auto found = read_file(in.trusted);
    return found && found->bytes() == pem_of(of.loaded()->leaf.get());
}

// Where there is still nothing fit. Under the lock.
result<development_certificate> found_or_made(const places& in, std::chrono::sys_seconds now) {
    development_certificate found{
        .certificate = kept_one(in, now), .trusted_path = in.trusted, .made_now = false};
    if (!found.certificate) {
        const auto text = made_anew(now);
        if (!text) return text.error();
        auto loaded = server_certificate::from_pem(text->bytes());
        if (!loaded) return loaded.error();
        if (!replace(in.kept, text->bytes(), 0600)) return failed("writing", in.kept);
        found.certificate = std::move(*loaded);
        found.made_now = true;
    }
    // Older certificates of the same file may lie there, or none.
    if (!copy_is_there(in, found.certificate) &&
        !replace(in.trusted, pem_of(found.certificate.loaded()->leaf.get()), 0644))
        return failed("writing", in.trusted);
    return found;
}

}  // namespace

result<development_certificate> load_development_certificate(std::string folder,
                                                             std::chrono::sys_seconds now) {
    if (folder.empty()) {
        auto usual = usual_folder();
        if (!usual) return usual.error();
        folder = std::move(*usual);
    }
    const places in{.folder = std::move(folder)};
    server_certificate kept = kept_one(in, now);
    if (kept && copy_is_there(in, kept))
        return development_certificate{
            .certificate = std::move(kept), .trusted_path = in.trusted, .made_now = false};
    if (!make_folder(in.folder)) return failed("making the folder", in.folder);
    const descriptor lock(open(in.lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return failed("opening", in.lock);
    while (flock(lock.number(), LOCK_EX) != 0)
        if (errno != EINTR) return failed("locking", in.lock);
    return found_or_made(in, now);
}

}  // namespace saker::tls
