// The turn of a core: what it does in which order, what wakes it, and how it ends. The transport
// and the clock are moved by hand.

#include "tests/core/scripted_core.h"

#include <string>
#include <thread>

namespace saker {
namespace {

using namespace std::chrono_literals;
using test::scripted_core;

class core_test : public scripted_core {
protected:
    struct noted_hook final : turn_end_hook {
        explicit noted_hook(std::string& in) noexcept : turn_end_hook(note), order(in) {}
        std::string& order;
        noted_hook* then = nullptr;
        static void note(turn_end_hook& due) noexcept {
            auto& self = static_cast<noted_hook&>(due);
            self.order += 'h';
            if (self.then != nullptr) core::current()->at_turn_end(*self.then);
        }
    };
    struct noted_timer final : timer {
        explicit noted_timer(std::string& in) noexcept : timer(note), order(in) {}
        std::string& order;
        static void note(timer& due) noexcept { static_cast<noted_timer&>(due).order += 't'; }
    };
    struct noted_letter final : letter {
        explicit noted_letter(std::string& in) noexcept : letter(note), order(in) {}
        std::string& order;
        static void note(letter& arrived) noexcept {
            static_cast<noted_letter&>(arrived).order += 'm';
        }
    };
    struct noted_accept final : accept_operation {
        explicit noted_accept(std::string& in) noexcept : accept_operation(note), order(in) {}
        std::string& order;
        noted_hook* hook = nullptr;
        static void note(operation& answered) noexcept {
            auto& self = static_cast<noted_accept&>(answered);
            self.order += 'a';
            if (self.hook != nullptr) core::current()->at_turn_end(*self.hook);
        }
    };
    void close(socket_id id) {
        struct closing final : close_operation {
            closing() noexcept : close_operation([](operation&) noexcept {}) {}
        } asked;
        io->close(id, asked);
        turn();
    }
};

TEST_F(core_test, a_turn_is_answers_then_timers_then_mail_then_hooks) {
    std::string order;
    noted_hook hook(order);
    noted_timer due(order);
    noted_letter mail(order);
    noted_accept answered(order);
    answered.hook = &hook;
    endpoint where;
    socket_id listener;
    ASSERT_EQ(io->listen(where, listener), 0);
    io->accept(listener, answered);
    const socket_id accepted = io->accept_one(listener);
    home.timers().arm(due, home.tick_after(1ms));
    home.post(mail);
    pass(10ms);
    EXPECT_EQ(order, "atmh");
    close(accepted);
    close(listener);
}

TEST_F(core_test, a_hook_runs_once_a_turn_however_often_it_is_asked_for) {
    std::string order;
    noted_hook hook(order);
    on_core([&] {
        for (int i = 0; i < 3; ++i) home.at_turn_end(hook);
    });
    EXPECT_EQ(order, "h");
    turn();
    EXPECT_EQ(order, "h");
    on_core([&] { home.at_turn_end(hook); });
    EXPECT_EQ(order, "hh");
}

TEST_F(core_test, a_hook_that_another_one_asks_for_runs_in_the_same_turn) {
    std::string order;
    noted_hook first(order), second(order);
    first.then = &second;
    on_core([&] { home.at_turn_end(first); });
    EXPECT_EQ(order, "hh");
    EXPECT_FALSE(first.queued || second.queued);
}

TEST_F(core_test, a_thread_is_the_core_only_during_a_turn) {
    EXPECT_EQ(core::current(), nullptr);
    EXPECT_EQ(block_pool::current(), nullptr);
    on_core([&] {
        EXPECT_EQ(core::current(), &home);
        EXPECT_EQ(block_pool::current(), &home.blocks());
    });
    EXPECT_EQ(core::current(), nullptr);
    EXPECT_EQ(block_pool::current(), nullptr);
}

TEST_F(core_test, waits_no_longer_than_until_its_first_timer) {
    std::string order;
    noted_timer due(order);
    home.turn(time.now() + 1h);
    EXPECT_LE(io->waited_until, time.now() + 1s) << "it is tidied up once a second";
    home.timers().arm(due, home.tick_after(100ms));
    home.turn(time.now() + 1h);
    EXPECT_GT(io->waited_until, time.now());
    EXPECT_LE(io->waited_until, time.now() + 100ms);
    home.turn(time.now() + 8ms);
    EXPECT_LE(io->waited_until, time.now() + 8ms);
    home.timers().disarm(due);
}

TEST_F(core_test, does_not_wait_while_there_is_mail) {
    std::string order;
    noted_letter mail(order);
    home.post(mail);
    EXPECT_EQ(io->wakes.load(), 1);
    home.turn(time.now() + 1h);
    EXPECT_LE(io->waited_until, time.now());
    EXPECT_EQ(order, "m");
}

TEST_F(core_test, a_tick_is_never_early) {
    for (const auto after : {0ns, 1ns, 4ms - 1ns, 4ms + 0ns, 4ms + 1ns, 1s + 0ns}) {
        time.steady += 1234567ns;
        turn();
        const tick due = home.tick_after(after);
        const auto at = steady_time(1h) + core::tick_length * static_cast<int64_t>(due);
        EXPECT_GE(at, home.now() + after);
        EXPECT_LT(at, home.now() + after + core::tick_length);
    }
}

TEST_F(core_test, an_endless_time_is_a_long_one) {
    std::string order;
    noted_timer due(order);
    home.timers().arm(due, home.tick_after(std::chrono::nanoseconds::max()));
    stall(24h * 300);
    EXPECT_EQ(order, "");
    home.timers().disarm(due);
}

TEST_F(core_test, gives_memory_back_once_a_second) {
    std::vector<share> crowd;
    while (home.slabs().mapped() < 4 * core_slab_pool::slabs_a_chunk)
        crowd.push_back(home.slabs().take());
    void* const piece = home.blocks().allocate(100);
    pass(1s);
    EXPECT_EQ(home.counts().slabs_in_use.value(), crowd.size());
    crowd.clear();
    home.blocks().release(piece, 100);
    EXPECT_GT(home.blocks().chunks(), 0u);
    pass(1s);
    EXPECT_EQ(home.blocks().chunks(), 0u);
    EXPECT_EQ(home.slabs().mapped(), core_slab_pool::slabs_a_chunk);
    EXPECT_EQ(home.counts().slabs_mapped.value(), core_slab_pool::slabs_a_chunk);
}

TEST_F(core_test, a_transport_that_cannot_be_made_is_told) {
    core other(core::settings{0, 64, &time, nullptr, nullptr});
    factory.failure = "no such thing here";
    std::string error;
    EXPECT_FALSE(other.open(factory, error));
    EXPECT_EQ(error, "no such thing here");
}

TEST_F(core_test, stop_from_another_thread_ends_the_run) {
    std::string order;
    noted_letter mail(order);
    std::thread other([&] {
        home.post(mail);
        home.stop();
    });
    home.run();
    other.join();
    turn();
    EXPECT_EQ(order, "m");
    EXPECT_GE(io->wakes.load(), 1);
}

// The thread that posted may not have woken the transport yet when its letter is read and the core
// is closed: the close waits for it. Found by the thread sanitizer, if at all.
TEST(core_close, waits_for_the_threads_that_are_waking_it) {
    struct last_letter final : letter {
        explicit last_letter(core& of) noexcept : letter(stop), home(of) {}
        core& home;
        static void stop(letter& arrived) noexcept {
            static_cast<last_letter&>(arrived).home.stop();
        }
    };
    test::hand_clock time;
    test::scripted_factory factory;
    for (int i = 0; i < 300; ++i) {
        core home(core::settings{0, 64, &time, nullptr, nullptr});
        std::string error;
        ASSERT_TRUE(home.open(factory, error));
        last_letter last(home);
        std::thread other([&] { home.post(last); });
        home.run();
        home.close();
        other.join();
    }
}

}  // namespace
}  // namespace saker
