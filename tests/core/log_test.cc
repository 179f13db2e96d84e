// The log: what the words look like, that every record reaches the sink in order and on another
// thread, and that a sink which hangs costs records, never a writer.

#include "core/base/log.h"

#include <saker/end_reason.h>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <semaphore>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace saker {
namespace {

using namespace std::chrono_literals;

TEST(log_level, is_named_as_in_dotnet_and_parsed_in_any_case) {
    for (uint8_t i = 0; i <= static_cast<uint8_t>(log_level::none); ++i) {
        const auto level = static_cast<log_level>(i);
        EXPECT_EQ(parse_log_level(name(level)), level);
    }
    EXPECT_EQ(parse_log_level("Information"), log_level::information);
    EXPECT_EQ(parse_log_level("INFO"), log_level::information);
    EXPECT_EQ(parse_log_level("warn"), log_level::warning);
    EXPECT_EQ(parse_log_level("off"), log_level::none);
    EXPECT_EQ(parse_log_level(""), std::nullopt);
    EXPECT_EQ(parse_log_level("informatio"), std::nullopt);
}

TEST(log_format, is_one_line_with_the_time_in_utc) {
    const log_record record{std::chrono::sys_days(std::chrono::January / 31 / 2026) + 12h + 5ms,
                            log_level::information, "server", "hello"};
    EXPECT_EQ(format(record), "2026-01-31T12:00:00.005Z information server: hello");
}

TEST(log_format, knows_times_before_1970) {
    const log_record record{std::chrono::system_clock::time_point(-1ms), log_level::error, "x", ""};
    EXPECT_EQ(format(record), "1969-12-31T23:59:59.999Z error x: ");
}

TEST(log_escape, makes_the_bytes_of_a_peer_harmless) {
    EXPECT_EQ(escape("GET /plain HTTP/1.1"), "GET /plain HTTP/1.1");
    EXPECT_EQ(escape("a\r\nb\x1b[2J\x7f\x80\xff"), "a\\x0d\\x0ab\\x1b[2J\\x7f\\x80\\xff");
    EXPECT_EQ(escape("\"it's\\\""), "\\\"it\\'s\\\\\\\"");
    EXPECT_EQ(escape(std::string_view("\0", 1)), "\\x00");
}

TEST(log_escape, says_how_much_it_leaves_out) {
    EXPECT_EQ(escape("abcdef", 4), "abcd... (2 more bytes)");
    EXPECT_EQ(escape("abcd", 4), "abcd");
    EXPECT_EQ(escape("", 0), "");
}

TEST(log_writer, hands_over_in_order_on_another_thread) {
    std::vector<std::string> seen;
    std::thread::id where;
    log_writer log(log_level::trace, [&](const log_record& record) {
        seen.push_back(record.message);
        where = std::this_thread::get_id();
    });
    for (int i = 0; i < 1000; ++i) log.write(log_level::debug, "test", std::to_string(i));
    log.flush();
    ASSERT_EQ(seen.size(), 1000u);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<size_t>(i)], std::to_string(i));
    EXPECT_NE(where, std::this_thread::get_id());
}

TEST(log_writer, leaves_out_what_is_below_the_minimum) {
    std::vector<std::string> seen;
    log_writer log(log_level::warning,
                   [&](const log_record& record) { seen.push_back(record.message); });
    EXPECT_FALSE(log.enabled(log_level::information, "server"));
    EXPECT_FALSE(log.enabled(log_level::none, "server"));
    EXPECT_TRUE(log.enabled(log_level::critical, "server"));
    log.write(log_level::information, "test", "no");
    log.write(log_level::error, "test", "yes");
    log.flush();
    EXPECT_EQ(seen, std::vector<std::string>{"yes"});
}

TEST(log_writer, writes_what_is_queued_before_it_dies) {
    std::atomic<int> seen = 0;
    {
        log_writer log(log_level::trace, [&](const log_record&) { ++seen; });
        for (int i = 0; i < 500; ++i) log.write(log_level::error, "test", "x");
    }
    EXPECT_EQ(seen, 500);
}

TEST(log_writer, dies_without_a_record) {
    const log_writer log;
    EXPECT_EQ(log.dropped(), 0u);
}

TEST(log_writer, keeps_the_order_of_each_of_many_threads) {
    constexpr int threads = 4, each = 1000;
    std::vector<std::vector<int>> seen(threads);
    log_writer log(log_level::trace, [&](const log_record& record) {
        const int value = std::stoi(record.message);
        seen[static_cast<size_t>(value / each)].push_back(value % each);
    });
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t)
        writers.emplace_back([&log, t] {
            for (int i = 0; i < each; ++i)
                log.write(log_level::error, "test", std::to_string(t * each + i));
        });
    for (std::thread& one : writers) one.join();
    log.flush();
    for (const auto& of_one : seen) {
        ASSERT_EQ(of_one.size(), static_cast<size_t>(each));
        for (int i = 0; i < each; ++i) EXPECT_EQ(of_one[static_cast<size_t>(i)], i);
    }
}

TEST(log_writer, drops_and_counts_when_the_sink_hangs) {
    constexpr uint32_t extra = 100;
    std::binary_semaphore hanging(0), reached(0);
    std::string last;
    std::atomic<uint32_t> seen = 0;
    log_writer log(log_level::trace, [&](const log_record& record) {
        if (seen++ == 0) {
            reached.release();
            hanging.acquire();
        }
        last = record.message;
    });
    log.write(log_level::error, "test", "the first");
    reached.acquire();
    for (uint32_t i = 0; i < log_writer::capacity - 1 + extra; ++i)
        log.write(log_level::error, "test", "x");
    EXPECT_EQ(log.dropped(), extra);
    hanging.release();
    log.flush();
    log.write(log_level::error, "test", "room again");
    log.flush();
    EXPECT_EQ(log.dropped(), extra);
    EXPECT_EQ(seen, log_writer::capacity + 2);  // the report, and "room again"
    EXPECT_EQ(last, "room again");
}

TEST(log_writer, survives_a_sink_that_throws) {
    int seen = 0;
    log_writer log(log_level::trace, [&](const log_record&) {
        ++seen;
        throw std::runtime_error("no disk");
    });
    log.write(log_level::error, "test", "a");
    log.write(log_level::error, "test", "b");
    log.flush();
    EXPECT_EQ(seen, 2);
}

TEST(log_writer, leaves_the_signals_of_the_host_alone) {
    sigset_t before, after, of_sink;
    sigemptyset(&of_sink);
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    log_writer log(log_level::trace,
                   [&](const log_record&) { pthread_sigmask(SIG_SETMASK, nullptr, &of_sink); });
    log.write(log_level::error, "test", "x");
    log.flush();
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1}) {
        EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
        EXPECT_EQ(sigismember(&of_sink, signal), 1);
    }
}

TEST(log_target, without_a_writer_writes_nowhere) {
    const log_target nowhere;
    EXPECT_FALSE(nowhere.enabled(log_level::critical));
    nowhere.write(log_level::critical, "nobody hears this");
}

TEST(end_reason, each_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (size_t i = 0; i < end_reason_count; ++i) names.insert(name(static_cast<end_reason>(i)));
    EXPECT_EQ(names.size(), end_reason_count);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(name(end_reason::keep_alive_timeout), "keep_alive_timeout");
}

}  // namespace
}  // namespace saker
