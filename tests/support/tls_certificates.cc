// See tls_certificates.h. What fails here is a mistake of the test: it ends the process.

#include "tests/support/tls_certificates.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <mutex>

namespace saker::test {
namespace {

using tls::bio_ptr;
using tls::key_ptr;
using tls::x509_ptr;

template <class Answer>
Answer need(Answer good, const char* what) {
    if (good) return good;
    std::fprintf(stderr, "a test's certificate: %s: %s\n", what, tls::openssl_errors().c_str());
    std::abort();
}
#define NEED(call) need((call), #call)

using name_ptr = std::unique_ptr<X509_NAME, tls::freed_by<X509_NAME_free>>;
using number_ptr = std::unique_ptr<BIGNUM, tls::freed_by<BN_free>>;
using integer_ptr = std::unique_ptr<ASN1_INTEGER, tls::freed_by<ASN1_INTEGER_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, tls::freed_by<ASN1_TIME_free>>;

template <class Write>
std::string written(Write write) {
    const bio_ptr to(NEED(BIO_new(BIO_s_mem())));
    NEED(write(to.get()));
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(to.get(), &bytes);
    return {bytes, static_cast<size_t>(size)};
}

std::string pem(X509* one) {
    return written([&](BIO* to) { return PEM_write_bio_X509(to, one); });
}

name_ptr named(const std::string& common_name) {
    name_ptr made(NEED(X509_NAME_new()));
    NEED(X509_NAME_add_entry_by_txt(made.get(), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0));
    return made;
}

time_ptr moment(std::chrono::seconds from_now) {
    return time_ptr(NEED(ASN1_TIME_adj(nullptr, std::time(nullptr), 0, from_now.count())));
}

// Ed25519 and Ed448 bring their own.
const EVP_MD* digest_of(EVP_PKEY* key) {
    return EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448") ? nullptr : EVP_sha256();
}

void extend(X509* one, X509* issuer, int kind, const char* value) {
    X509V3_CTX about{};
    X509V3_set_ctx(&about, issuer, one, nullptr, nullptr, 0);
    X509_EXTENSION* const made = NEED(X509V3_EXT_conf_nid(nullptr, &about, kind, value));
    NEED(X509_add_ext(one, made, -1));
    X509_EXTENSION_free(made);
}

void add_names(X509* one, const std::vector<std::string>& names) {
    if (names.empty()) return;
    GENERAL_NAMES* const all = NEED(GENERAL_NAMES_new());
    for (const std::string& text : names) {
        GENERAL_NAME* const made = NEED(GENERAL_NAME_new());
        if (ASN1_OCTET_STRING* const address = a2i_IPADDRESS(text.c_str())) {
            GENERAL_NAME_set0_value(made, GEN_IPADD, address);
        } else {
            ASN1_IA5STRING* const dns = NEED(ASN1_IA5STRING_new());
            NEED(ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size())));
            GENERAL_NAME_set0_value(made, GEN_DNS, dns);
        }
        NEED(sk_GENERAL_NAME_push(all, made));
    }
    NEED(X509_add1_ext_i2d(one, NID_subject_alt_name, all, 0, 0));
    GENERAL_NAMES_free(all);
    ERR_clear_error();
}

// Everything but what it is for, and the signature.
x509_ptr blank(const certificate_wish& wish, EVP_PKEY* key, X509* issuer) {
    x509_ptr made(NEED(X509_new()));
    NEED(X509_set_version(made.get(), X509_VERSION_3));
    const number_ptr serial(NEED(BN_new()));
    NEED(BN_rand(serial.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY));
    NEED(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made.get())));
    NEED(X509_set1_notBefore(made.get(), moment(wish.begins).get()));
    NEED(X509_set1_notAfter(made.get(), moment(wish.ends).get()));
    const std::string first = wish.names.empty() ? std::string("nobody") : wish.names.front();
    const name_ptr subject = named(wish.common_name.empty() ? first : wish.common_name);
    NEED(X509_set_subject_name(made.get(), subject.get()));
    NEED(X509_set_issuer_name(made.get(),
                              issuer != nullptr ? X509_get_subject_name(issuer) : subject.get()));
    NEED(X509_set_pubkey(made.get(), key));
    return made;
}

