#pragma once
// What can be set, as plain structs with Kestrel's names, word order and defaults in snake_case.
// A server reads them once, at start; every value outside its range is an error then, all of them
// together. Where a default or a rule differs from Kestrel, the comment says so.

#include <saker/connection.h>
#include <saker/log.h>
#include <saker/transport.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

// Kestrel's KestrelServerLimits. An empty optional is "no limit".
struct server_limits {
    // The whole request line with its CRLF: 414 beyond. At least 1.
    uint32_t max_request_line_size = 8 * 1024;
    // All header lines with the empty line that ends them, trailers too: 431 beyond.
    uint32_t max_request_headers_total_size = 32 * 1024;
    // 431 beyond; trailers count.
    uint32_t max_request_header_count = 100;
    // Bytes of content, chunked ones counted as they come: 413 beyond. Framing is not counted
    // (Kestrel counts it).
    std::optional<uint64_t> max_request_body_size = 30'000'000;
    // What is read ahead of the handler; reading resumes at half. At least a slab is read.
    std::optional<size_t> max_request_buffer_size = 1024 * 1024;
    // What is written ahead of the peer; `write` suspends above, and resumes at half.
    std::optional<size_t> max_response_buffer_size = 64 * 1024;
    // Between two requests, and before the first.
    std::chrono::milliseconds keep_alive_timeout = std::chrono::seconds(130);
    // From a request's first byte to the end of its head: 408 beyond.
    std::chrono::milliseconds request_headers_timeout = std::chrono::seconds(30);
};

// Kestrel's SocketTransportOptions, and which transport it is.
struct transport_options {
    // "auto": the first usable of io_uring and epoll, with the reasons of those passed over in the
    // log; or one by name ("io_uring", "epoll", a plug-in's): an error if it is not usable.
    std::string name = "auto";
    uint32_t backlog = 512;
    bool no_delay = true;
    // Factories of transports that are not the engine's own; looked at before the built-in ones.
    std::vector<std::shared_ptr<transport_factory>> plug_ins;
};

enum class http_protocols : uint8_t { http1 = 1, http2 = 2, http1_and_http2 = 3 };

// Kestrel's ListenOptions: what is done with the connections of one address.
struct listen_options {
    // Without TLS only HTTP/1.1 is served; HTTP/2 alone is an error at start.
    http_protocols protocols = http_protocols::http1_and_http2;
    // Permission bits of a Unix domain socket's file; 0 leaves what the umask makes of it.
    uint32_t unix_socket_mode = 0;
    std::vector<connection_middleware> middleware;
    connection_delegate raw;  // not HTTP at all

    // Adds a middleware; the first one added sees the connection first.
    listen_options& use(connection_middleware added) {
        middleware.push_back(std::move(added));
        return *this;
    }
    // Serves any protocol: the delegate has the pipes.
    listen_options& run(connection_delegate delegate) {
        raw = std::move(delegate);
        return *this;
    }
};

struct server_options {
    server_limits limits;
    transport_options transport;
    // Threads with a reactor of their own; 0: one for each processor that this process may use.
    uint32_t cores = 0;
    // Ties each core's thread to a processor.
    bool pin_cores = true;
    // Slabs of 16 KiB that a core may have; what it has no slab for waits in the kernel.
    size_t max_slabs_per_core = 16 * 1024;
    // Threads for `offload`; started when first needed.
    uint32_t offload_threads = 16;

    bool add_server_header = true;            // "Server: Saker" unless the handler set one
    bool allow_host_header_override = false;  // absolute-form target against Host: 400, or it wins

    log_level minimum_log_level = log_level::information;
    log_sink log;  // empty: stderr

    using configure = std::function<void(listen_options&)>;
    // "http://127.0.0.1:8080", "http://[::1]:0", "http://localhost:5000", "http://*:80",
    // "http://unix:/run/app.sock"; "tcp://..." for raw protocols. Mistakes are told by `start`.
    server_options& listen(std::string_view url, configure then = {});
    server_options& listen_localhost(uint16_t port, configure then = {});
    server_options& listen_any_ip(uint16_t port, configure then = {});
    server_options& listen_unix_socket(std::string_view path, configure then = {});
    // A listening socket that is open already; the caller keeps it and closes it after the stop.
    server_options& listen_handle(int handle, configure then = {});

    struct listened {
        std::string url;
        int handle = -1;
        listen_options options;
    };
    std::vector<listened> endpoints;
};

}  // namespace saker
