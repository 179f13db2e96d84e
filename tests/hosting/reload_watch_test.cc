// The thread that follows files, where what it calls fails, and where it cannot be had.

#include "hosting/life/reload_watch.h"

#include "tests/support/no_threads.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace saker {
namespace {

using namespace std::chrono_literals;

// Descriptors are out for as long as it lives.
class no_descriptors {
public:
    no_descriptors() {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit none = before_;
        none.rlim_cur = 0;
        setrlimit(RLIMIT_NOFILE, &none);
    }
    ~no_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;

private:
    rlimit before_{};
};

class watching : public testing::Test {
protected:
    void change() { folder.write("a.json", std::to_string(++written)); }
    void wait_until(auto what) const {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!what()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            std::this_thread::yield();
        }
    }
    [[nodiscard]] std::string said() {
        log.flush();
        const std::lock_guard lock(guard);
        return told;
    }

    test::temporary_folder folder;
    int written = 0;
    std::mutex guard;
    std::string told;
    log_writer log{log_level::information, [this](const log_record& one) {
                       const std::lock_guard lock(guard);
                       told += one.message + '\n';
                   }};
    const log_target to{&log, "server"};
};

TEST_F(watching, goes_on_where_what_it_calls_throws) {
    std::atomic<int> calls = 0;
    reload_watch watch({folder / "a.json"}, [&] {
        if (++calls == 1) throw std::runtime_error("not today");
    });
    ASSERT_TRUE(watch.start(to));
    change();
    wait_until([&] { return said() == "What has changed is not in force: not today\n"; });
    change();
    wait_until([&] { return calls.load() == 2; });
}

TEST_F(watching, leaves_the_hosts_signals_alone_but_not_those_of_its_own_faults) {
    std::optional<sigset_t> seen;
    std::atomic<bool> called = false;
    {
        reload_watch watch({folder / "a.json"}, [&] {
            pthread_sigmask(SIG_SETMASK, nullptr, &seen.emplace());
            called = true;
        });
        ASSERT_TRUE(watch.start(to));
        change();
        wait_until([&] { return called.load(); });
    }
    for (const int one : {SIGTERM, SIGINT, SIGHUP, SIGUSR1})
        EXPECT_EQ(sigismember(&*seen, one), 1) << one;
    for (const int one : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS})
        EXPECT_EQ(sigismember(&*seen, one), 0) << one;
}

TEST_F(watching, without_a_thread_says_so_and_gives_the_caller_its_signals_back) {
    to.write(log_level::information, "The log has a thread.");
    reload_watch watch({folder / "a.json"}, [] {});
    EXPECT_FALSE([&] {
        const test::no_threads now;
        return watch.start(to);
    }());
    EXPECT_NE(said().find("Changes of files are not followed"), std::string::npos) << said();
    sigset_t mine;
    pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    EXPECT_EQ(sigismember(&mine, SIGTERM), 0);
}

TEST_F(watching, without_a_descriptor_does_not_begin_what_it_could_not_end) {
    std::optional<reload_watch> watch;
    {
        const no_descriptors now;
        watch.emplace(std::vector<std::string>{folder / "a.json"}, [] {});
    }
    EXPECT_FALSE(watch->start(to));
    EXPECT_NE(said().find("Too many open files"), std::string::npos) << said();
    watch.reset();
}

}  // namespace
}  // namespace saker
