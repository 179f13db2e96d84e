#pragma once
// What one core measures of requests and connections. Its thread writes; whoever reads, reads at
// any time. A request costs one comparison where it is like the one before it, and its duration is
// taken at the end of the turn: that is when its answer leaves, and one look at the clock does for
// all of the turn.

#include "core/connection/endpoint_counts.h"
#include "core/reactor/core.h"
#include "hosting/diagnostics/access_log.h"
#include "hosting/diagnostics/request_series.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace saker::diagnostics {

// An endpoint as labels: network_transport="tcp",network_type="ipv4",server_address="127.0.0.1",...
struct endpoint_name {
    std::string labels;
    bool is_http = true;
    friend bool operator==(const endpoint_name&, const endpoint_name&) = default;
};
// Of a listener's local name, as transports say it: "127.0.0.1:80", "[::]:80", "unix:/run/x.sock".
[[nodiscard]] endpoint_name name_endpoint(std::string_view local, bool is_http);

class core_recorder final : public request_observer, public turn_observer {
public:
    // No access log: null.
    core_recorder(core& home, request_series& series, access_log* to);
    ~core_recorder();
    core_recorder(const core_recorder&) = delete;
    core_recorder& operator=(const core_recorder&) = delete;

    // ---- on the core ----

    void on_request_begun(detail::exchange&) noexcept override;
    void on_request_over(detail::exchange&, const request_outcome&) noexcept override;
    void on_turn_over(steady_time end) noexcept override;
    // Nothing more will come: hands over the last lines.
    void finish() noexcept { lines_.flush(); }
    // A request that is over, under its route; empty: none.
    void count(std::string_view route, const request_outcome&) noexcept;
    // The counts of an endpoint; the same ones where it is opened anew.
    [[nodiscard]] endpoint_counts& count_endpoint(const endpoint_name&);

    // ---- any thread, also when the core is gone ----

    struct endpoint_entry {
        endpoint_name name;
        endpoint_counts counts;
    };
    [[nodiscard]] uint32_t index() const noexcept { return index_; }
    [[nodiscard]] size_t slab_cap() const noexcept { return slab_cap_; }
    [[nodiscard]] const core_counts& counts() const noexcept { return *counts_; }
    // Of a series; null where this core has none of it.
    [[nodiscard]] const histogram<request_bounds>* durations(size_t number) const noexcept {
        const auto* const found = times_[number].load(std::memory_order_acquire);
        return found != nullptr ? &found->durations : nullptr;
    }
    // They stay where they are.
    [[nodiscard]] std::vector<const endpoint_entry*> endpoints() const;
    // "io_uring"; empty until it listens.
    [[nodiscard]] std::string transport() const;

private:
    struct request_times {
        histogram<request_bounds> durations;
        uint32_t this_turn = 0;  // began in the turn that runs, and over
        request_times* next = nullptr;
    };
    struct key {
        const char* route = nullptr;
        uint64_t rest = UINT64_MAX;
        friend bool operator==(const key&, const key&) = default;
    };
    struct slot {
        key asked;
        request_times* times = nullptr;
    };
    struct late_one {
        request_times* times;
        steady_time began;
    };

    void log_line(detail::exchange&, const request_outcome&);
    [[nodiscard]] const std::string& client_of(core_connection&);
    [[nodiscard]] request_times& look_up(const key&, const request_labels&);
    [[nodiscard]] request_times& times_of(size_t number);
    [[nodiscard]] slot& slot_of(const key&) noexcept;
    void grow();

    core& home_;
    request_series& series_;
    const std::shared_ptr<const core_counts> counts_;
    const uint32_t index_;
    const size_t slab_cap_;

    key last_key_;
    request_times* last_ = nullptr;
    request_times* touched_ = nullptr;  // in this turn
    std::vector<late_one> late_;        // over in this turn, begun in an earlier one
    std::vector<slot> slots_;           // open addressing; a power of two
    size_t used_slots_ = 0;
    std::array<std::atomic<request_times*>, request_series::most> times_{};

    // Who the clients are, of those connections that were here last: asking the system costs more
    // than the whole line.
    struct known_client {
        uint64_t connection = UINT64_MAX;
        std::string name;
    };
    std::vector<known_client> clients_;
    access_lines lines_;

    mutable std::mutex guard_;  // of what follows
    std::vector<std::unique_ptr<endpoint_entry>> endpoints_;
    std::string transport_;
};

}  // namespace saker::diagnostics
