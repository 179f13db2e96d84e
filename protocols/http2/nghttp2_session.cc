// See nghttp2_session.h.

#include "protocols/http2/nghttp2_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <vector>

namespace saker::http2 {
namespace {

// nghttp2 ends a connection whose peer opens a stream more than it was allowed to; Kestrel refuses
// the stream. So nghttp2 is told of no limit, and the peer of ours.
constexpr uint32_t no_limit = 0x7fffffff;
// DATA frames of nghttp2 where nobody is asked.
constexpr size_t usual_data_size = 16 * 1024;

session_events& events_of(void* user) noexcept { return *static_cast<session_events*>(user); }

std::string_view text(const uint8_t* bytes, size_t size) noexcept {
    return {reinterpret_cast<const char*>(bytes), size};
}

// The fields as nghttp2 has them; on the stack, as there are seldom many.
class field_array {
public:
    enum class bytes : uint8_t { stay, are_copied };

    field_array(std::span<const sent_field> fields, bytes how) {
        if (fields.size() > few_.size()) many_.resize(fields.size());
        first_ = many_.empty() ? few_.data() : many_.data();
        for (const sent_field& one : fields) first_[size_++] = converted(one, how);
    }
    [[nodiscard]] const nghttp2_nv* data() const noexcept { return first_; }
    [[nodiscard]] size_t size() const noexcept { return size_; }

private:
    static nghttp2_nv converted(const sent_field& one, bytes how) noexcept {
        auto* const name = reinterpret_cast<uint8_t*>(const_cast<char*>(one.name.data()));
        auto* const value = reinterpret_cast<uint8_t*>(const_cast<char*>(one.value.data()));
        const int stays = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
        const int flags =
            (how == bytes::stay ? stays : 0) | (one.secret ? int{NGHTTP2_NV_FLAG_NO_INDEX} : 0);
        return {name, value, one.name.size(), one.value.size(), static_cast<uint8_t>(flags)};
    }
    std::array<nghttp2_nv, 16> few_;
    std::vector<nghttp2_nv> many_;
    nghttp2_nv* first_ = nullptr;
    size_t size_ = 0;
};

int verdict(bool goes_on) noexcept { return goes_on ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE; }

bool is_request(const nghttp2_frame& frame) noexcept {
    return frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

}  // namespace

struct frame_session::callbacks {
    static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        return verdict(events_of(user).on_head_begin(static_cast<uint32_t>(frame->hd.stream_id),
                                                     !is_request(*frame)));
    }

    static int on_header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name,
                         size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                         void* user) noexcept {
        return verdict(events_of(user).on_field(text(name, name_size), text(value, value_size)));
    }

    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
        session_events& events = events_of(user);
        const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        switch (frame->hd.type) {
            case NGHTTP2_HEADERS: return verdict(events.on_head_end(ends));
            case NGHTTP2_DATA:
                if (http2_stream* const of = stream_of(session, frame->hd.stream_id); of && ends)
                    return verdict(events.on_data_end(*of));
                return 0;
            case NGHTTP2_PING:
                events.on_ping(std::span<const uint8_t, 8>(frame->ping.opaque_data, 8),
                               (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0);
                return 0;
            case NGHTTP2_SETTINGS: events.on_settings(); return 0;
            case NGHTTP2_GOAWAY: events.on_goaway(); return 0;
            default: return 0;
        }
    }

    static int on_invalid_frame(nghttp2_session* session, const nghttp2_frame* frame, int why,
                                void* user) noexcept {
        const bool is_overflow = frame->hd.type == NGHTTP2_WINDOW_UPDATE &&
                                 frame->hd.stream_id != 0 && why == NGHTTP2_ERR_FLOW_CONTROL;
        http2_stream* const of = stream_of(session, frame->hd.stream_id);
        if (!is_overflow)
            events_of(user).on_invalid(frame->hd.type, frame->hd.flags);
        else if (of != nullptr)
            events_of(user).on_window_overflow(*of);
        return 0;
    }

    static int on_data_chunk(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                             size_t size, void* user) noexcept {
        if (http2_stream* const of = stream_of(session, id))
            events_of(user).on_data(*of, text(data, size));
        return 0;
    }

    static int on_close(nghttp2_session* session, int32_t id, uint32_t code, void* user) noexcept {
        if (http2_stream* const of = stream_of(session, id))
            events_of(user).on_stream_closed(*of, static_cast<error_code>(code));
        return 0;
    }

