#pragma once
// PFX (PKCS #12): a certificate, its key and its chain in one file that is sealed by a password.

#include "protocols/tls/openssl.h"

#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

struct pfx_content {
    x509_ptr leaf;  // the one that the key belongs to
    key_ptr key;
    std::vector<x509_ptr> others;  // in no order
};

[[nodiscard]] bool is_pfx(std::string_view bytes) noexcept;

// What it holds; one that cannot be read leaves it empty and adds a sentence to `mistakes` that
// begins with `where`. `legacy` is the name of OpenSSL's provider of old algorithms, loaded only
// where a file needs it, and for that file alone.
[[nodiscard]] pfx_content read_pfx(std::string_view bytes, const std::string& password,
                                   const std::string& where, std::vector<std::string>& mistakes,
                                   const char* legacy = "legacy");

}  // namespace saker::tls
