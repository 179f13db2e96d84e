// The names of the ends, in the order of the enumeration. A switch without a default, so that the
// compiler finds a name that is missing.

#include <saker/end_reason.h>

namespace saker {

std::string_view name(end_reason reason) noexcept {
    switch (reason) {
#define SAKER_END(reason_name) \
    case end_reason::reason_name: return #reason_name
        SAKER_END(none);
        SAKER_END(client_closed);
        SAKER_END(connection_close_requested);
        SAKER_END(request_limit_reached);
        SAKER_END(keep_alive_timeout);
        SAKER_END(app_shutdown);
        SAKER_END(application_completed);
        SAKER_END(upgraded);
        SAKER_END(connection_reset);
        SAKER_END(transport_error);
        SAKER_END(unexpected_end_of_request);
        SAKER_END(request_headers_timeout);
        SAKER_END(min_request_body_data_rate);
        SAKER_END(min_response_data_rate);
        SAKER_END(request_drain_timeout);
        SAKER_END(tls_handshake_failed);
        SAKER_END(tls_handshake_timeout);
        SAKER_END(tls_record_error);
        SAKER_END(max_concurrent_handshakes_exceeded);
        SAKER_END(tls_not_supported);
        SAKER_END(http_not_supported);
        SAKER_END(invalid_request_line);
        SAKER_END(invalid_http_version);
        SAKER_END(request_line_too_long);
        SAKER_END(invalid_request_headers);
        SAKER_END(max_request_headers_total_size_exceeded);
        SAKER_END(max_request_header_count_exceeded);
        SAKER_END(invalid_body_framing);
        SAKER_END(max_request_body_size_exceeded);
        SAKER_END(invalid_handshake);
        SAKER_END(http2_not_negotiated);
        SAKER_END(invalid_stream_id);
        SAKER_END(invalid_frame_for_state);
        SAKER_END(invalid_frame_length);
        SAKER_END(invalid_data_padding);
        SAKER_END(invalid_settings);
        SAKER_END(window_update_size_invalid);
        SAKER_END(flow_control_window_exceeded);
        SAKER_END(stream_self_dependency);
        SAKER_END(missing_stream_end);
        SAKER_END(error_reading_headers);
        SAKER_END(received_frame_after_stream_close);
        SAKER_END(received_unsupported_frame);
        SAKER_END(enhance_your_calm);
        SAKER_END(keep_alive_ping_timeout);
        SAKER_END(aborted_by_app);
        SAKER_END(error_writing_response);
        SAKER_END(unhandled_exception);
        SAKER_END(app_shutdown_timeout);
        SAKER_END(max_concurrent_connections_exceeded);
        SAKER_END(max_connections_per_client_exceeded);
        SAKER_END(out_of_memory);
        SAKER_END(other_error);
#undef SAKER_END
    }
    return "unknown";
}

}  // namespace saker
