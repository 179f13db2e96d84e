// The frames that come: whether each may, what it costs the peer, and who is told of it.

#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/http2_stream.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace saker::http2 {
namespace {

// RFC 9113 6.
enum frame_type : uint8_t {
    data_frame,
    headers_frame,
    priority_frame,
    rst_stream_frame,
    settings_frame,
    push_promise_frame,
    ping_frame,
    goaway_frame,
    window_update_frame,
    continuation_frame,
    priority_update_frame = 0x10,
};
constexpr uint8_t end_stream_flag = 1, ack_flag = 1, end_headers_flag = 4, padded_flag = 8,
                  priority_flag = 0x20;

constexpr connection_fault wrong_id{error_code::protocol_error, end_reason::invalid_stream_id};
constexpr connection_fault wrong_state{error_code::protocol_error,
                                       end_reason::invalid_frame_for_state};
constexpr connection_fault wrong_size{error_code::frame_size_error,
                                      end_reason::invalid_frame_length};
constexpr connection_fault after_close{error_code::stream_closed,
                                       end_reason::received_frame_after_stream_close};

// Frames whose payload has one size only, or has to begin with something (RFC 9113 6).
bool has_its_size(uint8_t type, uint8_t flags, uint32_t size) noexcept {
    switch (type) {
        case priority_frame: return size == 5;
        case rst_stream_frame:
        case window_update_frame: return size == 4;
        case ping_frame: return size == 8;
        case settings_frame: return (flags & ack_flag) != 0 ? size == 0 : size % 6 == 0;
        case goaway_frame: return size >= 8;
        case data_frame: return size > 0 || (flags & padded_flag) == 0;
        case headers_frame:
            return size >= ((flags & padded_flag) != 0 ? 1u : 0u) +
                               ((flags & priority_flag) != 0 ? 5u : 0u);
        default: return true;
    }
}

bool is_priority(uint8_t type) noexcept {
    return type == priority_frame || type == priority_update_frame;
}

}  // namespace

// Frame by frame, so that each is looked at before nghttp2 sees it, and what it leads to is done
// before the next one.
void http2_connection::take(share bytes) noexcept {
    std::string_view rest = bytes.text();
    taking_ = &bytes;
    while (!rest.empty() && !failed_) {
        size_t part = 0;
        if (header_size_ < header_.size()) {
            part = std::min(rest.size(), header_.size() - header_size_);
            std::memcpy(header_.data() + header_size_, rest.data(), part);
            header_size_ += static_cast<uint32_t>(part);
            const bool is_cut = part < header_.size();
            if (header_size_ < header_.size()) break;
            read_frame_head();
            if (!admit(frame_)) break;
            // In one piece: nghttp2 counts a CONTINUATION for each part of its header.
            if (is_cut && !is_priority(frame_.type)) {
                rest.remove_prefix(part);
                part = 0;
                if (!hand_over({reinterpret_cast<const char*>(header_.data()), header_.size()}))
                    break;
            }
        }
        const size_t payload = std::min<size_t>(left_, rest.size() - part);
        left_ -= static_cast<uint32_t>(payload);
        const bool whole = header_size_ == header_.size() && left_ == 0;
        if (whole) header_size_ = 0;
        if (is_priority(frame_.type))
            take_priority(rest.substr(part, payload), whole);
        else if (!hand_over(rest.substr(0, part + payload)))
            break;
        rest.remove_prefix(part + payload);
        after_part(whole);
    }
    taking_ = nullptr;
}

// PRIORITY, of which nghttp2 looks at nothing any more; and PRIORITY_UPDATE, which it must not be
// given before the head of its stream (1.52: the stream that it makes for it is freed twice).
void http2_connection::take_priority(std::string_view part, bool is_all) noexcept {
    constexpr size_t most = 256;  // a field's value is some twenty characters
    priority_payload_.append(part.substr(0, most - std::min(most, priority_payload_.size())));
    if (!is_all) return;
    const std::string payload = std::exchange(priority_payload_, {});
    if (payload.size() < 4) return (void)fault(wrong_size);
    const auto byte = [&](size_t i) { return uint32_t{static_cast<uint8_t>(payload[i])}; };
    const uint32_t named = (byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3)) & 0x7fffffff;
    if (frame_.type == priority_update_frame) {
        if (named == 0) return (void)fault(wrong_id);
        return on_priority(named, std::string_view(payload).substr(4));
    }
    if (named == frame_.stream)
        (void)fault({error_code::protocol_error, end_reason::stream_self_dependency});
}

void http2_connection::read_frame_head() noexcept {
    const auto* const h = header_.data();
    frame_.size = uint32_t{h[0]} << 16 | uint32_t{h[1]} << 8 | h[2];
    frame_.type = h[3];
    frame_.flags = h[4];
    frame_.stream =
        (uint32_t{h[5]} << 24 | uint32_t{h[6]} << 16 | uint32_t{h[7]} << 8 | h[8]) & 0x7fffffff;
    left_ = frame_.size;
    brought_data_ = false;
}

