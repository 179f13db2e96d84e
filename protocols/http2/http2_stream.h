#pragma once
// One HTTP/2 stream: a request and its response. What comes of the body lies in one pipe, what is
// to be sent in another; nghttp2 says when a frame may leave.
//
//      idle --- HEADERS ---> open ---- END_STREAM ----> half-closed ---- ours sent ---> closed
//                              |       (either side)         |                            ^
//                              +------- RST_STREAM of either side, the connection's end --+
//
// Beside that there is the handler, which may outlive the stream: it is never ended from outside.
// The object is given back when both are over.

#include "core/memory/block_pool.h"
#include "core/time/timer_wheel.h"
#include "protocols/http/exchange.h"
#include "protocols/http2/error_code.h"
#include "protocols/http2/head_fields.h"
#include "protocols/http2/nghttp2_session.h"

#include <saker/end_reason.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker::http2 {

class http2_connection;
class service;
class tunnel;

class http2_stream final : public detail::exchange, private timer {
public:
    static void* operator new(size_t size) { return block_pool::current()->allocate(size); }
    // To its core's pool, wherever that is: the service may be gone behind its core's thread.
    static void operator delete(http2_stream* of, std::destroying_delete_t) noexcept;

    explicit http2_stream(service& of);
    ~http2_stream();

    // ---- for http2_connection ----

    void begin_request(http2_connection& of, core_connection& on, uint32_t id) noexcept;
    [[nodiscard]] uint32_t id() const noexcept { return id_; }
    [[nodiscard]] head_fields& head_coming() noexcept { return trailers_ ? *trailers_ : fields_; }
    // Trailers begin.
    [[nodiscard]] head_fields& begin_trailers();
    [[nodiscard]] bool has_request() const noexcept { return has_request_; }
    // The head is whole, and `asked` filled in. False: the stream was reset, or is answered with
    // the rejection's status.
    [[nodiscard]] bool understand(uint64_t number, bool ends) noexcept;
    // The trailers are.
    void take_trailers() noexcept;
    // Calls the application.
    void answer_request() noexcept;

    void take_data(std::string_view bytes, const share& from) noexcept;
    // END_STREAM: nothing more comes.
    void end_input() noexcept;
    // Nothing more comes from this peer.
    void peer_ended() noexcept;
    // 100, if a handler reads what the client keeps back for it.
    void say_continue() noexcept;
    [[nodiscard]] bool expects_data() const noexcept { return !remote_ended_; }
    // The client has cancelled it, or the connection is over.
    void cancel(end_reason why) noexcept;
    // nghttp2 knows it no more.
    void closed() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return open_; }
    [[nodiscard]] bool handler_running() const noexcept { return handler_running_; }
    [[nodiscard]] bool was_reset_by_app() const noexcept {
        return cancelled_ && ended_ == end_reason::aborted_by_app;
    }
    // The answer is on its way, all of it.
    [[nodiscard]] bool is_answered() const noexcept { return end_sent_; }
    void answered() noexcept;
    // Nobody needs it any more: `end_request` may follow.
    [[nodiscard]] bool is_over() const noexcept { return !open_ && !handler_running_; }
    void end_request() noexcept;
    // Resumes who waits for what has come, or for room.
    void wake() noexcept;

    // What is to be sent; http2_connection passes nghttp2's questions on.
    [[nodiscard]] outgoing next_data(size_t most) noexcept;
    // Appends it to the connection's output; false where there is no memory.
    [[nodiscard]] bool send_data(std::string_view header, size_t size) noexcept;
    [[nodiscard]] size_t queued() const noexcept;
    // The same, or END_STREAM alone, which waits for a window as a byte does.
    [[nodiscard]] bool owes_something() const noexcept { return queued() > 0 || owes_end_; }

    // The window is shut while something waits: how long the client may go on like that. False: it
    // was too long.
    [[nodiscard]] bool stalls(std::chrono::nanoseconds passed) noexcept;
    [[nodiscard]] const std::optional<min_data_rate>& response_rate() const noexcept {
        return response_rate_;
    }
    // Nobody has listened to the client for so long.
    void pardon(std::chrono::nanoseconds most) noexcept { pardon_client(most); }
    void not_stalled() noexcept { stalled_ = {}, sent_at_look_ = sent_; }

    // Where http2_connection keeps it.
    size_t place = 0;
    bool is_awake = false;          // its connection will look at it
    bool window_overflows = false;  // and that is why it is reset

    // ---- detail::exchange ----

    bool poll_body(share& next) noexcept override;
    void give_up_body() noexcept override;
    bool body_failed() const noexcept override { return body_ == body_state::failed; }
    bool limit_body(std::optional<uint64_t> most) noexcept override;
    void start_streaming() noexcept override;
    void write_piece(share piece) noexcept override;
    void write_copy(std::string_view text) noexcept override;
    void send_early_hints(std::span<const std::string_view> links) noexcept override;
    void add_trailer(std::string_view name, std::string_view value) override;
    saker::connection* upgrade(std::string_view protocol) noexcept override;
    void abort() noexcept override { reset(static_cast<uint32_t>(error_code::internal_error)); }
    void reset(uint32_t code) noexcept override;
    bool client_gone() const noexcept override;
    bool unheard() const noexcept override;
    bool has_room() noexcept override;
    void when_room(continuation next) noexcept override { out_->when_room(next); }
    void require_response_rate(const std::optional<min_data_rate>& rate) noexcept override {
        response_rate_ = rate;
    }

