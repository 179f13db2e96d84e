#pragma once
// A core of a server: its thread, and what is listened on there. Made, asked and ended from the
// thread that starts and stops the server; what it asks is done on the core's own thread.

#include "core/connection/listener.h"
#include "core/reactor/core.h"
#include "hosting/diagnostics/server_recorder.h"
#include "protocols/http1/http1_service.h"

#include <saker/options.h>
#include <saker/router.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace saker {

// What a listener is opened with; the same on each core but for `where`.
struct endpoint_plan {
    const listen_options* options = nullptr;
    const http1::service_options* http = nullptr;
    connection_options pipes;
    application* app = nullptr;
    std::string display;
};

class core_runner {
public:
    core_runner(const core::settings&, std::shared_ptr<diagnostics::server_recorder>);
    ~core_runner();
    core_runner(const core_runner&) = delete;
    core_runner& operator=(const core_runner&) = delete;

    // Starts the thread, on `processor` unless that is negative, and makes the transport there.
    bool start(const transport_factory&, int processor, std::string& error);
    // The same without a thread: whoever calls `one_core().turn` is the core.
    bool start_here(const transport_factory&, std::string& error);

    // Opens a listener: 0, or a negated errno. `native` gets its descriptor, for other cores.
    int open(const endpoint_plan&, endpoint& where, int& native);
    void stop_accepting();
    void request_close_all(end_reason why);
    // Aborts connections and ends delays.
    void abort_all(end_reason why);
    // Nothing is open on it any more. Any thread.
    [[nodiscard]] bool over() const noexcept { return over_.load(std::memory_order_acquire); }
    // Called on the core's thread when it is over.
    void when_over(std::function<void()> told) { on_over_ = std::move(told); }
    // Ends the thread; it must be over, or never have been opened.
    void stop();

    [[nodiscard]] core& one_core() noexcept { return core_; }
    [[nodiscard]] const core& one_core() const noexcept { return core_; }

private:
    struct listening;
    void call(const std::function<void()>& what);
    void look_whether_over();

    const std::shared_ptr<diagnostics::server_recorder> records_;  // outlives the core
    core core_;
    diagnostics::core_recorder& recorder_;
    bool open_ = false;
    bool stopping_ = false;
    std::vector<std::unique_ptr<listening>> listening_;
    std::function<void()> on_over_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

}  // namespace saker
