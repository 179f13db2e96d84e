// What leaves a connection: nghttp2 says which frame is next, its head is copied, the body of DATA
// is not. All of a turn goes into the output pipe, which is sent at once.

#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/http2_stream.h"

namespace saker::http2 {

void http2_connection::on_turn_end() noexcept {
    // An error behind the end of what comes: `run` looks at nothing any more.
    if (is_left_ && is_dead() && !is_cut_) cut();
    if (!awake_.empty()) sweep();
    pump();
    if (!awake_.empty()) sweep();
    if (turn_end_hook::queued) return;  // more was written meanwhile
    if (ending_) {
        if (is_over()) std::exchange(ending_, {}).resume();
        return;
    }
    if (full_) {
        if (!goes_on() || !has_too_much()) hear_again();
        return;
    }
    if (!goes_on()) connection_.input().interrupt();
}

// Its handlers have ended, and what was said is in the output pipe, or reaches nobody.
bool http2_connection::is_over() const noexcept {
    return streams_.empty() && (all_sent_ || connection_.output_dead());
}

// Frames ahead of the peer: several streams' worth, as a send of many is cheaper than many sends.
bool http2_connection::is_ahead() const noexcept {
    const pipe& out = connection_.output();
    return out.length() >= 4 * service_.output().pause_writer_threshold && !out.reader_gone();
}

void http2_connection::pump() noexcept {
    // After an error nghttp2 has a GOAWAY to say, and nothing of any stream's.
    if (phase_ == phase::preface || connection_.output_dead()) {
        all_sent_ = true;
        return;
    }
    if (std::exchange(some_continue_, false)) {
        for (const auto& one : streams_) one->say_continue();
    }
    pipe& out = connection_.output();
    all_sent_ = false;
    while (!is_ahead()) {
        const std::string_view piece = session_.next_output();
        if (piece.empty()) {
            all_sent_ = !is_ahead();
            break;
        }
        if (!out.write(piece)) return out_of_memory();
    }
    if (!all_sent_)
        out.when_room(
            {[](void* self) noexcept { static_cast<http2_connection*>(self)->send_soon(); }, this});
    out.publish();
    if (all_sent_ && queued_ > 0) look_at_stalls();
}

outgoing http2_connection::on_send(http2_stream& of, size_t most) noexcept {
    return of.next_data(most);
}

session_events::sending http2_connection::on_send_data(http2_stream& of, std::string_view header,
                                                       size_t size) noexcept {
    if (is_ahead()) return sending::no_room;
    if (of.queued() < size) return sending::cancelled;
    // What a window has cut into crumbs costs instead.
    const bool is_crumb = size < least_earning && of.queued() > size;
    if (!of.send_data(header, size)) return out_of_memory(), sending::cancelled;
    sent_ += size;
    if (is_crumb)
        (void)spend(price::crumb);
    else if (size > 0)
        budget_.earn(earned_by_data);
    return sending::done;
}

// The answer is whole. A body that nobody has read is not waited for.
void http2_connection::on_end_sent(http2_stream& of) noexcept {
    of.answered();
    budget_.earn(earned_by_answer);
    if (of.expects_data() && !of.handler_running()) session_.reset(of.id(), error_code::no_error);
}

// nghttp2 has ended the connection: what for, as far as its code and the frame tell.
void http2_connection::on_error_found(error_code code, std::string_view) noexcept {
    if (failed_) return;
    failed_ = true;
    connection_.ends_by(reason_of(code));
    send_soon();
}

// Behind it others may have come before GOAWAY leaves.
void http2_connection::on_invalid(uint8_t type, uint8_t flags) noexcept {
    if (!invalid_) invalid_ = frame_head{0, type, flags, 0};
}

end_reason http2_connection::reason_of(error_code code) const noexcept {
    const frame_head& wrong = invalid_ ? *invalid_ : frame_;
    constexpr uint8_t data = 0, headers = 1, priority = 2, settings = 4, window_update = 8;
    switch (code) {
        case error_code::frame_size_error: return end_reason::invalid_frame_length;
        case error_code::compression_error: return end_reason::error_reading_headers;
        case error_code::flow_control_error:
            return wrong.type == settings ? end_reason::invalid_settings
                                          : end_reason::flow_control_window_exceeded;
        case error_code::stream_closed: return end_reason::received_frame_after_stream_close;
        case error_code::enhance_your_calm: return end_reason::enhance_your_calm;
        case error_code::internal_error: return end_reason::other_error;
        default: break;
    }
    constexpr uint8_t padded = 8;
    switch (wrong.type) {
        case data: return end_reason::invalid_data_padding;
        case headers:
            return (wrong.flags & padded) != 0 ? end_reason::invalid_data_padding
                                               : end_reason::stream_self_dependency;
        case priority: return end_reason::stream_self_dependency;
        case settings: return end_reason::invalid_settings;
        case window_update: return end_reason::window_update_size_invalid;
        default: return end_reason::invalid_frame_for_state;
    }
}

}  // namespace saker::http2
