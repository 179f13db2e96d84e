// Answers: what completions mean for those who asked, and for those who have not asked yet.

#include "transports/io_uring/io_uring_transport.h"

#include "core/io/pieces.h"
#include "transports/posix/stream_socket.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace saker {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What may be read ahead of an asker before the kernel is told to stop.
constexpr size_t slabs_ahead = 8, connections_ahead = 64;
// How soon the pool is asked again that says it has slabs but gave none (the system has no memory).
constexpr milliseconds memory_pause{20};
// How often one turn empties a queue of completions that has run over.
constexpr int rounds_a_turn = 8;

}  // namespace

void io_uring_transport::wait(operation_queue& answered, steady_time until) noexcept {
    answered_ = &answered;
    pressing_ = false;
    ++turn_;
    slabs_.refill();
    retry_starved();
    retry_paused();
    answer_queued();
    // Answers that needed no kernel and nothing to submit: but not twice in a row, or those who
    // ask would keep out those who are about to be heard.
    if (pressing_ && !skipped_ && !ring_.has_submissions()) {
        skipped_ = true;
        return;
    }
    skipped_ = false;
    ring_.enter(!pressing_, limit(until));
    if (!ring_.has_submissions()) messages_in_use_ = 0;  // the kernel has read them (SUBMIT_STABLE)
    collect();
}

void io_uring_transport::queue(uint32_t index) noexcept {
    if (!std::exchange(sockets_.at(index).queued, true)) ready_.push_back(sockets_.id_of(index));
}

void io_uring_transport::answer_queued() noexcept {
    answering_.swap(ready_);
    for (const socket_id id : answering_) {
        if (!sockets_.holds(id)) continue;
        socket_slot& slot = sockets_.at(id.slot);
        slot.queued = false;
        if (slot.closing == nullptr) answer_without_kernel(id.slot);
    }
    answering_.clear();
}

void io_uring_transport::answer_without_kernel(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.accepting != nullptr && !slot.listening->accepted.empty()) {
        slot.answered_in = turn_;
        slot.accepting->accepted = add(slot.listening->accepted.pop());
        answer(slot.accepting, 0);
    }
    if (slot.receiving != nullptr && !slot.received.empty()) {
        slot.answered_in = turn_;
        slot.receiving->data = slot.received.pop();
        answer(slot.receiving, static_cast<int32_t>(slot.receiving->data.size()));
    } else if (slot.over) {
        answer_over(slot);
    }
    if (slot.sending != nullptr && slot.sending->pieces.empty()) answer(slot.sending, 0);
}

void io_uring_transport::retry_starved() noexcept {
    const size_t count = std::min(starved_.size(), slabs_.provided());
    if (count == 0) return;
    for (size_t i = 0; i < count; ++i) {
        if (!sockets_.holds(starved_[i])) continue;
        socket_slot& slot = sockets_.at(starved_[i].slot);
        slot.starved = false;
        if (slot.receiving != nullptr && slot.closing == nullptr && !slot.armed)
            arm(starved_[i].slot);
    }
    starved_.erase(starved_.begin(), starved_.begin() + static_cast<ptrdiff_t>(count));
}

void io_uring_transport::retry_paused() noexcept {
    if (paused_.empty() || steady_clock::now() < accept_again_) return;
    for (const socket_id id : paused_) {
        if (!sockets_.holds(id)) continue;
        const socket_slot& slot = sockets_.at(id.slot);
        slot.listening->paused = false;
        if (slot.accepting != nullptr && slot.closing == nullptr && !slot.armed) arm(id.slot);
    }
    paused_.clear();
}

steady_time io_uring_transport::limit(steady_time until) const noexcept {
    if (!paused_.empty()) until = std::min(until, accept_again_);
    if (!starved_.empty() && pool_.available() > 0)
        until = std::min(until, steady_clock::now() + memory_pause);
    return until;
}

// Where completions have run over, some that were made wait in the kernel for room: then silence
// does not mean success yet.
void io_uring_transport::collect() noexcept {
    for (int round = 0; round < rounds_a_turn; ++round) {
        const unsigned count = ring_.ready();
        const bool all = !ring_.overflowed();
        if (!hopes_.empty()) {
            note_hopes(count);
            if (all) settle_hopes();
        }
        for (unsigned i = 0; i < count; ++i) note(ring_.completion(i));
        ring_.consume(count);
        if (all) return;
        ring_.enter(false, {});
    }
}

