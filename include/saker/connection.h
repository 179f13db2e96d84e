#pragma once
// A connection as a protocol, a middleware or a raw handler sees it: two pipes, an id, the two
// addresses, and the ways to end it. The engine owns it; it lives until its delegate has returned
// and its socket is closed. That core's thread only.

#include <saker/end_reason.h>
#include <saker/pipe.h>
#include <saker/task.h>

#include <functional>
#include <string>
#include <string_view>

namespace saker {

class core;
class connection;
class tls_connection;

// Serves a connection. When its task completes, what was written is delivered and the connection
// is closed.
using connection_delegate = std::function<task<>(connection&)>;
// Makes a delegate that does something before, after or instead of `next`. Called once an endpoint
// and core at start, on that core; the first one added is the outermost.
using connection_middleware = std::function<connection_delegate(connection_delegate next)>;

class connection {
public:
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // Unique in the process's life: Kestrel's thirteen characters of base 32.
    [[nodiscard]] virtual std::string id() const = 0;
    // "127.0.0.1:50000", "[::1]:50000", "unix:", or empty where the transport does not know.
    [[nodiscard]] virtual std::string remote_address() const = 0;
    [[nodiscard]] virtual std::string local_address() const = 0;

    // What the peer sent. The delegate is the reader.
    [[nodiscard]] pipe& input() noexcept { return *input_; }
    // What the peer will get: everything written in one turn of the loop leaves in one send.
    // The delegate is the writer.
    [[nodiscard]] pipe& output() noexcept { return *output_; }

    // What was agreed on where it is served over TLS, behind that middleware; null elsewhere.
    [[nodiscard]] tls_connection* tls() const noexcept { return tls_; }

    // For a middleware that changes the bytes (TLS does): whoever is behind it gets these pipes
    // and these features. What there was before is returned; it is put back when `next` has ended.
    struct transport_view {
        pipe* input;
        pipe* output;
        tls_connection* tls;
    };
    transport_view replace_transport(const transport_view& fresh) noexcept {
        const transport_view before{input_, output_, tls_};
        input_ = fresh.input;
        output_ = fresh.output;
        tls_ = fresh.tls;
        return before;
    }

    // Ends it now, with a reset: pipes complete with an error, what was not sent is lost.
    virtual void abort(end_reason why) noexcept = 0;
    // Asks for an end at the next good moment: HTTP answers what is running with
    // `Connection: close`. What `server::stop` does to all connections.
    virtual void request_close(end_reason why) noexcept = 0;
    [[nodiscard]] virtual bool close_requested() const noexcept = 0;

    // The first reason that was given for the end; `none` while it is open.
    [[nodiscard]] end_reason ended_by() const noexcept { return reason_; }
    // Keeps the reason of the end if there is none yet.
    void ends_by(end_reason why) noexcept {
        if (reason_ == end_reason::none) reason_ = why;
    }
    [[nodiscard]] core& on_core() const noexcept { return core_; }

protected:
    connection(core& home, pipe& input, pipe& output) noexcept
        : core_(home), input_(&input), output_(&output) {}
    ~connection() = default;

    core& core_;
    pipe* input_;
    pipe* output_;
    tls_connection* tls_ = nullptr;
    end_reason reason_ = end_reason::none;
};

}  // namespace saker
