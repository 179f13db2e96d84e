#pragma once
// What is behind a `server`: its options, its routes, and, once it is started, its cores and what
// they listen on. Starting, changing and stopping follow each other, whoever asks for them; but who
// asks for a stop where it would wait for itself, on a thread of the server's own or in a function
// that it calls, is refused.

#include "core/base/log.h"
#include "core/connection/admission.h"
#include "core/reactor/offload_pool.h"
#include "hosting/diagnostics/server_recorder.h"
#include "hosting/life/configured_options.h"
#include "hosting/life/core_groups.h"
#include "hosting/life/endpoint_set.h"
#include "hosting/life/reload_watch.h"
#include "hosting/life/systemd.h"
#include "hosting/pipeline.h"

#include <saker/server.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace saker {

class server_host {
public:
    explicit server_host(server_options chosen) : options(std::move(chosen)) {}
    ~server_host() { stop(std::chrono::milliseconds(0)); }

    server_options options;  // those in force; changed by `apply` alone once it has started
    pipeline requests;
    std::vector<std::string> mistakes;  // of `route` and `use`, told by `start`
    // What is aborted has this long to be over; then it is left behind.
    std::chrono::milliseconds abort_time = std::chrono::seconds(5);

    // Before the start: the options are those of a configuration, over what the code has said.
    void configure(configuration_sources sources, configured_options::last_word then) {
        configured_.emplace(std::move(sources), std::move(then));
    }
    [[nodiscard]] bool has_configuration() const noexcept { return configured_.has_value(); }
    // Before the start: what systemd has handed over, for `options.systemd_sockets`.
    void inherit(const environment&);
    [[nodiscard]] const std::vector<inherited_socket>& inherited() const noexcept {
        return inherited_;
    }

    [[nodiscard]] result<std::vector<std::string>> start();
    // The same on one core that is this thread, whose caller takes its turns: for `test_client` and
    // tests. Factory and clock outlive the host.
    [[nodiscard]] result<std::vector<std::string>> start_here(const transport_factory&,
                                                              const clock&);
    // Takes over what can be taken over while it runs, and tells the log. What was changed, one
    // line each, for which `by_key` has other words; or why nothing was.
    [[nodiscard]] result<std::vector<std::string>> apply(
        server_options fresh, std::optional<std::vector<std::string>> by_key = {});
    // Reads the configuration anew and applies it.
    [[nodiscard]] result<std::vector<std::string>> reload();

    [[nodiscard]] core& core_here() noexcept { return cores_.first().one_core(); }
    // The parts of `stop`, for whoever takes the turns. False where it has not started.
    bool begin_stop();
    [[nodiscard]] bool all_over() const { return cores_.all_over(); }
    // False where something did not end although it was aborted: the host has to stay for ever. Or
    // where it would wait for itself: then nothing is done, but that the log says so.
    bool stop(std::chrono::milliseconds grace);
    // Aborts what a `stop` on another thread is waiting for.
    void abort();
    [[nodiscard]] std::shared_ptr<diagnostics::server_recorder> recorder() const noexcept {
        return recorder_;
    }
    // Any thread. Files that were renamed are left, and opened anew under their names.
    void reopen_logs() noexcept { recorder_->reopen_access_log(); }
    // It serves, and nobody has asked it to stop.
    [[nodiscard]] bool ready() const noexcept { return ready_->load(std::memory_order_acquire); }
    void not_ready() noexcept { ready_->store(false, std::memory_order_release); }
    [[nodiscard]] std::shared_ptr<const std::atomic<bool>> readiness() const noexcept {
        return ready_;
    }
    // "http://127.0.0.1:8080", as they are bound. Any thread.
    [[nodiscard]] std::vector<std::string> addresses() const;
    struct stop_times {
        std::chrono::milliseconds delay, timeout;
    };
    [[nodiscard]] stop_times patience() const;
    // Those whose loop has not turned since it was asked the last time.
    template <class Heart>
    [[nodiscard]] std::vector<uint32_t> silent_cores(Heart& heart) {
        const std::lock_guard lock(guard_);
        return running_ ? heart.ask(cores_) : std::vector<uint32_t>();
    }
    [[nodiscard]] server_statistics statistics() const { return cores_.statistics(); }
    [[nodiscard]] const core_groups& cores() const noexcept { return cores_; }
    [[nodiscard]] bool started() const {
        const std::lock_guard lock(guard_);
        return started_;
    }
    void log(log_level level, std::string message) const;

private:
    class change;
    class busy_here;

    [[nodiscard]] result<std::vector<std::string>> start_with(const transport_factory* here,
                                                              const clock&);
    [[nodiscard]] result<std::vector<std::string>> start_now(const transport_factory* here,
                                                             const clock&);
    [[nodiscard]] error check(const server_options&) const;
    [[nodiscard]] error prepare(const clock&);
    void begin_logs();
    [[nodiscard]] std::vector<std::string> load();
    void watch_configuration();
    [[nodiscard]] result<std::vector<std::string>> listen_everywhere();
    [[nodiscard]] bool is_running() const {
        const std::lock_guard lock(guard_);
        return running_;
    }
    [[nodiscard]] bool has_begun() const {
        const std::lock_guard lock(guard_);
        return started_ || changing_;
    }
    [[nodiscard]] bool waits_for_this_thread() const;
    void refuse_stop();
    [[nodiscard]] bool wait_until_over(std::chrono::steady_clock::time_point until);
    void take_over(server_options fresh);

    real_clock clock_;
    const std::shared_ptr<diagnostics::server_recorder> recorder_ =
        std::make_shared<diagnostics::server_recorder>();
    std::unique_ptr<log_writer> log_;
    std::unique_ptr<offload_pool> offloads_;
    std::string no_access_log_;  // why there is none
    admission admission_;
    core_groups cores_;
    std::optional<endpoint_set> endpoints_;
    bool here_ = false;  // without threads: the caller takes the turns
    const std::shared_ptr<std::atomic<bool>> ready_ = std::make_shared<std::atomic<bool>>(false);
    std::optional<error> cannot_inherit_;
    std::vector<inherited_socket> inherited_;
    bool has_inherited_ = false;

    std::atomic<bool> told_refused_ = false;

    std::mutex reloading_;  // of what is the configuration's, and of the start
    std::optional<configured_options> configured_;
    std::optional<reload_watch> watch_;

    std::mutex ending_;         // of the last steps of a stop, which several may ask for
    mutable std::mutex guard_;  // of what follows; held for moments
    std::condition_variable over_, idle_;
    bool started_ = false;
    bool running_ = false;  // cores may be asked
    bool stopping_ = false;
    bool stop_begun_ = false;  // all cores have been told
    bool changing_ = false;    // or starting
    std::vector<std::string> addresses_;
};

}  // namespace saker
