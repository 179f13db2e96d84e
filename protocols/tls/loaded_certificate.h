#pragma once
// A certificate with its key and chain, as OpenSSL has them; and what can be read of any.

#include "protocols/tls/openssl.h"

#include <saker/certificate.h>

#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

struct loaded_certificate {
    x509_ptr leaf;
    key_ptr key;
    std::vector<x509_ptr> chain;  // without the leaf, in the order that they are sent in
    std::string ocsp_response;    // DER; empty: none
    certificate_facts facts;
};

[[nodiscard]] certificate_facts facts_of(X509*);
[[nodiscard]] std::string pem_of(X509*);

}  // namespace saker::tls
