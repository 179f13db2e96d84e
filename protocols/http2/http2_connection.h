#pragma once
// The coroutine of one HTTP/2 connection: it feeds nghttp2 frame by frame, keeps account of what
// the peer costs, calls the application, and at a turn's end sends what there is, gathered.
//
//      preface -> serving -- stop, age, keep-alive, too many requests --> announced (GOAWAY 2^31-1)
//                    |                                                        |  PING answered, or
//                    |  error of the peer's: GOAWAY                           v  a second
//                    +------------------------------------------> over <-- last call (GOAWAY n)
//                                                     streams are done, all is sent

#include "core/connection/core_connection.h"
#include "core/time/timer_wheel.h"
#include "protocols/http2/error_code.h"
#include "protocols/http2/flood_budget.h"
#include "protocols/http2/head_fields.h"
#include "protocols/http2/nghttp2_session.h"
#include "protocols/http2/priority.h"

#include <saker/task.h>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saker::http2 {

class http2_stream;
class service;

class http2_connection final : private session_events, private turn_end_hook, private timer {
public:
    // Serves streams until the connection ends.
    static task<> run(connection& accepted, service& of);

    // ---- for its streams ----

    [[nodiscard]] core_connection& on() const noexcept { return connection_; }
    [[nodiscard]] frame_session& frames() noexcept { return session_; }
    // Nothing that is written reaches the peer any more.
    [[nodiscard]] bool is_dead() const noexcept { return failed_ || connection_.output_dead(); }
    // All of its streams together have little left to be sent.
    [[nodiscard]] bool has_room() const noexcept { return queued_ < most_queued; }
    void queued(size_t more) noexcept { queued_ += more; }
    void sent(size_t less) noexcept { queued_ -= less; }
    // At the turn's end, once: sends what there is.
    void send_soon() noexcept { home_.at_turn_end(*this); }
    // Streams are asked to say 100 when all that came was looked at.
    void continue_soon() noexcept {
        some_continue_ = true;
        send_soon();
    }
    // Looks at the stream when nobody is in the midst of anything.
    void look_at(http2_stream&) noexcept;
    void give_back(http2_stream&, size_t size) noexcept;
    // Bytes of a body wait for a handler; it has taken them.
    void kept(size_t more) noexcept { unread_ += more; }
    void taken(http2_stream& of, size_t size) noexcept {
        unread_ -= size;
        give_back(of, size);
    }
    void handler_ended(http2_stream& of) noexcept {
        --running_;
        look_at(of);
    }
    // Ends the stream from our side.
    void reset(http2_stream&, error_code) noexcept;
    // Ends the connection: GOAWAY with the code. The first one counts.
    void fail(error_code, end_reason) noexcept;
    [[nodiscard]] bool receives_slowly() const noexcept {
        return is_deaf() || session_.receives_slowly();
    }

private:
    enum class phase : uint8_t { preface, serving, announced, last_call };
    enum class due : uint8_t { idle, head, ping, pong, stall, memory, last_call };
    static constexpr size_t dues = 7;
    static constexpr tick never = timer_wheel::last_tick;
    // Bytes of all streams that wait to be sent, beyond which each may have little: a connection
    // whose peer does not read holds no more than this and that.
    static constexpr size_t most_queued = 1024 * 1024;
    // That the peer is not listened to: handlers that do not take what their clients send seldom
    // take longer.
    static constexpr std::chrono::seconds most_deaf{30};

    struct frame_head {
        uint32_t size = 0;
        uint8_t type = 0, flags = 0;
        uint32_t stream = 0;
    };

    http2_connection(connection& accepted, service& of);
    ~http2_connection();

