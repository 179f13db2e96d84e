// Questions: each becomes a submission, unless a multishot that is armed will answer it.

#include "transports/io_uring/io_uring_transport.h"

#include "core/io/pieces.h"
#include "transports/posix/stream_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace saker {
namespace {

// IORING_RECVSEND_BUNDLE; newer than the headers of Debian 12.
constexpr uint16_t receive_bundle = 1u << 4;
// What one receive takes of a peer that sends more than is asked for.
constexpr uint32_t slabs_in_bulk = 4;
// The most that is sent in the hope that the kernel takes it at once.
constexpr size_t most_sent_now = 256 * 1024;

}  // namespace

io_uring_transport::io_uring_transport(slab_pool& pool, ring_size size) noexcept
    : pool_(pool), slabs_(pool) {
    error_ = std::min(waker_.fd(), 0);
    if (error_ == 0) error_ = ring_.open(size.submissions, size.completions);
    if (error_ == 0) error_ = slabs_.open(ring_);
    if (error_ == 0) arm_wake();
}

io_uring_transport::~io_uring_transport() {
    if (error_ == 0) drop_everything();
    slabs_.close(ring_);
    sockets_.for_each([this](uint32_t, socket_slot& slot) noexcept {
        drop_ahead(slot);
        if (slot.fd >= 0) ::close(slot.fd);
    });
}

int io_uring_transport::listen(endpoint& where, socket_id& listener) noexcept {
    posix::listen_socket opened = posix::open_listen_socket(where, false);
    if (opened.fd < 0) return opened.fd;
    listener = add(opened.fd);
    sockets_[listener].listening = std::make_unique<listener_part>();
    sockets_[listener].listening->file = std::move(opened.file);
    return 0;
}

int io_uring_transport::adopt(int native_socket, socket_id& socket) noexcept {
    if (const int error = posix::check_connected(native_socket); error < 0) return error;
    socket = add(native_socket);
    return 0;
}

socket_id io_uring_transport::add(int fd) noexcept {
    const socket_id id = sockets_.add();
    sockets_[id].fd = fd;
    return id;
}

void io_uring_transport::accept(socket_id id, accept_operation& op) noexcept {
    const socket_slot& slot = ask(id, op, &socket_slot::accepting);
    SAKER_ASSERT(slot.listening != nullptr, "a listener accepts");
    if (!slot.listening->accepted.empty())
        queue(id.slot);
    else if (!slot.armed && !slot.listening->paused)
        arm(id.slot);
}

void io_uring_transport::receive(socket_id id, receive_operation& op) noexcept {
    const socket_slot& slot = ask(id, op, &socket_slot::receiving);
    if (!slot.received.empty() || slot.over)
        queue(id.slot);
    else if (!slot.armed && !slot.starved)
        arm(id.slot);
}

void io_uring_transport::send(socket_id id, send_operation& op) noexcept {
    socket_slot& slot = ask(id, op, &socket_slot::sending);
    slot.sent = 0;
    skip_empty_pieces(op) ? queue(id.slot) : submit_send(id.slot, op.unhurried);
}

void io_uring_transport::end_output(socket_id id) noexcept {
    SAKER_ASSERT(sockets_[id].sending == nullptr, "output ends between sends");
    ::shutdown(sockets_[id].fd, SHUT_WR);  // a submission would be done by another thread
}

bool io_uring_transport::prepare_to_encrypt(socket_id id) noexcept {
    SAKER_ASSERT(sockets_[id].sending == nullptr, "what is encrypted begins between sends");
    sockets_[id].encrypted = true;
    return true;
}

// A receive that is armed takes nothing before the next `enter`, and then what the kernel has
// decrypted; but what it has taken already may be anywhere on its way.
bool io_uring_transport::prepare_to_decrypt(socket_id id, const receive_operation& op) noexcept {
    socket_slot& slot = sockets_[id];
    const bool is_on_its_way = op.in_flight && slot.receiving != &op;
    if (is_on_its_way || !slot.received.empty() || slot.over) return false;
    if (ring_.ready() > 0 || ring_.overflowed()) return false;
    slot.decrypted = true;
    return true;
}

// The descriptor is closed behind what was sent and what cancels the rest, in one submission; the
// answer comes when nothing of the socket is left in the kernel.
void io_uring_transport::close(socket_id id, close_operation& op) noexcept {
    socket_slot& slot = ask(id, op, &socket_slot::closing);
    if (op.reset) posix::reset_on_close(slot.fd);
    if (slot.armed && !slot.cancelling)
        cancel(id.slot, slot.listening ? submitted::accept : submitted::receive);
    if (slot.sending_later) cancel(id.slot, submitted::send);
    drop_ahead(slot);
    submit(id.slot, submitted::close).fd = std::exchange(slot.fd, -1);
}

