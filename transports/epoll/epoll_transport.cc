// epoll says when a socket might answer; this makes answers of it. What is asked is tried first,
// and a socket is registered, once and edge-triggered, when it would block for the first time: a
// short connection costs no epoll_ctl, a long one costs one. What the kernel last said is kept in
// the slot, so that an attempt is made only where it may succeed: a request of a connection that
// is not saturated costs epoll_wait, recv and send.

#include "transports/epoll/epoll_transport.h"

#include "core/io/pieces.h"
#include "core/io/read_ahead.h"
#include "core/io/socket_table.h"
#include "transports/epoll/event_set.h"
#include "transports/posix/address.h"
#include "transports/posix/listen_socket.h"
#include "transports/posix/stream_socket.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace saker {
namespace {

using std::chrono::milliseconds;

// Sends of one socket in one turn: a peer that reads as fast as we write must not stop the others.
constexpr int sends_a_turn = 4;
// How soon the pool is asked again that says it has slabs but gave none (the system has no memory).
constexpr milliseconds memory_pause{20};
// What one receive takes of a peer that sends more than a slab at a time.
constexpr size_t slabs_in_bulk = 4;

struct socket_slot {
    int fd = -1;
    bool readable = true, writable = true;  // an attempt may succeed
    bool hung_up = false;                   // the end lies behind what is left to read
    bool registered = false;
    bool queued = false;         // in `queued_`
    bool waiting = false;        // in `fresh_` or `due_`, to be registered
    bool starved = false;        // in `starved_`
    bool paused = false;         // a listener, in `paused_`
    bool shared = false;         // others may hold the same description
    bool in_bulk = false;        // the last receive filled its slab: the next one takes several
    bool decrypted = false;      // by the kernel, record by record: a short read says nothing
    read_ahead<share> received;  // by a receive of several slabs
    size_t sent = 0;
    accept_operation* accepting = nullptr;
    receive_operation* receiving = nullptr;
    send_operation* sending = nullptr;
    close_operation* closing = nullptr;
    std::unique_ptr<posix::socket_file> file;
};

class epoll_transport final : public transport {
public:
    explicit epoll_transport(slab_pool& pool) noexcept : pool_(pool) {}
    ~epoll_transport() override {
        sockets_.for_each([](uint32_t, socket_slot& slot) noexcept {
            if (slot.fd >= 0) ::close(slot.fd);
        });
    }
    [[nodiscard]] int error() const noexcept { return events_.error(); }

    std::string_view name() const noexcept override { return "epoll"; }
    int listen(endpoint& where, socket_id& listener) noexcept override;
    int adopt(int native_socket, socket_id& socket) noexcept override;

    void accept(socket_id id, accept_operation& op) noexcept override {
        socket_slot& slot = ask(id, op, &socket_slot::accepting);
        if (slot.readable && !slot.paused) queue(id.slot);
    }
    void receive(socket_id id, receive_operation& op) noexcept override {
        socket_slot& slot = ask(id, op, &socket_slot::receiving);
        slot.readable || !slot.received.empty() ? queue(id.slot) : register_soon(id.slot);
    }
    void send(socket_id id, send_operation& op) noexcept override {
        socket_slot& slot = ask(id, op, &socket_slot::sending);
        slot.sent = 0;
        if (slot.writable || skip_empty_pieces(op)) queue(id.slot);
    }
    void close(socket_id id, close_operation& op) noexcept override {
        ask(id, op, &socket_slot::closing);
        queue(id.slot);
    }
    void end_output(socket_id id) noexcept override {
        SAKER_ASSERT(sockets_[id].sending == nullptr, "output ends between sends");
        ::shutdown(sockets_[id].fd, SHUT_WR);
    }