// First those that were disappointed: a part was taken, or nothing, or there is an error.
void io_uring_transport::note_hopes(unsigned count) noexcept {
    for (unsigned i = 0; i < count; ++i) {
        const io_uring_cqe& completion = ring_.completion(i);
        const submission_name name = submission_name::unpack(completion.user_data);
        if (name.what != submitted::send_now || !sockets_.holds(name.socket)) continue;
        sockets_.at(name.socket.slot).sending_now = false;
        note_send(name.socket.slot, completion.res == -EAGAIN ? 0 : completion.res);
        left_kernel(name.socket.slot);
    }
}

// Then the others: the kernel has taken the submission, all completions have been read, and there
// was none of it.
void io_uring_transport::settle_hopes() noexcept {
    std::erase_if(hopes_, [this](const hope& one) noexcept {
        if (!ring_.has_taken(one.position)) return false;
        if (!sockets_.holds(one.socket)) return true;
        socket_slot& slot = sockets_.at(one.socket.slot);
        if (!slot.sending_now || slot.hope != one.position) return true;
        slot.sending_now = false;
        slot.sent += slot.sending_size;
        answered_->answer_and_clear(slot.sending, sent_result(slot.sent));  // nobody is pressing
        left_kernel(one.socket.slot);
        return true;
    });
}

void io_uring_transport::note(const io_uring_cqe& completion) noexcept {
    const submission_name name = submission_name::unpack(completion.user_data);
    const bool is_last = (completion.flags & IORING_CQE_F_MORE) == 0;
    if (name.what == submitted::wake) {
        waker_.heard();
        if (!is_last) return;
        --in_kernel_;
        return arm_wake();
    }
    if (name.what == submitted::cancel || name.what == submitted::send_now) return;
    SAKER_ASSERT(sockets_.holds(name.socket), "a socket outlives its submissions");
    const uint32_t index = name.socket.slot;
    socket_slot& slot = sockets_.at(index);
    if (is_last && (name.what == submitted::accept || name.what == submitted::receive))
        slot.armed = slot.cancelling = false;
    switch (name.what) {
        case submitted::accept: note_accept(index, completion.res); break;
        case submitted::receive: note_receive(index, completion); break;
        case submitted::send:
            slot.sending_later = false;
            note_send(index, completion.res);
            break;
        default: break;
    }
    if (is_last) left_kernel(index);
}

void io_uring_transport::note_accept(uint32_t index, int result) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.closing != nullptr) {
        if (result >= 0) ::close(result);
        return;
    }
    if (result >= 0) {
        const bool is_awaited = slot.accepting != nullptr && slot.listening->accepted.empty();
        slot.listening->accepted.push(result);
        if (is_awaited)
            answer_without_kernel(index);
        else if (slot.armed && !slot.cancelling &&
                 (slot.answered_in != turn_ ||
                  slot.listening->accepted.size() >= connections_ahead))
            cancel(index, submitted::accept);
    } else if (result != -ECANCELED && !posix::is_of_one_connection(result)) {
        if (!std::exchange(slot.listening->paused, true)) paused_.push_back(sockets_.id_of(index));
        accept_again_ = steady_clock::now() + posix::accept_pause;
        answer(slot.accepting, result);
    }
    if (slot.accepting != nullptr && !slot.armed && !slot.listening->paused && !slot.queued)
        arm(index);
}

void io_uring_transport::note_receive(uint32_t index, const io_uring_cqe& completion) noexcept {
    socket_slot& slot = sockets_.at(index);
    const int result = completion.res;
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) take_slabs(index, completion);
    if (slot.closing != nullptr) return;
    if (result > 0) {
        if (static_cast<size_t>(result) % slab_pool::slab_size != 0) slot.in_bulk = false;
    } else if (result == -ENOBUFS) {
        if (slot.receiving != nullptr && !std::exchange(slot.starved, true))
            starved_.push_back(sockets_.id_of(index));
    } else if (result != -ECANCELED) {
        slot.over = true;
        slot.end_result = result;
        if (slot.received.empty()) answer_over(slot);
    }
    if (slot.receiving != nullptr && !slot.armed && !slot.starved && !slot.queued) arm(index);
}

