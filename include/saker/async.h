#pragma once
// What a coroutine on a core can wait for besides its connection: time, and work elsewhere.
// Called on a core's thread, from a handler; elsewhere a broken promise.

#include <saker/task.h>

#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace saker {

namespace detail {

// One piece of work for a thread of the pool; it lives in the frame of who awaits it.
struct offloaded {
    void (*run)(offloaded&) noexcept = nullptr;
    continuation then;  // on the core
    offloaded* next = nullptr;
};
// Why it will not be done, where the pool cannot take it.
std::exception_ptr offload(offloaded&) noexcept;

class delay_timer;  // core/reactor
struct delay_storage {
    alignas(8) unsigned char memory[96];
};
void start_delay(delay_storage&, std::chrono::nanoseconds, continuation, bool& elapsed) noexcept;

struct delay_awaiter {
    std::chrono::nanoseconds time;
    bool elapsed = true;
    delay_storage storage{};
    bool await_ready() const noexcept { return time.count() <= 0; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept {
        start_delay(storage, time, continuation::of(waiting), elapsed);
    }
    bool await_resume() const noexcept { return elapsed; }
};

template <class Work>
class offload_awaiter final : offloaded {
public:
    using value = std::invoke_result_t<Work&>;
    explicit offload_awaiter(Work&& work) : work_(std::forward<Work>(work)) {}
    bool await_ready() const noexcept { return false; }
    // False: it goes on at once, with the failure.
    bool await_suspend(std::coroutine_handle<> waiting) noexcept {
        run = [](offloaded& self) noexcept { static_cast<offload_awaiter&>(self).work(); };
        then = continuation::of(waiting);
        auto refused = detail::offload(*this);
        if (refused == nullptr) return true;
        failure_ = std::move(refused);
        return false;
    }
    value await_resume() {
        if (failure_) std::rethrow_exception(failure_);
        if constexpr (!std::is_void_v<value>) return std::move(*value_);
    }

private:
    void work() noexcept {
        try {
            if constexpr (std::is_void_v<value>)
                work_();
            else
                value_.emplace(work_());
        } catch (...) {
            failure_ = std::current_exception();
        }
    }
    Work work_;  // or a reference to the caller's
    std::conditional_t<std::is_void_v<value>, char, std::optional<value>> value_{};
    std::exception_ptr failure_;
};

}  // namespace detail

// co_await delay(100ms): true when the time is over; false where the server's stop cut it short.
// On the core's timer wheel: ticks of 4 ms, never early.
[[nodiscard]] inline auto delay(std::chrono::nanoseconds time) noexcept {
    return detail::delay_awaiter{time};
}

// auto rows = co_await offload([&] { return query(); }): runs blocking work on a thread of the
// server's pool and comes back to the core with its result or its exception; one of ours where the
// system has no thread for the pool. Work that has a name is not copied: it lives until it has been
// awaited.
template <class Work>
[[nodiscard]] auto offload(Work&& work) {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
    static_assert(
        std::is_lvalue_reference_v<Work> || std::is_trivially_destructible_v<Work>,
        "g++ 12 destroys what a lambda inside a co_await captures by value twice (its bug "
        "99576); name it first: auto work = [...] {...}; co_await offload(work);");
#endif
    return detail::offload_awaiter<Work>(std::forward<Work>(work));
}

}  // namespace saker