    socket_names names(socket_id id) const override { return posix::names_of(sockets_[id].fd); }
    int native(socket_id id) const noexcept override { return sockets_[id].fd; }
    bool prepare_to_encrypt(socket_id) noexcept override { return true; }
    bool prepare_to_decrypt(socket_id id, const receive_operation& op) noexcept override {
        socket_slot& slot = sockets_[id];
        const bool is_on_its_way = op.in_flight && slot.receiving != &op;
        if (is_on_its_way || !slot.received.empty()) return false;
        slot.decrypted = true;
        return true;
    }
    void wait(operation_queue& answered, steady_time until) noexcept override;
    transport_work work() const noexcept override { return work_; }
    void wake() noexcept override { events_.wake(); }

private:
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
    void queue(uint32_t index) noexcept {
        if (!std::exchange(sockets_.at(index).queued, true))
            queued_.push_back(sockets_.id_of(index));
    }
    template <class Operation>
    void answer(Operation*& pending, int32_t result) noexcept {
        if (pending == nullptr) return;
        pressing_ = true;
        answered_->answer_and_clear(pending, result);
    }

    socket_id add(int fd) noexcept;
    void register_soon(uint32_t index) noexcept;
    void register_waiting(std::vector<socket_id>&) noexcept;
    void retry_paused() noexcept;
    void retry_starved() noexcept;
    [[nodiscard]] steady_time limit(steady_time until) const noexcept;
    void note(const epoll_event&) noexcept;
    void attempt(uint32_t index) noexcept;
    void attempt_accept(uint32_t index) noexcept;
    void attempt_receive(uint32_t index) noexcept;
    void answer_received(socket_slot&, share data) noexcept;
    void attempt_send(uint32_t index) noexcept;
    void finish_close(uint32_t index) noexcept;

    slab_pool& pool_;
    event_set events_;
    socket_table<socket_slot> sockets_;
    operation_queue* answered_ = nullptr;         // of the `wait` that runs
    bool pressing_ = false;                       // it has an answer that somebody waits for
    transport_work work_;                         // attempts, and events
    bool skipped_ = false;                        // the last one did not ask the kernel for events
    std::vector<socket_id> queued_, attempting_;  // worth an attempt, without having been told so
    std::vector<socket_id> fresh_, due_;          // to be registered: before a sleep, before a look
    std::vector<socket_id> starved_;              // receives that found no slab
    std::vector<socket_id> paused_;               // listeners that found no descriptor
    steady_time accept_again_{};
};

int epoll_transport::listen(endpoint& where, socket_id& listener) noexcept {
    posix::listen_socket opened = posix::open_listen_socket(where, true);
    if (opened.fd < 0) return opened.fd;
    const socket_id id = add(opened.fd);
    // Exclusive, because several cores may share the listener: one of those that sleep is woken.
    const int error =
        events_.add(opened.fd, EPOLLIN | EPOLLEXCLUSIVE, uint64_t{id.generation} << 32 | id.slot);
    if (error < 0) {
        ::close(opened.fd);
        sockets_.remove(id.slot);
        return error;
    }
    sockets_[id].registered = sockets_[id].shared = true;
    sockets_[id].file = std::move(opened.file);
    listener = id;
    return 0;
}

int epoll_transport::adopt(int native_socket, socket_id& socket) noexcept {
    if (const int error = posix::check_connected(native_socket); error < 0) return error;
    socket = add(native_socket);
    sockets_[socket].shared = true;
    return 0;
}

socket_id epoll_transport::add(int fd) noexcept {
    const socket_id id = sockets_.add();
    sockets_[id].fd = fd;
    return id;
}

void epoll_transport::wait(operation_queue& answered, steady_time until) noexcept {
    answered_ = &answered;
    pressing_ = false;
    retry_paused();
    retry_starved();
    attempting_.swap(queued_);
    for (const socket_id id : attempting_) {
        if (!sockets_.holds(id)) continue;  // closed since
        sockets_.at(id.slot).queued = false;
        attempt(id.slot);
    }
    attempting_.clear();

    // Answers first, events later; but not twice in a row, or those who ask would keep out those
    // who are about to be heard.
    const bool at_once = pressing_ || !queued_.empty();
    if (at_once && !skipped_) {
        skipped_ = true;
        return;
    }
    skipped_ = false;
    register_waiting(due_);
    at_once ? due_.swap(fresh_) : register_waiting(fresh_);
    for (const epoll_event& event : events_.wait(at_once || pressing_, limit(until))) note(event);
}

// A socket that has never blocked may be closed before it has to be registered: it is given one
// more turn, or until there is nothing to do but sleep.
void epoll_transport::register_soon(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.registered || std::exchange(slot.waiting, true)) return;
    fresh_.push_back(sockets_.id_of(index));
}

