#pragma once
// One request and its response, between a protocol and the application. The protocol fills in what
// was asked and implements how a body comes in and an answer goes out; `request` and `response` are
// what the application sees of it. Reused for request after request.

#include "core/base/histogram.h"
#include "core/connection/core_connection.h"
#include "protocols/http/field_list.h"
#include "protocols/http/method.h"
#include "protocols/http/rejection.h"
#include "protocols/http/response_head.h"
#include "protocols/http/route_values.h"
#include "protocols/http/status.h"

#include <saker/end_reason.h>
#include <saker/request.h>
#include <saker/response.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace saker {

class request_observer;

enum class http_version : uint8_t { http10, http11, http2 };

// What has come of a request.
struct request_outcome {
    // Its head was whole and lawful; without, only the rejection, the status and `line` are known.
    bool understood = false;
    bool threw = false;   // its handler did, and 500 was answered or the connection reset
    bool secure = false;  // it came over TLS
    method verb = method::custom;
    http_version version = http_version::http11;
    uint16_t status = 0;  // that was sent; 0: none, or the client had gone before
    rejection_reason rejection = rejection_reason::none;
    end_reason ended = end_reason::none;  // why its connection is gone, where it is
    // The turn in which its head was whole; where that never came, in which its first byte came.
    std::chrono::steady_clock::time_point began;
    uint64_t body_sent = 0;  // bytes, without framing, that were handed over to be sent
    std::string_view line;   // what came of the request line; only where it is not understood
};

}  // namespace saker

namespace saker::detail {

// A string of the application's as a share: kept until the last byte was sent.
[[nodiscard]] share lend(std::shared_ptr<const std::string> text);

class exchange {
public:
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    [[nodiscard]] saker::request& request() noexcept { return request_; }
    [[nodiscard]] saker::response& response() noexcept { return response_; }
    [[nodiscard]] core_connection& connection() const noexcept { return *connection_; }

    // ---- what was asked; filled in by the protocol, valid until the exchange ends ----
    struct question {
        std::string_view method, path, query, target, protocol, host;
        std::string_view upgrades_to;  // the protocol that it asks for on this connection
        std::string_view scheme;       // that it says; empty: the connection's
        const field_list* fields = nullptr;
        const field_list* trailers = nullptr;  // once the body is complete
        std::optional<uint64_t> content_length;
        uint64_t number = 0;  // of the request on its connection
        bool has_body = false;
        bool is_head = false;
        bool can_upgrade = false;
    };
    question asked;
    route_values routes;
    std::string client;  // whose address it is; the observer's own, of requests that it logs

    // ---- the body that comes in ----

    // True: `next` is a piece, or empty at the end. False: nothing there yet.
    virtual bool poll_body(share& next) noexcept = 0;
    // Woken without a piece: the body will not come any more.
    virtual void give_up_body() noexcept = 0;
    [[nodiscard]] virtual bool body_failed() const noexcept = 0;
    // As `poll_body`, for the application: what comes is put down to the client's account.
    bool poll(share& next) noexcept {
        if (!poll_body(next)) return false;
        coming_in_.received(next.size());
        return true;
    }
    // Runs `next` when there is a piece for `awaited_body`: bytes of framing alone are none. The
    // client has to be as fast as `body_rate` meanwhile.
    void wait_for_body(continuation next) noexcept;
    [[nodiscard]] share awaited_body() noexcept { return std::move(body_piece_); }
    std::optional<min_data_rate> body_rate;
    // False once reading has begun.
    virtual bool limit_body(std::optional<uint64_t> most) noexcept = 0;

    // ---- the client ----

    // It has gone, has ended its side, or has cancelled this request.
    [[nodiscard]] virtual bool client_gone() const noexcept = 0;
    // Run once at the next of these, or when a responder has ended the answer.
    void when_aborted(continuation told) noexcept;
    // Nothing that is written reaches it any more.
    [[nodiscard]] virtual bool unheard() const noexcept = 0;

    // ---- the answer that goes out ----

    response_head head;
    // Sends the head of a streamed response, if nothing was sent yet.
    virtual void start_streaming() noexcept = 0;
    virtual void write_piece(share piece) noexcept = 0;
    virtual void write_copy(std::string_view text) noexcept = 0;
    virtual void send_early_hints(std::span<const std::string_view> links) noexcept = 0;
    virtual void add_trailer(std::string_view name, std::string_view value) = 0;
    // HTTP ends here, and another protocol goes on: null where that was not asked for, an answer
    // has been started, or there are too many.
    virtual saker::connection* upgrade(std::string_view protocol) noexcept = 0;
    // Whether more may be written before the client has taken what is there.
    [[nodiscard]] virtual bool has_room() noexcept = 0;
    virtual void when_room(continuation next) noexcept = 0;
    // How fast the client has to take what is written from now on.
    virtual void require_response_rate(const std::optional<min_data_rate>& rate) noexcept = 0;
    // Ends the connection, or the stream with this code, without (the rest of) an answer.
    virtual void reset(uint32_t code) noexcept = 0;
    virtual void abort() noexcept = 0;

