// See ocsp.h.

#include "protocols/tls/certificates/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509_vfy.h>

#include <cstring>

namespace saker::tls {
namespace {

using basic_ptr = owned<OCSP_BASICRESP, OCSP_BASICRESP_free>;

// Clocks differ.
constexpr long leeway_seconds = 300;

bool same(const ASN1_OCTET_STRING* hash, const unsigned char* digest, unsigned size) noexcept {
    return ASN1_STRING_length(hash) == static_cast<int>(size) &&
           std::memcmp(ASN1_STRING_get0_data(hash), digest, size) == 0;
}

// By serial number and the names of the issuer; by its key as well, where it is known.
bool covers(OCSP_SINGLERESP* one, const ocsp_subject& about) {
    auto* const id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(one));
    ASN1_OCTET_STRING *name = nullptr, *key = nullptr;
    ASN1_OBJECT* algorithm = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (OCSP_id_get0_info(&name, &algorithm, &key, &serial, id) != 1) return false;
    if (ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(about.leaf)) != 0) return false;
    const EVP_MD* const hash = EVP_get_digestbyobj(algorithm);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (hash == nullptr ||
        X509_NAME_digest(X509_get_issuer_name(about.leaf), hash, digest, &size) != 1 ||
        !same(name, digest, size))
        return false;
    if (about.issuer == nullptr) return true;
    return X509_pubkey_digest(about.issuer, hash, digest, &size) == 1 && same(key, digest, size);
}

OCSP_SINGLERESP* answer_about(OCSP_BASICRESP* answers, const ocsp_subject& about) {
    for (int i = 0; i < OCSP_resp_count(answers); ++i)
        if (OCSP_SINGLERESP* const one = OCSP_resp_get0(answers, i); covers(one, about)) return one;
    return nullptr;
}

// The issuer is trusted, whoever has issued it: whether the chain is, clients say.
bool is_signed(OCSP_BASICRESP* answers, X509* issuer) {
    const store_ptr trusted(X509_STORE_new());
    if (!trusted || X509_STORE_add_cert(trusted.get(), issuer) != 1) return false;
    X509_STORE_set_flags(trusted.get(), X509_V_FLAG_PARTIAL_CHAIN);
    return OCSP_basic_verify(answers, nullptr, trusted.get(), 0) == 1;
}

std::string status_mistake(const OCSP_RESPONSE* response, const std::string& where) {
    if (response == nullptr)
        return where + " is no OCSP response in DER: `openssl ocsp -respout` writes one.";
    const int status = OCSP_response_status(const_cast<OCSP_RESPONSE*>(response));
    if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL) return {};
    return where + " is a refusal of the OCSP responder (" + OCSP_response_status_str(status) +
           "): ask it again.";
}

// Why it is not worth sending.
std::string warning_about(OCSP_SINGLERESP* one, const std::string& where) {
    ASN1_GENERALIZEDTIME *since = nullptr, *until = nullptr;
    const int status = OCSP_single_get0_status(one, nullptr, nullptr, &since, &until);
    if (status != V_OCSP_CERTSTATUS_GOOD)
        return where + " says that the certificate is " + OCSP_cert_status_str(status) +
               ": it is not stapled.";
    if (OCSP_check_validity(since, until, leeway_seconds, -1) != 1)
        return where + " is not stapled: " + openssl_errors() + '.';
    return {};
}

}  // namespace

std::string checked_ocsp_response(std::string_view der, const ocsp_subject& about,
                                  const std::string& where, std::vector<std::string>& mistakes,
                                  std::vector<std::string>& warnings) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const owned<OCSP_RESPONSE, OCSP_RESPONSE_free> response(
        d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (std::string mistake = status_mistake(response.get(), where); !mistake.empty()) {
        mistakes.push_back(std::move(mistake));
        return {};
    }
    const basic_ptr answers(OCSP_response_get1_basic(response.get()));
    OCSP_SINGLERESP* const one = answers ? answer_about(answers.get(), about) : nullptr;
    ERR_clear_error();
    if (one == nullptr) {
        mistakes.push_back(where +
                           " does not speak of this certificate, but of another: ask its "
                           "responder for one about it.");
        return {};
    }
    if (std::string warning = warning_about(one, where); !warning.empty()) {
        warnings.push_back(std::move(warning));
        return {};
    }
    if (about.issuer != nullptr && !is_signed(answers.get(), about.issuer)) {
        mistakes.push_back(
            where + " is not signed by the issuer of the certificate: " + openssl_errors() + '.');
        return {};
    }
    return std::string(der);
}

}  // namespace saker::tls
