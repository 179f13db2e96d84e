// The table behind rejection_reason: text and status of each, in the order of the enumeration.
// Statuses of Kestrel's reasons are Kestrel's.

#include "protocols/http/rejection.h"

namespace saker {
namespace {

struct row {
    rejection_reason reason;
    uint16_t status;
    std::string_view text;
};

using enum rejection_reason;

constexpr row rows[] = {
    {none, 0, "none"},
    {tls_over_http, 400, "tls_over_http"},
    {unrecognized_http_version, 505, "unrecognized_http_version"},
    {invalid_request_line, 400, "invalid_request_line"},
    {invalid_request_target, 400, "invalid_request_target"},
    {request_line_too_long, 414, "request_line_too_long"},
    {options_method_required, 405, "options_method_required"},
    {connect_method_required, 405, "connect_method_required"},
    {invalid_request_header, 400, "invalid_request_header"},
    {invalid_request_headers_no_crlf, 400, "invalid_request_headers_no_crlf"},
    {malformed_request_invalid_headers, 400, "malformed_request_invalid_headers"},
    {invalid_characters_in_header_name, 400, "invalid_characters_in_header_name"},
    {headers_exceed_max_total_size, 431, "headers_exceed_max_total_size"},
    {too_many_headers, 431, "too_many_headers"},
    {invalid_content_length, 400, "invalid_content_length"},
    {multiple_content_lengths, 400, "multiple_content_lengths"},
    {final_transfer_coding_not_chunked, 400, "final_transfer_coding_not_chunked"},
    {length_required_http10, 400, "length_required_http10"},
    {missing_host_header, 400, "missing_host_header"},
    {multiple_host_headers, 400, "multiple_host_headers"},
    {invalid_host_header, 400, "invalid_host_header"},
    {request_headers_timeout, 408, "request_headers_timeout"},
    {request_body_timeout, 408, "request_body_timeout"},
    {request_body_too_large, 413, "request_body_too_large"},
    {unexpected_end_of_request_content, 400, "unexpected_end_of_request_content"},
    {bad_chunk_size_data, 400, "bad_chunk_size_data"},
    {bad_chunk_extension, 400, "bad_chunk_extension"},
    {bad_chunk_suffix, 400, "bad_chunk_suffix"},
    {chunked_request_incomplete, 400, "chunked_request_incomplete"},
    {http2_preface, 505, "http2_preface"},
    {bare_line_feed, 400, "bare_line_feed"},
    {bare_carriage_return, 400, "bare_carriage_return"},
    {obsolete_line_folding, 400, "obsolete_line_folding"},
    {control_character_in_header_value, 400, "control_character_in_header_value"},
    {header_name_too_long, 431, "header_name_too_long"},
    {unsupported_transfer_coding, 501, "unsupported_transfer_coding"},
    {invalid_transfer_encoding, 400, "invalid_transfer_encoding"},
    {transfer_encoding_in_http10, 400, "transfer_encoding_in_http10"},
    {content_length_with_transfer_encoding, 400, "content_length_with_transfer_encoding"},
    {chunk_size_too_large, 400, "chunk_size_too_large"},
    {chunk_extension_too_large, 400, "chunk_extension_too_large"},
    {forbidden_trailer_field, 400, "forbidden_trailer_field"},
};

constexpr bool in_order() noexcept {
    for (size_t i = 0; i < rejection_reason_count; ++i) {
        if (rows[i].reason != static_cast<rejection_reason>(i)) return false;
    }
    return sizeof(rows) / sizeof(rows[0]) == rejection_reason_count;
}
static_assert(in_order());

}  // namespace

std::string_view name(rejection_reason reason) noexcept {
    return rows[static_cast<size_t>(reason)].text;
}

uint16_t status_of(rejection_reason reason) noexcept {
    return rows[static_cast<size_t>(reason)].status;
}

std::string_view allowed_method(rejection_reason reason) noexcept {
    if (reason == options_method_required) return "OPTIONS";
    if (reason == connect_method_required) return "CONNECT";
    return {};
}

}  // namespace saker
