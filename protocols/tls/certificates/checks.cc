// See checks.h. In the words of Kestrel where it has them. What a security level forbids is asked
// of OpenSSL, by an SSL_CTX that is made for the question: levels differ between distributions.

#include "protocols/tls/certificates/checks.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>

namespace saker::tls {
namespace {

constexpr int least_rsa_bits = 2048, least_curve_bits = 224;

bool same(const x509_ptr& one, const x509_ptr& other) noexcept {
    return X509_cmp(one.get(), other.get()) == 0;
}

void free_stack(STACK_OF(X509) * all) { sk_X509_free(all); }

std::string algorithm_of(X509* one) {
    ASN1_OBJECT* algorithm = nullptr;
    char text[128] = {};
    if (X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, X509_get_X509_PUBKEY(one)) ==
        1)
        OBJ_obj2txt(text, sizeof text, algorithm, 1);
    return text;
}

// What its public key is not fit for.
void check_strength(const loaded_certificate& of, const std::string& where,
                    std::vector<std::string>& mistakes) {
    const EVP_PKEY* const key = X509_get0_pubkey(of.leaf.get());
    const key_kind kind = kind_of(key);
    if (kind == key_kind::unknown) {
        mistakes.push_back("Unknown algorithm for certificate with public key type '" +
                           algorithm_of(of.leaf.get()) + "'.");
        return;
    }
    const int bits = EVP_PKEY_get_bits(key);
    if (kind == key_kind::rsa && bits < least_rsa_bits)
        mistakes.push_back("The RSA key of " + where + " has " + std::to_string(bits) +
                           " bits, and at least 2048 are needed: have a certificate issued for a "
                           "new key.");
    if (kind != key_kind::ecdsa) return;
    if (bits < least_curve_bits)
        mistakes.push_back("The curve of the key of " + where + " (" + of.facts.key + ") has " +
                           std::to_string(bits) +
                           " bits, and at least 224 are needed: have a certificate issued for a "
                           "key on P-256.");
    int is_explicit = 0;
    if (EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &is_explicit) == 1 &&
        is_explicit != 0)
        mistakes.push_back("The key of " + where +
                           " writes its curve out instead of naming it, which TLS does not know: "
                           "have a certificate issued for a key on P-256.");
}

// The place of the certificate that the key belongs to instead, from 2 on.
std::optional<size_t> owner_of_key(const loaded_certificate& of) {
    for (size_t i = 0; i < of.chain.size(); ++i) {
        const EVP_PKEY* const other = X509_get0_pubkey(of.chain[i].get());
        if (other != nullptr && EVP_PKEY_eq(other, of.key.get()) == 1) return i + 2;
    }
    return std::nullopt;
}

// False: it has nothing more to be asked.
bool check_key(const loaded_certificate& of, const std::string& where, const std::string& key_where,
               std::vector<std::string>& mistakes) {
    const EVP_PKEY* const key = X509_get0_pubkey(of.leaf.get());
    if (key == nullptr) return false;
    if (EVP_PKEY_eq(key, of.key.get()) == 1) return true;
    std::string text = "Error getting private key from " + key_where + ". It is not the key of ";
    if (const auto place = owner_of_key(of))
        text += "the first certificate in " + where + ", but of number " + std::to_string(*place) +
                ": the server's own comes first, then its chain.";
    else
        text += where + " (" + of.facts.subject + "): give the key that the certificate was " +
                "requested with.";
    mistakes.push_back(std::move(text));
    return false;
}

// What OpenSSL itself says.
void check_security_level(const loaded_certificate& of, const std::string& where,
                          std::vector<std::string>& mistakes) {
    const context_ptr context(SSL_CTX_new(TLS_server_method()));
    const owned<STACK_OF(X509), free_stack> chain(sk_X509_new_null());
    if (!context || !chain) return;
    for (const x509_ptr& one : of.chain) sk_X509_push(chain.get(), one.get());
    ERR_clear_error();
    if (SSL_CTX_use_cert_and_key(context.get(), of.leaf.get(), of.key.get(), chain.get(), 1) == 1)
        return;
    const int level = SSL_CTX_get_security_level(context.get());
    int digest = NID_undef;
    X509_get_signature_info(of.leaf.get(), &digest, nullptr, nullptr, nullptr);
    const bool old_digest = digest == NID_sha1 || digest == NID_md5;
    mistakes.push_back("OpenSSL does not serve " + where + " at its security level " +
                       std::to_string(level) + ": " + openssl_errors() + '.' +
                       (old_digest ? std::string(" It is signed with ") + OBJ_nid2ln(digest) +
                                         ": have it issued anew, with SHA-256."
                                   : std::string()));
}

}  // namespace

void arrange_chain(loaded_certificate& of, const std::string& where) {
    std::vector<x509_ptr> rest = std::move(of.chain);
    of.chain.clear();
    X509* last = of.leaf.get();
    std::erase_if(rest, [&of](const x509_ptr& one) { return same(one, of.leaf); });
    while (X509_self_signed(last, 0) != 1) {
        const auto next = std::find_if(rest.begin(), rest.end(), [last](const x509_ptr& one) {
            return X509_check_issued(one.get(), last) == X509_V_OK;
        });
        if (next == rest.end()) break;
        of.chain.push_back(std::move(*next));
        rest.erase(next);
        last = of.chain.back().get();
        std::erase_if(rest, [&of](const x509_ptr& one) { return same(one, of.chain.back()); });
    }
    const auto is_root = [](const x509_ptr& one) { return X509_self_signed(one.get(), 0) == 1; };
    std::erase_if(of.chain, is_root);
    std::erase_if(rest, is_root);
    for (x509_ptr& one : rest) {
        of.warnings.push_back("In " + where +
                              " is a certificate that does not belong to the chain: " +
                              facts_of(one.get()).subject + '.');
        of.chain.push_back(std::move(one));
    }
    ERR_clear_error();
}

void check(const loaded_certificate& of, const std::string& where, const std::string& key_where,
           std::vector<std::string>& mistakes) {
    const size_t before = mistakes.size();
    check_strength(of, where, mistakes);
    if (!allowed_for_server(of.leaf.get()))
        mistakes.push_back("Certificate " + of.facts.thumbprint +
                           " cannot be used as an SSL server certificate. It has an Extended Key "
                           "Usage extension but the usages do not include Server Authentication "
                           "(OID 1.3.6.1.5.5.7.3.1).");
    if (of.key && check_key(of, where, key_where, mistakes) && mistakes.size() == before)
        check_security_level(of, where, mistakes);
}

}  // namespace saker::tls
