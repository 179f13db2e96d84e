#pragma once
// What differs between two sets of options, in the words of a log. One table says of each option
// whether a running server can take it over.

#include <saker/options.h>

#include <string>
#include <string_view>
#include <vector>

namespace saker {

enum class takes_effect : uint8_t {
    now,          // at once, for the whole server
    connections,  // for connections from now on
    next_start,   // when the server is started again
};

struct option_change {
    std::string_view option;  // "limits.max_request_body_size"
    std::string from, to;
    takes_effect when = takes_effect::now;
    // "limits.max_request_body_size 30000000 -> 1000"
    [[nodiscard]] std::string text() const;
};

// All but the endpoints, which `endpoint_set` compares.
[[nodiscard]] std::vector<option_change> difference(const server_options& from,
                                                    const server_options& to);

// Gives `fresh` those values of `running` that need a start.
void keep_until_next_start(server_options& fresh, const server_options& running);

// Whether connections of an endpoint would be served alike. Functions cannot be compared: only
// whether they are there, and how many.
[[nodiscard]] bool serve_alike(const listen_options&, const listen_options&) noexcept;
// The same of what TLS is done with.
[[nodiscard]] bool serve_alike(const https_options&, const https_options&) noexcept;

}  // namespace saker
