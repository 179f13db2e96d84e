// See pfx.h. Windows, OpenSSL 1 and .NET before 10 encrypt certificates with RC2, which OpenSSL 3
// only has in a provider of its own. That one is loaded into a context apart, and what was read is
// taken over into the common one by its bytes, so that nothing else ever sees those algorithms.

#include "protocols/tls/certificates/pfx.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <utility>

namespace saker::tls {
namespace {

using pfx_ptr = owned<PKCS12, PKCS12_free>;

void free_all(STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }

// Null: OpenSSL's common one.
pfx_ptr parse(std::string_view bytes, OSSL_LIB_CTX* in) {
    PKCS12* made = PKCS12_init_ex(NID_pkcs7_data, in, nullptr);
    const bio_ptr from = reading(bytes);
    const bool good = d2i_PKCS12_bio(from.get(), &made) != nullptr;
    // What fails early leaves it as it was, what fails later frees it.
    pfx_ptr owner(made);
    return good ? std::move(owner) : nullptr;
}

x509_ptr taken_over(const X509* one) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(one, &bytes);
    if (size <= 0) return {};
    const unsigned char* at = bytes;
    x509_ptr made(d2i_X509(nullptr, &at, size));
    OPENSSL_free(bytes);
    return made;
}

key_ptr taken_over(const EVP_PKEY* key) {
    const owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> plain(EVP_PKEY2PKCS8(key));
    return key_ptr(plain ? EVP_PKCS82PKEY(plain.get()) : nullptr);
}

bool unpack(PKCS12* from, const char* password, pfx_content& into) {
    EVP_PKEY* key = nullptr;
    X509* leaf = nullptr;
    STACK_OF(X509)* above = nullptr;
    const bool good = PKCS12_parse(from, password, &key, &leaf, &above) == 1;
    const key_ptr owned_key(key);
    const x509_ptr owned_leaf(leaf);
    const owned<STACK_OF(X509), free_all> owned_above(above);
    if (!good) return false;
    if (key != nullptr) into.key = taken_over(key);
    if (leaf != nullptr) into.leaf = taken_over(leaf);
    for (int i = 0; i < sk_X509_num(above); ++i)
        if (x509_ptr one = taken_over(sk_X509_value(above, i)))
            into.others.push_back(std::move(one));
    return (key == nullptr || into.key) && (leaf == nullptr || into.leaf);
}

// The providers of a context of its own, for as long as this lives.
class old_algorithms {
public:
    explicit old_algorithms(const char* name)
        : context_(OSSL_LIB_CTX_new()), old_(load(name)), usual_(load("default")) {}
    [[nodiscard]] OSSL_LIB_CTX* context() const noexcept {
        return old_ && usual_ ? context_.get() : nullptr;
    }

private:
    // A null context would be the common one.
    OSSL_PROVIDER* load(const char* name) noexcept {
        return context_ ? OSSL_PROVIDER_load(context_.get(), name) : nullptr;
    }
    using provider_ptr = owned<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
    owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free> context_;
    provider_ptr old_, usual_;
};

// Where the seal is not broken by the password: why.
std::string seal_mistake(PKCS12* file, const std::string& password, const std::string& where) {
    if (PKCS12_mac_present(file) != 1) return {};
    const int size = static_cast<int>(password.size());
    if (PKCS12_verify_mac(file, password.c_str(), size) == 1) return {};
    // No password is written in two ways.
    if (password.empty() && PKCS12_verify_mac(file, nullptr, 0) == 1) return {};
    if (ERR_peek_error() != 0)
        return where + " cannot be opened by this OpenSSL: " + openssl_errors() + '.';
    return password.empty() ? where + " is sealed by a password: give it one."
                            : "The password of " + where + " is wrong.";
}

}  // namespace

bool is_pfx(std::string_view bytes) noexcept {
    if (!bytes.starts_with('\x30')) return false;
    const pfx_ptr file = parse(bytes, nullptr);
    ERR_clear_error();
    return file != nullptr;
}

pfx_content read_pfx(std::string_view bytes, const std::string& password, const std::string& where,
                     std::vector<std::string>& mistakes, const char* legacy) {
    pfx_content found;
    const pfx_ptr file = parse(bytes, nullptr);
    ERR_clear_error();
    std::string mistake = file ? seal_mistake(file.get(), password, where) : where + " is no PFX.";
    if (!mistake.empty()) {
        mistakes.push_back(std::move(mistake));
        return found;
    }
    if (unpack(file.get(), password.c_str(), found)) return found;
    const bool is_old = algorithm_is_missing();
    const std::string reasons = openssl_errors();
    found = {};
    if (!is_old) {
        mistakes.push_back(where + " cannot be read: " + reasons + '.');
        return found;
    }
    const old_algorithms old(legacy);
    if (old.context() == nullptr) {
        mistakes.push_back(where + " is encrypted in a way that OpenSSL 3 has given up (" +
                           reasons + "), and its provider \"legacy\" is not installed here: " +
                           "`openssl pkcs12 -legacy -nodes -in old.pfx -out all.pem` turns it "
                           "into PEM where it is.");
        return found;
    }
    const pfx_ptr again = parse(bytes, old.context());
    if (again && unpack(again.get(), password.c_str(), found)) return found;
    mistakes.push_back(where + " cannot be read: " + openssl_errors() + '.');
    return {};
}

}  // namespace saker::tls
