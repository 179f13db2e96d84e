// The counter of an eventfd has room for more writes than there will be.

#include "transports/posix/waker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace saker::posix {
namespace {

int open_eventfd() noexcept {
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

}  // namespace

waker::waker() noexcept : fd_(open_eventfd()) {}

waker::~waker() {
    if (fd_ >= 0) ::close(fd_);
}

void waker::wake() noexcept {
    if (woken_.exchange(true, std::memory_order_acq_rel)) return;
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

// An exchange, so that what a waker wrote before it found the flag set is seen from here on.
void waker::heard() noexcept { woken_.exchange(false, std::memory_order_acq_rel); }

}  // namespace saker::posix
