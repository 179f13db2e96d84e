#pragma once
// What transports do with the pieces of a send, beside `send_operation::sent`: pieces of no bytes
// are allowed in a send and are never shown to a kernel, which would answer them with nothing.

#include <saker/transport.h>

#include <cstddef>
#include <cstdint>

namespace saker {

// Takes pieces of no bytes off the front. True where nothing is left to send.
inline bool skip_empty_pieces(send_operation& op) noexcept {
    while (!op.pieces.empty() && op.pieces.front().size == 0) op.pieces = op.pieces.subspan(1);
    return op.pieces.empty();
}

// `size` bytes have been sent. True where nothing is left.
inline bool take_sent(send_operation& op, size_t size) noexcept {
    return op.sent(size) || skip_empty_pieces(op);
}

// The answer to a send of `size` bytes in all, which may be more than an answer can say.
inline int32_t sent_result(size_t size) noexcept {
    return size > INT32_MAX ? INT32_MAX : static_cast<int32_t>(size);
}

}  // namespace saker
