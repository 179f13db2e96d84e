// See core.h: the loop of a core, and the little housekeeping that it does once a second.

#include "core/reactor/core.h"

#include "core/memory/pages.h"
#include "core/reactor/delay_timer.h"

#include <algorithm>
#include <ctime>
#include <thread>
#include <utility>

namespace saker {
namespace {

constinit thread_local core* core_of_this_thread = nullptr;

constexpr auto tidy_interval = std::chrono::seconds(1);
// 8 MiB of blocks, of which more than half were let go: then the heap behind what they were for is
// worth the milliseconds that it takes.
constexpr size_t many_chunks = 128;
// Of a turn that comes late (a handler has blocked, the machine was suspended) this much passes for
// peers too; and no more, as there is a look at least once a tidy interval.
constexpr std::chrono::nanoseconds most_charged = std::chrono::seconds(1);

uint64_t processor_time_of_this_thread() noexcept {
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return static_cast<uint64_t>(used.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(used.tv_nsec);
}

}  // namespace

// While it lives, this thread is the core. Nested where a test drives a server inside another.
class core::scope {
public:
    explicit scope(core& entered) noexcept
        : core_before_(core_of_this_thread), pool_before_(block_pool::current()) {
        core_of_this_thread = &entered;
        block_pool::make_current(&entered.blocks_);
    }
    ~scope() {
        core_of_this_thread = core_before_;
        block_pool::make_current(pool_before_);
    }
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;

private:
    core* const core_before_;
    block_pool* const pool_before_;
};

core* core::current() noexcept { return core_of_this_thread; }

core::core(const settings& chosen) noexcept
    : settings_(chosen), started_(chosen.time->now()), now_(started_), slabs_(chosen.slab_cap) {}

core::~core() { SAKER_ASSERT(io_ == nullptr, "a core is closed before it goes"); }

bool core::open(const transport_factory& factory, std::string& error) {
    scope here(*this);
    io_ = factory.make(slabs_, error);
    if (io_ == nullptr) return false;
    timers_.arm(tidy_, tick_after(tidy_interval));
    measured_ = settings_.time->now();
    counts_.processor_nanoseconds.assign(processor_time_of_this_thread());
    return true;
}

void core::close() noexcept {
    scope here(*this);
    while (!mail_.empty()) mail_.deliver_all();
    // Whose letter or stop has been seen may still be about to wake the transport.
    while (callers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
    timers_.disarm(tidy_);
    text_.let_go();
    io_.reset();
}

void core::run() noexcept {
    // An hour is "until something happens": the wheel says when it has to look earlier.
    while (!stopping_.load(std::memory_order_acquire)) turn(now_ + std::chrono::hours(1));
}

void core::turn(steady_time until) noexcept {
    scope here(*this);
    operation_queue answered;
    const bool at_once = !mail_.empty() || held_ != nullptr;
    const steady_time look = at_once ? steady_time{} : next_look(until);
    io_->wait(answered, look);
    look_at_clock(look);
    release_held();
    uint64_t operations = 0;
    for (; operation* const op = answered.pop(); ++operations) op->on_complete(*op);
    timers_.advance(tick_at(now_));
    if (!mail_.empty()) mail_.deliver_all();
    run_hooks();
    text_.rest();
    count_turn(operations);
}

void core::count_turn(uint64_t operations) noexcept {
    const steady_time end = settings_.time->now();
    counts_.turns.add();
    counts_.turn_durations.add(end - now_);
    counts_.operations.add(operations);
    if (observer_ != nullptr) observer_->on_turn_over(end);
}

// Kestrel: a heartbeat that comes late charges peers one second at most.
void core::look_at_clock(steady_time asked_for) noexcept {
    const steady_time on_time = std::max(asked_for, now_);
    now_ = settings_.time->now();
    if (now_ - on_time > most_charged) [[unlikely]]
        stalled_ += now_ - on_time - most_charged;
}

void core::stop() noexcept {
    callers_.fetch_add(1, std::memory_order_relaxed);
    stopping_.store(true, std::memory_order_release);
    io_->wake();
    callers_.fetch_sub(1, std::memory_order_release);
}

void core::post(letter& posted) noexcept {
    callers_.fetch_add(1, std::memory_order_relaxed);
    if (mail_.post(posted)) io_->wake();
    callers_.fetch_sub(1, std::memory_order_release);
}

tick core::tick_at(steady_time time) const noexcept {
    return static_cast<tick>((time - started_) / tick_length);
}

tick core::tick_after(std::chrono::nanoseconds after) const noexcept {
    constexpr auto longest = tick_length * static_cast<int64_t>(timer_wheel::horizon / 2);
    const auto due =
        now_ - started_ +
        std::clamp<std::chrono::nanoseconds>(after, std::chrono::nanoseconds(0), longest);
    return static_cast<tick>((due + tick_length - std::chrono::nanoseconds(1)) / tick_length);
}

steady_time core::next_look(steady_time until) const noexcept {
    const auto look = timers_.next_look();
    if (!look) return until;
    return std::min<steady_time>(until, started_ + tick_length * static_cast<int64_t>(*look));
}

void core::release_held() noexcept {
    while (turn_end_hook* const hook = held_) {
        held_ = hook->next;
        hook->queued = false;
        at_turn_end(*hook);
    }
}

void core::run_hooks() noexcept {
    while (turn_end_hook* const hook = first_hook_) {
        first_hook_ = hook->next;
        if (first_hook_ == nullptr) last_hook_ = &first_hook_;
        hook->queued = false;
        hook->run(*hook);
    }
}

void core::tidy_up() noexcept {
    io_->tidy();
    slabs_.trim();
    most_chunks_ = std::max(most_chunks_, blocks_.chunks());
    blocks_.trim();
    if (most_chunks_ >= many_chunks && blocks_.chunks() < most_chunks_ / 2) {
        most_chunks_ = blocks_.chunks();
        pages::give_heap_back();
    }
    counts_.slabs_in_use.assign(slabs_.in_use());
    counts_.slabs_mapped.assign(slabs_.mapped());
    measure_second();
    timers_.arm(tidy_, tick_after(tidy_interval));
}

// What the loop spends in the kernel's half of a `wait` is processor time and no turn's; a handler
// that blocks is a turn's and no processor time. The larger of both is what the loop was occupied.
void core::measure_second() noexcept {
    const transport_work work = io_->work();
    counts_.submissions.assign(work.submissions);
    counts_.completions.assign(work.completions);
    const uint64_t processor = processor_time_of_this_thread();
    const uint64_t busy = counts_.turn_durations.nanoseconds();
    const uint64_t occupied =
        std::max(processor - counts_.processor_nanoseconds.value(), busy - busy_then_);
    const auto elapsed = static_cast<double>((now_ - measured_).count());
    if (elapsed > 0) {
        const double part = std::min(1.0, static_cast<double>(occupied) / elapsed);
        counts_.utilization.assign(static_cast<uint64_t>(part * 1e6));
    }
    counts_.processor_nanoseconds.assign(processor);
    busy_then_ = busy;
    measured_ = now_;
}

void core::on_tidy_due(timer& due) noexcept { static_cast<tidy_timer&>(due).home.tidy_up(); }

void core::add_delay(detail::delay_timer& added) noexcept {
    added.next_delay = delays_;
    if (delays_ != nullptr) delays_->previous_delay = &added.next_delay;
    added.previous_delay = &delays_;
    delays_ = &added;
}

void core::remove_delay(detail::delay_timer& removed) noexcept {
    *removed.previous_delay = removed.next_delay;
    if (removed.next_delay != nullptr) removed.next_delay->previous_delay = removed.previous_delay;
}

void core::end_delays() noexcept {
    // Those that are started meanwhile last: a handler that does not ask how its delay ended would
    // be ended again and again.
    detail::delay_timer* ending = std::exchange(delays_, nullptr);
    if (ending != nullptr) ending->previous_delay = &ending;
    while (ending != nullptr) ending->end(false);
}

}  // namespace saker