    // A whole body, kept until the handler has ended.
    void answer_text(std::string_view text);
    void answer_share(share body) noexcept;
    [[nodiscard]] bool started() const noexcept { return started_; }
    // Somebody gets what is written to the body: not so for HEAD, nor when the client has gone.
    [[nodiscard]] bool listening() const noexcept { return body_wanted_ && !unheard(); }
    [[nodiscard]] responder defer();
    // The responder has not answered yet.
    [[nodiscard]] bool waits_for_responder() const noexcept;
    // Suspends until it has, or nobody listens any more.
    [[nodiscard]] auto until_answered() noexcept {
        struct awaiter {
            exchange& self;
            bool await_ready() const noexcept { return !self.waits_for_responder(); }
            void await_suspend(std::coroutine_handle<> waiting) noexcept {
                self.wait_for_responder(continuation::of(waiting));
            }
            void await_resume() const noexcept {}
        };
        return awaiter{*this};
    }
    void responder_done() noexcept;
    // Who answers threw: logged, and 500 if nothing was sent; else the answer is cut short.
    void fail_response(std::exception_ptr why) noexcept;

    // Debug builds: the application may use it now.
    [[nodiscard]] bool live() const noexcept { return live_; }

protected:
    // Run once when the client is gone as in `client_gone`; an empty continuation forgets it.
    virtual void when_client_gone(continuation told) noexcept = 0;
    // Runs `on_input` once, when something of the body, its end or a deadline has come.
    virtual void wait_for_input() noexcept = 0;
    // Runs `on_input` after this time at the latest, too.
    virtual void time_input(std::chrono::nanoseconds left) noexcept = 0;
    virtual void stop_timing_input() noexcept = 0;
    // Since the last time it was asked: the time of `time_input` has passed.
    [[nodiscard]] virtual bool input_is_due() noexcept = 0;
    void on_input() noexcept;
    void wait_for_responder(continuation next) noexcept;

    // Nobody is to take what has been sent of the answer for all of it.
    virtual void cut_short() noexcept = 0;
    virtual void drop_trailers() noexcept = 0;
    // RFC 9110 6.4.1: none after HEAD, a status that has none, and for a 2xx of CONNECT.
    [[nodiscard]] bool body_allowed(bool is_connect) const noexcept {
        return !asked.is_head && has_content(head.status) && !(is_connect && head.status < 300);
    }
    // What a head says of the length of a body that is not sent; `size`: what the handler gave.
    [[nodiscard]] std::optional<uint64_t> unsent_length(size_t size) const noexcept;
    // Nobody has listened to the client for so long.
    void pardon_client(std::chrono::nanoseconds most) noexcept {
        coming_in_.pardon(most, connection_->on_core().peer_time());
    }
    void log_refusal(rejection_reason why) noexcept;
    // Adds what all versions know, and tells it.
    void tell(request_observer& told, request_outcome& outcome) noexcept;

    exchange() noexcept : request_(*this), response_(*this), in_(*this), out_(*this) {}
    ~exchange() = default;

    // Between two requests.
    void begin(core_connection& on) noexcept {
        connection_ = &on;
        live_ = true;
    }
    void end() noexcept;

    core_connection* connection_ = nullptr;
    bool started_ = false;  // something of the final response is in the output pipe
    bool live_ = false;
    bool body_wanted_ = true;   // the response that has started has a body
    bool was_unheard_ = false;  // the client had gone when the answer began
    bool threw_ = false;        // who answers has
    rejection_reason rejection_ = rejection_reason::none;
    steady_time began_;  // as in `request_outcome`
    std::string body_text_;
    share body_share_;

private:
    friend class saker::request;
    friend class saker::response;
    void time_body() noexcept;
    void wake_if_dead() noexcept;
    void watch_client() noexcept;
    void on_client_gone() noexcept;

    saker::request request_;
    saker::response response_;
    request_body in_;
    response_body out_;
    std::shared_ptr<responder::state> responder_;
    continuation on_answered_, on_aborted_;
    continuation on_body_;
    share body_piece_;
    read_account coming_in_;
};

}  // namespace saker::detail

namespace saker {

// Measures and logs requests: told of each when it is over. One a core; what it is shown is valid
// during the call.
class request_observer {
public:
    // Told that a request is understood, if `tell_begins`.
    virtual void on_request_begun(detail::exchange&) noexcept = 0;
    virtual void on_request_over(detail::exchange&, const request_outcome&) noexcept = 0;
    bool tell_begins = false;
    // Requests that are understood and not over yet: plain ones and those over TLS, by method.
    std::array<std::array<counter, method_count>, 2> active;

protected:
    ~request_observer() = default;
};

}  // namespace saker
