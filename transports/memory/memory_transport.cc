// The lock is held while the transport looks, and never while the program's own code runs: the
// completions run after `wait`, and `when_idle` is called without it.

#include "transports/memory/memory_transport.h"

#include "core/io/pieces.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace saker {
namespace {

using guard = std::lock_guard<std::mutex>;

bool clashes(const endpoint& a, const endpoint& b) noexcept {
    const bool a_is_unix = a.family == endpoint::kind::unix_socket;
    if (a_is_unix != (b.family == endpoint::kind::unix_socket)) return false;
    if (a_is_unix) return a.path == b.path;
    return a.port == b.port && !(a.reuse_port && b.reuse_port);
}

}  // namespace

memory_transport::memory_transport(slab_pool& pool, std::shared_ptr<memory_state> state) noexcept
    : pool_(pool), state_(std::move(state)) {}

memory_transport::~memory_transport() {
    const guard locked(state_->lock);
    sockets_.for_each([this](uint32_t, socket_slot& slot) noexcept {
        if (slot.listener != nullptr) std::erase(state_->listeners, slot.listener);
        if (slot.wire != nullptr) slot.wire->server_closed = slot.wire->server_ended = true;
    });
    state_->changed.notify_all();
}

int memory_transport::listen(endpoint& where, socket_id& listener) noexcept {
    const guard locked(state_->lock);
    if (where.family == endpoint::kind::handle || where.handle >= 0) return -EOPNOTSUPP;
    endpoint chosen = where;
    if (chosen.family != endpoint::kind::unix_socket && chosen.port == 0)
        chosen.port = state_->next_port++;
    for (const auto& other : state_->listeners)
        if (clashes(chosen, other->where)) return -EADDRINUSE;
    where.port = chosen.port;
    socket_slot slot;
    slot.listener = std::make_shared<memory_listener>();
    slot.listener->where = chosen;
    slot.listener->room = std::max<uint32_t>(chosen.backlog, 1);
    state_->listeners.push_back(slot.listener);
    listener = add(std::move(slot));
    return 0;
}

int memory_transport::adopt(int, socket_id&) noexcept { return -EOPNOTSUPP; }

socket_id memory_transport::add(socket_slot slot) noexcept {
    const socket_id id = sockets_.add();
    sockets_[id] = std::move(slot);
    return id;
}

template <class Operation>
memory_transport::socket_slot& memory_transport::ask(socket_id id, Operation& op,
                                                     Operation* socket_slot::*pending) noexcept {
    socket_slot& slot = sockets_[id];
    SAKER_ASSERT(slot.*pending == nullptr, "a socket is asked one thing of a kind at a time");
    SAKER_ASSERT(slot.closing == nullptr, "a socket that is being closed is not asked anything");
    op.ask();
    slot.*pending = &op;
    return slot;
}

void memory_transport::accept(socket_id id, accept_operation& op) noexcept {
    const guard locked(state_->lock);
    ask(id, op, &socket_slot::accepting).accept_failure = state_->count_question();
}

void memory_transport::receive(socket_id id, receive_operation& op) noexcept {
    const guard locked(state_->lock);
    ask(id, op, &socket_slot::receiving).receive_failure = state_->count_question();
}

void memory_transport::send(socket_id id, send_operation& op) noexcept {
    const guard locked(state_->lock);
    socket_slot& slot = ask(id, op, &socket_slot::sending);
    slot.send_failure = state_->count_question();
    slot.sent = 0;
}

void memory_transport::end_output(socket_id id) noexcept {
    const guard locked(state_->lock);
    SAKER_ASSERT(sockets_[id].sending == nullptr, "output ends between sends");
    sockets_[id].wire->server_ended = true;
    state_->changed.notify_all();
}

void memory_transport::close(socket_id id, close_operation& op) noexcept {
    const guard locked(state_->lock);
    ask(id, op, &socket_slot::closing);
}

socket_names memory_transport::names(socket_id id) const {
    const guard locked(state_->lock);
    const socket_slot& slot = sockets_[id];
    if (slot.wire != nullptr) return {slot.wire->local, slot.wire->remote};
    const endpoint& where = slot.listener->where;
    switch (where.family) {
        case endpoint::kind::unix_socket: return {"unix:" + where.path, {}};
        case endpoint::kind::tcp6: return {"[::1]:" + std::to_string(where.port), {}};
        default: return {"127.0.0.1:" + std::to_string(where.port), {}};
    }
}

void memory_transport::wake() noexcept {
    const guard locked(state_->lock);
    woken_ = true;
    state_->changed.notify_all();
}

void memory_transport::wait(operation_queue& answered, steady_time until) noexcept {
    std::unique_lock locked(state_->lock);
    for (;;) {
        const bool has_happened = look(answered);
        if (std::exchange(woken_, false) || has_happened) return;
        if (!state_->options.sleeps) break;
        if (until == steady_time::max())
            state_->changed.wait(locked);
        else if (state_->changed.wait_until(locked, until) == std::cv_status::timeout)
            return;
    }
    locked.unlock();
    if (state_->options.when_idle) state_->options.when_idle(until);
}

