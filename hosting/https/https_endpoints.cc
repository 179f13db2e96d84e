// See https_endpoints.h.

#include "hosting/https/https_endpoints.h"

#include "protocols/http/characters.h"

namespace saker {

bool is_https(std::string_view url) noexcept {
    constexpr std::string_view scheme = "https://";
    return equals_ignore_case(url.substr(0, scheme.size()), scheme);
}

void complete_https(server_options& options) {
    for (server_options::listened& one : options.endpoints)
        if (one.options.https == nullptr && is_https(one.url)) one.options.use_https();
}

address_scheme shown_scheme(address_scheme written, const listen_options& options) noexcept {
    const bool http = written == address_scheme::http && options.https != nullptr;
    return http ? address_scheme::https : written;
}

}  // namespace saker
