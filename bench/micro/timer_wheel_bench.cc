// Nanoseconds a timer with ten thousand others armed: what a connection costs (arm and disarm),
// what a request costs (postpone), and what a tick costs that has nothing to run.

#include "core/time/timer_wheel.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

namespace {

using namespace saker;

constexpr size_t crowd_size = 10'000;
constexpr tick keep_alive = 130'000 / 4;
constexpr tick far = timer_wheel::horizon / 2;  // nobody falls due while it is measured

struct idle_timer final : timer {
    idle_timer() noexcept : timer([](timer&) noexcept {}) {}
};

// Ten thousand connections, of which one was last heard of in each tick or so.
struct crowd {
    explicit crowd(tick after = keep_alive) : timers(std::make_unique<idle_timer[]>(crowd_size)) {
        for (size_t i = 0; i < crowd_size; ++i) {
            wheel.arm(timers[i], wheel.now() + after + i % 2);
            if (i % 2 == 0) wheel.advance(wheel.now() + 1);
        }
    }
    ~crowd() {
        for (size_t i = 0; i < crowd_size; ++i) wheel.disarm(timers[i]);
    }
    idle_timer& next() noexcept { return timers[at = (at + 7919) % crowd_size]; }
    std::unique_ptr<idle_timer[]> timers;
    timer_wheel wheel;
    size_t at = 0;
};

void wheel_arm_and_disarm(benchmark::State& state) {
    crowd all;
    idle_timer one;
    tick after = keep_alive;
    for (auto _ : state) {
        all.wheel.arm(one, all.wheel.now() + after);
        all.wheel.disarm(one);
        after = after % keep_alive + 61;
    }
}
BENCHMARK(wheel_arm_and_disarm);

void wheel_postpone(benchmark::State& state) {
    crowd all;
    for (auto _ : state) {
        idle_timer& one = all.next();
        all.wheel.postpone(one, one.due() + 1);
    }
}
BENCHMARK(wheel_postpone);

void wheel_advance_one_tick(benchmark::State& state) {
    crowd all(far);
    for (auto _ : state) {
        all.wheel.advance(all.wheel.now() + 1);
        benchmark::DoNotOptimize(all.wheel.next_look());
    }
}
BENCHMARK(wheel_advance_one_tick);

void wheel_arm_and_expire(benchmark::State& state) {
    crowd all(far);
    idle_timer one;
    for (auto _ : state) {
        all.wheel.arm(one, all.wheel.now() + 1);
        all.wheel.advance(all.wheel.now() + 1);
    }
}
BENCHMARK(wheel_arm_and_expire);

// Everybody is heard of once in each keep-alive time: a look at each timer that had been put off.
void wheel_a_keep_alive_time_of_ten_thousand(benchmark::State& state) {
    crowd all;
    for (auto _ : state) {
        for (size_t i = 0; i < crowd_size; ++i)
            all.wheel.postpone(all.timers[i], all.wheel.now() + keep_alive + keep_alive / 2);
        all.wheel.advance(all.wheel.now() + keep_alive);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(crowd_size));
}
BENCHMARK(wheel_a_keep_alive_time_of_ten_thousand);

}  // namespace
