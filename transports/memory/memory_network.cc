// The peers' side, and the listeners that they find. Everything here takes the lock and tells the
// other side that something has changed.

#include "transports/memory/memory_network.h"

#include "transports/memory/memory_state.h"
#include "transports/memory/memory_transport.h"

#include <algorithm>
#include <utility>

namespace saker {
namespace {

using guard = std::lock_guard<std::mutex>;

// A connection to the next of the listeners that `fits` says yes to and that have room.
template <class Fits>
std::shared_ptr<memory_wire> open_wire(memory_state& state, Fits fits) {
    auto wire = std::make_shared<memory_wire>();
    const guard locked(state.lock);
    const size_t count = state.listeners.size();
    for (size_t i = 0; i < count; ++i) {
        memory_listener& one = *state.listeners[(state.next_listener + i) % count];
        if (!fits(one.where) || one.waiting.size() >= one.room) continue;
        state.next_listener = (state.next_listener + i + 1) % count;
        wire->connected = true;
        if (one.where.family == endpoint::kind::unix_socket) {
            wire->local = "unix:" + one.where.path;
        } else {
            const bool six = one.where.family == endpoint::kind::tcp6;
            const std::string host = six ? "[::1]:" : "127.0.0.1:";
            wire->local = host + std::to_string(one.where.port);
            wire->remote = host + std::to_string(state.next_peer++);
        }
        one.waiting.push_back(wire);
        state.changed.notify_all();
        break;
    }
    return wire;
}

}  // namespace

memory_peer::memory_peer(std::shared_ptr<memory_state> state,
                         std::shared_ptr<memory_wire> wire) noexcept
    : state_(std::move(state)), wire_(std::move(wire)) {}

size_t memory_peer::say(std::string_view bytes) {
    const guard locked(state_->lock);
    memory_wire& wire = *wire_;
    if (!wire.connected || wire.server_closed || wire.peer_ended || wire.peer_vanished) return 0;
    const size_t room =
        state_->options.window - std::min(state_->options.window, wire.to_server.size());
    const size_t size = std::min(room, bytes.size());
    wire.to_server.append(bytes.substr(0, size));
    state_->changed.notify_all();
    return size;
}

void memory_peer::end() {
    const guard locked(state_->lock);
    wire_->peer_ended = true;
    state_->changed.notify_all();
}

void memory_peer::vanish() {
    const guard locked(state_->lock);
    wire_->peer_vanished = true;
    wire_->to_server.clear();
    state_->changed.notify_all();
}

std::string memory_peer::hear() {
    const guard locked(state_->lock);
    state_->changed.notify_all();  // there is room again
    return std::exchange(wire_->to_peer, {});
}

void memory_peer::reading(bool goes_on) {
    const guard locked(state_->lock);
    wire_->peer_reads = goes_on;
    state_->changed.notify_all();
}

bool memory_peer::connected() const {
    const guard locked(state_->lock);
    return wire_->connected;
}

bool memory_peer::accepted() const {
    const guard locked(state_->lock);
    return wire_->accepted;
}

bool memory_peer::ended() const {
    const guard locked(state_->lock);
    return wire_->to_peer.empty() && wire_->server_ended;
}

bool memory_peer::was_reset() const {
    const guard locked(state_->lock);
    return wire_->server_reset;
}

bool memory_peer::closed() const {
    const guard locked(state_->lock);
    return wire_->server_closed;
}

std::string memory_peer::name() const {
    const guard locked(state_->lock);
    return wire_->remote;
}

bool memory_peer::wait(steady_time until) const {
    std::unique_lock locked(state_->lock);
    return state_->changed.wait_until(locked, until, [this] {
        return !wire_->to_peer.empty() || wire_->server_ended || wire_->server_reset;
    });
}

memory_network::memory_network(memory_options options)
    : state_(std::make_shared<memory_state>(std::move(options))) {}

memory_network::~memory_network() = default;

transport_probe memory_network::probe() const { return {true, "a network in memory", {}}; }

std::unique_ptr<transport> memory_network::make(slab_pool& pool, std::string&) const {
    return std::make_unique<memory_transport>(pool, state_);
}

memory_peer memory_network::connect(uint16_t port) const {
    return {state_, open_wire(*state_, [port](const endpoint& where) {
                return where.family != endpoint::kind::unix_socket && where.port == port;
            })};
}

memory_peer memory_network::connect(std::string_view path) const {
    return {state_, open_wire(*state_, [path](const endpoint& where) {
                return where.family == endpoint::kind::unix_socket && where.path == path;
            })};
}

void memory_network::fail(uint64_t nth, int error) const {
    const guard locked(state_->lock);
    state_->failing = nth == 0 ? 0 : state_->asked + nth;
    state_->failure = error;
}

bool memory_network::has_failed() const {
    const guard locked(state_->lock);
    return state_->failing != 0 && state_->asked >= state_->failing;
}

uint64_t memory_network::asked() const {
    const guard locked(state_->lock);
    return state_->asked;
}

}  // namespace saker
