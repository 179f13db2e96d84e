#pragma once
// What a peer may use and how long it may take: Kestrel's KestrelServerLimits with its names, word
// order, defaults and ranges in snake_case, and a few that its users ask for. An empty optional is
// "no limit". Where a default or a rule differs from Kestrel's, the comment says so.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace saker {

// For any of the times: never. Kestrel's Timeout.InfiniteTimeSpan.
inline constexpr std::chrono::milliseconds infinite = std::chrono::milliseconds::max();

// Kestrel's MinDataRate: bytes a second, on average over the time that the server has waited for
// the peer. Looked at once that time is longer than the grace period.
struct min_data_rate {
    double bytes_per_second = 240;                                     // more than 0
    std::chrono::milliseconds grace_period = std::chrono::seconds(5);  // more than a second
    friend bool operator==(const min_data_rate&, const min_data_rate&) = default;
};

// Kestrel's Http2Limits: of a connection that speaks HTTP/2, beside all that holds for requests and
// connections of any version. docs/http2.md has what happens beyond each.
struct http2_limits {
    // Requests at once; one more is refused (REFUSED_STREAM), and may be tried again. At least 1.
    uint32_t max_streams_per_connection = 100;
    // Of HPACK, both ways: what clients may use of it, and the most that is used of theirs. Any.
    uint32_t header_table_size = 4096;
    // What is taken, and the most that is sent: 2^14 to 2^24 - 1.
    uint32_t max_frame_size = 16 * 1024;
    // A header's name or value: the connection ends beyond. At least 1.
    uint32_t max_request_header_field_size = 32 * 1024;
    // What may come of request bodies ahead of the handlers that read them: of all of a connection,
    // and of one. 65,535 to 2^31 - 1.
    uint32_t initial_connection_window_size = 1024 * 1024;
    uint32_t initial_stream_window_size = 768 * 1024;
    // After so long without a frame a ping asks whether the client is there; where no frame comes
    // within the timeout, the connection ends. At least a second each, or `infinite`.
    std::chrono::milliseconds keep_alive_ping_delay = infinite;
    std::chrono::milliseconds keep_alive_ping_timeout = std::chrono::seconds(20);
};

// What happens to one connection more than `max_concurrent_connections`.
enum class connection_limit_action : uint8_t {
    refuse,          // Kestrel's way: it is accepted and reset, so that the client knows at once
    stop_accepting,  // it waits in the kernel's backlog until another one ends
};

struct server_limits {
    // ---- a request ----
    // The whole request line with its CRLF: 414 beyond. At least 1.
    uint32_t max_request_line_size = 8 * 1024;
    // All header lines with the empty line that ends them, trailers too: 431 beyond. At least 1.
    uint32_t max_request_headers_total_size = 32 * 1024;
    // 431 beyond; trailers count. At least 1.
    uint32_t max_request_header_count = 100;
    // Bytes of content, chunked ones counted as they come: 413 beyond. Framing is not counted
    // (Kestrel counts it). `request_body::limit_to` sets another one for a request.
    std::optional<uint64_t> max_request_body_size = 30'000'000;

    // ---- memory of a connection ----
    // What is read ahead of the handler; reading resumes at half. At least a slab is read. Not less
    // than a request line or all headers can have.
    std::optional<size_t> max_request_buffer_size = 1024 * 1024;
    // What is written ahead of the peer; `write` suspends above, and resumes at half. Over HTTP/2
    // of each stream, and less where all of a connection have a mebibyte; there "no limit" is this.
    std::optional<size_t> max_response_buffer_size = 64 * 1024;

    // ---- time; more than none, or `infinite` ----
    // Between two requests.
    std::chrono::milliseconds keep_alive_timeout = std::chrono::seconds(130);
    // From a request's first byte to the end of its head: 408 beyond. For the first request of a
    // connection from the accept on, so that a client that says nothing is ended after it too
    // (Kestrel: after keep_alive_timeout).
    std::chrono::milliseconds request_headers_timeout = std::chrono::seconds(30);
    // Of a request's body while a handler waits for it: 408 beyond. `request_body::require_rate`
    // sets another one for a request.
    std::optional<min_data_rate> min_request_body_data_rate = min_data_rate{};
    // Of responses while something of them waits for the peer: a reset beyond.
    // `response_body::require_rate` sets another one for a response.
    std::optional<min_data_rate> min_response_data_rate = min_data_rate{};

    // ---- connections ----
    // Open at once, of the whole server (Kestrel: of an endpoint). At least 1. One that was
    // upgraded does not count.
    std::optional<uint64_t> max_concurrent_connections;
    connection_limit_action at_max_concurrent_connections = connection_limit_action::refuse;
    // Upgraded at once, of the whole server; `upgrade` is refused beyond.
    std::optional<uint64_t> max_concurrent_upgraded_connections;
    // Open at once from one client, which is all addresses that begin with the same bits; beyond,
    // they are accepted and reset. At least 1. Not in Kestrel.
    std::optional<uint64_t> max_connections_per_client;
    uint32_t client_prefix_ipv4 = 32;  // bits: 1 to 32
    uint32_t client_prefix_ipv6 = 64;  // bits: 1 to 128; a customer has a /64 at least
    // Then a connection is ended after the request that runs, so that clients spread over new
    // servers: at least 1, more than none. Up to a tenth is added at random to an age, lest they
    // all come back at once. Not in Kestrel.
    std::optional<uint64_t> max_requests_per_connection;
    std::optional<std::chrono::milliseconds> max_connection_age;

    http2_limits http2;
};

}  // namespace saker
