#pragma once
// What the transports of POSIX systems do to connected sockets in the same way.

#include <saker/transport.h>

#include <sys/uio.h>

#include <cstddef>
#include <span>

namespace saker::posix {

// A send goes to the kernel in calls of at most this many pieces: more copies no faster.
constexpr size_t pieces_a_call = 64;

static_assert(sizeof(buffer) == sizeof(iovec) &&
                  offsetof(buffer, data) == offsetof(iovec, iov_base) &&
                  offsetof(buffer, size) == offsetof(iovec, iov_len),
              "pieces are passed on as they are");

// 0 where the descriptor is a connected stream socket; else a negated errno.
[[nodiscard]] int check_connected(int fd) noexcept;
// Closing it from now on tells the peer that something was lost.
void reset_on_close(int fd) noexcept;

// One attempt that does not wait: the bytes moved (0 at the end), or a negated errno.
[[nodiscard]] ssize_t try_receive(int fd, std::span<const std::span<std::byte>> into) noexcept;
[[nodiscard]] ssize_t try_send(int fd, std::span<buffer> pieces) noexcept;
// The descriptor of a connection, or a negated errno; the listener is non-blocking. Connections
// that failed while they waited to be accepted are passed over.
[[nodiscard]] int try_accept(int listener) noexcept;

// The error is that of one connection, which is gone: the next one may be accepted at once. Others
// (no descriptor, no memory) meet the next one as well, and an accept rests for `accept_pause`.
[[nodiscard]] bool is_of_one_connection(int error) noexcept;
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace saker::posix
