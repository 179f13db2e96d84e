// What a coroutine waits for besides its connection: time, by a clock that the test moves, and work
// on another thread, whose end comes back as a letter.

#include "tests/core/scripted_core.h"
#include "tests/support/no_threads.h"

#include <saker/async.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

namespace saker {
namespace {

using namespace std::chrono_literals;
using test::scripted_core;

class async_test : public scripted_core {
protected:
    // Turns until all of `count` tasks have ended: other threads are at work.
    void run_until_ended(int count) {
        const auto patience = std::chrono::steady_clock::now() + 10s;
        while (ended < count && std::chrono::steady_clock::now() < patience) {
            turn();
            std::this_thread::yield();
        }
        EXPECT_EQ(ended, count);
    }
};

TEST_F(async_test, a_delay_is_over_when_its_time_is_and_not_before) {
    bool elapsed = false;
    auto body = [&]() -> task<> { elapsed = co_await delay(100ms); };
    start(body());
    pass(99ms);
    EXPECT_EQ(ended, 0);
    pass(5ms);
    EXPECT_EQ(ended, 1);
    EXPECT_TRUE(elapsed);
}

TEST_F(async_test, a_delay_of_nothing_does_not_suspend) {
    auto body = []() -> task<> {
        EXPECT_TRUE(co_await delay(0s));
        EXPECT_TRUE(co_await delay(-1s));
    };
    start(body());
    EXPECT_EQ(ended, 1);
}

TEST_F(async_test, delays_end_in_the_order_of_their_times) {
    std::string order;
    auto body = [&](std::chrono::milliseconds after, char name) -> task<> {
        co_await delay(after);
        order += name;
    };
    start(body(300ms, 'c'));
    start(body(100ms, 'a'));
    start(body(200ms, 'b'));
    pass(1s);
    EXPECT_EQ(order, "abc");
}

TEST_F(async_test, ending_the_delays_wakes_all_of_them_with_false) {
    int cut_short = 0;
    auto body = [&](std::chrono::milliseconds after) -> task<> {
        if (!co_await delay(after)) ++cut_short;
    };
    start(body(1s));
    start(body(24h));
    start(body(2s));
    pass(1100ms);
    on_core([&] { home.end_delays(); });
    EXPECT_EQ(ended, 3);
    EXPECT_EQ(cut_short, 2);
    on_core([&] { home.end_delays(); });
}

TEST_F(async_test, a_delay_that_starts_while_they_are_ended_lasts) {
    int rounds = 0;
    auto body = [&]() -> task<> {
        while (rounds < 5) {
            co_await delay(1s);
            ++rounds;
        }
    };
    start(body());
    on_core([&] { home.end_delays(); });
    EXPECT_EQ(rounds, 1);
    for (int i = 0; i < 4; ++i) pass(1004ms);
    EXPECT_EQ(ended, 1);
}

TEST_F(async_test, a_handler_that_ends_others_delays_does_no_harm) {
    auto other = []() -> task<> { co_await delay(1h); };
    auto body = [&]() -> task<> {
        co_await delay(1s);
        home.end_delays();
    };
    start(other());
    start(body());
    start(other());
    pass(1100ms);
    EXPECT_EQ(ended, 3);
}

TEST_F(async_test, work_elsewhere_comes_back_to_the_core_with_its_result) {
    std::thread::id worker;
    std::string text;
    auto body = [&]() -> task<> {
        text = co_await offload([&] {
            worker = std::this_thread::get_id();
            EXPECT_EQ(core::current(), nullptr);
            return std::string("rows");
        });
        EXPECT_EQ(core::current(), &home);
    };
    start(body());
    run_until_ended(1);
    EXPECT_EQ(text, "rows");
    EXPECT_NE(worker, std::this_thread::get_id());
}

TEST_F(async_test, work_that_has_a_name_may_own_things_and_return_nothing) {
    int done = 0;
    auto body = [&]() -> task<> {
        auto work = [&, owned = std::make_unique<int>(3)] { done = *owned; };
        co_await offload(work);
    };
    start(body());
    run_until_ended(1);
    EXPECT_EQ(done, 3);
}

TEST_F(async_test, an_exception_of_work_elsewhere_comes_back_too) {
    std::string caught;
    auto body = [&]() -> task<> {
        try {
            co_await offload([]() -> int { throw std::runtime_error("no database"); });
        } catch (const std::runtime_error& failure) {
            caught = failure.what();
        }
    };
    start(body());
    run_until_ended(1);
    EXPECT_EQ(caught, "no database");
}

TEST_F(async_test, much_work_is_done_by_as_many_threads_as_there_may_be) {
    constexpr int count = 500;
    std::atomic<int> at_once = 0, most = 0;
    auto body = [&]() -> task<> {
        for (int i = 0; i < 3; ++i) {
            co_await offload([&] {
                const int now = at_once.fetch_add(1) + 1;
                int before = most.load();
                while (now > before && !most.compare_exchange_weak(before, now)) {}
                std::this_thread::yield();
                at_once.fetch_sub(1);
            });
        }
    };
    for (int i = 0; i < count; ++i) start(body());
    run_until_ended(count);
    EXPECT_GE(most.load(), 1);
    EXPECT_LE(most.load(), 2);
}

TEST_F(async_test, work_for_which_there_is_no_thread_fails) {
    std::string caught;
    bool done = false;
    auto body = [&]() -> task<> {
        try {
            co_await offload([&] { done = true; });
        } catch (const std::system_error& failure) {
            caught = failure.code().message();
        }
    };
    {
        const test::no_threads now;
        start(body());
        EXPECT_EQ(ended, 1);
    }
    EXPECT_NE(caught, "");
    EXPECT_FALSE(done);
    start(body());  // later there is one
    run_until_ended(2);
    EXPECT_TRUE(done);
}

TEST_F(async_test, work_for_which_there_is_no_other_thread_waits_for_the_first) {
    std::atomic<bool> go = false, begun = false;
    std::string order;
    auto first = [&]() -> task<> {
        co_await offload([&] {
            begun = true;
            while (!go.load()) std::this_thread::yield();
            order += 'a';
        });
    };
    auto second = [&]() -> task<> { co_await offload([&] { order += 'b'; }); };
    start(first());
    while (!begun.load()) std::this_thread::yield();
    {
        const test::no_threads now;
        start(second());
        EXPECT_EQ(ended, 0);
    }
    go = true;
    run_until_ended(2);
    EXPECT_EQ(order, "ab");
}

TEST_F(async_test, work_elsewhere_leaves_the_hosts_signals_alone_but_not_its_own_faults) {
    sigset_t seen;
    sigemptyset(&seen);
    auto body = [&]() -> task<> {
        co_await offload([&] { pthread_sigmask(SIG_SETMASK, nullptr, &seen); });
    };
    start(body());
    run_until_ended(1);
    EXPECT_EQ(sigismember(&seen, SIGTERM), 1);
    EXPECT_EQ(sigismember(&seen, SIGSEGV), 0);
}

TEST_F(async_test, a_pool_that_ends_has_done_the_work_that_it_was_given) {
    std::atomic<int> done = 0;
    struct counted final : detail::offloaded {
        std::atomic<int>* done = nullptr;
    };
    std::vector<counted> work(50);
    int back = 0;
    {
        offload_pool pool(2);
        on_core([&] {
            for (counted& one : work) {
                one.done = &done;
                one.run = [](detail::offloaded& self) noexcept {
                    static_cast<counted&>(self).done->fetch_add(1);
                };
                one.then = {[](void* count) noexcept { ++*static_cast<int*>(count); }, &back};
                pool.add(one);
            }
        });
    }
    EXPECT_EQ(done.load(), 50);
    turn();
    EXPECT_EQ(back, 50);
}

}  // namespace
}  // namespace saker
