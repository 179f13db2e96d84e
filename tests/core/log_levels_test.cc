// Which records are logged, and that this may change while others ask.

#include "core/base/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace saker {
namespace {

using enum log_level;

TEST(log_levels, the_minimum_is_for_all_categories) {
    const log_levels levels(warning);
    EXPECT_FALSE(levels.enabled(information, "server"));
    EXPECT_TRUE(levels.enabled(warning, "server"));
    EXPECT_FALSE(levels.enabled(none, "server"));
    EXPECT_FALSE(log_levels(none).enabled(critical, "server"));
}

TEST(log_levels, a_category_has_its_own) {
    log_levels levels(information);
    levels.change(information, {{"connection", debug}, {"request", error}});
    EXPECT_TRUE(levels.enabled(debug, "connection"));
    EXPECT_FALSE(levels.enabled(trace, "connection"));
    EXPECT_FALSE(levels.enabled(debug, "server"));
    EXPECT_FALSE(levels.enabled(warning, "request"));
    EXPECT_TRUE(levels.enabled(error, "request"));
    EXPECT_TRUE(levels.enabled(debug)) << "it may be worth asking";
    EXPECT_FALSE(levels.enabled(trace));
}

TEST(log_levels, a_category_is_found_in_any_case_and_covers_what_is_below_it) {
    log_levels levels(information);
    levels.change(information, {{"Connection.TLS", error}, {"Connection", debug}});
    EXPECT_TRUE(levels.enabled(debug, "connection"));
    EXPECT_TRUE(levels.enabled(debug, "connection.quic"));
    EXPECT_FALSE(levels.enabled(debug, "connection.tls")) << "the longest name counts";
    EXPECT_FALSE(levels.enabled(debug, "connections"));
    EXPECT_FALSE(levels.enabled(debug, "conn"));
}

TEST(log_levels, none_for_a_category_silences_it) {
    log_levels levels(trace);
    levels.change(trace, {{"request", none}});
    EXPECT_FALSE(levels.enabled(critical, "request"));
    EXPECT_TRUE(levels.enabled(trace, "server"));
}

TEST(log_levels, an_empty_name_is_nobodys) {
    log_levels levels(warning);
    levels.change(warning, {{"", trace}});
    EXPECT_FALSE(levels.enabled(trace, ""));
    EXPECT_FALSE(levels.enabled(trace, "server"));
}

TEST(log_levels, are_changed_while_others_ask) {
    log_levels levels(information);
    std::atomic<bool> done = false;
    std::thread asking([&] {
        while (!done.load()) EXPECT_TRUE(levels.enabled(error, "server"));
    });
    for (int i = 0; i < 1000; ++i)
        levels.change(i % 2 == 0 ? debug : warning, {{"server", i % 3 == 0 ? trace : error}});
    done.store(true);
    asking.join();
}

TEST(log_levels, decide_what_a_writer_takes) {
    std::string got;
    {
        log_writer log(information, [&](const log_record& one) { got += one.message; });
        log.write(debug, "connection", "a");
        log.levels(information, {{"connection", debug}});
        log.write(debug, "connection", "b");
        log.write(debug, "server", "c");
        log.levels(information, {});
        log.write(debug, "connection", "d");
    }
    EXPECT_EQ(got, "b");
}

}  // namespace
}  // namespace saker
