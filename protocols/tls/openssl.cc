// See openssl.h.

#include "protocols/tls/openssl.h"

#include <openssl/err.h>

namespace saker::tls {

bio_ptr reading(std::string_view bytes) noexcept {
    return bio_ptr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::string written(const bio_ptr& to) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(to.get(), &bytes);
    return size > 0 ? std::string(bytes, static_cast<size_t>(size)) : std::string();
}

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

bool algorithm_is_missing() noexcept {
    for (const unsigned long code : {ERR_peek_error(), ERR_peek_last_error()})
        if (ERR_GET_LIB(code) == ERR_LIB_EVP && ERR_GET_REASON(code) == ERR_R_UNSUPPORTED)
            return true;
    return false;
}

void forget_errors() noexcept {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace saker::tls