    // ---- input ----
    [[nodiscard]] bool goes_on() const noexcept;
    [[nodiscard]] bool has_too_much() const noexcept;
    struct memory_awaiter {
        http2_connection& self;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) noexcept {
            self.wait_for_memory(waiting);
        }
        void await_resume() const noexcept {}
    };
    void wait_for_memory(std::coroutine_handle<> waiting) noexcept;
    [[nodiscard]] std::chrono::nanoseconds deaf() const noexcept;
    [[nodiscard]] bool is_deaf() const noexcept { return full_ != nullptr && deaf() < most_deaf; }
    void hear_again() noexcept;
    void look() noexcept;
    [[nodiscard]] bool take_preface() noexcept;
    void refuse_preface(std::string_view begins) noexcept;
    void take(share bytes) noexcept;
    void read_frame_head() noexcept;
    [[nodiscard]] bool hand_over(std::string_view bytes) noexcept;
    void time_part() noexcept;
    void take_priority(std::string_view part, bool is_all) noexcept;
    void on_priority(uint32_t id, std::string_view value) noexcept;
    [[nodiscard]] bool admit(const frame_head&) noexcept;
    [[nodiscard]] bool admit_on_stream(const frame_head&) noexcept;
    void after_part(bool frame_is_whole) noexcept;
    void sweep() noexcept;
    void end_stream(http2_stream&) noexcept;
    [[nodiscard]] bool is_forgiven(uint32_t id) const noexcept;
    void forgive(uint32_t id) noexcept;
    [[nodiscard]] bool spend(int32_t cost) noexcept;
    bool fault(const connection_fault& of) noexcept;
    void out_of_memory() noexcept;

    // ---- session_events ----
    bool on_head_begin(uint32_t id, bool trailers) noexcept override;
    bool on_field(std::string_view name, std::string_view value) noexcept override;
    bool on_head_end(bool end_stream) noexcept override;
    void on_data(http2_stream&, std::string_view bytes) noexcept override;
    bool on_data_end(http2_stream&) noexcept override;
    void on_ping(std::span<const uint8_t, 8> payload, bool ack) noexcept override;
    void on_settings() noexcept override;
    void on_window_overflow(http2_stream&) noexcept override;
    void on_invalid(uint8_t type, uint8_t flags) noexcept override;
    void on_goaway() noexcept override;
    void on_stream_closed(http2_stream&, error_code) noexcept override;
    outgoing on_send(http2_stream&, size_t most) noexcept override;
    sending on_send_data(http2_stream&, std::string_view header, size_t size) noexcept override;
    void on_end_sent(http2_stream&) noexcept override;
    void on_error_found(error_code, std::string_view text) noexcept override;
    void on_end_announced() noexcept override;
    void on_reset_sent(uint32_t id, error_code) noexcept override;
    [[nodiscard]] bool open(uint32_t id) noexcept;
    void unwanted_head() noexcept;
    [[nodiscard]] end_reason reason_of(error_code) const noexcept;
    void give_priority(http2_stream&) noexcept;

    // ---- output: http2_output.cc ----
    void on_turn_end() noexcept;
    void pump() noexcept;
    [[nodiscard]] bool is_ahead() const noexcept;
    [[nodiscard]] bool is_over() const noexcept;
    struct over_awaiter {
        http2_connection& self;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) noexcept {
            self.ending_ = waiting;
            self.send_soon();
        }
        void await_resume() const noexcept {}
    };
    // Resumed at a turn's end, when no hook of ours is due any more.
    [[nodiscard]] over_awaiter until_over() noexcept { return {*this}; }

    // ---- time, and the end: http2_time.cc ----
    void arm(due what, std::chrono::nanoseconds after) noexcept;
    void disarm(due what) noexcept { dues_[static_cast<size_t>(what)] = never; }
    [[nodiscard]] bool armed_for(due what) const noexcept {
        return dues_[static_cast<size_t>(what)] != never;
    }
    void look_at_dues() noexcept;
    void on_timer() noexcept;
    void on_due(due what) noexcept;
    void idle_or_not() noexcept;
    void look_at_stalls() noexcept;
    void announce_end() noexcept;
    [[nodiscard]] bool has_heard_goodbye(std::span<const uint8_t, 8> answered) const noexcept;
    void call_last() noexcept;
    void leave() noexcept;
    void on_peer_gone() noexcept;
    void cancel_all(end_reason why) noexcept;
    void cut() noexcept;

    core_connection& connection_;
    service& service_;
    core& home_;
    frame_session session_;
    flood_budget budget_;

    // Of the frame that comes.
    std::array<uint8_t, 9> header_{};
    uint32_t header_size_ = 0;
    uint32_t left_ = 0;  // of its payload
    frame_head frame_;
    bool brought_data_ = false;
    std::optional<frame_head> invalid_;  // nghttp2 ends the connection for it
    const share* taking_ = nullptr;      // what `receive` was given lies in it
    http2_stream* head_of_ = nullptr;
    http2_stream* ready_ = nullptr;          // its request waits for the end of its frame
    std::unique_ptr<head_fields> unwanted_;  // a head that nobody answers
    std::string priority_payload_;           // of PRIORITY or PRIORITY_UPDATE
    bool in_head_ = false;                   // CONTINUATION has to follow
    uint32_t frame_of_head_ = 0;             // the stream of it

    phase phase_ = phase::preface;
    bool failed_ = false;
    bool settings_seen_ = false;  // the first frame was one, as it has to be
    bool peer_leaves_ = false;    // it has said GOAWAY
    bool said_settings_ = false;  // ... and is whole
    bool is_left_ = false;        // nothing more is taken in
    bool is_cut_ = false;    // its streams are cancelled: nghttp2 has nothing of theirs to send
    bool all_sent_ = false;  // nghttp2 has nothing more to be sent, or may not
    uint64_t units_ = 0;     // frames that were whole, heads counted as one
    uint64_t timed_unit_ = UINT64_MAX;  // ... when `due::head` was armed
    uint32_t last_id_ = 0;              // of a stream that was opened
    uint64_t requests_ = 0;
    uint32_t open_ = 0;           // streams that count against the limit
    uint32_t running_ = 0;        // handlers
    bool some_continue_ = false;  // are to `say_continue`
    size_t queued_ = 0;
    size_t unread_ = 0;  // bytes of bodies that no handler has taken
    std::vector<std::unique_ptr<http2_stream>> streams_;  // all that are not over
    std::vector<http2_stream*> awake_;                    // to be looked at
    // What comes on a stream that we have reset was sent before the peer knew: from this one on,
    // for a while.
    uint32_t forgiven_from_ = 0;
    steady_time forgiven_until_ = steady_time::min();
    struct early_priority {
        uint32_t id = 0;
        priority asked;
    };
    std::array<early_priority, 8> early_priorities_{};  // of streams that are not open yet
    size_t next_early_ = 0;

    std::array<tick, dues> dues_{};
    steady_time heard_at_;
    std::chrono::nanoseconds looked_at_stalls_{0};
    std::chrono::nanoseconds stalled_{0};   // the connection's own window is shut
    uint64_t sent_ = 0, sent_at_look_ = 0;  // bytes of DATA
    std::coroutine_handle<> ending_;
    std::coroutine_handle<> full_;  // waits until more may be read
    std::chrono::nanoseconds full_since_{0};
    std::chrono::nanoseconds deaf_{0}, deaf_at_look_{0};  // time that was pardoned in all
    uint64_t sent_when_deaf_ = 0;
};

}  // namespace saker::http2
