#pragma once
// What a PEM text holds: certificates, a private key, and what else is no use to a server; and what
// a file is that is neither PEM nor PFX, for the message that says so.

#include "protocols/tls/openssl.h"

#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

struct pem_content {
    std::vector<x509_ptr> certificates;  // as they came
    key_ptr key;                         // the first
    // What is wrong with a block, as sentences; of the key's apart, since who does not need that
    // key does not mind.
    std::vector<std::string> mistakes;
    std::string key_mistake;
    // The first block that is neither: "a certificate request (CSR)".
    std::string other;
};

// `where` begins the sentences: "'server.pem'". Never asks anybody for a password.
[[nodiscard]] pem_content read_pem(std::string_view text, const std::string& password,
                                   const std::string& where);

[[nodiscard]] bool is_pem(std::string_view bytes) noexcept;

// Of bytes that are no PEM: "holds a certificate in DER: ..." with the remedy.
[[nodiscard]] std::string what_is(std::string_view bytes, const std::string& path);

}  // namespace saker::tls
