#pragma once
// The addresses that a server listens on, as a person writes them: Kestrel's grammar with Kestrel's
// messages, stricter where Kestrel would listen on something that nobody meant ("127.0.0.300", a
// port of 99999). Pure: nothing is looked up but the number of a network interface.

#include <saker/result.h>
#include <saker/transport.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

enum class address_scheme : uint8_t { http, https, tcp };
[[nodiscard]] std::string_view name(address_scheme) noexcept;

struct parsed_address {
    // What the endpoints are to each other.
    enum class kind : uint8_t {
        one,       // a literal address: listen on it, or fail
        loopback,  // "localhost": 127.0.0.1 and [::1]; one that cannot be had is told, not an error
        any,       // "*" and names: [::] for both families; 0.0.0.0 only where there is no IPv6
        unix_socket,
    };

    address_scheme scheme = address_scheme::http;
    kind meaning = kind::one;
    std::vector<endpoint> endpoints;  // in the order to be tried
    std::string text;                 // as it is shown: "http://localhost:5000"
};

// "http://127.0.0.1:8080", "http://[fe80::1%eth0]:80", "http://localhost:5000", "http://*:80",
// "http://unix:/run/app.sock", "https://..." of each; "tcp://..." with a port. The error is one
// sentence.
[[nodiscard]] result<parsed_address> parse_address(std::string_view url);

// The URL of an endpoint with its port as it was bound: "http://127.0.0.1:8080", "http://[::]:80",
// "https://unix:/run/app.sock", "http://<handle 3>".
[[nodiscard]] std::string display(const endpoint&, address_scheme = address_scheme::http);

[[nodiscard]] inline bool is_tcp(const endpoint& where) noexcept {
    return where.family == endpoint::kind::tcp4 || where.family == endpoint::kind::tcp6;
}

}  // namespace saker
