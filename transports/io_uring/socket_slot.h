#pragma once
// What the transport over io_uring keeps about a socket, and how a completion names one: by slot,
// by the slot's generation, and by what was submitted.

#include "core/io/read_ahead.h"
#include "transports/posix/listen_socket.h"

#include <saker/transport.h>

#include <cstdint>
#include <memory>

namespace saker {

enum class submitted : uint8_t {
    accept,    // multishot
    receive,   // multishot
    send,      // waits until all is sent
    send_now,  // of an unhurried send: silent where all was taken at once
    close,
    cancel,  // silent where it succeeds
    wake,    // multishot poll of the eventfd; of no socket
};

// generation | slot | what was submitted: 32, 28 and 4 bits.
struct submission_name {
    socket_id socket;
    submitted what;

    [[nodiscard]] uint64_t pack() const noexcept {
        return uint64_t{socket.generation} << 32 | uint64_t{socket.slot} << 4 |
               static_cast<uint64_t>(what);
    }
    static submission_name unpack(uint64_t user_data) noexcept {
        return {{static_cast<uint32_t>(user_data) >> 4, static_cast<uint32_t>(user_data >> 32)},
                static_cast<submitted>(user_data & 15)};
    }
};

struct listener_part {
    read_ahead<int> accepted;
    std::unique_ptr<posix::socket_file> file;
    bool paused = false;  // it found no descriptor: in `paused_`
};

struct socket_slot {
    int fd = -1;
    uint32_t in_kernel = 0;      // submissions whose last completion has not come
    bool armed = false;          // a multishot accept or receive is among them
    bool cancelling = false;     // and is being cancelled
    bool sending_now = false;    // so is a send of which silence means success
    bool sending_later = false;  // or one that waits
    bool queued = false;         // in `ready_`: an answer needs no kernel
    bool starved = false;        // in `starved_`: a receive found no slab
    bool over = false;           // the end or an error has come: `end_result`
    int32_t end_result = 0;
    bool in_bulk = false;       // more comes than is asked for: receives are single ones
    bool encrypted = false;     // by the kernel, which knows no MSG_WAITALL
    bool decrypted = false;     // by the kernel, which goes on after -EIO
    uint32_t answered_in = 0;   // the turn in which a receive or accept was answered last
    uint32_t hope = 0;          // the position of the submission of a silent send,
    uint32_t sending_size = 0;  // and its bytes
    size_t sent = 0;
    accept_operation* accepting = nullptr;
    receive_operation* receiving = nullptr;
    send_operation* sending = nullptr;
    close_operation* closing = nullptr;
    read_ahead<share> received;
    std::unique_ptr<listener_part> listening;
};

}  // namespace saker
