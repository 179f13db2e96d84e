// The account of what a peer may make the server do: spent by frames, earned by
// time, DATA and answers; and what its prices mean for those who have names.

#include "protocols/http2/flood_budget.h"

#include <gtest/gtest.h>

namespace saker::http2 {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds start = 100s;

// How many of `cost` go at once.
int at_once(flood_budget& of, int32_t cost, nanoseconds now) {
    int count = 0;
    while (of.spend(cost, now)) ++count;
    return count;
}

// Whether so many a second can go on for an hour.
bool can_go_on(int32_t cost, int a_second) {
    flood_budget of(start);
    for (int i = 0; i < 3600 * a_second; ++i) {
        if (!of.spend(cost, start + i * nanoseconds(1s) / a_second)) return false;
    }
    return true;
}

TEST(http2_flood_budget, is_full_at_first_and_spent_at_its_end) {
    flood_budget of(start);
    EXPECT_EQ(of.left(), flood_budget::most);
    EXPECT_FALSE(of.is_low(start));
    EXPECT_EQ(at_once(of, 1, start), flood_budget::most - 1);
    EXPECT_TRUE(of.is_low(start));
    EXPECT_FALSE(of.spend(1, start));
}

TEST(http2_flood_budget, allows_about_two_hundred_resets_at_once) {
    flood_budget of(start);
    EXPECT_EQ(at_once(of, price::reset, start), 199);
}

TEST(http2_flood_budget, allows_a_hundred_streams_to_be_cancelled_at_once) {
    flood_budget of(start);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(of.spend(price::reset, start));
    EXPECT_FALSE(of.is_low(start)) << "and another one to be opened";
}

TEST(http2_flood_budget, is_earned_back_by_time) {
    flood_budget of(start);
    (void)at_once(of, 1, start);
    EXPECT_TRUE(of.spend(100, start + 1s));
    EXPECT_FALSE(of.spend(150, start + 1s));
}

TEST(http2_flood_budget, is_never_more_than_full) {
    flood_budget of(start);
    of.earn(1000);
    EXPECT_EQ(of.left(), flood_budget::most);
    (void)at_once(of, 1, start);
    EXPECT_EQ(at_once(of, price::reset, start + 1000h), 199);
}

TEST(http2_flood_budget, earns_nothing_while_it_is_full) {
    flood_budget of(start);
    EXPECT_TRUE(of.spend(1, start));
    EXPECT_EQ(at_once(of, price::reset, start + 1000h), 199) << "an hour is worth no second budget";
}

TEST(http2_flood_budget, is_low_no_longer_when_time_has_passed) {
    flood_budget of(start);
    (void)at_once(of, 1, start);
    EXPECT_TRUE(of.is_low(start + 1s));
    EXPECT_FALSE(of.is_low(start + 3s)) << "though nothing was spent since";
}

TEST(http2_flood_budget, is_not_given_twice_for_the_same_time) {
    flood_budget of(start);
    (void)at_once(of, 1, start);
    int more = 0;
    for (int i = 0; i < 100; ++i) more += at_once(of, 1, start + 1s);
    EXPECT_LE(more, flood_budget::a_second);
}

TEST(http2_flood_budget, loses_no_time_by_being_looked_at_often) {
    flood_budget of(start);
    (void)at_once(of, 1, start);
    int more = 0;
    for (int i = 1; i <= 1000; ++i) more += of.spend(1, start + i * 6ms) ? 1 : 0;
    EXPECT_GE(more, 990) << "six milliseconds earn a little more than one";
}

TEST(http2_flood_budget, lets_go_on_for_ever_what_time_pays_for) {
    EXPECT_TRUE(can_go_on(price::reset, 19));
    EXPECT_FALSE(can_go_on(price::reset, 21));
    EXPECT_TRUE(can_go_on(price::ping, 99));
    EXPECT_FALSE(can_go_on(price::ping, 101));
    EXPECT_TRUE(can_go_on(price::settings, 19));
    EXPECT_FALSE(can_go_on(price::settings, 21));
    EXPECT_TRUE(can_go_on(price::window_update, 199));
    EXPECT_FALSE(can_go_on(price::window_update, 201));
}

TEST(http2_flood_budget, is_not_hurt_by_a_clock_that_stands_still_or_goes_back) {
    flood_budget of(start);
    (void)at_once(of, 1, start);
    EXPECT_FALSE(of.spend(1, start - 10s));
    EXPECT_FALSE(of.spend(1, start));
    EXPECT_TRUE(of.spend(1, start + 1s));
}

// A client that gives both windows back and pings with each DATA frame it gets.
TEST(http2_flood_budget, is_kept_by_those_who_download) {
    flood_budget of(start);
    for (int i = 0; i < 100'000; ++i) {
        of.earn(earned_by_data);
        ASSERT_TRUE(of.spend(price::window_update, start)) << i;
        ASSERT_TRUE(of.spend(price::window_update, start)) << i;
        ASSERT_TRUE(of.spend(price::ping, start)) << i;
    }
    EXPECT_FALSE(of.is_low(start));
}

TEST(http2_flood_budget, is_kept_by_those_who_ask) {
    flood_budget of(start);
    for (int i = 0; i < 100'000; ++i) {  // PRIORITY_UPDATE, HEADERS, WINDOW_UPDATE twice, PING
        ASSERT_TRUE(of.spend(price::priority, start)) << i;
        of.earn(earned_by_answer);
        ASSERT_TRUE(of.spend(price::window_update, start)) << i;
        ASSERT_TRUE(of.spend(price::window_update, start)) << i;
        ASSERT_TRUE(of.spend(price::ping, start)) << i;
    }
    EXPECT_FALSE(of.is_low(start));
}

// CVE-2023-44487 with every other request answered.
TEST(http2_flood_budget, is_lost_by_resets_between_answers) {
    flood_budget of(start);
    int resets = 0;
    for (; resets < 10'000; ++resets) {
        of.earn(earned_by_answer);
        if (!of.spend(price::reset, start)) break;
    }
    EXPECT_LT(resets, 1100);
}

}  // namespace
}  // namespace saker::http2