void epoll_transport::register_waiting(std::vector<socket_id>& waiting) noexcept {
    for (const socket_id id : waiting) {
        if (!sockets_.holds(id)) continue;
        socket_slot& slot = sockets_.at(id.slot);
        slot.waiting = false;
        const int error = events_.add(slot.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP,
                                      uint64_t{id.generation} << 32 | id.slot);
        slot.registered = error == 0;
        if (error == 0) continue;
        slot.readable = slot.writable = true;  // who asks again tries again
        answer(slot.receiving, error);
        answer(slot.sending, error);
    }
    waiting.clear();
}

void epoll_transport::retry_paused() noexcept {
    if (paused_.empty() || std::chrono::steady_clock::now() < accept_again_) return;
    for (const socket_id id : paused_) {
        if (!sockets_.holds(id)) continue;
        sockets_.at(id.slot).paused = false;
        queue(id.slot);
    }
    paused_.clear();
}

void epoll_transport::retry_starved() noexcept {
    const size_t count = std::min(starved_.size(), pool_.available());
    if (count == 0) return;
    const auto end = starved_.begin() + static_cast<ptrdiff_t>(count);
    for (auto id = starved_.begin(); id != end; ++id) {
        if (!sockets_.holds(*id)) continue;
        sockets_.at(id->slot).starved = false;
        queue(id->slot);
    }
    starved_.erase(starved_.begin(), end);
}

steady_time epoll_transport::limit(steady_time until) const noexcept {
    if (!paused_.empty()) until = std::min(until, accept_again_);
    if (!starved_.empty() && pool_.available() > 0)
        until = std::min(until, std::chrono::steady_clock::now() + memory_pause);
    return until;
}

void epoll_transport::note(const epoll_event& event) noexcept {
    ++work_.completions;
    if (event.data.u64 == event_set::wake_key) return;
    const socket_id id{static_cast<uint32_t>(event.data.u64),
                       static_cast<uint32_t>(event.data.u64 >> 32)};
    if (!sockets_.holds(id)) return;  // the socket that this was about is gone
    socket_slot& slot = sockets_.at(id.slot);
    const bool gone = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
    slot.hung_up |= gone || (event.events & EPOLLRDHUP) != 0;
    slot.readable |= slot.hung_up || (event.events & EPOLLIN) != 0;
    slot.writable |= gone || (event.events & EPOLLOUT) != 0;
    attempt(id.slot);
}

void epoll_transport::attempt(uint32_t index) noexcept {
    const socket_slot& slot = sockets_.at(index);
    ++work_.submissions;
    if (slot.closing != nullptr) return finish_close(index);
    if (slot.accepting != nullptr && slot.readable) attempt_accept(index);
    if (slot.receiving != nullptr && (slot.readable || !slot.received.empty()))
        attempt_receive(index);
    if (slot.sending != nullptr && (slot.writable || slot.sending->pieces.empty()))
        attempt_send(index);
}

void epoll_transport::attempt_accept(uint32_t index) noexcept {
    if (sockets_.at(index).paused) return;
    const int fd = posix::try_accept(sockets_.at(index).fd);
    const socket_id accepted = fd < 0 ? socket_id{} : add(fd);
    socket_slot& slot = sockets_.at(index);
    if (fd == -EAGAIN) {
        slot.readable = false;
        return;
    }
    if (fd < 0) {
        slot.paused = true;
        paused_.push_back(sockets_.id_of(index));
        accept_again_ = std::chrono::steady_clock::now() + posix::accept_pause;
    }
    slot.accepting->accepted = accepted;
    answer(slot.accepting, std::min(fd, 0));
}