void finish(X509* made, X509* issuer, EVP_PKEY* signs, const EVP_MD* digest) {
    extend(made, issuer, NID_subject_key_identifier, "hash");
    if (issuer != made) extend(made, issuer, NID_authority_key_identifier, "keyid");
    NEED(X509_sign(made, signs, digest));
}

void say_usage(X509* made, const certificate_wish& wish) {
    extend(made, made, NID_basic_constraints, "critical,CA:FALSE");
    extend(made, made, NID_key_usage, "critical,digitalSignature");
    if (!wish.without_usage)
        extend(made, made, NID_ext_key_usage, wish.client ? "clientAuth" : "serverAuth");
    add_names(made, wish.names);
}

issued_certificate with_texts(x509_ptr certificate, key_ptr key) {
    issued_certificate made;
    made.certificate_pem = pem(certificate.get());
    made.key_pem = written([&](BIO* to) {
        return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    const number_ptr serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr));
    char* const digits = NEED(BN_bn2hex(serial.get()));
    made.serial = digits;
    OPENSSL_free(digits);
    made.certificate = std::move(certificate);
    made.key = std::move(key);
    return made;
}

std::vector<x509_ptr> again(const std::vector<x509_ptr>& all) {
    std::vector<x509_ptr> made;
    for (const x509_ptr& one : all) made.push_back(tls::again(one));
    return made;
}

// RC2 is not in OpenSSL's default provider; this one is used for nothing else.
OSSL_LIB_CTX* legacy_context() {
    struct loaded {
        OSSL_LIB_CTX* context = NEED(OSSL_LIB_CTX_new());
        OSSL_PROVIDER* legacy = NEED(OSSL_PROVIDER_load(context, "legacy"));
        OSSL_PROVIDER* usual = NEED(OSSL_PROVIDER_load(context, "default"));
        ~loaded() {
            OSSL_PROVIDER_unload(usual);
            OSSL_PROVIDER_unload(legacy);
            OSSL_LIB_CTX_free(context);
        }
    };
    static loaded once;
    return once.context;
}

using key_context_ptr = std::unique_ptr<EVP_PKEY_CTX, tls::freed_by<EVP_PKEY_CTX_free>>;

// Of DSA; or on a P-256 that is written out instead of named.
key_ptr odd_key(const std::string& kind) {
    const bool dsa = kind == "dsa";
    const key_context_ptr about(
        NEED(EVP_PKEY_CTX_new_from_name(nullptr, dsa ? "DSA" : "EC", nullptr)));
    EVP_PKEY* made = nullptr;
    if (dsa) {
        NEED(EVP_PKEY_paramgen_init(about.get()));
        NEED(EVP_PKEY_CTX_set_dsa_paramgen_bits(about.get(), 1024));
        NEED(EVP_PKEY_paramgen(about.get(), &made));
        const key_ptr parameters(made);
        const key_context_ptr from(
            NEED(EVP_PKEY_CTX_new_from_pkey(nullptr, parameters.get(), nullptr)));
        made = nullptr;
        NEED(EVP_PKEY_keygen_init(from.get()));
        NEED(EVP_PKEY_keygen(from.get(), &made));
        return key_ptr(made);
    }
    NEED(EVP_PKEY_keygen_init(about.get()));
    NEED(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(about.get(), NID_X9_62_prime256v1));
    NEED(EVP_PKEY_CTX_set_ec_param_enc(about.get(), OPENSSL_EC_EXPLICIT_CURVE));
    NEED(EVP_PKEY_keygen(about.get(), &made));
    return key_ptr(made);
}

}  // namespace

key_ptr new_key(const std::string& kind) {
    if (kind == "rsa") return new_key("rsa:2048");
    if (kind == "ecdsa") return new_key("ec:prime256v1");
    if (kind == "dsa" || kind == "ec:explicit") return odd_key(kind);
    if (kind.starts_with("ec:"))
        return key_ptr(NEED(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind.c_str() + 3)));
    if (!kind.starts_with("rsa:"))
        return key_ptr(NEED(EVP_PKEY_Q_keygen(nullptr, nullptr, kind.c_str())));
    static std::mutex lock;
    static std::map<std::string, key_ptr> made;
    const std::lock_guard held(lock);
    key_ptr& one = made[kind];
    if (!one) {
        const auto bits = static_cast<size_t>(std::atoi(kind.c_str() + 4));
        one.reset(NEED(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)));
    }
    EVP_PKEY_up_ref(one.get());
    return key_ptr(one.get());
}

