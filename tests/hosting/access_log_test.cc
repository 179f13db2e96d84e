// The thread that writes the access log: files that are renamed, full, slow or gone. Nobody waits
// for it, and nothing is lost without a count.

#include "hosting/diagnostics/access_log.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace saker::diagnostics {
namespace {

using namespace std::chrono_literals;

class access_logs : public testing::Test {
protected:
    access_logs() {
        char name[] = "/tmp/saker-access-XXXXXX";
        directory = mkdtemp(name);
        options.format = access_format::ncsa;
        options.path = directory + "/access.log";
    }
    ~access_logs() override { std::filesystem::remove_all(directory); }

    static std::string content(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        std::ostringstream all;
        all << file.rdbuf();
        return all.str();
    }
    // What the log was told, once it is all over.
    std::string warnings() {
        log.flush();
        const std::lock_guard lock(guard);
        std::string all;
        for (const std::string& one : told) all += one + '\n';
        return all;
    }
    // Until the thread has come so far.
    template <class Done>
    static void wait_until(Done done) {
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!done()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it does not happen";
            std::this_thread::yield();
        }
    }

    std::string directory;
    access_log_options options;
    std::mutex guard;
    std::vector<std::string> told;
    log_writer log{log_level::information, [this](const log_record& record) {
                       const std::lock_guard lock(guard);
                       told.push_back(std::string(name(record.level)) + ' ' +
                                      std::string(record.category) + ": " + record.message);
                   }};
    log_target target{&log, "access_log"};
};

TEST_F(access_logs, are_appended_to_and_written_whole_at_the_stop) {
    std::ofstream(options.path) << "before\n";
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\nb\n", 2);
    written.hand_over("c\n", 1);
    written.stop();
    EXPECT_EQ(content(options.path), "before\na\nb\nc\n");
    EXPECT_EQ(written.written(), 3u);
    EXPECT_EQ(written.dropped(), 0u);
    EXPECT_EQ(warnings(), "");
}

TEST_F(access_logs, take_blocks_of_all_cores_and_lose_none) {
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    constexpr int threads = 4, blocks = 500;
    std::vector<std::thread> cores;
    for (int i = 0; i < threads; ++i)
        cores.emplace_back([&] {
            for (int n = 0; n < blocks; ++n) written.hand_over("one\ntwo\n", 2);
        });
    for (std::thread& one : cores) one.join();
    written.stop();
    EXPECT_EQ(written.written(), uint64_t{threads} * blocks * 2);
    EXPECT_EQ(content(options.path).size(), size_t{threads} * blocks * 8);
}

TEST_F(access_logs, begin_with_the_directives_of_their_format) {
    options.format = access_format::w3c;
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\n", 1);
    written.stop();
    EXPECT_TRUE(content(options.path).starts_with("#Software: Saker\n"));
    EXPECT_TRUE(content(options.path).ends_with("\na\n"));
}

// Of a server that has stopped, as a signal may ask it; the leak is AddressSanitizer's to see.
TEST_F(access_logs, are_not_reopened_when_they_have_stopped) {
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.stop();
    std::filesystem::remove(options.path);
    written.reopen();
    written.hand_over("too late\n", 1);
    EXPECT_FALSE(std::filesystem::exists(options.path));
}

TEST_F(access_logs, are_rotated_by_a_rename_and_a_reopen) {
    options.format = access_format::w3c;
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\n", 1);
    wait_until([&] { return written.written() == 1; });
    const std::string old = options.path + ".1";
    std::filesystem::rename(options.path, old);
    written.hand_over("b\n", 1);  // handed over before: the old one's
    written.reopen();
    written.hand_over("c\n", 1);
    written.stop();
    EXPECT_TRUE(content(old).ends_with("\na\nb\n")) << content(old);
    EXPECT_TRUE(content(options.path).starts_with("#Software")) << content(options.path);
    EXPECT_TRUE(content(options.path).ends_with("\nc\n")) << content(options.path);
    EXPECT_EQ(written.dropped(), 0u);
}

TEST_F(access_logs, that_cannot_be_opened_are_a_mistake_at_the_start) {
    options.path = directory + "/not/there.log";
    access_log written(options, target);
    const std::string failure = written.start();
    EXPECT_NE(failure.find(options.path), std::string::npos) << failure;
    EXPECT_NE(failure.find("No such file or directory. Make its directory"), std::string::npos)
        << failure;
}

TEST_F(access_logs, on_a_full_disk_drop_lines_and_say_so) {
    options.path = "/dev/full";
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\nb\n", 2);
    written.hand_over("c\n", 1);
    written.stop();
    EXPECT_EQ(written.dropped(), 3u);
    EXPECT_EQ(written.written(), 0u);
    EXPECT_NE(warnings().find("warning access_log: 2 lines of the access log (/dev/full) were "
                              "dropped: No space left on device"),
              std::string::npos)
        << warnings();
    EXPECT_NE(warnings().find("1 lines of"), std::string::npos) << "the rest, at the end";
}

TEST_F(access_logs, whose_directory_was_removed_drop_lines_until_it_is_back) {
    options.path = directory + "/logs/access.log";
    std::filesystem::create_directory(directory + "/logs");
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    std::filesystem::remove_all(directory + "/logs");
    written.reopen();
    written.hand_over("a\n", 1);
    wait_until([&] { return written.dropped() == 1; });
    std::filesystem::create_directory(directory + "/logs");
    written.reopen();
    written.hand_over("b\n", 1);
    written.stop();
    EXPECT_EQ(content(options.path), "b\n");
    EXPECT_EQ(written.dropped(), 1u);
    EXPECT_NE(warnings().find("No such file or directory"), std::string::npos) << warnings();
}

