#pragma once
// An epoll instance and its wake-up: registers once and edge-triggered, waits to the nanosecond
// where the kernel can, and is woken by one write however many threads ask for it.

#include "transports/posix/waker.h"

#include <saker/transport.h>

#include <sys/epoll.h>

#include <cstdint>
#include <span>

namespace saker {

class event_set {
public:
    static constexpr uint64_t wake_key = UINT64_MAX;

    event_set() noexcept;
    ~event_set();
    event_set(const event_set&) = delete;
    event_set& operator=(const event_set&) = delete;
    // 0, or why it could not be made.
    [[nodiscard]] int error() const noexcept { return error_; }

    // 0, or a negated errno. What is ready already is reported by the next `wait`.
    [[nodiscard]] int add(int fd, uint32_t events, uint64_t key) noexcept;
    void remove(int fd) noexcept;
    // What has happened; wake-ups are among it under `wake_key`, and done with.
    [[nodiscard]] std::span<const epoll_event> wait(bool at_once, steady_time until) noexcept;
    // Any thread.
    void wake() noexcept { waker_.wake(); }

private:
    [[nodiscard]] int wait_for(std::chrono::nanoseconds) noexcept;

    static constexpr int events_a_wait = 512;
    const int epoll_;
    posix::waker waker_;
    int error_ = 0;
    bool has_pwait2_ = true;
    epoll_event events_[events_a_wait];
};

}  // namespace saker
