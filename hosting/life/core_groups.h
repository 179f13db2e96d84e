#pragma once
// The cores of a server: one group for each transport that an endpoint asks for, each with the same
// number of cores and the same pinning, started when the first endpoint needs it. A group stays
// until the server stops. Changed by one thread at a time; read by any.

#include "hosting/core_runner.h"
#include "hosting/pipeline.h"

#include <saker/options.h>
#include <saker/result.h>
#include <saker/server.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

class log_writer;
class offload_pool;

struct core_group {
    std::string transport;
    const transport_factory* factory = nullptr;
    std::vector<std::unique_ptr<core_runner>> cores;
};

class core_groups {
public:
    // What cores are made with; outlives them.
    struct surroundings {
        const clock* time = nullptr;
        log_writer* log = nullptr;
        offload_pool* offloads = nullptr;
        std::shared_ptr<diagnostics::server_recorder> recorder;
        std::function<void()> when_over;  // some core is; on its thread
    };
    // Before anything else.
    void begin(surroundings made) { around_ = std::move(made); }

    // The group of that transport ("auto" is the one that it comes to here), started if need be.
    [[nodiscard]] result<core_group*> with(const std::string& transport, const server_options&);
    // One group with one core that is this thread, for all transports.
    [[nodiscard]] std::string start_here(const transport_factory&, const server_options&);

    // Without the lock, for on one's own thread the action may take turns.
    template <class Action>
    void for_each_core(Action action) const {
        for (core_runner* const one : all_cores()) action(*one);
    }
    [[nodiscard]] bool all_over() const;
    [[nodiscard]] core_runner& first() noexcept { return *groups_.front()->cores.front(); }
    // Ends the threads; those that are not over are left alone, and false is said.
    bool stop();
    // What the cores have counted, summed up.
    [[nodiscard]] server_statistics statistics() const;

private:
    [[nodiscard]] std::vector<core_runner*> all_cores() const;
    [[nodiscard]] core_group* find(const transport_factory&) noexcept;
    [[nodiscard]] std::string start(core_group&, const server_options&);
    void add_core(core_group&, const server_options&);

    surroundings around_;
    bool here_ = false;
    bool told_passed_over_ = false;
    uint32_t next_index_ = 0;
    mutable std::mutex guard_;  // of the list, which only grows
    std::vector<std::unique_ptr<core_group>> groups_;
};

}  // namespace saker
