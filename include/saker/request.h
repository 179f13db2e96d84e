#pragma once
// What a client asks for. Every view is valid until the handler has finished; debug builds find out
// a request that is used later. Nothing here is shaped by one version of HTTP.

#include <saker/body.h>
#include <saker/connection.h>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saker {

class request;

namespace detail {
struct route_values;
route_values& routes_of(request&) noexcept;
}  // namespace detail

struct header_view {
    std::string_view name;  // as it was sent
    std::string_view value;
};

class request {
public:
    // "GET"; case-sensitive.
    [[nodiscard]] std::string_view method() const noexcept;
    // Percent-decoded once (except %2F), dot segments removed; "" for CONNECT and "*".
    [[nodiscard]] std::string_view path() const noexcept;
    // As sent, without the "?".
    [[nodiscard]] std::string_view query() const noexcept;
    // The first value of a name in the query, decoded ("+" and percent); nothing if there is none.
    [[nodiscard]] std::optional<std::string> query_value(std::string_view key) const;
    // The request target as it was sent.
    [[nodiscard]] std::string_view target() const noexcept;
    // "HTTP/1.1", "HTTP/2"
    [[nodiscard]] std::string_view protocol() const noexcept;
    // "http", or "https" behind TLS; what the client says where `allow_alternate_schemes` lets it.
    [[nodiscard]] std::string_view scheme() const noexcept;
    [[nodiscard]] std::string_view host() const noexcept;
    // What the router's pattern calls `key`: "/users/{id}". Decoded as the path is.
    [[nodiscard]] std::string_view route_value(std::string_view key) const noexcept;

    // The first value of a header, case-insensitive; empty if it is not there.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    [[nodiscard]] bool has_header(std::string_view name) const noexcept;
    // In the order they came, several lines of a name apart.
    [[nodiscard]] size_t header_count() const noexcept;
    [[nodiscard]] header_view header_at(size_t index) const noexcept;
    [[nodiscard]] std::string_view content_type() const noexcept { return header("Content-Type"); }
    [[nodiscard]] std::optional<uint64_t> content_length() const noexcept;

    [[nodiscard]] request_body& body() noexcept;
    // What came after a chunked body; complete once the body has been read to its end.
    [[nodiscard]] size_t trailer_count() const noexcept;
    [[nodiscard]] header_view trailer_at(size_t index) const noexcept;

    // It asks for another protocol: on this connection (`Upgrade`), and has no body; or on this
    // stream (HTTP/2's extended CONNECT). See `response::upgrade`.
    [[nodiscard]] bool can_upgrade() const noexcept;
    // Which one: what `Upgrade` or `:protocol` says, as "websocket"; empty where none is asked for.
    [[nodiscard]] std::string_view requested_protocol() const noexcept;

    // The client has gone, has ended its side, or has cancelled the request (HTTP/2): an answer may
    // find nobody.
    [[nodiscard]] bool aborted() const noexcept;
    // Suspends until `aborted`, or until the response has been ended (by a `responder`).
    [[nodiscard]] auto until_aborted() noexcept;

    // "{connection id}:{number of the request on it, hexadecimal}", as Kestrel's trace identifier.
    [[nodiscard]] std::string id() const;
    [[nodiscard]] saker::connection& connection() noexcept;

private:
    friend class detail::exchange;
    friend detail::route_values& detail::routes_of(request&) noexcept;
    explicit request(detail::exchange& of) noexcept : exchange_(of) {}
    void when_aborted(continuation next) noexcept;
    detail::exchange& exchange_;
};

inline auto request::until_aborted() noexcept {
    struct awaiter {
        request& self;
        bool await_ready() const noexcept { return self.aborted(); }
        void await_suspend(std::coroutine_handle<> waiting) noexcept {
            self.when_aborted(continuation::of(waiting));
        }
        void await_resume() const noexcept {}
    };
    return awaiter{*this};
}

}  // namespace saker
