// Tasks: values and exceptions through levels, the end that nobody awaits, and where frames come
// from and go to.

#include "core/memory/block_pool.h"

#include <saker/task.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace saker {
namespace {

// Something to wait for that the test lets happen.
struct gate {
    std::coroutine_handle<> waiting;
    [[nodiscard]] auto opened() noexcept {
        struct awaiter {
            gate& self;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> who) noexcept { self.waiting = who; }
            void await_resume() const noexcept {}
        };
        return awaiter{*this};
    }
    void open() { std::exchange(waiting, nullptr).resume(); }
};

struct end_note {
    int calls = 0;
    std::string failure;
    [[nodiscard]] detail::task_end of() noexcept {
        return {[](void* self, std::exception_ptr why) noexcept {
                    auto& note = *static_cast<end_note*>(self);
                    ++note.calls;
                    try {
                        if (why) std::rethrow_exception(why);
                    } catch (const std::exception& known) {
                        note.failure = known.what();
                    }
                },
                this};
    }
};

task<int> value(int of) { co_return of; }
task<int> sum(int depth) {
    if (depth == 0) co_return 0;
    co_return depth + co_await sum(depth - 1);
}
task<> fail(const char* why) {
    throw std::runtime_error(why);
    co_return;
}
task<int> fail_below(int depth) {
    if (depth == 0) co_await fail("from below");
    co_return co_await fail_below(depth - 1);
}

TEST(task, starts_when_it_is_awaited_and_not_before) {
    bool ran = false;
    auto body = [&]() -> task<> {
        ran = true;
        co_return;
    };
    { const task<> never = body(); }
    EXPECT_FALSE(ran);
    body().start();
    EXPECT_TRUE(ran);
}

TEST(task, hands_values_over) {
    int total = 0;
    std::string text;
    auto body = [&]() -> task<> {
        total = co_await value(2) + co_await sum(100);
        auto words = []() -> task<std::unique_ptr<std::string>> {
            co_return std::make_unique<std::string>("moved, never copied");
        };
        text = *co_await words();
    };
    body().start();
    EXPECT_EQ(total, 5052);
    EXPECT_EQ(text, "moved, never copied");
}

TEST(task, an_exception_comes_through_all_levels) {
    std::string caught;
    auto body = [&]() -> task<> {
        try {
            co_await fail_below(20);
        } catch (const std::runtime_error& failure) {
            caught = failure.what();
        }
    };
    end_note note;
    body().start(note.of());
    EXPECT_EQ(caught, "from below");
    EXPECT_EQ(note.calls, 1);
    EXPECT_EQ(note.failure, "");
}

TEST(task, an_exception_that_nobody_catches_is_told_at_the_end) {
    end_note note;
    fail("uncaught").start(note.of());
    EXPECT_EQ(note.calls, 1);
    EXPECT_EQ(note.failure, "uncaught");
    fail("told to nobody").start();
}

TEST(task, suspends_all_levels_and_goes_on_where_it_was) {
    gate wait;
    std::vector<int> steps;
    auto inner = [&]() -> task<int> {
        steps.push_back(1);
        co_await wait.opened();
        steps.push_back(3);
        co_return 4;
    };
    auto outer = [&]() -> task<> { steps.push_back(co_await inner()); };
    end_note note;
    outer().start(note.of());
    steps.push_back(2);
    EXPECT_EQ(note.calls, 0);
    wait.open();
    EXPECT_EQ(steps, (std::vector<int>{1, 2, 3, 4}));
    EXPECT_EQ(note.calls, 1);
}

TEST(task, what_a_task_holds_is_gone_when_its_end_is_told) {
    auto held = std::make_shared<int>(1);
    struct watch {
        std::weak_ptr<int> value;
        bool gone = false;
    } watching{held};
    auto body = [](std::shared_ptr<int> kept) -> task<> {
        EXPECT_EQ(*kept, 1);
        co_return;
    };
    body(std::move(held))
        .start({[](void* context, std::exception_ptr) noexcept {
                    auto& self = *static_cast<watch*>(context);
                    self.gone = self.value.expired();
                },
                &watching});
    EXPECT_TRUE(watching.gone);
}

TEST(task, may_be_moved_before_it_starts) {
    task<int> first = value(1);
    task<int> second = std::move(first);
    int got = 0;
    auto body = [&]() -> task<> { got = co_await std::move(second); };
    body().start();
    EXPECT_EQ(got, 1);
}

TEST(task, frames_come_from_the_cores_pool_and_go_back) {
    block_pool pool;
    block_pool::make_current(&pool);
    gate wait;
    auto inner = [&]() -> task<> { co_await wait.opened(); };
    auto outer = [&]() -> task<> { co_await inner(); };
    outer().start();
    EXPECT_EQ(pool.pieces_in_use(), 2u);
    wait.open();
    EXPECT_EQ(pool.pieces_in_use(), 0u);
    block_pool::make_current(nullptr);
}

TEST(task, frames_come_from_the_heap_elsewhere_and_remember_it) {
    gate wait;
    auto body = [&]() -> task<> { co_await wait.opened(); };
    body().start();
    block_pool pool;
    block_pool::make_current(&pool);
    wait.open();
    EXPECT_EQ(pool.pieces_in_use(), 0u);
    EXPECT_EQ(pool.chunks(), 0u);
    block_pool::make_current(nullptr);
}

TEST(task, frames_of_any_size_hold_what_is_put_into_them) {
    block_pool pool;
    block_pool::make_current(&pool);
    gate wait;
    auto large = [&]() -> task<> {
        alignas(16) char bytes[10'000];
        std::fill(std::begin(bytes), std::end(bytes), 'x');
        EXPECT_EQ(reinterpret_cast<uintptr_t>(bytes) % 16, 0u);
        co_await wait.opened();
        EXPECT_EQ(std::string(bytes, sizeof bytes), std::string(sizeof bytes, 'x'));
    };
    large().start();
    wait.open();
    EXPECT_EQ(pool.pieces_in_use(), 0u);
    block_pool::make_current(nullptr);
}

// The compiler makes jumps of the awaits where it optimises and nobody watches it; else each one is
// a call deeper.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(task, a_million_awaits_in_a_loop_do_not_grow_the_stack) {
    int64_t total = 0;
    auto body = [&]() -> task<> {
        for (int i = 0; i < 1'000'000; ++i) total += co_await value(i);
    };
    body().start();
    EXPECT_EQ(total, 499'999'500'000);
}
#endif

}  // namespace
}  // namespace saker
