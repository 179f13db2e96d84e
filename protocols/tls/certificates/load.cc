// server_certificate::load and from_pem (certificate.h): reads what there is, then checks it; all
// mistakes of one certificate together. What a file is, its content says, not its name.

#include "core/base/log.h"
#include "protocols/tls/certificates/checks.h"
#include "protocols/tls/certificates/dotnet_store.h"
#include "protocols/tls/certificates/ocsp.h"
#include "protocols/tls/certificates/pem.h"
#include "protocols/tls/certificates/pfx.h"
#include "protocols/tls/certificates/read_file.h"

#include <saker/assert.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <utility>

namespace saker {
namespace tls {
namespace {

constexpr std::string_view bad_key = "The provided key file is missing or invalid. ";

// What is known of one certificate so far.
struct loading {
    loaded_certificate made;
    std::vector<std::string> mistakes;
    std::string where, key_where;  // how sentences call the files

    void wrong(std::string sentence) { mistakes.push_back(std::move(sentence)); }
};

// Why there is no certificate in a PEM.
std::string no_certificate(const pem_content& in, const std::string& where) {
    const std::string remedy =
        ": the certificate is PEM or PFX, the key may be in a file of its own.";
    if (!in.other.empty()) return where + " holds no certificate, but " + in.other + '.';
    if (in.key || !in.key_mistake.empty())
        return where + " holds no certificate, but a private key" + remedy;
    return where + " holds no certificate" + remedy;
}

// Gives the leaf and its chain.
void take_certificates(pem_content& from, loading& to) {
    for (std::string& one : from.mistakes) to.wrong(std::move(one));
    if (from.certificates.empty()) {
        if (from.mistakes.empty()) to.wrong(no_certificate(from, to.where));
        return;
    }
    to.made.leaf = std::move(from.certificates.front());
    for (size_t i = 1; i < from.certificates.size(); ++i)
        to.made.chain.push_back(std::move(from.certificates[i]));
}

// The key that the certificate's own file or text has.
void take_own_key(pem_content& from, loading& to) {
    if (from.key)
        to.made.key = std::move(from.key);
    else if (!from.key_mistake.empty())
        to.wrong(std::move(from.key_mistake));
    else if (to.made.leaf)
        to.wrong(to.where +
                 " holds a certificate, but no private key: put the key's PEM into the same file, "
                 "or give the file that it is in (KeyPath).");
}

void take_key_text(std::string_view text, const std::string& password, loading& to) {
    pem_content found = read_pem(text, password, to.key_where);
    if (found.key) {
        to.made.key = std::move(found.key);
        return;
    }
    std::string why = to.key_where + " holds no private key.";
    if (!found.key_mistake.empty())
        why = std::move(found.key_mistake);
    else if (!found.mistakes.empty())
        why = std::move(found.mistakes.front());
    else if (!found.certificates.empty())
        why = to.key_where + " holds no private key, but a certificate.";
    else if (!found.other.empty())
        why = to.key_where + " holds no private key, but " + found.other + '.';
    to.wrong(std::string(bad_key) + why);
}

void take_key_file(const certificate_source& from, loading& to) {
    to.key_where = in_quotes(from.key_path);
    const auto file = read_file(from.key_path);
    if (!file)
        to.wrong(std::string(bad_key) + file.error().text());
    else if (is_pem(file->bytes()))
        take_key_text(file->bytes(), from.password, to);
    else if (is_pfx(file->bytes()))
        to.wrong(std::string(bad_key) + to.key_where +
                 " is a PFX, which has certificate and key: give it as the certificate (Path), "
                 "without a key (KeyPath).");
    else
        to.wrong(std::string(bad_key) + to.key_where + ' ' +
                 what_is(file->bytes(), escape(from.key_path)));
}

void take_pfx(std::string_view bytes, const certificate_source& from, loading& to) {
    pfx_content found = read_pfx(bytes, from.password, to.where, to.mistakes);
    if (!to.mistakes.empty()) return;
    if (!from.key_path.empty()) {
        to.wrong(to.where + " is a PFX, which has its key in it: leave the key " +
                 in_quotes(from.key_path) + " (KeyPath) out.");
    } else if (!found.key) {
        to.wrong(to.where +
                 " holds no private key: export the certificate again, with its private key.");
    } else if (!found.leaf) {
        to.wrong(to.where + " holds no certificate that belongs to its private key.");
    } else {
        to.made.leaf = std::move(found.leaf);
        to.made.key = std::move(found.key);
        to.made.chain = std::move(found.others);
    }
}

void take_files(const certificate_source& from, loading& to) {
    const auto file = read_file(from.path);
    if (!file) {
        to.wrong("The certificate file " + file.error().text());
    } else if (is_pem(file->bytes())) {
        pem_content found = read_pem(file->bytes(), from.password, to.where);
        take_certificates(found, to);
        if (from.key_path.empty()) take_own_key(found, to);
    } else if (is_pfx(file->bytes())) {
        take_pfx(file->bytes(), from, to);
        return;
    } else {
        to.wrong(to.where + ' ' + what_is(file->bytes(), escape(from.path)));
    }
    if (!from.key_path.empty()) take_key_file(from, to);
}

void take_from_store(const certificate_source& from, loading& to) {
    using namespace std::chrono;
    auto found = find_in_dotnet_store(from, dotnet_stores(), floor<seconds>(system_clock::now()));
    if (!found) {
        for (const std::string& one : found.error().messages) to.wrong(one);
        return;
    }
    to.made = std::move(*found);
    to.where = to.key_where = "the store's certificate " + to.made.facts.subject;
}

X509* issuer_of(const loaded_certificate& of) noexcept {
    if (X509_self_signed(of.leaf.get(), 0) == 1) return of.leaf.get();
    for (const x509_ptr& one : of.chain)
        if (X509_check_issued(one.get(), of.leaf.get()) == X509_V_OK) return one.get();
    return nullptr;
}

void take_ocsp(const std::string& path, loading& to) {
    const auto file = read_file(path);
    if (!file) {
        to.wrong("The OCSP response " + file.error().text());
        return;
    }
    const ocsp_subject about{.leaf = to.made.leaf.get(), .issuer = issuer_of(to.made)};
    to.made.ocsp_response =
        checked_ocsp_response(file->bytes(), about, in_quotes(path), to.mistakes, to.made.warnings);
}

result<server_certificate> finished(loading all, const std::string& ocsp_path) {
    if (all.made.leaf) {
        all.made.facts = facts_of(all.made.leaf.get());
        // While the root is in the chain, that may have signed it.
        if (!ocsp_path.empty()) take_ocsp(ocsp_path, all);
        arrange_chain(all.made, all.where);
        check(all.made, all.where, all.key_where, all.mistakes);
    }
    ERR_clear_error();
    for (auto* const sentences : {&all.mistakes, &all.made.warnings})
        for (std::string& one : *sentences)
            if (one.starts_with("the ")) one.front() = 'T';
    if (!all.mistakes.empty()) {
        error why;
        why.messages = std::move(all.mistakes);
        return why;
    }
    return server_certificate(std::make_shared<const loaded_certificate>(std::move(all.made)));
}

}  // namespace
}  // namespace tls

result<server_certificate> server_certificate::load(const certificate_source& from) {
    tls::loading all;
    if (!from.path.empty() && !from.subject.empty())
        return error("A certificate is in a file (Path) or in the store (Subject), not in both: " +
                     tls::in_quotes(from.path) + ", " + tls::in_quotes(from.subject) + '.');
    if (from.path.empty() && from.subject.empty())
        return error("A certificate has no file (Path) and no name in the store (Subject).");
    all.where = all.key_where = tls::in_quotes(from.path);
    if (from.path.empty())
        tls::take_from_store(from, all);
    else
        tls::take_files(from, all);
    return tls::finished(std::move(all), from.ocsp_path);
}

result<server_certificate> server_certificate::from_pem(std::string_view certificates,
                                                        std::string_view key,
                                                        std::string_view password) {
    tls::loading all;
    all.where = "the PEM text";
    all.key_where = "the key's PEM text";
    if (key.empty()) all.key_where = all.where;
    tls::pem_content found = tls::read_pem(certificates, std::string(password), all.where);
    tls::take_certificates(found, all);
    if (key.empty())
        tls::take_own_key(found, all);
    else
        tls::take_key_text(key, std::string(password), all);
    return tls::finished(std::move(all), {});
}

const certificate_facts& server_certificate::facts() const noexcept {
    SAKER_ASSERT(loaded_ != nullptr, "only a certificate that was loaded has facts");
    return loaded_->facts;
}

}  // namespace saker
