#pragma once
// A core of a server: its thread, and what is listened on there. Asked from the threads that start,
// change and stop the server; what it asks travels as a letter and is done on the core's own
// thread. Nothing but the opening waits for the core, so that one that is blocked by a handler
// delays nobody who wants to stop.

#include "core/connection/listener.h"
#include "core/reactor/core.h"
#include "hosting/diagnostics/server_recorder.h"
#include "protocols/http1/http1_service.h"
#include "protocols/http2/http2_service.h"
#include "protocols/tls/service.h"

#include <saker/options.h>
#include <saker/router.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace saker {

// What connections of an endpoint begin with; the same on each core.
struct endpoint_plan {
    listen_options options;
    http1::service_options http;
    http2::service_options http2;
    connection_options pipes;
    application* app = nullptr;
    std::shared_ptr<tls::tls_endpoint> tls;  // where it is served over TLS
    uint32_t max_concurrent_handshakes = 0;
    std::string display;
};
using shared_plan = std::shared_ptr<const endpoint_plan>;

// An endpoint's socket, on all cores of its group.
using place_id = uint64_t;

class core_runner {
public:
    // What connections have that are closed because their endpoint was changed or removed. Kestrel.
    static constexpr auto patience = std::chrono::seconds(5);

    // `here`: without a thread, see `start_here`.
    core_runner(const core::settings&, std::shared_ptr<diagnostics::server_recorder>, bool here);
    ~core_runner();
    core_runner(const core_runner&) = delete;
    core_runner& operator=(const core_runner&) = delete;

    // Starts the thread, on `processor` unless that is negative, and makes the transport there.
    bool start(const transport_factory&, int processor, std::string& error);
    // The same without a thread: whoever calls `one_core().turn` is the core.
    bool start_here(const transport_factory&, std::string& error);

    struct opened {
        int result = -ETIMEDOUT;  // 0, or a negated errno; the core does not turn
        int native = -1;          // its descriptor, for other cores
        endpoint where;           // with its port
        std::string local;        // "127.0.0.1:80", as the transport says it
        std::string error;        // where a middleware of the plan has thrown
    };
    [[nodiscard]] opened open(place_id, shared_plan, const endpoint& where);
    // For connections from now on. Where `closes_older`, the others get a graceful end and
    // `patience`; else they go on as they began.
    void renew(place_id, shared_plan, bool closes_older);
    // No more connections: those that wait in the kernel, and of a port of our own those whose
    // handshake takes no longer than `longest_handshake`, are still served. Those that are open get
    // a graceful end and `patience`.
    void retire(place_id);

    // As `retire` for all that is open, without the deadline.
    void begin_stop();
    // Aborts connections, telling the log which ones, and ends delays.
    void abort_all(end_reason why);
    // After `begin_stop`: nothing is open on it any more. Any thread.
    [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_acquire); }
    // Called on the core's thread when it is over.
    void when_over(std::function<void()> told) { on_over_ = std::move(told); }
    // Nothing keeps the thread from ending.
    [[nodiscard]] bool may_stop() const noexcept { return !open_ || over(); }
    // Ends the thread; it must be over, or never have been opened.
    void stop();

    // Does it on the core, some time.
    void post(std::function<void()> what);

    [[nodiscard]] core& one_core() noexcept { return core_; }
    [[nodiscard]] const core& one_core() const noexcept { return core_; }

private:
    struct serving;
    struct listening;
    struct sweep_hook final : turn_end_hook {
        explicit sweep_hook(core_runner& of) noexcept : turn_end_hook(run), owner(of) {}
        core_runner& owner;
        static void run(turn_end_hook& due) noexcept {
            static_cast<sweep_hook&>(due).owner.sweep();
        }
    };

    [[nodiscard]] listening* find(place_id) noexcept;
    void open_here(place_id, shared_plan, opened&) noexcept;
    void cut(listening&, uint64_t older_than, end_reason why) noexcept;
    void sweep() noexcept;
    void look_whether_over();

    const std::shared_ptr<diagnostics::server_recorder> records_;  // outlives the core
    const bool here_;
    core core_;
    diagnostics::core_recorder& recorder_;
    bool open_ = false;
    bool stopping_ = false;
    std::vector<std::unique_ptr<listening>> listening_;
    sweep_hook sweep_{*this};
    std::function<void()> on_over_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace saker