void leave_an_error_in_openssl() {
    const bio_ptr none(BIO_new_file("/no/such/file.pem", "r"));
    need(none == nullptr, "there is such a file");
}

std::string certificate_request_pem(const std::string& kind) {
    const key_ptr key = new_key(kind);
    const std::unique_ptr<X509_REQ, tls::freed_by<X509_REQ_free>> made(NEED(X509_REQ_new()));
    NEED(X509_REQ_set_pubkey(made.get(), key.get()));
    NEED(X509_REQ_set_subject_name(made.get(), named("localhost").get()));
    NEED(X509_REQ_sign(made.get(), key.get(), digest_of(key.get())));
    return written([&](BIO* to) { return PEM_write_bio_X509_REQ(to, made.get()); });
}

std::string issued_certificate::encrypted_key_pem(std::string_view password) const {
    return written([&](BIO* to) {
        return PEM_write_bio_PKCS8PrivateKey(to, key.get(), EVP_aes_256_cbc(), password.data(),
                                             static_cast<int>(password.size()), nullptr, nullptr);
    });
}

std::string issued_certificate::traditional_key_pem(std::string_view password) const {
    return written([&](BIO* to) {
        return PEM_write_bio_PrivateKey_traditional(
            to, key.get(), password.empty() ? nullptr : EVP_aes_256_cbc(),
            reinterpret_cast<const unsigned char*>(password.data()),
            static_cast<int>(password.size()), nullptr, nullptr);
    });
}

std::string issued_certificate::pfx(const std::string& password, bool legacy) const {
    STACK_OF(X509)* const above = NEED(sk_X509_new_null());
    for (const x509_ptr& one : chain) NEED(sk_X509_push(above, one.get()));
    PKCS12* const made =
        NEED(PKCS12_create_ex(password.c_str(), "saker", key.get(), certificate.get(), above,
                              legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0,
                              legacy ? NID_pbe_WithSHA1And40BitRC2_CBC : 0, 0, 0, 0,
                              legacy ? legacy_context() : nullptr, nullptr));
    sk_X509_free(above);
    std::string bytes = written([&](BIO* to) { return i2d_PKCS12_bio(to, made); });
    PKCS12_free(made);
    return bytes;
}

std::string issued_certificate::der() const {
    return written([&](BIO* to) { return i2d_X509_bio(to, certificate.get()); });
}

test_ca::test_ca(const std::string& name) : test_ca(name, nullptr) {}

test_ca::test_ca(const std::string& name, const test_ca* issuer) : key_(new_key("ecdsa")) {
    const certificate_wish wish{.names = {}, .common_name = name, .ends = 24h * 3650};
    X509* const above = issuer != nullptr ? issuer->certificate_.get() : nullptr;
    certificate_ = blank(wish, key_.get(), above);
    X509* const own = certificate_.get();
    extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
    extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature");
    finish(own, above != nullptr ? above : own, issuer != nullptr ? issuer->key_.get() : key_.get(),
           EVP_sha256());
    if (issuer == nullptr) return;
    chain_.push_back(tls::again(certificate_));
    for (const x509_ptr& one : issuer->chain_) chain_.push_back(tls::again(one));
}

test_ca test_ca::intermediate(const std::string& name) const { return {name, this}; }

issued_certificate test_ca::issue(const certificate_wish& wish) const {
    key_ptr key = new_key(wish.key);
    x509_ptr made = blank(wish, key.get(), certificate_.get());
    say_usage(made.get(), wish);
    finish(made.get(), certificate_.get(), key_.get(), EVP_get_digestbyname(wish.digest.c_str()));
    issued_certificate issued = with_texts(std::move(made), std::move(key));
    issued.chain = again(chain_);
    for (const x509_ptr& one : chain_) issued.chain_pem += test::pem(one.get());
    return issued;
}

