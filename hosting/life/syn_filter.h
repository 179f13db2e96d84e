#pragma once
// The quiet end of a listening TCP socket. The kernel answers handshakes by itself: whoever closes
// such a socket resets those who are in the middle of one, or who wait to be accepted.

#include <chrono>

namespace saker {

// How long handshakes that have begun are waited for: a slow round trip.
inline constexpr auto longest_handshake = std::chrono::milliseconds(250);

// From now on the kernel drops attempts to connect to this listening socket, silently: clients try
// again after a second, when another one listens or nobody does. Handshakes that have begun
// complete. False where that cannot be had: then nothing is changed.
[[nodiscard]] bool drop_new_connections(int listening_socket) noexcept;

}  // namespace saker
