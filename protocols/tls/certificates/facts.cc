// See loaded_certificate.h. Names are UTF-8, with what could do harm in a log escaped as RFC 2253
// says: control characters always, and all that is not ASCII in a name that is no UTF-8.

#include "core/base/log.h"
#include "protocols/tls/loaded_certificate.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cctype>
#include <ctime>

namespace saker::tls {
namespace {

// UTF-8, without the control characters beyond ASCII and those that turn the writing around.
bool harmless(std::string_view text) noexcept {
    while (!text.empty()) {
        unsigned long point = 0;
        const int size = UTF8_getc(reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()), &point);
        if (size <= 0 || (point >= 0x7f && point < 0xa0)) return false;
        if ((point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
            (point >= 0x2066 && point <= 0x2069))
            return false;
        text.remove_prefix(static_cast<size_t>(size));
    }
    return true;
}

std::string printed(const X509_NAME* name, unsigned long flags) {
    const bio_ptr to(BIO_new(BIO_s_mem()));
    if (!to || X509_NAME_print_ex(to.get(), name, 0, flags) < 0) return {};
    return written(to);
}

std::string text_of(const X509_NAME* name) {
    std::string text =
        printed(name, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    return harmless(text) ? text : printed(name, XN_FLAG_RFC2253);
}

std::string hexadecimal(const ASN1_INTEGER* number) {
    const owned<BIGNUM, BN_free> parsed(ASN1_INTEGER_to_BN(number, nullptr));
    char* const digits = parsed ? BN_bn2hex(parsed.get()) : nullptr;
    if (digits == nullptr) return {};
    std::string text = digits;
    OPENSSL_free(digits);
    return text;
}

std::string thumbprint_of(const X509* one) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(one, EVP_sha256(), digest, &size) != 1) return {};
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        constexpr char digits[] = "0123456789ABCDEF";
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

// "ECDSA P-256"; a curve without such a name as OpenSSL calls it: "ECDSA secp256k1".
std::string curve_of(const EVP_PKEY* key) {
    char name[64] = {};
    if (EVP_PKEY_get_group_name(key, name, sizeof name, nullptr) != 1) return "ECDSA";
    const char* const nist = EC_curve_nid2nist(OBJ_sn2nid(name));
    return "ECDSA " + std::string(nist != nullptr ? nist : name);
}

std::string text_of(const EVP_PKEY* key) {
    if (key == nullptr) return "unknown";
    switch (kind_of(key)) {
        case key_kind::rsa: return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
        case key_kind::ecdsa: return curve_of(key);
        case key_kind::eddsa: return EVP_PKEY_is_a(key, "ED25519") == 1 ? "Ed25519" : "Ed448";
        case key_kind::ml_dsa:
        case key_kind::unknown: break;
    }
    const char* const type = EVP_PKEY_get0_type_name(key);
    return type != nullptr ? type : "unknown";
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
    const int size = ASN1_STRING_length(bytes);
    if (size != 4 && size != 16) return {};
    char text[INET6_ADDRSTRLEN] = {};
    inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof text);
    return text;
}

std::vector<std::string> names_of(const X509* one) {
    const owned<GENERAL_NAMES, GENERAL_NAMES_free> all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(one, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> names;
    for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
        int kind = 0;
        const auto* const value = static_cast<const ASN1_STRING*>(
            GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all.get(), i), &kind));
        std::string name;
        if (kind == GEN_DNS)
            name = escape({reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                           static_cast<size_t>(ASN1_STRING_length(value))});
        else if (kind == GEN_IPADD)
            name = address_of(value);
        if (!name.empty()) names.push_back(std::move(name));
    }
    return names;
}

std::chrono::sys_seconds moment_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
    using namespace std::chrono;
    const sys_days day = year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
    return day + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

}  // namespace

key_kind kind_of(const EVP_PKEY* key) noexcept {
    if (key == nullptr) return key_kind::unknown;
    if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) return key_kind::rsa;
    if (EVP_PKEY_is_a(key, "EC") == 1) return key_kind::ecdsa;
    if (EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1)
        return key_kind::eddsa;
    const char* const type = EVP_PKEY_get0_type_name(key);
    if (type != nullptr && std::string_view(type).starts_with("ML-DSA-")) return key_kind::ml_dsa;
    return key_kind::unknown;
}

certificate_facts facts_of(X509* one) {
    certificate_facts facts;
    facts.subject = text_of(X509_get_subject_name(one));
    facts.issuer = text_of(X509_get_issuer_name(one));
    facts.serial = hexadecimal(X509_get0_serialNumber(one));
    facts.thumbprint = thumbprint_of(one);
    facts.key = text_of(X509_get0_pubkey(one));
    facts.dns_names = names_of(one);
    facts.not_before = moment_of(X509_get0_notBefore(one));
    facts.not_after = moment_of(X509_get0_notAfter(one));
    return facts;
}

std::string pem_of(X509* one) {
    const bio_ptr to(BIO_new(BIO_s_mem()));
    if (!to || PEM_write_bio_X509(to.get(), one) != 1) return {};
    return written(to);
}

bool allowed_for_server(X509* one) noexcept {
    if ((X509_get_extension_flags(one) & EXFLAG_XKUSAGE) == 0) return true;
    return (X509_get_extended_key_usage(one) & XKU_SSL_SERVER) != 0;
}

}  // namespace saker::tls
