// The wheel of timers: each boundary of its levels, what a timer may do while it runs, and many
// random operations beside a list that does the same naively.

#include "core/time/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace saker {
namespace {

// Remembers when it ran, and does something then.
struct noted_timer final : timer {
    explicit noted_timer(timer_wheel& on) noexcept : timer(run), wheel(on) {}
    ~noted_timer() { wheel.disarm(*this); }
    timer_wheel& wheel;
    std::vector<tick> ran;
    void (*then)(noted_timer&) = nullptr;
    noted_timer* other = nullptr;

    static void run(timer& due) noexcept {
        auto& self = static_cast<noted_timer&>(due);
        EXPECT_FALSE(self.armed());
        self.ran.push_back(self.wheel.now());
        if (self.then != nullptr) self.then(self);
    }
};

TEST(timer_wheel, runs_nothing_where_nothing_is_armed) {
    timer_wheel wheel(7);
    EXPECT_EQ(wheel.now(), 7u);
    EXPECT_EQ(wheel.next_look(), std::nullopt);
    wheel.advance(1'000'000'000'000);
    EXPECT_EQ(wheel.now(), 1'000'000'000'000u);
    wheel.validate();
}

TEST(timer_wheel, runs_at_the_due_tick_and_once) {
    timer_wheel wheel;
    noted_timer one(wheel);
    wheel.arm(one, 10);
    EXPECT_TRUE(one.armed());
    wheel.advance(9);
    EXPECT_TRUE(one.ran.empty());
    wheel.advance(10);
    wheel.advance(1000);
    EXPECT_EQ(one.ran, std::vector<tick>{10});
}

TEST(timer_wheel, what_is_due_already_runs_at_the_next_tick) {
    timer_wheel wheel(100);
    noted_timer past(wheel), present(wheel);
    wheel.arm(past, 3);
    wheel.arm(present, 100);
    wheel.advance(100);
    EXPECT_TRUE(past.ran.empty());
    wheel.advance(101);
    EXPECT_EQ(past.ran.size() + present.ran.size(), 2u);
}

// One below, at and above each power of 64, from a quiet start and from just below the boundary.
TEST(timer_wheel, is_punctual_at_the_boundaries_of_every_level) {
    for (unsigned level = 1; level <= 5; ++level) {
        const tick boundary = tick{1} << (6 * level);
        for (const tick start : {tick{0}, tick{1}, boundary - 2, boundary - 1, boundary}) {
            for (const tick due : {boundary - 1, boundary, boundary + 1, 2 * boundary - 1,
                                   2 * boundary, 2 * boundary + 1, 63 * boundary, 64 * boundary - 1,
                                   64 * boundary, 64 * boundary + 1}) {
                if (due <= start || due - start >= timer_wheel::horizon) continue;
                timer_wheel wheel(start);
                noted_timer one(wheel);
                wheel.arm(one, due);
                wheel.validate();
                ASSERT_LE(*wheel.next_look(), due);
                wheel.advance(due - 1);
                wheel.validate();
                ASSERT_TRUE(one.ran.empty()) << start << ' ' << due;
                wheel.advance(due);
                ASSERT_EQ(one.ran, std::vector<tick>{due}) << start << ' ' << due;
            }
        }
    }
}

TEST(timer_wheel, a_late_advance_runs_everything_that_was_due_in_order) {
    timer_wheel wheel;
    std::vector<std::unique_ptr<noted_timer>> all;
    for (tick due : {70, 5, 4097, 64, 63, 300'000}) {
        all.push_back(std::make_unique<noted_timer>(wheel));
        wheel.arm(*all.back(), due);
    }
    wheel.advance(10'000'000);
    for (const auto& one : all) {
        ASSERT_EQ(one->ran.size(), 1u);
        EXPECT_EQ(one->ran[0], one->due()) << "the wheel stands at the due tick meanwhile";
    }
}

TEST(timer_wheel, next_look_is_never_behind_the_first_due) {
    timer_wheel wheel(60);
    noted_timer near(wheel), far(wheel);
    wheel.arm(far, 5000);
    EXPECT_LE(*wheel.next_look(), 5000u);
    EXPECT_GT(*wheel.next_look(), 60u);
    wheel.arm(near, 63);
    EXPECT_EQ(*wheel.next_look(), 63u);
}

TEST(timer_wheel, a_disarmed_timer_does_not_run) {
    timer_wheel wheel;
    noted_timer a(wheel), b(wheel), c(wheel);
    for (noted_timer* one : {&a, &b, &c}) wheel.arm(*one, 100);
    wheel.disarm(b);
    wheel.disarm(b);
    wheel.validate();
    wheel.advance(100);
    EXPECT_EQ(a.ran.size() + c.ran.size(), 2u);
    EXPECT_TRUE(b.ran.empty());
    wheel.arm(b, 200);
    wheel.advance(200);
    EXPECT_EQ(b.ran.size(), 1u);
}

TEST(timer_wheel, a_postponed_timer_runs_at_its_last_due_tick) {
    timer_wheel wheel;
    noted_timer one(wheel);
    wheel.arm(one, 10);
    for (tick due = 10; due < 10'000; due += 7) {
        wheel.advance(due - 7 < 10 ? 1 : due - 7);
        wheel.postpone(one, due + 30);
        wheel.validate();
    }
    EXPECT_TRUE(one.ran.empty());
    wheel.advance(20'000);
    EXPECT_EQ(one.ran, std::vector<tick>{one.due()});
}

TEST(timer_wheel, a_postponed_timer_is_disarmed_where_it_is) {
    timer_wheel wheel;
    noted_timer one(wheel);
    wheel.arm(one, 10);
    wheel.postpone(one, 100'000);
    wheel.disarm(one);
    EXPECT_EQ(wheel.next_look(), std::nullopt);
    wheel.advance(200'000);
    EXPECT_TRUE(one.ran.empty());
}

// ---- inside an expiry ----

TEST(timer_wheel, a_timer_may_arm_itself_again_while_it_runs) {
    timer_wheel wheel;
    noted_timer one(wheel);
    one.then = [](noted_timer& self) { self.wheel.arm(self, self.wheel.now() + 50); };
    wheel.arm(one, 50);
    wheel.advance(220);
    EXPECT_EQ(one.ran, (std::vector<tick>{50, 100, 150, 200}));
}

TEST(timer_wheel, a_timer_that_is_due_again_at_once_waits_for_the_next_tick) {
    timer_wheel wheel;
    noted_timer one(wheel);
    one.then = [](noted_timer& self) { self.wheel.arm(self, self.wheel.now()); };
    wheel.arm(one, 3);
    wheel.advance(5);
    EXPECT_EQ(one.ran, (std::vector<tick>{3, 4, 5}));
    one.then = nullptr;
}

TEST(timer_wheel, a_timer_may_disarm_the_next_one_while_it_runs) {
    timer_wheel wheel;
    noted_timer first(wheel), second(wheel);
    first.other = &second;
    second.other = &first;
    first.then = second.then = [](noted_timer& self) { self.wheel.disarm(*self.other); };
    wheel.arm(first, 10);
    wheel.arm(second, 10);
    wheel.advance(10);
    EXPECT_EQ(first.ran.size() + second.ran.size(), 1u);
    wheel.validate();
}

TEST(timer_wheel, a_timer_may_be_deleted_while_it_runs) {
    struct short_lived final : timer {
        explicit short_lived(int& count) noexcept : timer(run), died(count) {}
        ~short_lived() { ++died; }
        int& died;
        static void run(timer& due) noexcept { delete static_cast<short_lived*>(&due); }
    };
    timer_wheel wheel;
    int died = 0;
    for (int i = 0; i < 10; ++i) wheel.arm(*new short_lived(died), 5);
    wheel.advance(5);
    EXPECT_EQ(died, 10);
}

// ---- limits ----

TEST(timer_wheel, works_after_nine_years) {
    const tick start = (tick{1} << 36) - 10;
    timer_wheel wheel(start);
    noted_timer near(wheel), far(wheel);
    wheel.arm(near, start + 20);
    wheel.arm(far, start + timer_wheel::horizon - 1);
    wheel.validate();
    wheel.advance(start + 20);
    EXPECT_EQ(near.ran, std::vector<tick>{start + 20});
    wheel.advance(start + timer_wheel::horizon);
    EXPECT_EQ(far.ran, std::vector<tick>{far.due()});
}

TEST(timer_wheel_death_test, broken_promises_are_told) {
    timer_wheel wheel(10);
    noted_timer one(wheel);
    wheel.arm(one, 20);
    EXPECT_DEATH(wheel.arm(one, 30), "a timer is armed once");
    EXPECT_DEATH(wheel.postpone(one, 19), "postponed to later");
    EXPECT_DEATH(wheel.advance(9), "time does not go back");
    noted_timer other(wheel);
    EXPECT_DEATH(wheel.arm(other, 10 + timer_wheel::horizon), "within the wheel's horizon");
}

// ---- a model ----

class timer_wheel_model_test : public testing::Test {
protected:
    static constexpr size_t count = 200;
    timer_wheel_model_test() {
        for (size_t i = 0; i < count; ++i) timers.push_back(std::make_unique<noted_timer>(wheel));
        due.assign(count, 0);
    }
    tick ahead() {
        const uint64_t bits = random() % 20;
        return 1 + random() % (tick{1} << bits);
    }
    void change(size_t i) {
        noted_timer& one = *timers[i];
        if (due[i] == 0) {
            due[i] = wheel.now() + ahead();
            wheel.arm(one, due[i]);
        } else if (random() % 3 == 0) {
            due[i] = 0;
            wheel.disarm(one);
        } else {
            due[i] += random() % 1000;
            wheel.postpone(one, due[i]);
        }
    }
    void advance() {
        const tick now = wheel.now() + ahead();
        wheel.advance(now);
        for (size_t i = 0; i < count; ++i) {
            const bool should_run = due[i] != 0 && due[i] <= now;
            ASSERT_EQ(timers[i]->ran.size(), should_run ? 1u : 0u);
            if (!should_run) continue;
            ASSERT_EQ(timers[i]->ran[0], due[i]);
            timers[i]->ran.clear();
            due[i] = 0;
        }
    }
    [[nodiscard]] std::optional<tick> first_due() const {
        std::optional<tick> first;
        for (const tick one : due)
            if (one != 0 && (!first || one < *first)) first = one;
        return first;
    }

    std::mt19937_64 random{5};
    timer_wheel wheel;
    std::vector<std::unique_ptr<noted_timer>> timers;
    std::vector<tick> due;  // 0: not armed
};

TEST_F(timer_wheel_model_test, does_what_a_list_does) {
    for (int i = 0; i < 100'000 && !HasFatalFailure(); ++i) {
        if (random() % 40 == 0) {
            advance();
        } else {
            change(random() % count);
        }
        if (i % 100 != 0) continue;
        wheel.validate();
        const auto first = first_due();
        ASSERT_EQ(wheel.next_look().has_value(), first.has_value());
        if (first) {
            ASSERT_LE(*wheel.next_look(), *first);
        }
    }
}

}  // namespace
}  // namespace saker
