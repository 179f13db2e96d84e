#pragma once
// What is behind a `server`: its options, its routes, and, once it is started, its cores.

#include "core/base/log.h"
#include "core/connection/admission.h"
#include "core/reactor/offload_pool.h"
#include "hosting/address.h"
#include "hosting/core_runner.h"
#include "hosting/diagnostics/server_recorder.h"
#include "hosting/pipeline.h"

#include <saker/server.h>

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

    server_options options;
    pipeline requests;
    std::vector<std::string> mistakes;  // of `route` and `use`, told by `start`

    [[nodiscard]] result<std::vector<std::string>> start();
    // The same on one core that is this thread, whose caller takes its turns: for `test_client` and
    // tests. Factory and clock outlive the host.
    [[nodiscard]] result<std::vector<std::string>> start_here(const transport_factory&,
                                                              const clock&);
    [[nodiscard]] core& core_here() noexcept { return cores_.front()->one_core(); }
    // The parts of `stop`, for whoever takes the turns.
    void begin_stop();
    [[nodiscard]] bool all_over() const noexcept;
    void stop(std::chrono::milliseconds grace);
    // Aborts what a `stop` on another thread is waiting for.
    void abort();
    [[nodiscard]] server_statistics statistics() const;
    [[nodiscard]] std::shared_ptr<diagnostics::server_recorder> recorder() const noexcept {
        return recorder_;
    }
    // Any thread. Files that were renamed are left, and opened anew under their names.
    void reopen_logs() noexcept { recorder_->reopen_access_log(); }
    [[nodiscard]] bool started() const noexcept { return started_; }
    void log(log_level level, std::string message) const;

private:
    struct opened {
        std::vector<std::string> bound;
        std::vector<std::string> errors;
    };
    [[nodiscard]] error check() const;
    void prepare();
    [[nodiscard]] std::string start_cores();
    void add_core(uint32_t index, const clock& time);
    [[nodiscard]] bool wait_until_over(std::chrono::steady_clock::time_point until);
    void listen_on(const server_options::listened& wanted, opened& all);
    void listen_on(const parsed_address& address, const endpoint_plan& plan, opened& all);
    // Opens it on every core: 0, or a negated errno with everything as before.
    [[nodiscard]] int open(endpoint& where, endpoint_plan plan);
    [[nodiscard]] std::string why_not(int error, const endpoint& where,
                                      const std::string& shown) const;
    [[nodiscard]] endpoint_plan plan_for(const listen_options& chosen);
    [[nodiscard]] result<std::vector<std::string>> listen_everywhere(opened all);

    real_clock clock_;
    const std::shared_ptr<diagnostics::server_recorder> recorder_ =
        std::make_shared<diagnostics::server_recorder>();
    std::unique_ptr<log_writer> log_;
    std::unique_ptr<offload_pool> offloads_;
    std::string no_access_log_;  // why there is none
    http1::service_options http_;
    admission admission_;
    std::vector<std::unique_ptr<core_runner>> cores_;
    std::string transport_;
    bool started_ = false;
    bool running_ = false;
    bool here_ = false;  // without threads: the caller takes the turns

    std::mutex life_;  // `running_` stays while it is held
    std::mutex guard_;
    std::condition_variable over_;
};

}  // namespace saker
