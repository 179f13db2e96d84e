#pragma once
// What `transport::wake` writes to: an eventfd that is watched edge-triggered and never read. Each
// write is an edge of its own; several wakes before one is dealt with cost one write.

#include <atomic>

namespace saker::posix {

class waker {
public:
    waker() noexcept;
    ~waker();
    waker(const waker&) = delete;
    waker& operator=(const waker&) = delete;

    // Below zero: a negated errno.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    // Any thread.
    void wake() noexcept;
    // It was heard: the next `wake` writes again.
    void heard() noexcept;

private:
    const int fd_;
    std::atomic<bool> woken_ = false;
};

}  // namespace saker::posix
