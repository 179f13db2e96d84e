#pragma once
// What a handler answers. Status and headers can be set until the response has started: until the
// handler ends, or writes to `body()`. A name or value that could split a response (CR, LF, NUL, a
// name that is no token) is refused with std::invalid_argument, whoever it came from.

#include <saker/body.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace saker {

class connection;
class response;

// Answers a request later, from any thread. Moved, not copied. One that is dropped without an
// answer answers 500; one whose client has gone does nothing, and says so.
class responder {
public:
    responder(responder&&) noexcept;
    responder& operator=(responder&&) noexcept;
    ~responder();
    // Any thread, once. False where it is known that the client is gone.
    bool text(std::string_view body, uint16_t status = 200,
              std::string_view content_type = "text/plain");
    // Runs `answer` on the connection's core; not at all where the client has gone.
    bool complete(std::function<void(response&)> answer);
    [[nodiscard]] bool aborted() const noexcept;

    struct state;

private:
    friend class detail::exchange;
    explicit responder(std::shared_ptr<state> of) noexcept;
    std::shared_ptr<state> state_;
};

class response {
public:
    // 200 unless set; 200 to 599.
    response& status(uint16_t code);
    [[nodiscard]] uint16_t status() const noexcept;
    // The reason phrase instead of the status' own.
    response& reason(std::string_view phrase);
    // Replaces what there was of that name.
    response& header(std::string_view name, std::string_view value);
    // One more line of that name.
    response& append_header(std::string_view name, std::string_view value);
    response& remove_header(std::string_view name);
    response& content_type(std::string_view type) { return header("Content-Type", type); }
    // Announces how much will be written to `body()`; more or less than that is an error.
    response& content_length(uint64_t size);
    // A field after the body; over HTTP/1 only a chunked response has room for it.
    response& trailer(std::string_view name, std::string_view value);
    // The connection is closed after this response.
    response& close_connection() noexcept;

    // The whole body, copied. Content-Type is text/plain unless set.
    void text(std::string_view body);
    // Content-Type is application/json unless set.
    void json(std::string_view body);
    // The whole body, not copied: memory that outlives the server.
    void static_text(std::string_view body);
    // The whole body, not copied: kept until it was sent.
    void shared(std::shared_ptr<const std::string> body);

    // 103: `Link` values that the client can act on before the response. Not to HTTP/1.0.
    void early_hints(std::initializer_list<std::string_view> links);

    // Ends HTTP on this connection: sends 101 with the headers that were set and
    // `Upgrade: {protocol}`; over HTTP/2, where it is this stream alone, 200 (RFC 8441). What
    // follows is between the handler and the pipes of what is returned, without timeouts, rates or
    // limits of size; it ends when the handler does. Null where the client did not ask for it
    // (`request::can_upgrade`), an answer has been started, or max_concurrent_upgraded_connections
    // are there already: the handler answers something else.
    [[nodiscard]] saker::connection* upgrade(std::string_view protocol);

    // The body piece by piece.
    [[nodiscard]] response_body& body() noexcept;
    [[nodiscard]] bool started() const noexcept;

    // Lets a plain handler return without an answer: the responder gives it.
    [[nodiscard]] responder defer();
    // Instead of (the rest of) an answer: resets the stream with INTERNAL_ERROR (HTTP/2), or the
    // connection.
    void abort() noexcept;
    // The same with an error code of HTTP/2's own (RFC 9113 7), as Kestrel's IHttpResetFeature:
    // over HTTP/1 there is no code, and the connection is reset.
    void reset(uint32_t code) noexcept;

private:
    friend class detail::exchange;
    explicit response(detail::exchange& of) noexcept : exchange_(of) {}
    detail::exchange& exchange_;
};

}  // namespace saker
