// See openssl.h.

#include "protocols/tls/openssl.h"

#include <openssl/err.h>

namespace saker::tls {

std::string openssl_errors() {
    std::string all;
    while (const unsigned long code = ERR_get_error()) {
        const char* const reason = ERR_reason_error_string(code);
        if (!all.empty()) all += ": ";
        if (reason != nullptr)
            all += reason;
        else
            all += "error " + std::to_string(code);
    }
    return all.empty() ? "no reason given" : all;
}

}  // namespace saker::tls