issued_certificate test_ca::self_signed(const certificate_wish& wish) {
    key_ptr key = new_key(wish.key);
    x509_ptr made = blank(wish, key.get(), nullptr);
    say_usage(made.get(), wish);
    finish(made.get(), made.get(), key.get(), digest_of(key.get()));
    return with_texts(std::move(made), std::move(key));
}

std::string test_ca::pem() const { return test::pem(certificate_.get()); }

std::string test_ca::crl(const std::vector<std::string>& serials,
                         std::chrono::seconds next_update) const {
    const std::unique_ptr<X509_CRL, tls::freed_by<X509_CRL_free>> made(NEED(X509_CRL_new()));
    NEED(X509_CRL_set_version(made.get(), X509_CRL_VERSION_2));
    NEED(X509_CRL_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get())));
    NEED(X509_CRL_set1_lastUpdate(made.get(), moment(-24h).get()));
    NEED(X509_CRL_set1_nextUpdate(made.get(), moment(next_update).get()));
    for (const std::string& text : serials) {
        BIGNUM* parsed = nullptr;
        NEED(BN_hex2bn(&parsed, text.c_str()));
        const number_ptr number(parsed);
        const integer_ptr serial(NEED(BN_to_ASN1_INTEGER(number.get(), nullptr)));
        X509_REVOKED* const revoked = NEED(X509_REVOKED_new());
        NEED(X509_REVOKED_set_serialNumber(revoked, serial.get()));
        NEED(X509_REVOKED_set_revocationDate(revoked, moment(-1h).get()));
        NEED(X509_CRL_add0_revoked(made.get(), revoked));
    }
    NEED(X509_CRL_sort(made.get()));
    NEED(X509_CRL_sign(made.get(), key_.get(), digest_of(key_.get())));
    return written([&](BIO* to) { return PEM_write_bio_X509_CRL(to, made.get()); });
}

std::string test_ca::ocsp_response(const issued_certificate& of, const ocsp_wish& wish) const {
    const std::unique_ptr<OCSP_BASICRESP, tls::freed_by<OCSP_BASICRESP_free>> answer(
        NEED(OCSP_BASICRESP_new()));
    const std::unique_ptr<OCSP_CERTID, tls::freed_by<OCSP_CERTID_free>> id(NEED(OCSP_cert_to_id(
        wish.sha256 ? EVP_sha256() : EVP_sha1(), of.certificate.get(), certificate_.get())));
    const bool revoked = wish.status == V_OCSP_CERTSTATUS_REVOKED;
    const time_ptr since = moment(-1h);
    NEED(OCSP_basic_add1_status(answer.get(), id.get(), wish.status,
                                revoked ? OCSP_REVOKED_STATUS_KEYCOMPROMISE : 0,
                                revoked ? since.get() : nullptr, moment(wish.this_update).get(),
                                moment(wish.next_update).get()));
    NEED(OCSP_basic_sign(answer.get(), certificate_.get(), key_.get(), digest_of(key_.get()),
                         nullptr, 0));
    const bool good = wish.response_status == OCSP_RESPONSE_STATUS_SUCCESSFUL;
    OCSP_RESPONSE* const made =
        NEED(OCSP_response_create(wish.response_status, good ? answer.get() : nullptr));
    std::string bytes = written([&](BIO* to) { return i2d_OCSP_RESPONSE_bio(to, made); });
    OCSP_RESPONSE_free(made);
    return bytes;
}

const test_ca& shared_ca() {
    static const test_ca authority;
    return authority;
}

const issued_certificate& shared_certificate_for(const std::vector<std::string>& names,
                                                 const std::string& key) {
    static std::map<std::pair<std::vector<std::string>, std::string>, issued_certificate> all;
    const auto found = all.find({names, key});
    if (found != all.end()) return found->second;
    return all.emplace(std::pair(names, key), shared_ca().issue({.names = names, .key = key}))
        .first->second;
}

server_certificate loaded(const issued_certificate& issued) {
    auto made =
        server_certificate::from_pem(issued.certificate_pem + issued.chain_pem, issued.key_pem);
    if (!made) std::fprintf(stderr, "%s\n", made.error().text().c_str());
    return *need(made ? &*made : nullptr, "a certificate that is loaded");
}

}  // namespace saker::test