// One slab at a time; several where more than one was filled, for each call makes the kernel tell
// the peer of the room that there is again, which costs more than the call.
void epoll_transport::attempt_receive(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (!slot.received.empty()) return answer_received(slot, slot.received.pop());
    std::array<share, slabs_in_bulk> slabs;
    std::array<std::span<std::byte>, slabs_in_bulk> rooms;
    size_t count = 0, room = 0;
    const size_t most = slot.in_bulk && !pool_.scarce() ? slabs_in_bulk : 1;
    for (; count < most; ++count) {
        slabs[count] = pool_.take();
        rooms[count] = slabs[count].spare();
        if (rooms[count].empty()) break;
        room += rooms[count].size();
    }
    if (count == 0) {
        if (!std::exchange(slot.starved, true)) starved_.push_back(sockets_.id_of(index));
        return;
    }
    const ssize_t size = posix::try_receive(slot.fd, {rooms.data(), count});
    if (size == -EAGAIN) {
        slot.readable = false;
        return register_soon(index);
    }
    if (size <= 0) return answer(slot.receiving, static_cast<int32_t>(size));
    // A short read has emptied the socket, and another edge will tell of more; but not of the end,
    // where that has been told already.
    if (static_cast<size_t>(size) < room) slot.readable = slot.hung_up || slot.decrypted;
    slot.in_bulk = static_cast<size_t>(size) >= rooms[0].size();
    for (size_t i = 0, left = static_cast<size_t>(size); left > 0; ++i) {
        const size_t part = std::min(left, rooms[i].size());
        slabs[i].extend(part);
        if (i > 0) slot.received.push(std::move(slabs[i]));
        left -= part;
    }
    answer_received(slot, std::move(slabs[0]));
}

void epoll_transport::answer_received(socket_slot& slot, share data) noexcept {
    slot.receiving->data = std::move(data);
    answer(slot.receiving, static_cast<int32_t>(slot.receiving->data.size()));
}

void epoll_transport::attempt_send(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    send_operation& op = *slot.sending;
    for (int sends = 0; !skip_empty_pieces(op); ++sends) {
        if (sends == sends_a_turn) return queue(index);
        const ssize_t size = posix::try_send(slot.fd, op.pieces);
        if (size == -EAGAIN) {
            slot.writable = false;
            return register_soon(index);
        }
        if (size < 0) return answer(slot.sending, static_cast<int32_t>(size));
        slot.sent += static_cast<size_t>(size);
        op.sent(static_cast<size_t>(size));
    }
    if (!op.unhurried) return answer(slot.sending, sent_result(slot.sent));
    answered_->answer_and_clear(slot.sending, sent_result(slot.sent));  // may sleep on it
}

void epoll_transport::finish_close(uint32_t index) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.closing->reset) posix::reset_on_close(slot.fd);
    // A description that lives on in other hands would go on telling us of its events.
    if (slot.registered && slot.shared) events_.remove(slot.fd);
    ::close(std::exchange(slot.fd, -1));
    answer(slot.accepting, -ECANCELED);
    answer(slot.receiving, -ECANCELED);
    answer(slot.sending, -ECANCELED);
    answer(slot.closing, 0);
    sockets_.remove(index);
    accept_again_ = {};  // there is a descriptor again
}

}  // namespace

transport_probe epoll_factory::probe() const {
    utsname system{};
    uname(&system);
    event_set probe;
    if (probe.error() == 0)
        return {true, std::string(system.sysname) + ' ' + system.release + ", edge-triggered", {}};
    return {false, std::string("epoll is refused: ") + std::strerror(-probe.error()),
            "raise the limit of open files (ulimit -n)"};
}

std::unique_ptr<transport> epoll_factory::make(slab_pool& pool, std::string& error) const {
    auto made = std::make_unique<epoll_transport>(pool);
    if (made->error() == 0) return made;
    error = std::string("epoll: ") + std::strerror(-made->error());
    return nullptr;
}

}  // namespace saker