private:
    friend class tunnel;
    enum class body_state : uint8_t { none, coming, done, failed };

    void when_client_gone(continuation told) noexcept override { on_client_gone_ = told; }
    void wait_for_input() noexcept override;
    void time_input(std::chrono::nanoseconds left) noexcept override;
    void stop_timing_input() noexcept override;
    bool input_is_due() noexcept override { return std::exchange(due_, false); }
    void on_timer() noexcept;

    // http2_request.cc: whether it is lawful, and what of it is not.
    [[nodiscard]] rejection_reason check() noexcept;
    [[nodiscard]] rejection_reason check_pseudo_fields() const noexcept;
    [[nodiscard]] rejection_reason check_target() noexcept;
    [[nodiscard]] rejection_reason check_host() noexcept;
    [[nodiscard]] rejection_reason check_length(bool ends) noexcept;
    void fill_in() noexcept;
    void begin_reading() noexcept;
    void fail_body(rejection_reason why) noexcept;
    void refuse(rejection_reason why) noexcept;
    void keep_small(std::string_view bytes);

    // http2_response.cc
    void on_handler_end(std::exception_ptr failure) noexcept;
    void finish_response() noexcept;
    void send_whole_answer() noexcept;
    void reject(rejection_reason why) noexcept;
    void cut_short() noexcept override { abort(); }
    void drop_trailers() noexcept override { sent_trailers_.clear(); }
    void keep_to_send(share piece) noexcept;
    void fill_in_head(std::optional<uint64_t> length, std::vector<sent_field>& fields);
    // `length` is said, if there is one; `body`: DATA follows.
    void send_head(std::optional<uint64_t> length, bool body) noexcept;
    void after_answer() noexcept;
    [[nodiscard]] bool count_written(size_t size) noexcept;
    void more_to_send() noexcept;
    void out_of_memory() noexcept;
    void owe_end() noexcept;
    void stop_output() noexcept;
    void tell_outcome() noexcept;

    service& service_;
    http2_connection* owner_ = nullptr;
    uint32_t id_ = 0;
    end_reason ended_ = end_reason::none;
    body_state body_ = body_state::none;
    bool has_request_ = false;
    bool open_ = false;
    bool handler_running_ = false;
    bool remote_ended_ = false;
    bool reading_ = false;        // the handler has asked for the body
    bool must_continue_ = false;  // 100 Continue is awaited by the client and not sent
    bool cancelled_ = false;
    bool client_ended_ = false;
    bool awaits_input_ = false;
    bool due_ = false;
    bool answer_over_ = false;  // nothing will be written behind what is there
    bool end_sent_ = false;
    bool owes_end_ = false;  // which is counted as a byte
    bool deferred_ = false;  // nghttp2 asks for DATA when it is told to
    bool head_sent_ = false;
    bool output_stopped_ = false;  // what there is is not sent, and not counted

    head_fields fields_;
    std::unique_ptr<head_fields> trailers_;
    std::string path_;  // decoded, where that differs

    std::optional<pipe> in_, out_;  // made anew for each request
    std::optional<uint64_t> body_limit_;
    uint64_t body_come_ = 0;  // bytes of DATA
    uint64_t body_read_ = 0;  // that the handler has taken
    continuation on_client_gone_;

    std::string_view text_left_;  // of `body_text_`
    std::string sent_text_;       // names and values of the head that is sent
    std::vector<std::pair<std::string, std::string>> sent_trailers_;
    std::array<char, 24> digits_{};
    uint64_t written_ = 0;
    uint64_t sent_ = 0, sent_at_look_ = 0;
    std::chrono::nanoseconds stalled_{0};
    std::optional<min_data_rate> response_rate_;
    std::unique_ptr<tunnel> tunnel_;
};

}  // namespace saker::http2
