#pragma once
// A server: options, endpoints, handlers; started, and stopped. Several can live in one process;
// none of them touches the process' signals, allocator, locale or main thread unless `run` is asked
// to be the program.

#include <saker/configuration.h>
#include <saker/options.h>
#include <saker/result.h>
#include <saker/router.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

// What the cores have counted since the start, summed up. Reading it disturbs nobody.
struct server_statistics {
    std::string transport;  // "io_uring", "epoll", ...
    uint32_t cores = 0;
    uint64_t connections_accepted = 0;
    uint64_t connections_open = 0;
    uint64_t requests = 0;
    uint64_t responses_by_class[6] = {};  // [2]: 2xx, ...
    uint64_t rejections = 0;              // requests refused before a handler saw them
    uint64_t bytes_received = 0;
    uint64_t bytes_sent = 0;
    uint64_t turns = 0;  // of all loops: requests / turns is the batching
    uint64_t slabs_in_use = 0;
    uint64_t slabs_mapped = 0;
    uint64_t connections_ended_by[end_reason_count] = {};
    // By the name of the reason; only those that happened.
    std::vector<std::pair<std::string_view, uint64_t>> rejections_by_reason;
};

class server_host;

// Answers a request, or does something around `next`.
using request_delegate = std::function<task<>(request&, response&)>;
using request_middleware = std::function<task<>(request&, response&, const request_delegate& next)>;

class server {
public:
    explicit server(server_options options = {});
    // Stops it, with no grace. What a handler that never returns still uses is left behind; and all
    // of it, running, where `stop` would do nothing.
    ~server();
    server(server&&) noexcept;
    server& operator=(server&&) noexcept;

    // Everything below until `start` returns *this, and is not to be called once it has started.
    server& listen(std::string_view url, server_options::configure then = {});
    [[nodiscard]] server_options& options() noexcept;

    template <handler H>
    server& get(std::string_view pattern, H h) {
        return route("GET", pattern, std::move(h));
    }
    template <handler H>
    server& post(std::string_view pattern, H h) {
        return route("POST", pattern, std::move(h));
    }
    template <handler H>
    server& put(std::string_view pattern, H h) {
        return route("PUT", pattern, std::move(h));
    }
    template <handler H>
    server& patch(std::string_view pattern, H h) {
        return route("PATCH", pattern, std::move(h));
    }
    template <handler H>
    server& del(std::string_view pattern, H h) {  // DELETE, which C++ keeps for itself
        return route("DELETE", pattern, std::move(h));
    }
    // Any method; "" is all of them.
    template <handler H>
    server& route(std::string_view method, std::string_view pattern, H h) {
        return route(method, pattern, std::make_unique<application_of<H>>(std::move(h)));
    }
    server& route(std::string_view method, std::string_view pattern, std::unique_ptr<application>);
    // Answers everything that no route does.
    template <handler H>
    server& handle(H h) {
        return handle(std::make_unique<application_of<H>>(std::move(h)));
    }
    server& handle(std::unique_ptr<application>);
    // Around routes and `handle`; the first one added is the outermost.
    server& use(request_middleware);

    // At the start, and whenever its files change while the server runs, the configuration goes
    // over what the options are at the start; `then` has the last word each time, perhaps on a
    // thread of the server's own. Mistakes are told by `start`; later ones leave everything as it
    // is and are logged. What changes is logged; limits are those of connections from then on, and
    // endpoints come, change and go without refusing anybody at an address that stays.
    server& configure(configuration_sources sources,
                      std::function<void(server_options&)> then = {});
    // Reads the configuration anew, now: what has changed, a line each, or why nothing has; that is
    // an exception of your functions as well. Any thread but a core's.
    [[nodiscard]] result<std::vector<std::string>> reload();

    // Opens the listeners and starts the cores; the addresses that it listens on, or every mistake.
    // A `stop` that comes meanwhile waits for it, and has the last word.
    [[nodiscard]] result<std::vector<std::string>> start();
    // Stops accepting, when those who wait in the kernel have been let in; lets what is running
    // finish with `Connection: close`, ends idle connections; after `grace` what is left is aborted
    // and named in the log. Handlers that have not returned five seconds later are left behind,
    // with the server's memory and the thread of their core. Any thread of yours, several as well.
    // Where it would wait for itself it does nothing, and says so in the log: in a handler, in work
    // for `offload`, in a sink of the log or the access log, in what `configure` calls. From there,
    // tell another thread.
    void stop(std::chrono::milliseconds grace = std::chrono::seconds(30));
    // It has started, and is not asked to stop yet. Any thread.
    [[nodiscard]] bool ready() const noexcept;
    // Is the program: starts, says so, and stops at SIGINT or SIGTERM as `shutdown_delay` and
    // `shutdown_timeout` say; a second one aborts. SIGHUP reloads and reopens the logs. systemd is
    // told (Type=notify, WatchdogSec=), and its variables are taken out of the environment. 0, or 1
    // with the reasons on stderr. Blocks these signals for the process while it runs.
    int run();

    // Any thread: goes on with the access log in a new file where the old one was renamed, as
    // logrotate does. What `run` does at SIGHUP.
    void reopen_logs() noexcept;

    // Any thread; all zero before the start.
    [[nodiscard]] server_statistics statistics() const;

private:
    friend class test_client;
    friend class metrics;
    friend class health;
    void let_go() noexcept;
    std::unique_ptr<server_host> host_;
};

}  // namespace saker
