#pragma once
// A response of a certificate's OCSP responder (RFC 6960), from a file, that is stapled.

#include "protocols/tls/openssl.h"

#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

struct ocsp_subject {
    X509* leaf;
    X509* issuer;  // null: not known; then the signature is not looked at
};

// The response as it is sent. Empty where it cannot be, with a sentence in `mistakes`; or where no
// client would take it, since it is too old or says that the certificate is not good, with one in
// `warnings`. `where` begins the sentences.
[[nodiscard]] std::string checked_ocsp_response(std::string_view der, const ocsp_subject& about,
                                                const std::string& where,
                                                std::vector<std::string>& mistakes,
                                                std::vector<std::string>& warnings);

}  // namespace saker::tls
