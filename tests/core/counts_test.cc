// What a core counts of its own turns, with a clock that moves while the core works.

#include "core/base/histogram.h"
#include "tests/core/scripted_core.h"

#include <chrono>

namespace saker::test {
namespace {

using namespace std::chrono_literals;

constexpr auto bounds = bounds_in_milliseconds(1, 2.5, 10);

TEST(histograms, a_duration_that_is_a_bound_is_below_it) {
    histogram<bounds> all;
    all.add(0ns);
    all.add(1ms);
    all.add(1ms + 1ns);
    all.add(2500us);
    all.add(10ms + 1ns, 3);
    EXPECT_EQ(all.bucket(0), 2u);
    EXPECT_EQ(all.bucket(1), 2u);
    EXPECT_EQ(all.bucket(2), 0u);
    EXPECT_EQ(all.bucket(3), 3u);
    EXPECT_EQ(all.nanoseconds(), static_cast<uint64_t>((33ms + 500us + 1ms + 4ns).count()));
}

class turns_of_a_core : public scripted_core {};

TEST_F(turns_of_a_core, are_measured_from_the_wake_to_the_end) {
    const uint64_t before = home.counts().turn_durations.nanoseconds();
    on_core([this] { time.steady += 30ms; });
    EXPECT_EQ(home.counts().turn_durations.nanoseconds() - before, 30'000'000u);
    EXPECT_EQ(home.counts().turn_durations.bucket(8), 1u) << "above 10 ms, up to 50 ms";
}

TEST_F(turns_of_a_core, that_block_are_what_the_loop_was_occupied_by) {
    pass(1s);
    on_core([this] { time.steady += 500ms; });
    pass(500ms);
    const uint64_t occupied = home.counts().utilization.value();
    EXPECT_GE(occupied, 500'000u);
    EXPECT_LE(occupied, 1'000'000u);
}

TEST_F(turns_of_a_core, are_told_with_their_end) {
    struct : turn_observer {
        void on_turn_over(steady_time at) noexcept override { end = at; }
        steady_time end;
    } told;
    home.observe_turns(&told);
    on_core([this] { time.steady += 7ms; });
    EXPECT_EQ(told.end, time.steady);
    EXPECT_EQ(home.now() + 7ms, told.end);
    home.observe_turns(nullptr);
}

TEST_F(turns_of_a_core, are_readable_when_the_core_is_gone) {
    std::shared_ptr<const core_counts> kept;
    {
        core other({.time = &time});
        kept = other.shared_counts();
        other.counts().requests.add(3);
    }
    EXPECT_EQ(kept->requests.value(), 3u);
}

}  // namespace
}  // namespace saker::test
