// See admission.h. The total is an atomic; who waits, and what each client has, is under a lock. A
// visitor that queues looks once more afterwards, and one that leaves looks at the queue after it
// has left: one of them sees the other.

#include "core/connection/admission.h"

#include <saker/assert.h>

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

namespace saker {
namespace {

struct hash_of_prefix {
    size_t operator()(const client_prefix& of) const noexcept {
        return std::hash<std::string_view>{}(
            {reinterpret_cast<const char*>(of.bytes.data()), of.bytes.size()});
    }
};

}  // namespace

std::optional<client_prefix> prefix_of(std::string_view address, uint32_t bits_ipv4,
                                       uint32_t bits_ipv6) noexcept {
    const bool bracketed = address.starts_with('[');
    const size_t end = address.find_first_of(bracketed ? "%]" : ":");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string host(address.substr(bracketed, end - bracketed));
    uint8_t whole[16] = {};
    if (inet_pton(bracketed ? AF_INET6 : AF_INET, host.c_str(), whole) != 1) return std::nullopt;
    bool is_ipv6 = bracketed;
    constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (is_ipv6 && std::memcmp(whole, mapped, sizeof mapped) == 0) {
        std::memmove(whole, whole + sizeof mapped, 4);
        is_ipv6 = false;
    }
    client_prefix found;
    found.bytes[0] = is_ipv6 ? 6 : 4;
    uint32_t bits = is_ipv6 ? bits_ipv6 : bits_ipv4;
    for (size_t i = 0; bits > 0; ++i) {
        const uint32_t here = std::min<uint32_t>(bits, 8);
        found.bytes[i + 1] = static_cast<uint8_t>(whole[i] & (0xff00u >> here));
        bits -= here;
    }
    return found;
}

struct admission::client {
    client_prefix prefix;
    uint64_t open = 0;
};

struct admission::guarded {
    std::mutex lock;
    uint32_t bits_ipv4 = 32, bits_ipv6 = 64;
    std::unordered_map<client_prefix, client, hash_of_prefix> clients;
    visitor* first = nullptr;
    visitor** last = &first;

    void push(visitor& added) noexcept {
        added.waiting = true;
        added.next = nullptr;
        *last = &added;
        last = &added.next;
    }
    visitor* pop() noexcept {
        visitor* const gone = first;
        if (gone == nullptr) return nullptr;
        first = gone->next;
        if (first == nullptr) last = &first;
        gone->waiting = false;
        return gone;
    }
    void remove(const visitor& gone) noexcept {
        visitor** at = &first;
        while (*at != &gone) at = &(*at)->next;
        *at = gone.next;
        if (*at == nullptr) last = at;
    }
};

admission::admission() : guarded_(std::make_unique<guarded>()) {}

admission::~admission() {
    SAKER_ASSERT(guarded_->first == nullptr, "who waits for a place is forgotten before the end");
}

void admission::limit(const server_limits& limits) {
    const std::lock_guard held(guarded_->lock);
    guarded_->bits_ipv4 = limits.client_prefix_ipv4;
    guarded_->bits_ipv6 = limits.client_prefix_ipv6;
    most_open_ = limits.max_concurrent_connections.value_or(no_cap);
    most_upgraded_ = limits.max_concurrent_upgraded_connections.value_or(no_cap);
    per_client_ = limits.max_connections_per_client.value_or(no_cap);
    makes_wait_ = limits.at_max_concurrent_connections == connection_limit_action::stop_accepting;
    while (visitor* const one = guarded_->pop()) {
        --waiting_;
        one->place_free(*one);
    }
}

bool admission::take_place() noexcept {
    if (open_.fetch_add(1) < most_open_.load()) return true;
    open_.fetch_sub(1);
    return false;
}

// False: a place has become free meanwhile.
bool admission::wait(visitor& who) noexcept {
    const std::lock_guard held(guarded_->lock);
    SAKER_ASSERT(!who.waiting, "a visitor waits once");
    guarded_->push(who);
    ++waiting_;
    if (open_.load() >= most_open_.load()) return true;
    guarded_->remove(who);
    who.waiting = false;
    --waiting_;
    return false;
}

admission::verdict admission::admit(std::string_view address, visitor& who, client*& from) {
    from = nullptr;
    while (!take_place()) {
        if (!makes_wait_.load(std::memory_order_relaxed)) return verdict::too_many;
        if (wait(who)) return verdict::wait;
    }
    const uint64_t most = per_client_.load(std::memory_order_relaxed);
    if (most == no_cap) return verdict::welcome;
    {
        const std::lock_guard held(guarded_->lock);
        const auto prefix = prefix_of(address, guarded_->bits_ipv4, guarded_->bits_ipv6);
        if (!prefix) return verdict::welcome;
        client& known = guarded_->clients[*prefix];
        known.prefix = *prefix;
        if (known.open < most) {
            ++known.open;
            from = &known;
            return verdict::welcome;
        }
    }
    leave_place();
    return verdict::too_many_of_client;
}

void admission::forget(visitor& who) noexcept {
    const std::lock_guard held(guarded_->lock);
    if (!who.waiting) return;
    guarded_->remove(who);
    who.waiting = false;
    --waiting_;
}

void admission::leave_place() noexcept {
    open_.fetch_sub(1);
    if (waiting_.load() == 0) return;
    const std::lock_guard held(guarded_->lock);
    if (visitor* const next = guarded_->pop()) {
        --waiting_;
        next->place_free(*next);
    }
}

void admission::leave_client(client* from) noexcept {
    if (from == nullptr) return;
    const std::lock_guard held(guarded_->lock);
    if (--from->open == 0) guarded_->clients.erase(client_prefix(from->prefix));
}

void admission::leave(client* from) noexcept {
    leave_client(from);
    leave_place();
}

void admission::leave_upgraded(client* from) noexcept {
    leave_client(from);
    upgraded_.fetch_sub(1);
}

bool admission::upgrade() noexcept {
    if (upgraded_.fetch_add(1) < most_upgraded_.load()) return true;
    upgraded_.fetch_sub(1);
    return false;
}

}  // namespace saker
