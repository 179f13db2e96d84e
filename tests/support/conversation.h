#pragma once
// What a client says and hears, as a test reads: lines in, lines out, exactly. It shares the test's
// one thread with the server, whose turns it takes while it waits; it never sleeps. What carries
// the bytes is its child's business: `raw_client` as they are, `tls_client` encrypted,
// `http2_text_client` as frames.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

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

class conversation {
public:
    virtual ~conversation();
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

    // Says the lines with CRLF between them: the last two are "" where a head ends.
    template <class... Lines>
    void send(const Lines&... lines) {
        send_raw(joined(lines...));
    }
    // Cut as the test is run, each piece received before the next one. Gives up where the server
    // takes no more; `unsent` is what was left then.
    virtual void send_raw(std::string_view bytes) = 0;
    [[nodiscard]] virtual size_t unsent() const = 0;

    // The next bytes that come are exactly these lines.
    template <class... Lines>
    void receive(const Lines&... lines) {
        receive_raw(joined(lines...));
    }
    void receive_raw(std::string_view expected);
    // Pieces of a body without a length: a chunk each, where the protocol has chunks.
    virtual void receive_chunks(std::initializer_list<std::string_view> pieces);
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
    virtual void receive_end();
    virtual void receive_reset();

    // Says no more; hearing goes on.
    virtual void end() = 0;
    // Is gone.
    virtual void vanish() = 0;
    // Does not read until `go_on_reading`.
    virtual void stop_reading() = 0;
    virtual void go_on_reading() = 0;
    [[nodiscard]] virtual bool ended() const = 0;
    [[nodiscard]] virtual bool was_reset() const = 0;

    // One turn of the server, and what it has said; whether anything happened.
    virtual bool turn() = 0;
    // False where nothing happens any more and it is not done.
    bool turn_until(const std::function<bool()>& done);
    // Turns until nothing happens any more.
    void settle();
    // What has come and was not received yet.
    [[nodiscard]] const std::string& heard() const { return heard_; }
    // The same, which is the caller's then.
    [[nodiscard]] std::string take_heard() { return std::exchange(heard_, {}); }
    // Whatever has come is of no interest.
    void ignore() { heard_.clear(); }

    template <class... Lines>
    static std::string joined(const Lines&... lines) {
        std::string all;
        size_t left = sizeof...(lines);
        ((all.append(std::string_view(lines)), all.append(--left > 0 ? "\r\n" : "")), ...);
        return all;
    }

protected:
    // Takes over what a layer below has heard meanwhile.
    virtual void gather() {}

    explicit conversation(turns& server) : server_(server) {}

    turns& server_;
    std::string heard_;
};

}  // namespace saker::test
