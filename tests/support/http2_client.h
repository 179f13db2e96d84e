#pragma once
// A client of HTTP/2 that speaks frames, over any conversation. It says what it is told to, in
// order or not; of what it hears it checks what every client is entitled to: no frame is larger
// than it may be, no window is overrun, nothing comes on a stream behind its end, heads are lawful.
//
// Frames of one stream are received in their order; those of other streams wait until they are
// asked for. WINDOW_UPDATE is summed up, and asked for by `granted`.

#include "protocols/http2/error_code.h"
#include "tests/support/conversation.h"
#include "tests/support/http2_frames.h"
#include "tests/support/http2_hpack.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker::test {

namespace http2 {
using saker::http2::error_code;

inline std::string rst_stream(uint32_t stream, error_code code) {
    return rst_stream(stream, static_cast<uint32_t>(code));
}
}  // namespace http2

class http2_client {
public:
    // What a server with default limits says first.
    struct greeting {
        http2::setting_values settings;
        uint32_t window = 0;  // beyond 65,535
    };
    [[nodiscard]] static greeting usual_greeting();

    // The scheme is the one of `get` and `post`.
    explicit http2_client(conversation& wire, std::string_view scheme = "http")
        : wire_(wire), scheme_(scheme) {}
    http2_client(const http2_client&) = delete;
    http2_client& operator=(const http2_client&) = delete;

    // ---- says ----

    // The preface and SETTINGS; the server's are these, and ours are acknowledged.
    void start(const http2::setting_values& ours = {}) { start(ours, usual_greeting()); }
    void start(const http2::setting_values& ours, const greeting& expected);
    // The first part of `start`, and the second.
    void begin(const http2::setting_values& ours = {});
    void receive_greeting(const greeting& expected);

    // Whole frames in one piece; what they mean for windows and heads is kept in mind.
    template <class... Frames>
    void send(const Frames&... frames) {
        std::string all;
        ((all += frames), ...);
        send_bytes(all);
    }
    void send_bytes(std::string_view bytes);
    void preface() { wire_.send_raw(http2::connection_preface); }
    void headers(uint32_t stream, const http2::fields&, uint8_t flags = http2::none);
    void headers(uint32_t stream, std::string_view block, uint8_t flags = http2::none);
    void data(uint32_t stream, std::string_view bytes, uint8_t flags = http2::none);
    void reset(uint32_t stream, http2::error_code = http2::error_code::cancel);
    void settings(const http2::setting_values&);
    void window_update(uint32_t stream, uint32_t by);
    void ping(std::string_view eight_bytes = "12345678");

    // A whole request without a body, or with one.
    void get(uint32_t stream, std::string_view path = "/", const http2::fields& more = {});
    void post(uint32_t stream, std::string_view body, const http2::fields& more = {});

    // ---- hears; each fails the test where something else comes, or nothing ----

    // The next frame of all but WINDOW_UPDATE; or of this stream.
    http2::frame next();
    http2::frame next_of(uint32_t stream);

    // A head with this status and END_STREAM or not; all of it is in `head`.
    void receive_headers(uint32_t stream, int status, uint8_t flags = http2::none);
    // These fields exactly.
    void receive_fields(uint32_t stream, const http2::fields&, uint8_t flags = http2::none);
    // Behind a body: END_STREAM.
    void receive_trailers(uint32_t stream, const http2::fields&);
    // DATA in any number of frames; the last one, or an empty one behind it, has END_STREAM.
    void receive_data(uint32_t stream, std::string_view bytes, uint8_t flags = http2::none);
    // 200, then this body and END_STREAM.
    void receive_answer(uint32_t stream, std::string_view body);
    // Everything up to END_STREAM; less where no more comes.
    std::string read_body(uint32_t stream);
    // What has come of a stream's DATA, or comes without anybody's doing.
    std::string read_data(uint32_t stream);
    void receive_reset(uint32_t stream, http2::error_code);
    // The text is for people; which stream was the last is of interest where it is named.
    void receive_goaway(http2::error_code, std::optional<uint32_t> last_stream);
    void receive_ping(std::string_view eight_bytes, uint8_t flags);
    void receive_ping_ack(std::string_view eight_bytes = "12345678");
    void receive_settings_ack();
    // Frames or the end do not come, and have not come unseen. Windows may be given back.
    void receive_nothing();
    // The end, and nothing before it.
    void receive_end();
    // GOAWAY with this code, then the end; the client ends, too. What streams have said is of no
    // interest any more.
    void receive_error(http2::error_code, std::optional<uint32_t> last_stream);

    // ---- what was heard ----

    // The fields of the head that was received last.
    [[nodiscard]] const http2::fields& head() const { return head_; }
    [[nodiscard]] std::string field(std::string_view name) const;
    // By how much the server has opened a window since the last time this was asked.
    uint64_t granted(uint32_t stream);
    // DATA that the server may send now.
    [[nodiscard]] int64_t window(uint32_t stream) const;
    // A frame of this stream has come that was not received yet.
    [[nodiscard]] bool has_heard(uint32_t stream) const;
    // Which streams the DATA frames were of that have come since the last time this was asked.
    std::vector<uint32_t> take_order() { return std::exchange(order_, {}); }
    [[nodiscard]] size_t frames_heard() const { return heard_count_; }
    // What has come, and comes now, is of no interest.
    void ignore();
    // Nothing more is checked: of clients that break the rules themselves.
    void trust() { trusts_ = true; }
    void settle();

    [[nodiscard]] conversation& wire() { return wire_; }
    void end() { wire_.end(); }
    void vanish() { wire_.vanish(); }
    [[nodiscard]] bool gone() const { return wire_.ended() || wire_.was_reset(); }

private:
    struct heard_frame {
        http2::frame of;
        http2::fields head;
    };
    struct stream_state {
        int64_t window = 0;
        bool head_seen = false, ended = false, reset = false;
    };
    void keep_in_mind(std::string_view frames);
    void keep_in_mind(http2::type, uint32_t stream, std::string_view payload);
    void listen();
    void take_in(http2::frame);
    void take_window_update(const http2::frame&);
    void take_data(const http2::frame&);
    void take_head(http2::frame);
    void check_stream(const http2::frame&);
    void check_head(const heard_frame&);
    void acknowledged();
    void mind(bool lawful, std::string_view rule, const http2::frame&) const;
    http2::frame take(size_t index);
    template <class Wanted>
    http2::frame next_that(const Wanted& wanted, std::string_view what);
    stream_state& stream(uint32_t id);
    [[nodiscard]] std::string what_waits() const;

    conversation& wire_;
    const std::string scheme_;
    std::string bytes_;  // of a frame that is not whole
    std::deque<heard_frame> queue_;
    http2::fields head_;
    http2::hpack_decoder decoder_;
    std::optional<http2::frame> begun_;  // HEADERS whose CONTINUATION has not come
    std::map<uint32_t, stream_state> streams_;
    std::map<uint32_t, uint64_t> granted_;
    std::vector<uint32_t> order_;
    std::deque<http2::setting_values> unacknowledged_;
    int64_t window_ = 65'535;
    int64_t initial_window_ = 65'535;
    uint32_t largest_frame_ = 16'384;
    std::vector<http2::type> first_kinds_;
    size_t heard_count_ = 0;
    bool trusts_ = false;
};

}  // namespace saker::test