// The end stays what it is. Behind a record that is no data there may be more.
void io_uring_transport::answer_over(socket_slot& slot) noexcept {
    if (slot.receiving == nullptr) return;
    answer(slot.receiving, slot.end_result);
    if (slot.decrypted && slot.end_result == -EIO) slot.over = false;
}

// One slab, or several behind each other in the ring; one also where the kernel took it for an end
// and put nothing into it.
void io_uring_transport::take_slabs(uint32_t index, const io_uring_cqe& completion) noexcept {
    auto number = static_cast<uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
    auto left = static_cast<size_t>(std::max(completion.res, 0));
    for (;;) {
        const size_t size = std::min(left, slabs_.room_of(number));
        const uint16_t next = slabs_.behind(number);
        share data = slabs_.take(number, size);
        left -= size;
        if (size > 0 && sockets_.at(index).closing == nullptr) arrived(index, std::move(data));
        if (left == 0) return;
        number = next;
    }
}

// Who was answered in this turn could not ask again yet, and what arrives behind that is a part of
// the same burst. Where more comes than that, the kernel is told that nobody wants it.
void io_uring_transport::arrived(uint32_t index, share data) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.receiving != nullptr && slot.received.empty()) {
        slot.answered_in = turn_;
        slot.receiving->data = std::move(data);
        return answer(slot.receiving, static_cast<int32_t>(slot.receiving->data.size()));
    }
    slot.received.push(std::move(data));
    if (slot.received.size() < slabs_ahead && !pool_.scarce()) return;
    slot.in_bulk = true;
    if (slot.armed && !slot.cancelling) cancel(index, submitted::receive);
}

void io_uring_transport::note_send(uint32_t index, int result) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.sending == nullptr) return;
    if (result < 0) return answer(slot.sending, result);
    slot.sent += static_cast<size_t>(result);
    if (take_sent(*slot.sending, static_cast<size_t>(result)))
        return answer(slot.sending, sent_result(slot.sent));
    if (slot.closing == nullptr) submit_send(index, false);
}

// Nothing is left in the kernel of a socket that is being closed: then, and only then, it is over.
void io_uring_transport::left_kernel(uint32_t index) noexcept {
    --in_kernel_;
    socket_slot& slot = sockets_.at(index);
    if (--slot.in_kernel == 0 && slot.closing != nullptr) finish_close(index);
}

void io_uring_transport::finish_close(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    answer(slot.accepting, -ECANCELED);
    answer(slot.receiving, -ECANCELED);
    answer(slot.sending, -ECANCELED);
    answer(slot.closing, 0);
    sockets_.remove(index);
    accept_again_ = {};  // there is a descriptor again
}

// Before the memory that the kernel writes to and reads from goes, the kernel lets go of it.
void io_uring_transport::drop_everything() noexcept {
    io_uring_sqe& sqe = ring_.submission();
    sqe.opcode = IORING_OP_ASYNC_CANCEL;
    sqe.fd = -1;
    sqe.cancel_flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
    sqe.user_data = submission_name{{0, 0}, submitted::cancel}.pack();
    in_kernel_ -= static_cast<uint32_t>(hopes_.size());
    const steady_time limit = steady_clock::now() + std::chrono::seconds(2);
    while (in_kernel_ > 0 && steady_clock::now() < limit) {
        ring_.enter(true, steady_clock::now() + milliseconds(10));
        const unsigned count = ring_.ready();
        for (unsigned i = 0; i < count; ++i) {
            const io_uring_cqe& completion = ring_.completion(i);
            const submitted what = submission_name::unpack(completion.user_data).what;
            if (what == submitted::accept && completion.res >= 0) ::close(completion.res);
            if (what == submitted::cancel || what == submitted::send_now) continue;
            if ((completion.flags & IORING_CQE_F_MORE) == 0) --in_kernel_;
        }
        ring_.consume(count);
    }
}

}  // namespace saker
