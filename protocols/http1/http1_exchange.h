#pragma once
// One HTTP/1 request and its response: the head where it lies in the input pipe, the body cut out
// of the pipe without copying, and the answer framed into the output pipe.

#include "protocols/http/exchange.h"
#include "protocols/http/rejection.h"
#include "protocols/http1/chunked.h"
#include "protocols/http1/head_parser.h"
#include "protocols/http1/request_head.h"

#include <saker/end_reason.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace saker::http1 {

class service;

class http1_exchange final : public detail::exchange {
public:
    explicit http1_exchange(service& of) noexcept : service_(of) {}

    // ---- for http1_connection, in this order ----

    void begin_request(core_connection& on, uint64_t number) noexcept;
    // Parses what is in the input pipe. Complete: `asked` is filled in.
    [[nodiscard]] head_status parse_head() noexcept;
    [[nodiscard]] rejection_reason rejected_for() const noexcept { return rejection_; }
    // A byte of a request has come, not only empty lines before one.
    [[nodiscard]] bool begun() const noexcept { return parser_.started(); }
    // The request line has come, what is missing are fields.
    [[nodiscard]] bool in_fields() const noexcept { return parser_.in_fields(); }
    // What the handler has left undone: the head, the rest of the framing.
    void finish_response() noexcept;
    // Takes what is left of the body out of the pipe. False: more is to come.
    [[nodiscard]] bool drain_body() noexcept;
    // The connection is another protocol's; nothing of HTTP follows.
    [[nodiscard]] bool upgraded() const noexcept { return framing_ == framing::upgraded; }
    // A part of a head is kept here, and is not in the pipe any more.
    [[nodiscard]] bool keeps_part() const noexcept { return parked_ != 0; }
    // After the response, and the body: another request may follow.
    [[nodiscard]] bool keeps_alive() const noexcept { return keep_alive_; }
    // The client said Connection: close, or speaks HTTP/1.0 without keep-alive.
    [[nodiscard]] bool client_closes() const noexcept { return !head_.keep_alive(); }
    void end_request() noexcept;
    // Answers a request that was not understood, with an empty body and Connection: close.
    void reject(rejection_reason why) noexcept;

    // ---- detail::exchange ----

    bool poll_body(share& next) noexcept override;
    void give_up_body() noexcept override;
    [[nodiscard]] bool body_failed() const noexcept override { return body_ == body_state::failed; }
    bool limit_body(std::optional<uint64_t> most) noexcept override;
    void start_streaming() noexcept override;
    void write_piece(share piece) noexcept override;
    void write_copy(std::string_view text) noexcept override;
    void send_early_hints(std::span<const std::string_view> links) noexcept override;
    void add_trailer(std::string_view name, std::string_view value) override;
    saker::connection* upgrade(std::string_view protocol) noexcept override;
    void abort() noexcept override;
    void reset(uint32_t) noexcept override { abort(); }
    bool client_gone() const noexcept override { return connection_->peer_gone(); }
    bool unheard() const noexcept override { return connection_->output_dead(); }
    bool has_room() noexcept override {
        connection_->output().publish();
        return !connection_->output().should_pause();
    }
    void when_room(continuation next) noexcept override { connection_->output().when_room(next); }
    void require_response_rate(const std::optional<min_data_rate>& rate) noexcept override {
        connection_->require_response_rate(rate);
    }

private:
    enum class body_state : uint8_t { none, sized, chunked, done, failed };
    enum class framing : uint8_t { no_body, sized, chunked, until_close, upgraded };

    void when_client_gone(continuation told) noexcept override {
        connection_->when_peer_gone(told);
    }
    void wait_for_input() noexcept override {
        connection_->input().when_readable(
            {[](void* self) noexcept { static_cast<http1_exchange*>(self)->on_input(); }, this});
    }
    void time_input(std::chrono::nanoseconds left) noexcept override {
        connection_->arm_exactly(deadline::request_body_rate, left);
    }
    void stop_timing_input() noexcept override { connection_->disarm(); }
    bool input_is_due() noexcept override {
        return connection_->expired() == deadline::request_body_rate;
    }

    // http1_outcome.cc
    void tell_outcome() noexcept;
    [[nodiscard]] std::string_view first_line() const noexcept;

    // http1_request.cc
    [[nodiscard]] head_status parse_parked() noexcept;
    void park() noexcept;
    [[nodiscard]] head_status understood() noexcept;
    [[nodiscard]] bool decode_target() noexcept;
    void begin_reading() noexcept;
    [[nodiscard]] bool poll_sized(share& next) noexcept;
    [[nodiscard]] bool poll_chunked(share& next) noexcept;
    void fail_body(rejection_reason why, end_reason end) noexcept;

    // http1_response.cc
    void cut_short() noexcept override { connection_->abort(end_reason::unhandled_exception); }
    void drop_trailers() noexcept override { trailers_.clear(); }
    [[nodiscard]] bool leaves_body() const noexcept;
    void write_head(std::optional<uint64_t> length, std::string_view body) noexcept;
    char* format_head(char* out, std::optional<uint64_t> length) noexcept;
    void send_whole_answer() noexcept;
    void end_stream() noexcept;
    [[nodiscard]] bool count_written(size_t size) noexcept;
    void out_of_memory() noexcept;

    service& service_;
    head_parser parser_;
    request_head head_;
    share head_share_;       // keeps the head's bytes while the request is answered
    std::string straddled_;  // a head that did not come in one piece
    size_t parked_ = 0;      // bytes of it that are not in the pipe any more
    std::string path_;       // decoded, where that differs

    body_state body_ = body_state::none;
    bool reading_ = false;        // the handler has asked for the body
    bool must_continue_ = false;  // 100 Continue is awaited by the client and not sent
    bool keep_alive_ = false;
    framing framing_ = framing::no_body;
    uint64_t body_remaining_ = 0;
    uint64_t body_read_ = 0;
    std::optional<uint64_t> body_limit_;
    chunked_decoder chunks_;
    uint64_t written_ = 0;
    std::string trailers_;
};

}  // namespace saker::http1
