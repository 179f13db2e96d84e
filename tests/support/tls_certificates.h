#pragma once
// Certificates for tests, made while they run: an authority in memory that issues whatever a test
// wishes for, good or bad, with its lists of the revoked and its OCSP responses. Keys of RSA are
// slow to make, so that there is one of each size a process; all others are fresh.

#include "protocols/tls/openssl.h"

#include <saker/certificate.h>

#include <openssl/ocsp.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace saker::test {

using namespace std::chrono_literals;

struct certificate_wish {
    // DNS names and addresses, of subjectAltName.
    std::vector<std::string> names = {"localhost"};
    std::string common_name = {};  // empty: the first name
    // "ecdsa" (P-256), "rsa" (2048), "ed25519", "ed448"; or "rsa:1024", "ec:secp384r1".
    // Odd ones: "dsa", "ec:explicit" (the curve written out).
    std::string key = "ecdsa";
    std::string digest = "sha256";  // of its signature, by an authority
    bool client = false;            // for clientAuth, instead of serverAuth
    bool without_usage = false;     // no extendedKeyUsage at all
    // From now.
    std::chrono::seconds begins = -24h;
    std::chrono::seconds ends = 24h * 365;
};

struct issued_certificate {
    std::string certificate_pem;
    std::string key_pem;    // PKCS#8, not encrypted
    std::string chain_pem;  // the authorities between it and the root; empty: the root issued it
    std::string serial;     // hexadecimal, in capitals

    tls::x509_ptr certificate;
    tls::key_ptr key;
    std::vector<tls::x509_ptr> chain;  // as chain_pem

    // PKCS#8, and the traditional form ("EC PRIVATE KEY" with a DEK-Info). AES-256 both.
    [[nodiscard]] std::string encrypted_key_pem(std::string_view password) const;
    [[nodiscard]] std::string traditional_key_pem(std::string_view password = {}) const;
    // With chain and key. `legacy`: RC2 and 3DES, as OpenSSL 1 and Windows wrote them.
    [[nodiscard]] std::string pfx(const std::string& password, bool legacy = false) const;
    [[nodiscard]] std::string der() const;
};

struct ocsp_wish {
    int status = V_OCSP_CERTSTATUS_GOOD;  // or _REVOKED, _UNKNOWN
    // From now.
    std::chrono::seconds this_update = -1h;
    std::chrono::seconds next_update = 24h * 7;
    int response_status = OCSP_RESPONSE_STATUS_SUCCESSFUL;
    bool sha256 = false;  // what the certificate is named by; else SHA-1
};

class test_ca {
public:
    explicit test_ca(const std::string& name = "Saker test root");
    // Issued by this one.
    [[nodiscard]] test_ca intermediate(const std::string& name = "Saker test intermediate") const;

    [[nodiscard]] issued_certificate issue(const certificate_wish& = {}) const;
    // A certificate that has signed itself, by no authority.
    [[nodiscard]] static issued_certificate self_signed(const certificate_wish& = {});
    [[nodiscard]] std::string pem() const;  // of the authority's own certificate
    [[nodiscard]] X509* certificate() const noexcept { return certificate_.get(); }

    // PEM; of this authority.
    [[nodiscard]] std::string crl(const std::vector<std::string>& serials,
                                  std::chrono::seconds next_update = 24h * 7) const;
    // DER.
    [[nodiscard]] std::string ocsp_response(const issued_certificate& of,
                                            const ocsp_wish& = {}) const;

private:
    test_ca(const std::string& name, const test_ca* issuer);

    tls::key_ptr key_;
    tls::x509_ptr certificate_;
    std::vector<tls::x509_ptr> chain_;  // from this one up to below the root
};

// The authority of all tests of a process, and what it has issued: the same wish is the same
// certificate.
[[nodiscard]] const test_ca& shared_ca();
[[nodiscard]] const issued_certificate& shared_certificate_for(
    const std::vector<std::string>& names, const std::string& key = "ecdsa");
[[nodiscard]] server_certificate loaded(const issued_certificate&);

// Of the kinds that `certificate_wish::key` has.
[[nodiscard]] tls::key_ptr new_key(const std::string& kind);
// As a callback does that fails at something of its own: an entry in OpenSSL's queue of errors.
void leave_an_error_in_openssl();
// A request for a certificate, PEM.
[[nodiscard]] std::string certificate_request_pem(const std::string& key = "ecdsa");

}  // namespace saker::test
