// How endpoints get into the options: all as URLs, so that there is one grammar and one place that
// finds mistakes in it. Nothing is checked here; `start` tells every mistake at once.

#include <saker/options.h>

namespace saker {

server_options& server_options::listen(std::string_view url, configure then) {
    listened added;
    added.url = url;
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

}  // namespace saker
