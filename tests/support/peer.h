#pragma once
// The other end of a connection, as a test drives it: it never waits, so that one thread can be
// both ends. Over the transports of a kernel it is an ordinary socket.

#include <saker/transport.h>

#include <memory>
#include <string>
#include <string_view>

namespace saker::test {

class peer {
public:
    virtual ~peer() = default;
    // Says as much as can be said now; how much that was.
    virtual size_t say(std::string_view text) = 0;
    // Says no more; hearing goes on.
    virtual void end() = 0;
    // Is gone with a reset.
    virtual void vanish() = 0;
    // What has arrived since the last time.
    virtual std::string take() = 0;
    // Whether `take` has met the end, or a reset.
    [[nodiscard]] virtual bool ended() const = 0;
    [[nodiscard]] virtual bool was_reset() const = 0;
};

// Small buffers where asked for, so that a send of a few hundred kilobytes has to wait.
struct peer_options {
    int receive_buffer = 0;
    bool gets_in = true;  // the server accepts it at once
    bool greets = true;   // and it says who it is, where its protocol has words for it
};

class socket_peer final : public peer {
public:
    explicit socket_peer(const endpoint& to, peer_options = {});
    // Of a connected socket.
    explicit socket_peer(int fd) : fd_(fd) {}
    ~socket_peer() override;
    size_t say(std::string_view text) override;
    void end() override;
    void vanish() override;
    std::string take() override;
    [[nodiscard]] bool ended() const override { return ended_; }
    [[nodiscard]] bool was_reset() const override { return was_reset_; }
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] std::string name() const;

private:
    int fd_;
    bool ended_ = false;
    bool was_reset_ = false;
};

}  // namespace saker::test
