#pragma once
// A certificate with its key and chain, as OpenSSL has them; and what can be read of any.

#include "protocols/tls/openssl.h"

#include <saker/certificate.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

struct loaded_certificate {
    x509_ptr leaf;
    key_ptr key;
    // Without the leaf and without the root, which a client that trusts it has; in the order that
    // they are sent in: each certifies the one before.
    std::vector<x509_ptr> chain;
    std::string ocsp_response;  // DER; empty: none
    certificate_facts facts;
    // What is odd and does not keep it from being served, each a sentence.
    std::vector<std::string> warnings;
};

// What a client has to know in order to use a key; a server may have a certificate of each.
enum class key_kind : uint8_t {
    rsa,
    ecdsa,
    eddsa,    // Ed25519, Ed448
    ml_dsa,   // FIPS 204; OpenSSL 3.5
    unknown,  // nothing that TLS signs with
};
[[nodiscard]] key_kind kind_of(const EVP_PKEY*) noexcept;

// Of any certificate, however odd: what a client sent must not do harm in a log.
[[nodiscard]] certificate_facts facts_of(X509*);
[[nodiscard]] std::string pem_of(X509*);

// Whether it may be a server's: Kestrel's rule, that an extended key usage names serverAuth where
// there is one.
[[nodiscard]] bool allowed_for_server(X509*) noexcept;

}  // namespace saker::tls
