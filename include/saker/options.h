#pragma once
// What can be set, as plain structs with Kestrel's names, word order and defaults in snake_case.
// A server reads them once, at start; every value outside its range is an error then, all of them
// together. Where a default or a rule differs from Kestrel, the comment says so.

#include <saker/connection.h>
#include <saker/https.h>
#include <saker/limits.h>
#include <saker/log.h>
#include <saker/transport.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

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

// Kestrel's ListenOptions: what is done with the connections of one address.
struct listen_options {
    // What the configuration, systemd's descriptors and the log call it: "Http"; may be empty.
    std::string name;
    // The transport of this endpoint, where it is not the server's: then it has cores of its own.
    std::string transport;
    // Over TLS the client chooses by ALPN, without it HTTP/1.1 is served; in clear text it is
    // HTTP/2 where a connection begins as HTTP/2 does (h2c with prior knowledge).
    http_protocols protocols = http_protocols::http1_and_http2;
    // Permission bits of a Unix domain socket's file; 0 leaves what the umask makes of it.
    uint32_t unix_socket_mode = 0;
    std::vector<connection_middleware> middleware;
    // Logs what comes and goes, as Kestrel's UseConnectionLogging: hex, category "connection" at
    // debug, as the outermost middleware.
    bool connection_logging = false;
    connection_delegate raw;  // not HTTP at all
    // TLS, and how many of `middleware` are in front of it. An endpoint whose url is https has it
    // behind all of them where nobody has said another place.
    std::shared_ptr<const https_options> https;
    size_t middleware_before_https = 0;
    std::function<void(https_options&)> https_defaults;  // the server's, as it was listened on

    // Adds a middleware; the first one added sees the connection first.
    listen_options& use(connection_middleware added) {
        middleware.push_back(std::move(added));
        return *this;
    }
    // Serves it over TLS. Middleware that was added before sees ciphertext, what is added after it
    // plaintext; the last call counts. Without a certificate: the server's default one.
    listen_options& use_https(https_options with) {
        https = std::make_shared<const https_options>(std::move(with));
        middleware_before_https = middleware.size();
        return *this;
    }
    // With the server's `https_defaults`, and what `then` says over them.
    listen_options& use_https(const std::function<void(https_options&)>& then = {}) {
        https_options with;
        if (https_defaults) https_defaults(with);
        if (then) then(with);
        return use_https(std::move(with));
    }
    // A file, PEM or PFX, and its password.
    listen_options& use_https(std::string_view certificate_path, std::string_view password = {}) {
        return use_https([&](https_options& with) {
            with.certificates.push_back({});
            with.certificates.back().path = certificate_path;
            with.certificates.back().password = password;
        });
    }
    // Serves any protocol: the delegate has the pipes.
    listen_options& run(connection_delegate delegate) {
        raw = std::move(delegate);
        return *this;
    }
};

// One line for each request, answered or not. Written by a thread of its own within a second or
// so; where the disk is full or the sink too slow, lines are dropped, counted and told of in the
// log: nobody waits. docs/logging.md has the formats.
struct access_log_options {
    enum class log_format : uint8_t { off, ncsa, w3c, json };
    log_format format = log_format::off;
    // A file that is appended to, made if it is not there and opened anew by SIGHUP; "-": stdout.
    std::string path = "-";
    // Instead of the file: whole lines, each ended by a line feed, on that thread. While it takes
    // its time lines are dropped; a stop waits for it.
    std::function<void(std::string_view lines)> sink;
};

// Of all https endpoints of a server.
struct tls_options {
    // Handshakes that a core has under way at once; beyond, the one that has waited for its client
    // longest is ended. At least 1.
    uint32_t max_concurrent_handshakes = 1024;
    // Keys that session tickets are encrypted with, so that several hosts can resume each other's
    // sessions: 80 random bytes each (as nginx's), the first one encrypts, all decrypt; the file is
    // followed. Empty: made at random, another one each hour, for all cores.
    std::string session_ticket_key_file;
    // How long a session may be resumed. More than none, a week at most (RFC 8446 4.6.1).
    std::chrono::seconds session_lifetime = std::chrono::hours(2);
    // How long before its end a certificate is warned of.
    std::chrono::hours expiry_warning = std::chrono::hours(24 * 14);
    // Where the development certificate is made and kept. Empty: $XDG_DATA_HOME/saker/https, else
    // ~/.local/share/saker/https.
    std::string development_certificate_folder;

    friend bool operator==(const tls_options&, const tls_options&) = default;
};

struct server_options {
    server_limits limits;
    tls_options tls;
    // Of https endpoints that name none. Kestrel's `Certificates:Default`.
    std::optional<certificate_source> default_certificate;
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

    // Of HTTP/2. Whether headers of responses go into HPACK's table: off where an attacker who can
    // guess at a secret among them could tell from sizes that he was right.
    bool allow_response_header_compression = true;
    // Whether `:scheme` may differ from the connection's, as behind a proxy that ends TLS.
    bool allow_alternate_schemes = false;

    // Logged are records of this level and above; `log_levels` says otherwise for a category.
    log_level minimum_log_level = log_level::information;
    std::vector<std::pair<std::string, log_level>> log_levels;
    log_sink log;  // empty: stderr
    access_log_options access_log;

    // What `run` gives a stop: first it says that it is not ready any more and goes on serving for
    // the delay, then what runs has the timeout to finish. .NET's HostOptions.ShutdownTimeout.
    std::chrono::milliseconds shutdown_delay{0};
    std::chrono::milliseconds shutdown_timeout = std::chrono::seconds(30);

    using configure = std::function<void(listen_options&)>;
    // "http://127.0.0.1:8080", "http://[::1]:0", "http://localhost:5000", "http://*:80",
    // "http://unix:/run/app.sock"; "tcp://..." for raw protocols. Mistakes are told by `start`.
    server_options& listen(std::string_view url, configure then = {});
    server_options& listen_localhost(uint16_t port, configure then = {});
    server_options& listen_any_ip(uint16_t port, configure then = {});
    server_options& listen_unix_socket(std::string_view path, configure then = {});
    // A listening socket that is open already; the caller keeps it and closes it after the stop.
    server_options& listen_handle(int handle, configure then = {});
    // Takes listening sockets over that systemd has opened (socket activation): one whose
    // FileDescriptorName is an endpoint's name is listened on instead of its url, others become
    // endpoints of their own. They are left open at the stop. Without systemd it does nothing.
    server_options& use_systemd() {
        systemd_sockets = true;
        return *this;
    }
    // For each endpoint that is added after it, before its own `then`; another call replaces it.
    // Kestrel's ConfigureEndpointDefaults.
    server_options& configure_endpoint_defaults(configure defaults);
    // For the configured endpoint of that name, as the last word on it; another call replaces it.
    // Kestrel's KestrelConfigurationLoader.Endpoint.
    server_options& endpoint(std::string_view name, configure then);

    // For the `https_options` of each endpoint that is added after it and says its own by a
    // function, or not at all; another call replaces it. Kestrel's ConfigureHttpsDefaults.
    server_options& configure_https_defaults(std::function<void(https_options&)> defaults);

    struct listened {
        std::string url;
        int handle = -1;
        listen_options options;
    };
    std::vector<listened> endpoints;
    bool systemd_sockets = false;
    configure endpoint_defaults;
    std::function<void(https_options&)> https_defaults;
    std::vector<std::pair<std::string, configure>> named_endpoints;
};

}  // namespace saker