void io_uring_transport::drop_ahead(socket_slot& slot) noexcept {
    slot.received.clear();
    while (slot.listening != nullptr && !slot.listening->accepted.empty())
        ::close(slot.listening->accepted.pop());
}

io_uring_sqe& io_uring_transport::submit(uint32_t index, submitted what) noexcept {
    constexpr uint8_t codes[] = {IORING_OP_ACCEPT, IORING_OP_RECV,  IORING_OP_SEND,
                                 IORING_OP_SEND,   IORING_OP_CLOSE, IORING_OP_ASYNC_CANCEL};
    socket_slot& slot = sockets_.at(index);
    io_uring_sqe& sqe = ring_.submission();
    sqe.opcode = codes[static_cast<size_t>(what)];
    sqe.fd = slot.fd;
    sqe.user_data = submission_name{sockets_.id_of(index), what}.pack();
    if (what == submitted::cancel) return sqe;
    ++slot.in_kernel;
    ++in_kernel_;
    return sqe;
}

void io_uring_transport::arm(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    slot.armed = true;
    if (slot.listening != nullptr) {
        io_uring_sqe& sqe = submit(index, submitted::accept);
        sqe.ioprio = IORING_ACCEPT_MULTISHOT;
        sqe.accept_flags = SOCK_CLOEXEC;
    } else {
        io_uring_sqe& sqe = submit(index, submitted::receive);
        if (pool_.scarce()) {  // one slab for one receive, and nothing ahead of it
            sqe.len = slab_pool::slab_size;
        } else if (!slot.in_bulk) {
            sqe.ioprio = IORING_RECV_MULTISHOT;
        } else if (ring_.has_bundles()) {  // a multishot one would take the whole ring at once
            sqe.ioprio = receive_bundle;
            sqe.len = slabs_in_bulk * slab_pool::slab_size;
        }
        sqe.flags = IOSQE_BUFFER_SELECT;
        sqe.buf_group = slab_ring::group;
    }
}

void io_uring_transport::cancel(uint32_t index, submitted what) noexcept {
    if (what != submitted::send) sockets_.at(index).cancelling = true;
    io_uring_sqe& sqe = submit(index, submitted::cancel);
    sqe.fd = -1;
    sqe.addr = submission_name{sockets_.id_of(index), what}.pack();
    sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
}

// `now`: the kernel takes all of it while it is submitted and says nothing, or takes a part or
// nothing and says so. Whatever waits in the kernel is MSG_WAITALL: answered when whole. Without it
// silence would mean nothing, and what was sent in part is sent on.
void io_uring_transport::submit_send(uint32_t index, bool now) noexcept {
    socket_slot& slot = sockets_.at(index);
    const std::span<buffer> pieces =
        slot.sending->pieces.first(std::min(slot.sending->pieces.size(), posix::pieces_a_call));
    size_t size = 0;
    for (const buffer& piece : pieces) size += piece.size;
    now = now && size <= most_sent_now && pieces.size() == slot.sending->pieces.size() &&
          !slot.encrypted;

    io_uring_sqe& sqe = submit(index, now ? submitted::send_now : submitted::send);
    sqe.msg_flags = MSG_NOSIGNAL | (slot.encrypted ? 0 : MSG_WAITALL) | (now ? MSG_DONTWAIT : 0);
    if (pieces.size() == 1) {
        constexpr size_t most = 1u << 30;  // the length has 32 bits
        sqe.addr = reinterpret_cast<uint64_t>(pieces[0].data);
        sqe.len = static_cast<uint32_t>(std::min(pieces[0].size, most));
    } else {
        if (messages_in_use_ == messages_.size()) messages_.emplace_back();
        msghdr& message = messages_[messages_in_use_++];
        message = {};
        message.msg_iov = reinterpret_cast<iovec*>(pieces.data());
        message.msg_iovlen = pieces.size();
        sqe.opcode = IORING_OP_SENDMSG;
        sqe.addr = reinterpret_cast<uint64_t>(&message);
        sqe.len = 1;
    }
    slot.sending_later = !now;
    if (!now) return;
    sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
    slot.sending_now = true;
    slot.sending_size = static_cast<uint32_t>(size);
    slot.hope = ring_.position();
    hopes_.push_back({sockets_.id_of(index), slot.hope});
}

// Poll is edge-triggered where it is multishot: it never has to be asked again.
void io_uring_transport::arm_wake() noexcept {
    io_uring_sqe& sqe = ring_.submission();
    sqe.opcode = IORING_OP_POLL_ADD;
    sqe.fd = waker_.fd();
    sqe.len = IORING_POLL_ADD_MULTI;
    sqe.poll32_events = POLLIN;
    sqe.user_data = submission_name{{0, 0}, submitted::wake}.pack();
    ++in_kernel_;
}

}  // namespace saker
