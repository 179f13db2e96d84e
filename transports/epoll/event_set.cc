// epoll_pwait2 (5.11) waits to the nanosecond; it is called by its number, which is older than
// the wrappers of the C libraries.

#include "transports/epoll/event_set.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace saker {

using std::chrono::nanoseconds;

event_set::event_set() noexcept : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    error_ = epoll_ < 0 ? -errno : std::min(waker_.fd(), 0);
    if (error_ == 0) error_ = add(waker_.fd(), EPOLLIN, wake_key);
}

event_set::~event_set() {
    if (epoll_ >= 0) ::close(epoll_);
}

int event_set::add(int fd, uint32_t events, uint64_t key) noexcept {
    epoll_event event{.events = events | EPOLLET, .data = {.u64 = key}};
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void event_set::remove(int fd) noexcept {
    epoll_event ignored{};
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &ignored);
}

int event_set::wait_for(nanoseconds left) noexcept {
#ifdef SYS_epoll_pwait2
    if (has_pwait2_) {
        const timespec timeout{.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
                               .tv_nsec = static_cast<long>(left.count() % 1'000'000'000)};
        const long count =
            syscall(SYS_epoll_pwait2, epoll_, events_, events_a_wait, &timeout, nullptr, 0);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(count);
        has_pwait2_ = false;
    }
#endif
    const auto rounded_up = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return epoll_wait(epoll_, events_, events_a_wait,
                      static_cast<int>(std::min<int64_t>(rounded_up, 3'600'000)));
}

std::span<const epoll_event> event_set::wait(bool at_once, steady_time until) noexcept {
    int count;
    if (at_once) {
        count = epoll_wait(epoll_, events_, events_a_wait, 0);
    } else if (until == steady_time::max()) {
        count = epoll_wait(epoll_, events_, events_a_wait, -1);
    } else {
        const nanoseconds left = until - std::chrono::steady_clock::now();
        count = left.count() > 0 ? wait_for(left) : epoll_wait(epoll_, events_, events_a_wait, 0);
    }
    // A signal ends a wait as a wake-up does.
    const std::span<const epoll_event> happened(events_, static_cast<size_t>(std::max(count, 0)));
    for (const epoll_event& event : happened)
        if (event.data.u64 == wake_key) waker_.heard();
    return happened;
}

}  // namespace saker