TEST_F(access_logs, that_cannot_be_opened_anew_go_on_in_the_renamed_file) {
    std::filesystem::create_directory(directory + "/logs");
    options.path = directory + "/logs/access.log";
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    std::filesystem::rename(directory + "/logs", directory + "/old");
    written.reopen();
    written.hand_over("a\n", 1);
    written.stop();
    EXPECT_EQ(content(directory + "/old/access.log"), "a\n");
    EXPECT_NE(warnings().find("goes on in the file that it had"), std::string::npos) << warnings();
}

TEST_F(access_logs, into_a_fifo_that_nobody_opened_drop_lines) {
    ASSERT_EQ(mkfifo(options.path.c_str(), 0600), 0);
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\n", 1);
    written.stop();
    EXPECT_EQ(written.dropped(), 1u);
    EXPECT_NE(warnings().find("nobody reads the FIFO"), std::string::npos) << warnings();
}

TEST_F(access_logs, into_a_fifo_that_nobody_reads_drop_lines_and_end) {
    ASSERT_EQ(mkfifo(options.path.c_str(), 0600), 0);
    const int reader = open(options.path.c_str(), O_RDONLY | O_NONBLOCK);
    ASSERT_GE(reader, 0);
    access_log written(options, target, {.most_pending = 300'000, .patience = 1ms});
    ASSERT_EQ(written.start(), "");
    const std::string line(999, 'x');
    std::string block;
    for (int i = 0; i < 30; ++i) block += line + '\n';
    constexpr uint64_t blocks = 100;
    for (uint64_t i = 0; i < blocks; ++i) written.hand_over(block, 30);
    EXPECT_GE(written.dropped(), (blocks - 16) * 30) << "what is more than may wait";
    written.stop();
    EXPECT_EQ(written.written() + written.dropped(), blocks * 30);
    EXPECT_GE(written.written(), 60u) << "what a pipe has room for";
    EXPECT_NE(warnings().find("its reader is slower than the server"), std::string::npos);
    close(reader);
}

TEST_F(access_logs, whose_reader_has_left_go_on_with_the_next_one) {
    ASSERT_EQ(mkfifo(options.path.c_str(), 0600), 0);
    int reader = open(options.path.c_str(), O_RDONLY | O_NONBLOCK);
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\n", 1);
    wait_until([&] { return written.written() == 1; });
    close(reader);
    written.hand_over("b\n", 1);  // SIGPIPE would end this test
    wait_until([&] { return written.dropped() == 1; });
    reader = open(options.path.c_str(), O_RDONLY | O_NONBLOCK);
    written.reopen();
    written.hand_over("c\n", 1);
    written.stop();
    char text[16];  // the pipe may still have what the first reader left
    const auto size = static_cast<size_t>(std::max<ssize_t>(0, read(reader, text, sizeof text)));
    EXPECT_TRUE(std::string_view(text, size).ends_with("c\n"));
    close(reader);
}

TEST_F(access_logs, have_no_torn_line_in_the_middle) {
    log_file file(options.path);
    ASSERT_EQ(file.open(), 0);
    // A disk that is full after eight bytes.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 8;
    setrlimit(RLIMIT_FSIZE, &small);
    const auto cut = file.write("one\ntwo three\n", [] { return false; });
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(cut.written, 8u);
    EXPECT_EQ(cut.error, EFBIG);
    EXPECT_EQ(file.write("four\n", [] { return false; }).error, 0);
    EXPECT_EQ(content(options.path), "one\ntwo \nfour\n");
}

TEST_F(access_logs, may_have_a_sink_of_the_hosts_own_on_their_thread) {
    std::string got;
    std::thread::id where;
    options.sink = [&](std::string_view lines) {
        got += lines;
        where = std::this_thread::get_id();
    };
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\n", 1);
    written.stop();
    EXPECT_EQ(got, "a\n");
    EXPECT_NE(where, std::this_thread::get_id());
    EXPECT_FALSE(std::filesystem::exists(options.path));
}

TEST_F(access_logs, with_a_sink_that_throws_count_its_lines_as_dropped) {
    options.sink = [](std::string_view) { throw std::runtime_error("no room"); };
    access_log written(options, target);
    ASSERT_EQ(written.start(), "");
    written.hand_over("a\nb\n", 2);
    written.stop();
    EXPECT_EQ(written.dropped(), 2u);
    EXPECT_NE(warnings().find("(sink) were dropped: no room"), std::string::npos) << warnings();
}

TEST_F(access_logs, with_a_sink_that_is_slow_never_wait) {
    std::latch entered(1), go_on(1);
    options.sink = [&](std::string_view) {
        entered.count_down();
        go_on.wait();
    };
    access_log written(options, target, {.most_pending = 150, .patience = 1ms});
    ASSERT_EQ(written.start(), "");
    written.hand_over("12345\n", 1);
    entered.wait();
    written.hand_over("123\n", 1);  // two blocks of some 70 bytes wait now
    written.hand_over("x\n", 1);
    EXPECT_EQ(written.dropped(), 1u);
    go_on.count_down();
    written.stop();
    EXPECT_EQ(written.written(), 2u);
}

}  // namespace
}  // namespace saker::diagnostics
