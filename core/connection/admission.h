#pragma once
// Who may come in: the caps of a whole server on its connections, on those of one client and on
// upgraded ones. Shared by all cores; without a cap on clients it takes no lock, and never more
// than a few instructions a connection. Any thread, but for what says otherwise.

#include <saker/limits.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace saker {

class admission {
public:
    // The connections of one client; ours.
    struct client;
    // Who waits for a place: told on any thread, under our lock.
    struct visitor {
        using action = void(visitor&) noexcept;
        explicit visitor(action* told) noexcept : place_free(told) {}
        action* const place_free;
        visitor* next = nullptr;
        bool waiting = false;
    };
    enum class verdict : uint8_t { welcome, wait, too_many, too_many_of_client };

    admission();
    explicit admission(const server_limits& limits) : admission() { limit(limits); }
    ~admission();
    admission(const admission&) = delete;
    admission& operator=(const admission&) = delete;

    // From now on; who is in stays in.
    void limit(const server_limits&);
    // Whether `admit` wants to know the address.
    [[nodiscard]] bool asks_address() const noexcept {
        return per_client_.load(std::memory_order_relaxed) != no_cap;
    }
    // One connection more, from "127.0.0.1:5000" or "[::1]:5000". Welcome: `from` is to be given to
    // `leave`. Wait: `who` is told once a place may be free, and asks again; it is forgotten before
    // it dies.
    [[nodiscard]] verdict admit(std::string_view address, visitor& who, client*& from);
    void forget(visitor&) noexcept;
    // One that has waited comes in after all, whatever the cap says.
    void enter() noexcept { open_.fetch_add(1); }
    // A connection that was welcome is over.
    void leave(client* from) noexcept;

    // A connection becomes an upgraded one, and frees its place; false: there are too many.
    [[nodiscard]] bool upgrade() noexcept;
    // It counts as its client's still.
    void leave_place() noexcept;
    void leave_upgraded(client* from) noexcept;

    [[nodiscard]] uint64_t open() const noexcept { return open_.load(std::memory_order_relaxed); }
    [[nodiscard]] uint64_t upgraded() const noexcept {
        return upgraded_.load(std::memory_order_relaxed);
    }

private:
    static constexpr uint64_t no_cap = UINT64_MAX;
    struct guarded;

    [[nodiscard]] bool take_place() noexcept;
    [[nodiscard]] bool wait(visitor&) noexcept;
    void leave_client(client* from) noexcept;

    std::atomic<uint64_t> open_ = 0, upgraded_ = 0;
    std::atomic<uint64_t> most_open_ = no_cap, most_upgraded_ = no_cap, per_client_ = no_cap;
    std::atomic<bool> makes_wait_ = false;
    std::atomic<uint32_t> waiting_ = 0;
    const std::unique_ptr<guarded> guarded_;
};

// The first bits of an address that make a client, and which family they are of; nothing for one
// that is no IP address. An IPv4 address that came over IPv6 is an IPv4 address.
struct client_prefix {
    std::array<uint8_t, 17> bytes{};
    friend bool operator==(const client_prefix&, const client_prefix&) = default;
};
[[nodiscard]] std::optional<client_prefix> prefix_of(std::string_view address, uint32_t bits_ipv4,
                                                     uint32_t bits_ipv6) noexcept;

}  // namespace saker
