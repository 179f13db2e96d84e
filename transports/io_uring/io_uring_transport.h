#pragma once
// The transport over io_uring. Operations become submissions (io_uring_transport.cc); completions
// become answers (io_uring_answers.cc); one system call a turn for all of both. Accepts and
// receives are multishot: armed once, they answer question after question without another
// submission. What arrives while nobody asks is kept, the multishot is cancelled, and a receive
// that is asked then is a single one, until one is short: no more than a burst is ever read ahead.

#include "core/io/socket_table.h"
#include "transports/io_uring/ring.h"
#include "transports/io_uring/slab_ring.h"
#include "transports/io_uring/socket_slot.h"
#include "transports/posix/address.h"
#include "transports/posix/waker.h"

#include <saker/transport.h>

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace saker {

// A turn makes up to two submissions a connection; more go to a backlog. Completions that find no
// room are kept by the kernel, at a price.
struct ring_size {
    unsigned submissions = 1024;
    unsigned completions = 8192;
};

class io_uring_transport final : public transport {
public:
    explicit io_uring_transport(slab_pool& pool, ring_size = {}) noexcept;
    ~io_uring_transport() override;
    // 0, or why it cannot be used: a negated errno.
    [[nodiscard]] int error() const noexcept { return error_; }

    std::string_view name() const noexcept override { return "io_uring"; }
    int listen(endpoint& where, socket_id& listener) noexcept override;
    int adopt(int native_socket, socket_id& socket) noexcept override;
    void accept(socket_id, accept_operation&) noexcept override;
    void receive(socket_id, receive_operation&) noexcept override;
    void send(socket_id, send_operation&) noexcept override;
    void end_output(socket_id) noexcept override;
    void close(socket_id, close_operation&) noexcept override;
    socket_names names(socket_id id) const override { return posix::names_of(sockets_[id].fd); }
    int native(socket_id id) const noexcept override { return sockets_[id].fd; }
    bool prepare_to_encrypt(socket_id) noexcept override;
    bool prepare_to_decrypt(socket_id, const receive_operation&) noexcept override;
    void wait(operation_queue& answered, steady_time until) noexcept override;
    void tidy() noexcept override { slabs_.tidy(); }
    transport_work work() const noexcept override { return ring_.work(); }
    void wake() noexcept override { waker_.wake(); }

private:
    // A send that the kernel was asked to take at once.
    struct hope {
        socket_id socket;
        uint32_t position;  // of its submission
    };

    template <class Operation>
    socket_slot& ask(socket_id id, Operation& op, Operation* socket_slot::*pending) noexcept {
        socket_slot& slot = sockets_[id];
        SAKER_ASSERT(slot.*pending == nullptr, "a socket is asked one thing of a kind at a time");
        SAKER_ASSERT(slot.closing == nullptr,
                     "a socket that is being closed is not asked anything");
        op.ask();
        slot.*pending = &op;
        return slot;
    }
    template <class Operation>
    void answer(Operation*& pending, int32_t result) noexcept {
        if (pending == nullptr) return;
        pressing_ = true;
        answered_->answer_and_clear(pending, result);
    }
    // Submissions.
    io_uring_sqe& submit(uint32_t index, submitted what) noexcept;
    void arm(uint32_t index) noexcept;
    void arm_wake() noexcept;
    void cancel(uint32_t index, submitted what) noexcept;
    void submit_send(uint32_t index, bool now) noexcept;
    void drop_ahead(socket_slot&) noexcept;
    // Answers that need no kernel.
    void queue(uint32_t index) noexcept;
    void answer_queued() noexcept;
    void answer_without_kernel(uint32_t index) noexcept;
    void answer_over(socket_slot&) noexcept;
    void retry_starved() noexcept;
    void retry_paused() noexcept;
    [[nodiscard]] steady_time limit(steady_time until) const noexcept;
    // Completions.
    void collect() noexcept;
    void note(const io_uring_cqe&) noexcept;
    void note_hopes(unsigned count) noexcept;
    void settle_hopes() noexcept;
    void note_accept(uint32_t index, int result) noexcept;
    void note_receive(uint32_t index, const io_uring_cqe&) noexcept;
    void take_slabs(uint32_t index, const io_uring_cqe&) noexcept;
    void note_send(uint32_t index, int result) noexcept;
    void arrived(uint32_t index, share data) noexcept;
    void left_kernel(uint32_t index) noexcept;
    void finish_close(uint32_t index) noexcept;
    [[nodiscard]] socket_id add(int fd) noexcept;
    void drop_everything() noexcept;

    slab_pool& pool_;
    int error_ = 0;
    ring ring_;
    slab_ring slabs_;
    posix::waker waker_;
    socket_table<socket_slot> sockets_;
    operation_queue* answered_ = nullptr;  // of the `wait` that runs
    uint32_t turn_ = 0;
    uint32_t in_kernel_ = 0;  // submissions whose last completion has not come, all sockets'
    bool pressing_ = false;   // this turn has an answer that somebody waits for
    bool skipped_ = false;    // the last turn did not enter the kernel
    std::vector<hope> hopes_;
    std::deque<msghdr> messages_;  // of sends of several pieces, until they have been submitted
    size_t messages_in_use_ = 0;
    std::vector<socket_id> ready_, answering_, starved_, paused_;
    steady_time accept_again_{};
};

}  // namespace saker
