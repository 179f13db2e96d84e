#pragma once
// The content of requests and responses as streams: pieces are shares of the memory that they
// arrived in, and are handed on without being copied. Whoever is ahead is suspended.

#include <saker/buffer.h>
#include <saker/limits.h>
#include <saker/pipe.h>
#include <saker/result.h>
#include <saker/task.h>

#include <coroutine>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saker {

namespace detail {
class exchange;
}

// A piece of a body; false (empty) at its end.
using body_chunk = share;

// What the client sends. Read by one coroutine at a time.
class request_body {
public:
    // The next piece; an empty one when the body is over, or will not come to its end (`failed`).
    // Asks the client for it where it waits to be asked (Expect: 100-continue).
    [[nodiscard]] auto read() noexcept;
    // The rest, whole; or why it did not come: 413 is answered then, unless the handler answers.
    [[nodiscard]] task<result<std::string>> text();
    // Reads the rest and forgets it; how much it was.
    [[nodiscard]] task<uint64_t> discard();

    // Over before its end: too large, malformed, too slow, or the client is gone.
    [[nodiscard]] bool failed() const noexcept;
    // Whether there is or may be one at all.
    [[nodiscard]] bool expected() const noexcept;
    // The limit of this request instead of `max_request_body_size`; an empty optional is none.
    // False, and nothing changes, once reading has begun.
    bool limit_to(std::optional<uint64_t> max_size) noexcept;
    // How fast this body has to come, instead of `min_request_body_data_rate`; an empty optional:
    // it may take for ever. False, and nothing changes, for a rate that is none.
    bool require_rate(const std::optional<min_data_rate>&) noexcept;

private:
    friend class detail::exchange;
    explicit request_body(detail::exchange& of) noexcept : exchange_(of) {}
    bool poll(body_chunk& next) noexcept;
    body_chunk resumed() noexcept;
    void when_readable(continuation next) noexcept;
    detail::exchange& exchange_;
};

// What the client gets, piece by piece. The first write sends the head: with the content_length
// that was set, or chunked (HTTP/1.1), or until the connection closes (HTTP/1.0). A response that
// was begun while the request's body failed is aborted, so that nobody takes it for a whole one.
class response_body {
public:
    // Sends a piece without copying it. Suspends while the client is behind. False: nobody is
    // listening, because the client has gone, or asked by HEAD and wants no body.
    [[nodiscard]] auto write(body_chunk piece) noexcept;
    // Copies the text.
    [[nodiscard]] auto write(std::string_view text) noexcept;
    // Memory that outlives the server, such as a literal: sent without a copy or a count.
    [[nodiscard]] auto write_static(std::string_view text) noexcept;
    // How fast the client has to take what is written from now on, instead of
    // `min_response_data_rate`; an empty optional: it may take for ever. False, and nothing
    // changes, for a rate that is none.
    bool require_rate(const std::optional<min_data_rate>&) noexcept;
    // Sends the head, if nothing was sent yet, and suspends while the client is behind.
    [[nodiscard]] auto flush() noexcept;

private:
    friend class detail::exchange;
    explicit response_body(detail::exchange& of) noexcept : exchange_(of) {}
    void append(body_chunk piece) noexcept;
    void append_copy(std::string_view text) noexcept;
    [[nodiscard]] bool has_room() noexcept;
    [[nodiscard]] bool listening() const noexcept;
    void when_room(continuation next) noexcept;
    struct room_awaiter {
        response_body& self;
        bool await_ready() const noexcept { return self.has_room(); }
        void await_suspend(std::coroutine_handle<> waiting) noexcept {
            self.when_room(continuation::of(waiting));
        }
        bool await_resume() const noexcept { return self.listening(); }
    };
    detail::exchange& exchange_;
};

inline auto request_body::read() noexcept {
    struct awaiter {
        request_body& self;
        body_chunk next;
        bool suspended = false;
        bool await_ready() noexcept { return self.poll(next); }
        void await_suspend(std::coroutine_handle<> waiting) noexcept {
            suspended = true;
            self.when_readable(continuation::of(waiting));
        }
        body_chunk await_resume() noexcept { return suspended ? self.resumed() : std::move(next); }
    };
    return awaiter{*this, {}, false};
}
inline auto response_body::write(body_chunk piece) noexcept {
    append(std::move(piece));
    return room_awaiter{*this};
}
inline auto response_body::write(std::string_view text) noexcept {
    append_copy(text);
    return room_awaiter{*this};
}
inline auto response_body::write_static(std::string_view text) noexcept {
    append(body_chunk::of_static(text));
    return room_awaiter{*this};
}
inline auto response_body::flush() noexcept {
    append({});
    return room_awaiter{*this};
}

}  // namespace saker