    static int on_frame_sent(nghttp2_session* session, const nghttp2_frame* frame,
                             void* user) noexcept {
        const bool has_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (has_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
            if (http2_stream* const of = stream_of(session, frame->hd.stream_id))
                events_of(user).on_end_sent(*of);
        }
        if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
            events_of(user).on_error_found(
                static_cast<error_code>(frame->goaway.error_code),
                text(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
        if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code == NGHTTP2_NO_ERROR &&
            frame->goaway.last_stream_id == static_cast<int32_t>(no_limit))
            events_of(user).on_end_announced();
        if (frame->hd.type == NGHTTP2_RST_STREAM)
            events_of(user).on_reset_sent(static_cast<uint32_t>(frame->hd.stream_id),
                                          static_cast<error_code>(frame->rst_stream.error_code));
        return 0;
    }

    // A frame that is prepared and finds no room outlives what its stream is to us, and whoever has
    // that object by then: the stream is asked for by its id, never kept in nghttp2.
    static ssize_t on_read(nghttp2_session* session, int32_t id, uint8_t*, size_t most,
                           uint32_t* flags, nghttp2_data_source*, void* user) noexcept {
        http2_stream* const of = stream_of(session, id);
        if (of == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const outgoing next = events_of(user).on_send(*of, most);
        if (next.size == 0 && next.then == outgoing::after::more) return NGHTTP2_ERR_DEFERRED;
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (next.then != outgoing::after::more) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (next.then == outgoing::after::trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        return static_cast<ssize_t>(next.size);
    }

    static int on_send(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* header,
                       size_t size, nghttp2_data_source*, void* user) noexcept {
        http2_stream* const of = stream_of(session, frame->hd.stream_id);
        if (of == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        switch (events_of(user).on_send_data(*of, text(header, 9), size)) {
            case session_events::sending::done: return 0;
            case session_events::sending::no_room: return NGHTTP2_ERR_WOULDBLOCK;
            default: return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        }
    }

    static http2_stream* stream_of(nghttp2_session* session, int32_t id) noexcept {
        return static_cast<http2_stream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static const nghttp2_session_callbacks* all() {
        static const nghttp2_session_callbacks* const made = [] {
            nghttp2_session_callbacks* fresh = nullptr;
            if (nghttp2_session_callbacks_new(&fresh) != 0) throw std::bad_alloc();
            nghttp2_session_callbacks_set_on_begin_headers_callback(fresh, on_begin_headers);
            nghttp2_session_callbacks_set_on_header_callback(fresh, on_header);
            nghttp2_session_callbacks_set_on_frame_recv_callback(fresh, on_frame);
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback(fresh, on_data_chunk);
            nghttp2_session_callbacks_set_on_stream_close_callback(fresh, on_close);
            nghttp2_session_callbacks_set_on_frame_send_callback(fresh, on_frame_sent);
            nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(fresh, on_invalid_frame);
            nghttp2_session_callbacks_set_send_data_callback(fresh, on_send);
            return fresh;
        }();
        return made;
    }

    static nghttp2_option* options(const http2_limits& limits, bool compresses) {
        nghttp2_option* chosen = nullptr;
        if (nghttp2_option_new(&chosen) != 0) throw std::bad_alloc();
        nghttp2_option_set_no_http_messaging(chosen, 1);
        nghttp2_option_set_no_auto_window_update(chosen, 1);
        nghttp2_option_set_no_auto_ping_ack(chosen, 1);
        nghttp2_option_set_no_closed_streams(chosen, 1);
        nghttp2_option_set_max_deflate_dynamic_table_size(
            chosen, compresses ? limits.header_table_size : 0);
        // What an application answers is its own business.
        nghttp2_option_set_max_send_header_block_length(chosen, 16 * 1024 * 1024);
        // Our own model of costs is stricter, and says why.
        nghttp2_option_set_max_outbound_ack(chosen, 100'000);
#ifdef SAKER_NGHTTP2_LIMITS_RESETS
        nghttp2_option_set_stream_reset_rate_limit(chosen, UINT64_MAX, UINT64_MAX);
#endif
#ifdef SAKER_NGHTTP2_LIMITS_CONTINUATIONS
        nghttp2_option_set_max_continuations(chosen, 100'000);
#endif
        return chosen;
    }
};

frame_session::frame_session(const http2_limits& limits, uint32_t max_header_list_size,
                             bool compresses, session_events& told)
    : events_(told),
      max_streams_(limits.max_streams_per_connection),
      receive_window_(limits.initial_connection_window_size),
      data_size_(std::max<size_t>(limits.max_frame_size, usual_data_size)) {
    nghttp2_option* const options = callbacks::options(limits, compresses);
    const int made = nghttp2_session_server_new2(&session_, callbacks::all(), &events_, options);
    nghttp2_option_del(options);
    if (made != 0) throw std::bad_alloc();

    std::array<nghttp2_settings_entry, 7> settings{};
    size_t count = 0;
    const auto set = [&](nghttp2_settings_id id, uint32_t value, uint32_t usual) {
        if (value != usual) settings[count++] = {id, value};
    };
    set(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, limits.header_table_size, 4096);
    settings[count++] = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, no_limit};
    set(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.initial_stream_window_size, 65535);
    set(NGHTTP2_SETTINGS_MAX_FRAME_SIZE, limits.max_frame_size, 16384);
    settings[count++] = {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, max_header_list_size};
    settings[count++] = {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1};
    settings[count++] = {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1};
    const auto window = static_cast<int32_t>(receive_window_);
    if (nghttp2_submit_settings(session_, 0, settings.data(), count) != 0 ||
        nghttp2_session_set_local_window_size(session_, 0, 0, window) != 0) {
        nghttp2_session_del(session_);
        throw std::bad_alloc();
    }
}

frame_session::~frame_session() { nghttp2_session_del(session_); }

frame_session::taken frame_session::receive(std::string_view bytes) noexcept {
    const auto took = nghttp2_session_mem_recv(
        session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    if (took >= 0) return taken::all;
    return took == NGHTTP2_ERR_NOMEM ? taken::out_of_memory : taken::failed;
}

std::string_view frame_session::next_output() noexcept {
    const uint8_t* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) return {};
    if (!settings_sent_) {  // the first frame there is: see `no_limit`
        settings_sent_ = true;
        auto* const frame = const_cast<uint8_t*>(bytes);
        for (size_t at = 9; at + 6 <= static_cast<size_t>(size); at += 6) {
            if (frame[at + 1] != NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) continue;
            for (size_t i = 0; i < 4; ++i)
                frame[at + 2 + i] = static_cast<uint8_t>(max_streams_ >> (24 - 8 * i));
        }
    }
    return text(bytes, static_cast<size_t>(size));
}

void frame_session::keep(uint32_t id, http2_stream* stream) noexcept {
    nghttp2_session_set_stream_user_data(session_, static_cast<int32_t>(id), stream);
}

http2_stream* frame_session::find(uint32_t id) const noexcept {
    return callbacks::stream_of(session_, static_cast<int32_t>(id));
}

bool frame_session::answer(uint32_t id, std::span<const sent_field> fields, bool body) noexcept {
    const field_array all(fields, field_array::bytes::stay);
    nghttp2_data_provider source{};
    source.read_callback = callbacks::on_read;
    return nghttp2_submit_response(session_, static_cast<int32_t>(id), all.data(), all.size(),
                                   body ? &source : nullptr) == 0;
}

bool frame_session::inform(uint32_t id, std::span<const sent_field> fields) noexcept {
    const field_array all(fields, field_array::bytes::are_copied);
    return nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(id), nullptr,
                                  all.data(), all.size(), nullptr) == 0;
}

bool frame_session::trail(uint32_t id, std::span<const sent_field> fields) noexcept {
    const field_array all(fields, field_array::bytes::are_copied);
    return nghttp2_submit_trailer(session_, static_cast<int32_t>(id), all.data(), all.size()) == 0;
}

void frame_session::resume(uint32_t id) noexcept {
    nghttp2_session_resume_data(session_, static_cast<int32_t>(id));
}

void frame_session::reset(uint32_t id, error_code code) noexcept {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(id),
                              static_cast<uint32_t>(code));
}

void frame_session::ping(std::span<const uint8_t, 8> payload, bool ack) noexcept {
    nghttp2_submit_ping(session_, ack ? NGHTTP2_FLAG_ACK : NGHTTP2_FLAG_NONE, payload.data());
}

void frame_session::announce_end() noexcept { nghttp2_submit_shutdown_notice(session_); }

void frame_session::end_after(uint32_t last) noexcept {
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, static_cast<int32_t>(last), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

void frame_session::terminate(uint32_t last, error_code code) noexcept {
    nghttp2_session_terminate_session2(session_, static_cast<int32_t>(last),
                                       static_cast<uint32_t>(code));
}

void frame_session::consume(uint32_t id, size_t size) noexcept {
    nghttp2_session_consume(session_, static_cast<int32_t>(id), size);
}

void frame_session::consume_connection(size_t size) noexcept {
    nghttp2_session_consume_connection(session_, size);
}

void frame_session::prioritize(uint32_t id, priority asked) noexcept {
    const nghttp2_extpri as{asked.urgency, asked.incremental ? 1 : 0};
    nghttp2_session_change_extpri_stream_priority(session_, static_cast<int32_t>(id), &as, 1);
}

int32_t frame_session::window_of(uint32_t id) const noexcept {
    return nghttp2_session_get_stream_remote_window_size(session_, static_cast<int32_t>(id));
}

int32_t frame_session::window() const noexcept {
    return nghttp2_session_get_remote_window_size(session_);
}

bool frame_session::receives_slowly() const noexcept {
    const int32_t left = nghttp2_session_get_local_window_size(session_);
    return left < 0 || static_cast<uint32_t>(left) < receive_window_ / 2;
}

}  // namespace saker::http2
