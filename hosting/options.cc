// How endpoints get into the options: all as URLs, so that there is one grammar and one place that
// finds mistakes in it. Nothing is checked here; `start` tells every mistake at once.

#include "protocols/http/characters.h"

#include <saker/options.h>

namespace saker {

server_options& server_options::listen(std::string_view url, configure then) {
    listened added;
    added.url = url;
    added.options.https_defaults = https_defaults;
    if (endpoint_defaults) endpoint_defaults(added.options);
    if (then) then(added.options);
    endpoints.push_back(std::move(added));
    return *this;
}

server_options& server_options::listen_localhost(uint16_t port, configure then) {
    return listen("http://localhost:" + std::to_string(port), std::move(then));
}

server_options& server_options::listen_any_ip(uint16_t port, configure then) {
    return listen("http://*:" + std::to_string(port), std::move(then));
}

server_options& server_options::listen_unix_socket(std::string_view path, configure then) {
    return listen("http://unix:" + std::string(path), std::move(then));
}

server_options& server_options::listen_handle(int handle, configure then) {
    listen({}, std::move(then));
    endpoints.back().handle = handle;
    return *this;
}

server_options& server_options::configure_endpoint_defaults(configure defaults) {
    endpoint_defaults = std::move(defaults);
    return *this;
}

server_options& server_options::configure_https_defaults(
    std::function<void(https_options&)> defaults) {
    https_defaults = std::move(defaults);
    return *this;
}

server_options& server_options::endpoint(std::string_view name, configure then) {
    for (auto& [known, last_word] : named_endpoints) {
        if (!equals_ignore_case(known, name)) continue;
        last_word = std::move(then);
        return *this;
    }
    named_endpoints.emplace_back(name, std::move(then));
    return *this;
}

}  // namespace saker
