#pragma once
// A client that says and hears bytes, as a test reads: lines in, lines out, exactly. It shares the
// test's one thread with the server, whose turns it takes while it waits; it never sleeps.

#include "tests/support/delivery.h"
#include "tests/support/peer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace saker::test {

// The server that a client takes turns of.
class turns {
public:
    virtual ~turns() = default;
    // One turn that does not wait.
    virtual void take_turn() = 0;
    // Changes whenever the server has done anything that a client could notice.
    [[nodiscard]] virtual uint64_t progress() const = 0;
    // Bytes that the server has received.
    [[nodiscard]] virtual uint64_t received() const = 0;
    // Turns with nothing to do after which nothing will come.
    [[nodiscard]] virtual int quiet_turns() const = 0;
};

class raw_client {
public:
    raw_client(turns& server, std::unique_ptr<peer> end, delivery way)
        : server_(server), end_(std::move(end)), way_(way) {}
    ~raw_client();
    raw_client(const raw_client&) = delete;
    raw_client& operator=(const raw_client&) = delete;

    // Says the lines with CRLF between them: the last two are "" where a head ends.
    template <class... Lines>
    void send(const Lines&... lines) {
        send_raw(joined(lines...));
    }
    // Cut as the test is run, each piece received before the next one. Gives up where the server
    // takes no more; `unsent` is what was left then.
    void send_raw(std::string_view bytes);
    [[nodiscard]] size_t unsent() const { return unsent_; }

    // The next bytes that come are exactly these lines.
    template <class... Lines>
    void receive(const Lines&... lines) {
        receive_raw(joined(lines...));
    }
    void receive_raw(std::string_view expected);
    // The next `size` bytes, whatever they are; fewer where no more come.
    std::string read(size_t size);
    // A head with its empty line; then its body by Content-Length or chunks.
    std::string read_head();
    std::string read_answer();
    // Up to the end of the connection.
    std::string read_all();

    // Nothing has come that was not received, and nothing comes.
    void receive_nothing();
    // The end, and nothing before it.
    void receive_end();
    void receive_reset();

    // Says no more; hearing goes on.
    void end();
    // Is gone.
    void vanish();
    // Does not read until `go_on`.
    void stop_reading() { reading_ = false; }
    void go_on_reading() { reading_ = true; }
    // Takes what has arrived, once; how much that was.
    size_t take_once();
    [[nodiscard]] bool ended() const { return end_->ended(); }
    [[nodiscard]] bool was_reset() const { return end_->was_reset(); }
    // Turns until nothing happens any more.
    void settle();
    // What has come and was not received yet.
    [[nodiscard]] const std::string& heard() const { return heard_; }
    // Whatever has come is of no interest.
    void ignore() { heard_.clear(); }

    template <class... Lines>
    static std::string joined(const Lines&... lines) {
        std::string all;
        size_t left = sizeof...(lines);
        ((all.append(std::string_view(lines)), all.append(--left > 0 ? "\r\n" : "")), ...);
        return all;
    }

private:
    bool turn();
    template <class Done>
    bool turn_until(Done done);

    turns& server_;
    std::unique_ptr<peer> end_;
    const delivery way_;
    std::string heard_;
    size_t unsent_ = 0;
    bool reading_ = true;
};

}  // namespace saker::test
