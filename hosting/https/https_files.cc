// See https_files.h.

#include "hosting/https/https_files.h"

#include "protocols/tls/tls_endpoint.h"

namespace saker {

std::vector<std::string> mistakes_in_https_files(const server_options& options) {
    std::vector<std::string> all;
    auto keys = std::make_shared<tls::ticket_keys>(options.tls.session_lifetime);
    if (const std::string& file = options.tls.session_ticket_key_file; !file.empty())
        all = keys->use_file(file).messages;
    for (const server_options::listened& one : options.endpoints) {
        if (one.options.https == nullptr) continue;
        tls::endpoint_settings settings;
        settings.options = *one.options.https;
        if (options.default_certificate)
            settings.default_certificates = {*options.default_certificate};
        const bool has_own = !settings.options.certificates.empty() ||
                             !settings.options.loaded_certificates.empty() ||
                             options.default_certificate.has_value();
        if (!has_own && tls::needs_certificate(settings.options)) continue;
        const auto made = tls::tls_endpoint::make(std::move(settings), keys);
        if (made) continue;
        for (const std::string& what : made.error().messages)
            all.push_back("Endpoint " + (one.options.name.empty() ? one.url : one.options.name) +
                          ": " + what);
    }
    return all;
}

}  // namespace saker