void memory_transport::choose_order() noexcept {
    order_.clear();
    sockets_.for_each([this](uint32_t index, const socket_slot&) { order_.push_back(index); });
    if (!state_->options.shuffled) return;
    for (size_t i = order_.size(); i > 1; --i)
        std::swap(order_[i - 1], order_[static_cast<size_t>(state_->chance(i))]);
}

bool memory_transport::look(operation_queue& answered) noexcept {
    choose_order();
    bool has_happened = false;
    for (const uint32_t index : order_) {
        // Something always happens, or a program would wait for nothing.
        if (state_->options.shuffled && has_happened && state_->chance(4) == 0) continue;
        has_happened |= look_at(index, answered);
    }
    if (has_happened) state_->changed.notify_all();
    return has_happened;
}

bool memory_transport::look_at(uint32_t index, operation_queue& answered) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.closing != nullptr) {
        finish_close(index, answered);
        return true;
    }
    const bool accepted = slot.accepting != nullptr && try_accept(slot, answered);
    const bool received = slot.receiving != nullptr && try_receive(slot, answered);
    const bool sent = slot.sending != nullptr && try_send(slot, answered);
    return accepted || received || sent;
}

bool memory_transport::try_accept(socket_slot& slot, operation_queue& answered) noexcept {
    if (slot.accept_failure != 0) {
        answered.answer_and_clear(slot.accepting, std::exchange(slot.accept_failure, 0));
        return true;
    }
    if (slot.listener->waiting.empty()) return false;
    socket_slot accepted;
    accepted.wire = std::move(slot.listener->waiting.front());
    accepted.wire->accepted = true;
    slot.listener->waiting.pop_front();
    slot.accepting->accepted = add(std::move(accepted));
    answered.answer_and_clear(slot.accepting, 0);
    return true;
}

bool memory_transport::try_receive(socket_slot& slot, operation_queue& answered) noexcept {
    memory_wire& wire = *slot.wire;
    if (slot.receive_failure != 0) wire.broken = std::exchange(slot.receive_failure, 0);
    if (wire.broken != 0 || wire.peer_vanished) {
        answered.answer_and_clear(slot.receiving, wire.broken != 0 ? wire.broken : -ECONNRESET);
        return true;
    }
    if (wire.to_server.empty()) {
        if (wire.peer_ended) answered.answer_and_clear(slot.receiving, 0);
        return wire.peer_ended;
    }
    share data = pool_.take();
    const std::span<std::byte> room = data.spare();
    if (room.empty()) return false;  // waits until there is a slab
    const size_t size = std::min(state_->cut(wire.to_server.size()), room.size());
    std::memcpy(room.data(), wire.to_server.data(), size);
    wire.to_server.erase(0, size);
    data.extend(size);
    slot.receiving->data = std::move(data);
    answered.answer_and_clear(slot.receiving, static_cast<int32_t>(size));
    return true;
}

// Moves what there is room for; answers when all has moved.
bool memory_transport::try_send(socket_slot& slot, operation_queue& answered) noexcept {
    memory_wire& wire = *slot.wire;
    send_operation& op = *slot.sending;
    if (slot.send_failure != 0) wire.broken = std::exchange(slot.send_failure, 0);
    if (wire.broken != 0 || wire.peer_vanished) {
        answered.answer_and_clear(slot.sending, wire.broken != 0 ? wire.broken : -EPIPE);
        return true;
    }
    const size_t sent_before = slot.sent;
    while (!skip_empty_pieces(op)) {
        const size_t window = state_->options.window;
        const size_t room = wire.peer_reads ? window - std::min(window, wire.to_peer.size()) : 0;
        const size_t wanted = std::min(room, op.pieces.front().size);
        if (wanted == 0) break;
        const size_t size = state_->cut(wanted);
        wire.to_peer.append(static_cast<const char*>(op.pieces.front().data), size);
        op.sent(size);
        slot.sent += size;
        state_->changed.notify_all();
        if (size < wanted) break;  // the rest moves in the next `wait`
    }
    if (!op.pieces.empty()) return slot.sent != sent_before;
    answered.answer_and_clear(slot.sending, sent_result(slot.sent));
    return true;
}

void memory_transport::finish_close(uint32_t index, operation_queue& answered) noexcept {
    socket_slot& slot = sockets_.at(index);
    if (slot.listener != nullptr) {
        std::erase(state_->listeners, slot.listener);
        for (const auto& refused : slot.listener->waiting)
            refused->server_closed = refused->server_reset = true;
    } else {
        // As TCP does: who closes with bytes unread tells the peer that something was lost.
        const bool reset = slot.closing->reset || !slot.wire->to_server.empty();
        slot.wire->server_closed = true;
        (reset ? slot.wire->server_reset : slot.wire->server_ended) = true;
        if (slot.closing->reset) slot.wire->to_peer.clear();
    }
    answered.answer_and_clear(slot.accepting, -ECANCELED);
    answered.answer_and_clear(slot.receiving, -ECANCELED);
    answered.answer_and_clear(slot.sending, -ECANCELED);
    answered.answer_and_clear(slot.closing, 0);
    sockets_.remove(index);
}

}  // namespace saker
