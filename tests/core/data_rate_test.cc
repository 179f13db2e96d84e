// The two accounts, as arithmetic: what each of Kestrel's rules comes to.

#include "core/connection/data_rate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace saker::test {
namespace {

using namespace std::chrono_literals;
constexpr min_data_rate usual;  // 240 bytes a second after 5 s

TEST(read_account, has_the_grace_period_at_first) {
    read_account one;
    one.wait(10s);
    EXPECT_EQ(one.left(usual, 10s), 5s);
    EXPECT_EQ(one.left(usual, 15s), 0s);
    EXPECT_LT(one.left(usual, 15s + 1ns), 0s);
}

TEST(read_account, bytes_below_the_grace_periods_worth_change_nothing) {
    read_account one;
    one.received(1200);
    one.wait(0s);
    EXPECT_EQ(one.left(usual, 0s), 5s);
    one.received(240);
    EXPECT_EQ(one.left(usual, 0s), 6s);
}

TEST(read_account, only_waiting_counts) {
    read_account one;
    one.wait(0s);
    one.stop(3s);
    EXPECT_EQ(one.left(usual, 1h), 2s);
    one.wait(1h);
    EXPECT_EQ(one.left(usual, 1h + 1s), 1s);
    one.stop(1h + 1s);
    one.stop(2h);
    EXPECT_EQ(one.left(usual, 3h), 1s);
}

TEST(read_account, what_was_not_the_peers_fault_is_taken_off) {
    read_account one;
    one.wait(100s);
    one.pardon(2s, 104s);
    EXPECT_EQ(one.left(usual, 104s), 5s - 2s);
    one.pardon(10s, 105s);  // no more than there was
    EXPECT_EQ(one.left(usual, 105s), 5s);
    for (int i = 1; i <= 3; ++i) {
        one.pardon(std::chrono::nanoseconds::max(), 105s + i * 3s);
        EXPECT_EQ(one.left(usual, 105s + i * 3s), 5s) << i;
    }
    one.stop(116s);
    one.pardon(std::chrono::nanoseconds::max(), 200s);  // nobody waits
    one.received(10'000);
    one.wait(200s);
    EXPECT_LT(one.left(usual, 203s), 40s);
    EXPECT_GT(one.left(usual, 203s), 30s);
}

TEST(read_account, begins_anew) {
    read_account one;
    one.received(1'000'000);
    one.wait(0s);
    one.reset();
    one.wait(1h);
    EXPECT_EQ(one.left(usual, 1h), 5s);
}

TEST(write_account, a_small_portion_has_the_grace_period) {
    write_account one;
    EXPECT_FALSE(one.waits());
    one.written(usual, 1, 10s);
    ASSERT_TRUE(one.waits());
    EXPECT_EQ(one.due(), 15s);
}

TEST(write_account, a_large_portion_has_what_the_rate_gives_it) {
    write_account one;
    one.written(usual, 2400, 10s);
    EXPECT_EQ(one.due(), 20s);
}

TEST(write_account, a_portion_behind_another_has_its_time_after_that_one) {
    write_account one;
    one.written(usual, 2400, 0s);
    one.written(usual, 2400, 1s);
    EXPECT_EQ(one.due(), 20s);
    one.written(usual, 240, 1s);
    EXPECT_EQ(one.due(), 21s);
    one.written(usual, 1, 20s);
    EXPECT_EQ(one.due(), 25s) << "the grace period at least";
}

TEST(write_account, begins_anew_when_all_was_taken) {
    write_account one;
    one.written(usual, 24'000'000, 0s);
    one.all_taken();
    EXPECT_FALSE(one.waits());
    one.written(usual, 1, 10s);
    EXPECT_EQ(one.due(), 15s);
}

TEST(data_rate, extremes_are_long_times_and_no_overflow) {
    constexpr min_data_rate tiny{std::numeric_limits<double>::min(),
                                 std::chrono::milliseconds::max()};
    EXPECT_GT(time_for(tiny, UINT64_MAX), 24h * 365);
    EXPECT_GE(grace_of(tiny), 24h * 365);
    write_account one;
    one.written(tiny, UINT64_MAX, 24h * 365 * 20);
    one.written(tiny, UINT64_MAX, 24h * 365 * 20);
    EXPECT_GT(one.due(), 24h * 365 * 20);
}

TEST(data_rate, what_is_none_is_not_valid) {
    EXPECT_TRUE(valid(std::nullopt));
    EXPECT_TRUE(valid(usual));
    EXPECT_TRUE(valid(min_data_rate{0.001, 1001ms}));
    EXPECT_FALSE(valid(min_data_rate{0, 5s}));
    EXPECT_FALSE(valid(min_data_rate{-1, 5s}));
    EXPECT_FALSE(valid(min_data_rate{std::nan(""), 5s}));
    EXPECT_FALSE(valid(min_data_rate{HUGE_VAL, 5s}));
    EXPECT_FALSE(valid(min_data_rate{240, 1000ms}));
}

}  // namespace
}  // namespace saker::test