// A frame, or a head, that has begun has a time to be whole; what is a body's has its rate.
void http2_connection::time_part() noexcept {
    const bool is_part = in_head_ || header_size_ > 0;
    const bool is_body = header_size_ == header_.size() && frame_.type == data_frame;
    if (!is_part || (is_body && !in_head_)) {
        disarm(due::head);
    } else if (!armed_for(due::head) || timed_unit_ != units_) {
        timed_unit_ = units_;
        if (const auto most = service_.limits().request_headers_timeout; most != infinite)
            arm(due::head, bounded(most));
    }
}

// False where there is no memory; what nghttp2 does not take is a flood.
bool http2_connection::hand_over(std::string_view bytes) noexcept {
    const auto took = session_.receive(bytes);
    if (took == frame_session::taken::out_of_memory) return out_of_memory(), false;
    if (took == frame_session::taken::failed)
        fail(error_code::enhance_your_calm, end_reason::enhance_your_calm);
    return true;
}

void http2_connection::after_part(bool frame_is_whole) noexcept {
    if (http2_stream* const asked = std::exchange(ready_, nullptr); asked && !failed_) {
        ++running_;
        asked->answer_request();
    }
    if (!awake_.empty()) sweep();
    if (!frame_is_whole || failed_) return;
    if (!in_head_) ++units_;
    heard_at_ = home_.now();
    if (armed_for(due::pong)) {
        disarm(due::pong);
        arm(due::ping, bounded(service_.limits().http2.keep_alive_ping_delay));
    }
    const bool is_end = (frame_.flags & end_stream_flag) != 0;
    if (frame_.type == data_frame && !brought_data_ && !is_end) (void)spend(price::empty_data);
}

// ---- whether a frame may come ----

bool http2_connection::admit(const frame_head& of) noexcept {
    if (of.size > service_.limits().http2.max_frame_size ||
        !has_its_size(of.type, of.flags, of.size))
        return fault(wrong_size);
    if (in_head_ ? of.type != continuation_frame || of.stream != frame_of_head_
                 : of.type == continuation_frame)
        return fault(of.type == continuation_frame && of.stream == 0 ? wrong_id : wrong_state);
    if (!settings_seen_ && (of.type != settings_frame || (of.flags & ack_flag) != 0))
        return fault({error_code::protocol_error, end_reason::invalid_handshake});
    switch (of.type) {
        case settings_frame:
        case ping_frame:
        case goaway_frame:
        case priority_update_frame:
            if (of.stream != 0) return fault(wrong_id);
            break;
        case window_update_frame: break;
        case data_frame:
        case headers_frame:
        case priority_frame:
        case rst_stream_frame:
        case continuation_frame:
            if (of.stream % 2 == 0) return fault(wrong_id);
            break;
        case push_promise_frame:
            return fault({error_code::protocol_error, end_reason::received_unsupported_frame});
        default: return spend(price::unknown);
    }
    return admit_on_stream(of);
}

bool http2_connection::admit_on_stream(const frame_head& of) noexcept {
    const bool is_new = of.stream > last_id_;
    // Was sent before the peer knew of the last GOAWAY: nghttp2 keeps HPACK and windows right.
    if (is_new && phase_ == phase::last_call && of.stream % 2 == 1) {
        if (of.type == headers_frame || of.type == continuation_frame)
            in_head_ = (of.flags & end_headers_flag) == 0;
        frame_of_head_ = of.stream;
        return spend(of.type == continuation_frame ? price::continuation : price::unknown);
    }
    switch (of.type) {
        case settings_frame:
            settings_seen_ = true;
            return (of.flags & ack_flag) != 0 || spend(price::settings);
        case ping_frame: return spend((of.flags & ack_flag) != 0 ? price::unknown : price::ping);
        case goaway_frame: return spend(price::settings);
        case priority_frame:
        case priority_update_frame: return spend(price::priority);
        case window_update_frame:
            if (of.stream != 0 && (is_new || of.stream % 2 == 0)) return fault(wrong_id);
            return spend(price::window_update);
        case rst_stream_frame: {
            if (is_new) return fault(wrong_id);
            const http2_stream* const ended = session_.find(of.stream);
            const bool is_early = ended != nullptr && !ended->is_answered();
            return spend(is_early ? price::reset : price::late_reset);
        }
        case continuation_frame:
            in_head_ = (of.flags & end_headers_flag) == 0;
            return spend(of.size == 0 ? price::empty_continuation : price::continuation);
        case headers_frame:
            in_head_ = (of.flags & end_headers_flag) == 0;
            frame_of_head_ = of.stream;
            if (is_new) return true;
            break;
        default:
            if (is_new) return fault(wrong_id);
            break;
    }
    const http2_stream* const known = session_.find(of.stream);
    if (known == nullptr)
        return is_forgiven(of.stream) ? spend(price::late_reset) : fault(after_close);
    if (!known->expects_data()) return fault(after_close);
    const bool are_trailers = of.type == headers_frame;
    if (are_trailers && (of.flags & end_stream_flag) == 0)
        return fault({error_code::protocol_error, end_reason::missing_stream_end});
    return true;
}

}  // namespace saker::http2
