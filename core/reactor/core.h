#pragma once
// A core: one thread with a loop, and everything that the thread alone touches: transport, timers,
// memory, counts. A turn of the loop takes the transport's answers, runs what is due, delivers the
// mail, and then sends what was written meanwhile, all of it together.

#include "core/memory/block_pool.h"
#include "core/memory/core_slab_pool.h"
#include "core/memory/slab_writer.h"
#include "core/reactor/counts.h"
#include "core/reactor/mailbox.h"
#include "core/time/clock.h"
#include "core/time/timer_wheel.h"

#include <saker/transport.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace saker {

class log_writer;
class offload_pool;
namespace detail {
class delay_timer;
}

// Something to be done when the turn ends, at most once a turn. It lives in its owner, and stays
// there while it is queued.
struct turn_end_hook {
    using action = void(turn_end_hook&) noexcept;
    explicit turn_end_hook(action* at_turn_end) noexcept : run(at_turn_end) {}
    action* const run;
    turn_end_hook* next = nullptr;
    bool queued = false;
};

// Told when a turn is over; it may be told nothing more once the core is closed.
class turn_observer {
public:
    // `end` is when what was done in the turn has been handed to the transport.
    virtual void on_turn_over(steady_time end) noexcept = 0;

protected:
    ~turn_observer() = default;
};

class core {
public:
    struct settings {
        uint32_t index = 0;
        size_t slab_cap = core_slab_pool::default_cap;
        const clock* time = nullptr;
        log_writer* log = nullptr;
        offload_pool* pool = nullptr;
    };
    static constexpr auto tick_length = std::chrono::milliseconds(4);

    explicit core(const settings&) noexcept;
    ~core();
    core(const core&) = delete;
    core& operator=(const core&) = delete;

    // Makes the transport; on the core's own thread. False, and why, where it cannot.
    bool open(const transport_factory&, std::string& error);
    // After the last connection is gone; on the core's own thread.
    void close() noexcept;

    // Turns until `stop`; on the core's own thread.
    void run() noexcept;
    // One turn: waits until `until` at the latest.
    void turn(steady_time until) noexcept;
    // Any thread: ends `run` after the turn that is running.
    void stop() noexcept;
    // Any thread: delivers the letter on the core.
    void post(letter&) noexcept;

    // ---- that core's thread only ----

    // The core that this thread is; null elsewhere.
    static core* current() noexcept;

    [[nodiscard]] uint32_t index() const noexcept { return settings_.index; }
    [[nodiscard]] transport& io() noexcept { return *io_; }
    [[nodiscard]] timer_wheel& timers() noexcept { return timers_; }
    [[nodiscard]] block_pool& blocks() noexcept { return blocks_; }
    [[nodiscard]] core_slab_pool& slabs() noexcept { return slabs_; }
    [[nodiscard]] slab_writer& text() noexcept { return text_; }
    [[nodiscard]] core_counts& counts() noexcept { return counts_; }
    [[nodiscard]] const core_counts& counts() const noexcept { return counts_; }
    // Any thread: for whoever reads them when the core is gone.
    [[nodiscard]] std::shared_ptr<const core_counts> shared_counts() const { return kept_counts_; }
    [[nodiscard]] const clock& time() const noexcept { return *settings_.time; }
    [[nodiscard]] log_writer* log() const noexcept { return settings_.log; }
    [[nodiscard]] offload_pool* offloads() const noexcept { return settings_.pool; }

    // When this turn began.
    [[nodiscard]] steady_time now() const noexcept { return now_; }
    // Time since the core was made, without what the loop itself was late: what a peer's slowness
    // is measured by.
    [[nodiscard]] std::chrono::nanoseconds peer_time() const noexcept {
        return now_ - started_ - stalled_;
    }
    // The first tick that is not before `now() + after`.
    [[nodiscard]] tick tick_after(std::chrono::nanoseconds after) const noexcept;

    void at_turn_end(turn_end_hook& hook) noexcept {
        if (hook.queued) return;
        hook.queued = true;
        hook.next = nullptr;
        *last_hook_ = &hook;
        last_hook_ = &hook.next;
    }

    // As `at_turn_end`, a turn later, which does not sleep before: for what waits for company.
    void at_next_turn_end(turn_end_hook& hook) noexcept {
        if (hook.queued) return;
        hook.queued = true;
        hook.next = held_;
        held_ = &hook;
    }

    // Replaces the observer that there was; null for none.
    void observe_turns(turn_observer* told) noexcept { observer_ = told; }

    // Delays that handlers await; `end_delays` ends those that there are now, before their time.
    void add_delay(detail::delay_timer&) noexcept;
    void remove_delay(detail::delay_timer&) noexcept;
    void end_delays() noexcept;
    [[nodiscard]] bool has_delays() const noexcept { return delays_ != nullptr; }

private:
    class scope;
    [[nodiscard]] tick tick_at(steady_time) const noexcept;
    [[nodiscard]] steady_time next_look(steady_time until) const noexcept;
    void release_held() noexcept;
    void run_hooks() noexcept;
    void count_turn(uint64_t operations) noexcept;
    void look_at_clock(steady_time asked_for) noexcept;
    void tidy_up() noexcept;
    void measure_second() noexcept;
    static void on_tidy_due(timer&) noexcept;

    const settings settings_;
    const steady_time started_;
    steady_time now_;
    std::chrono::nanoseconds stalled_{0};
    block_pool blocks_;
    core_slab_pool slabs_;
    slab_writer text_{slabs_};
    timer_wheel timers_;
    std::unique_ptr<transport> io_;
    turn_end_hook* first_hook_ = nullptr;
    turn_end_hook** last_hook_ = &first_hook_;
    turn_end_hook* held_ = nullptr;  // for the next turn
    detail::delay_timer* delays_ = nullptr;
    const std::shared_ptr<core_counts> kept_counts_ = std::make_shared<core_counts>();
    core_counts& counts_ = *kept_counts_;
    turn_observer* observer_ = nullptr;
    steady_time measured_;  // when the last second was
    uint64_t busy_then_ = 0;
    size_t most_chunks_ = 0;  // of the blocks, since the heap was last given back
    struct tidy_timer final : timer {
        explicit tidy_timer(core& of) noexcept : timer(on_tidy_due), home(of) {}
        core& home;
    } tidy_{*this};

    alignas(64) mailbox mail_;  // written by other threads
    std::atomic<bool> stopping_ = false;
    std::atomic<uint32_t> callers_ = 0;  // threads inside `post` or `stop`
};

}  // namespace saker
