#pragma once
// A task is a coroutine that starts when it is awaited, hands its result (or its exception) to
// whoever awaits it, and never leaves its core. Its frame comes from the core's pool. A task that
// has started is never destroyed from outside: it runs to its end.

#include <saker/assert.h>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace saker {

// What is run when something that was waited for has come: a coroutine, or an engine's function.
struct continuation {
    void (*run)(void* context) noexcept = nullptr;
    void* context = nullptr;

    static continuation of(std::coroutine_handle<> waiting) noexcept {
        return {
            [](void* address) noexcept { std::coroutine_handle<>::from_address(address).resume(); },
            waiting.address()};
    }
    explicit operator bool() const noexcept { return run != nullptr; }
};

template <class T = void>
class task;

namespace detail {

// Frames from the pool of the core that this thread is, or from the heap elsewhere.
void* allocate_frame(size_t size);
void free_frame(void* frame, size_t size) noexcept;

// What is called when a task that nobody awaits has ended.
struct task_end {
    void (*call)(void* context, std::exception_ptr failure) noexcept = nullptr;
    void* context = nullptr;
};

class promise_base {
public:
    static void* operator new(size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, size_t size) noexcept { free_frame(frame, size); }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure_ = std::current_exception(); }

    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
            promise_base& self = done.promise();
            if (self.continuation_) return self.continuation_;
            const task_end end = self.end_;
            std::exception_ptr failure = std::move(self.failure_);
            done.destroy();
            if (end.call != nullptr) end.call(end.context, std::move(failure));
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    final_awaiter final_suspend() const noexcept { return {}; }

protected:
    template <class T>
    friend class saker::task;
    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

    std::coroutine_handle<> continuation_;
    task_end end_;
    std::exception_ptr failure_;
};

template <class T>
class promise final : public promise_base {
public:
    task<T> get_return_object() noexcept;
    template <class Value>
    void return_value(Value&& value) {
        value_.emplace(std::forward<Value>(value));
    }
    T take() {
        rethrow();
        return std::move(*value_);
    }

private:
    std::optional<T> value_;
};

template <>
class promise<void> final : public promise_base {
public:
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const { rethrow(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] task {
public:
    using promise_type = detail::promise<T>;
    using handle = std::coroutine_handle<promise_type>;

    task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~task() {
        if (handle_) handle_.destroy();
    }

    auto operator co_await() && noexcept {
        struct awaiter {
            handle awaited;
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> starter) noexcept {
                awaited.promise().continuation_ = starter;
                return awaited;
            }
            T await_resume() { return awaited.promise().take(); }
        };
        return awaiter{handle_};
    }

    // Starts a task that nobody awaits. `end` is called when it has ended, with its exception
    // if it had one; its frame is gone by then.
    void start(detail::task_end end = {}) && {
        handle started = std::exchange(handle_, nullptr);
        started.promise().end_ = end;
        started.resume();
    }

private:
    friend promise_type;
    explicit task(handle of) noexcept : handle_(of) {}
    handle handle_;
};

namespace detail {
template <class T>
task<T> promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<promise>::from_promise(*this));
}
inline task<void> promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<promise>::from_promise(*this));
}
}  // namespace detail

}  // namespace saker
