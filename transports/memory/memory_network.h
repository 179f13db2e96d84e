#pragma once
// A network without a kernel: the transport whose other ends are driven by a program. Tests, the
// fuzzers and the in-memory client connect to a server's listeners by port or path, say bytes, and
// hear what it sends. Everything that chance decides is decided by a seed, failures come when they
// are ordered, and time stands still unless the hook `when_idle` moves it. Peers may be driven by
// other threads than the server's.

#include <saker/transport.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace saker {

struct memory_state;
struct memory_wire;

struct memory_options {
    // How much of what was said one receive is answered with, and of a send one `wait` moves.
    enum class cut : uint8_t { whole, byte_by_byte, seeded };

    cut delivery = cut::whole;
    uint64_t seed = 1;      // of seeded cuts and orders
    bool shuffled = false;  // sockets are answered in a seeded order, some of them a `wait` later
    // `wait` sleeps until something happens, as with a kernel. Otherwise it returns at once: the
    // program that calls it is the one that makes things happen.
    bool sleeps = false;
    size_t window =
        256 * 1024;  // bytes under way in one direction before who says them has to wait
    // Called by a `wait` that has nothing to answer and does not sleep; may move a manual clock.
    std::function<void(steady_time until)> when_idle = {};
};

// The other end of a connection. A handle: copies are the same end, and it may outlive the server.
class memory_peer {
public:
    memory_peer() noexcept = default;
    // How much of it was taken: all, up to the window; nothing after the server has closed.
    size_t say(std::string_view bytes);
    // Says no more; hearing goes on.
    void end();
    // Is gone with a reset; what it said and was not received is lost.
    void vanish();
    // What has been sent since the last time.
    std::string hear();
    // Where false, nothing that is sent arrives, and sends stay unanswered.
    void reading(bool goes_on);

    // False where nobody listened.
    [[nodiscard]] bool connected() const;
    [[nodiscard]] bool accepted() const;
    // All has been heard, and the server has said that it is all; or has reset the connection.
    [[nodiscard]] bool ended() const;
    [[nodiscard]] bool was_reset() const;
    // The server has closed its end, whatever is left to hear.
    [[nodiscard]] bool closed() const;
    [[nodiscard]] std::string name() const;  // what the server sees as `socket_names::remote`
    // Sleeps until there is something to hear, an end included; false where `until` came first.
    bool wait(steady_time until) const;

private:
    friend class memory_network;
    memory_peer(std::shared_ptr<memory_state> state, std::shared_ptr<memory_wire> wire) noexcept;
    std::shared_ptr<memory_state> state_;
    std::shared_ptr<memory_wire> wire_;
};

// Hand it to a server as a plug-in named "memory"; each core's transport is a part of it.
class memory_network final : public transport_factory {
public:
    explicit memory_network(memory_options = {});
    ~memory_network() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "memory"; }
    [[nodiscard]] transport_probe probe() const override;
    [[nodiscard]] std::unique_ptr<transport> make(slab_pool&, std::string& error) const override;

    // To a listener on that port or path; several on one port take turns.
    [[nodiscard]] memory_peer connect(uint16_t port) const;
    [[nodiscard]] memory_peer connect(std::string_view path) const;

    // The n-th accept, receive or send that is asked from now on (1: the next) is answered with
    // `error`, a negated errno, and its connection is broken from then on. 0: none is.
    void fail(uint64_t nth, int error) const;
    // Whether that has happened.
    [[nodiscard]] bool has_failed() const;
    // Accepts, receives and sends that have been asked.
    [[nodiscard]] uint64_t asked() const;

private:
    const std::shared_ptr<memory_state> state_;
};

}  // namespace saker
