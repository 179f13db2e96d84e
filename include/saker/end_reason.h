#pragma once
// Why a connection ended. One enum for log, counters, tests and docs. The first reason set wins;
// but a failure behind an ordinary end (an answer that was not taken) wins over that. The names are
// Kestrel's ConnectionEndReason where it has one.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace saker {

enum class end_reason : uint8_t {
    none,  // still open
    // The ordinary ends.
    client_closed,               // the peer ended its side between requests
    connection_close_requested,  // a request or a response said Connection: close
    request_limit_reached,       // requests a connection, age of a connection
    keep_alive_timeout,          // no further request came in time
    app_shutdown,                // the server stops; the connection was idle or finished
    application_completed,       // a raw connection's delegate returned
    upgraded,                    // it became another protocol's, which has ended it
    // The peer failed.
    connection_reset,           // the peer reset the connection
    transport_error,            // any other error of the socket
    unexpected_end_of_request,  // the peer ended its side inside a request
    request_headers_timeout,
    min_request_body_data_rate,
    min_response_data_rate,
    request_drain_timeout,  // an unread body took more than five seconds to drain
    tls_handshake_failed,
    tls_handshake_timeout,
    tls_record_error,  // a record that was not the peer's, or cannot be read
    max_concurrent_handshakes_exceeded,
    // The request was refused.
    tls_not_supported,   // TLS spoken to a plain endpoint
    http_not_supported,  // plain HTTP spoken to an https endpoint
    invalid_request_line,
    invalid_http_version,
    request_line_too_long,
    invalid_request_headers,
    max_request_headers_total_size_exceeded,
    max_request_header_count_exceeded,
    invalid_body_framing,  // Content-Length and Transfer-Encoding, chunk syntax
    max_request_body_size_exceeded,
    // The peer broke HTTP/2's rules; each is told to it by GOAWAY.
    invalid_handshake,             // no preface, or no SETTINGS behind it
    http2_not_negotiated,          // ALPN has not chosen the only protocol there is
    invalid_stream_id,             // even, zero, or of a stream that was never opened
    invalid_frame_for_state,       // CONTINUATION without HEADERS, another frame inside a head
    invalid_frame_length,          // larger than max_frame_size, or not what its type has
    invalid_data_padding,          // as long as the payload, or longer
    invalid_settings,              // a value that no setting has
    window_update_size_invalid,    // by nothing
    flow_control_window_exceeded,  // sent more, or let us send more, than there is room for
    stream_self_dependency,
    missing_stream_end,                 // trailers that are not the end
    error_reading_headers,              // HPACK
    received_frame_after_stream_close,  // DATA or HEADERS
    received_unsupported_frame,         // PUSH_PROMISE
    enhance_your_calm,                  // much work, and no progress: a flood
    keep_alive_ping_timeout,            // no frame came after our PING
    // The application or the server.
    aborted_by_app,
    error_writing_response,  // the handler broke the framing that it had announced
    unhandled_exception,     // after the response had begun
    app_shutdown_timeout,    // the deadline of `stop` passed
    max_concurrent_connections_exceeded,
    max_connections_per_client_exceeded,
    out_of_memory,
    other_error,
};
inline constexpr size_t end_reason_count = static_cast<size_t>(end_reason::other_error) + 1;

// Not one of the ordinary ends.
[[nodiscard]] constexpr bool is_failure(end_reason why) noexcept {
    return why > end_reason::upgraded;
}
// The enumerator's own name.
[[nodiscard]] std::string_view name(end_reason) noexcept;

}  // namespace saker
