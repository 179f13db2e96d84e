#pragma once
// nghttp2's session behind our own words: frames and HPACK in both directions, flow control, and
// the order in which frames are sent (RFC 9218). Its only includer. What HTTP means by the fields
// is checked above it, not in it: nghttp2's own messaging is off.

#include "protocols/http2/error_code.h"
#include "protocols/http2/priority.h"

#include <saker/limits.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct nghttp2_session;

namespace saker::http2 {

class http2_stream;

// A field of a head that is sent. Names are in lower case.
struct sent_field {
    std::string_view name, value;
    bool secret = false;  // no intermediary may keep it in a table (RFC 7541 7.1.3)
};

// What a stream has to send at the moment.
struct outgoing {
    enum class after : uint8_t { more, end, trailers };
    size_t size = 0;  // bytes; none and `more`: nothing before `resume`
    after then = after::more;
};

// Told of frames while they are taken in or sent. Nothing of the session may be asked to receive or
// send meanwhile.
class session_events {
public:
    // A head begins: of a request, or of trailers. False: the session ends, as `fail` has said.
    virtual bool on_head_begin(uint32_t id, bool trailers) noexcept = 0;
    virtual bool on_field(std::string_view name, std::string_view value) noexcept = 0;
    virtual bool on_head_end(bool end_stream) noexcept = 0;
    // `bytes` lie in what `receive` was given.
    virtual void on_data(http2_stream&, std::string_view bytes) noexcept = 0;
    virtual bool on_data_end(http2_stream&) noexcept = 0;
    virtual void on_ping(std::span<const uint8_t, 8> payload, bool ack) noexcept = 0;
    virtual void on_settings() noexcept = 0;
    // A WINDOW_UPDATE by more than the stream's window can hold.
    virtual void on_window_overflow(http2_stream&) noexcept = 0;
    // Another frame that is no use: the connection will be ended for it.
    virtual void on_invalid(uint8_t type, uint8_t flags) noexcept = 0;
    virtual void on_goaway() noexcept = 0;
    // Nothing comes or goes on it any more.
    virtual void on_stream_closed(http2_stream&, error_code) noexcept = 0;

    virtual outgoing on_send(http2_stream&, size_t most) noexcept = 0;
    // A DATA frame, `size` bytes of the stream behind its nine of header.
    enum class sending : uint8_t { done, no_room, cancelled };
    virtual sending on_send_data(http2_stream&, std::string_view header, size_t size) noexcept = 0;
    // A frame that ends our side of a stream has left.
    virtual void on_end_sent(http2_stream&) noexcept = 0;
    // GOAWAY leaves, of an error that nghttp2 has found.
    virtual void on_error_found(error_code, std::string_view text) noexcept = 0;
    // The GOAWAY of `announce_end` has left.
    virtual void on_end_announced() noexcept = 0;
    // RST_STREAM leaves.
    virtual void on_reset_sent(uint32_t id, error_code) noexcept = 0;

protected:
    ~session_events() = default;
};

class frame_session {
public:
    // Asks for SETTINGS and the connection's window, too.
    frame_session(const http2_limits&, uint32_t max_header_list_size, bool compresses,
                  session_events&);
    ~frame_session();
    frame_session(const frame_session&) = delete;
    frame_session& operator=(const frame_session&) = delete;

    enum class taken : uint8_t { all, failed, out_of_memory };
    // Bytes of frames, the preface first; whole frames or parts.
    [[nodiscard]] taken receive(std::string_view bytes) noexcept;
    // What is to be sent next, but DATA: that went by `on_send_data`. Empty: nothing, or no room.
    // Valid until the next call.
    [[nodiscard]] std::string_view next_output() noexcept;

    void keep(uint32_t id, http2_stream*) noexcept;
    // Null for one that is not open, or was refused.
    [[nodiscard]] http2_stream* find(uint32_t id) const noexcept;

    // False where there is no memory. `body`: DATA follows, asked for by `on_send`. The bytes of
    // an answer's fields are read when it is sent: they live as long as the stream.
    bool answer(uint32_t id, std::span<const sent_field>, bool body) noexcept;
    bool inform(uint32_t id, std::span<const sent_field>) noexcept;
    bool trail(uint32_t id, std::span<const sent_field>) noexcept;
    void resume(uint32_t id) noexcept;
    void reset(uint32_t id, error_code) noexcept;
    void ping(std::span<const uint8_t, 8> payload, bool ack) noexcept;
    // GOAWAY with the largest id: more may come (RFC 9113 6.8).
    void announce_end() noexcept;
    // GOAWAY: what is above `last` was not looked at, and is not from now on.
    void end_after(uint32_t last) noexcept;
    // GOAWAY, and nothing but it.
    void terminate(uint32_t last, error_code) noexcept;
    // Gives windows back.
    void consume(uint32_t id, size_t) noexcept;
    void consume_connection(size_t) noexcept;
    void prioritize(uint32_t id, priority) noexcept;

    // What the peer lets us send.
    [[nodiscard]] int32_t window_of(uint32_t id) const noexcept;
    [[nodiscard]] int32_t window() const noexcept;
    // Half of what the peer may send on the connection is not given back yet.
    [[nodiscard]] bool receives_slowly() const noexcept;

private:
    struct callbacks;
    session_events& events_;
    nghttp2_session* session_ = nullptr;
    const uint32_t max_streams_;
    const uint32_t receive_window_;
    const size_t data_size_;
    bool settings_sent_ = false;
};

}  // namespace saker::http2
