#pragma once
// Why a request was refused, as a value: parsers return it, the protocol answers with its status
// and closes. The names are Kestrel's RequestRejectionReason in snake_case, and ours where Saker is
// stricter; the text goes to the log and to metrics and never changes once released.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace saker {

enum class rejection_reason : uint8_t {
    none = 0,

    // Kestrel's.
    tls_over_http,
    unrecognized_http_version,
    invalid_request_line,
    invalid_request_target,
    request_line_too_long,
    options_method_required,
    connect_method_required,
    invalid_request_header,
    invalid_request_headers_no_crlf,
    malformed_request_invalid_headers,
    invalid_characters_in_header_name,
    headers_exceed_max_total_size,
    too_many_headers,
    invalid_content_length,
    multiple_content_lengths,
    final_transfer_coding_not_chunked,
    length_required_http10,
    missing_host_header,
    multiple_host_headers,
    invalid_host_header,
    request_headers_timeout,
    request_body_timeout,
    request_body_too_large,
    unexpected_end_of_request_content,
    bad_chunk_size_data,
    bad_chunk_extension,
    bad_chunk_suffix,
    chunked_request_incomplete,

    // Ours.
    http2_preface,
    bare_line_feed,
    bare_carriage_return,
    obsolete_line_folding,
    control_character_in_header_value,
    header_name_too_long,
    unsupported_transfer_coding,
    invalid_transfer_encoding,
    transfer_encoding_in_http10,
    content_length_with_transfer_encoding,
    chunk_size_too_large,
    chunk_extension_too_large,
    forbidden_trailer_field,
};

inline constexpr size_t rejection_reason_count =
    static_cast<size_t>(rejection_reason::forbidden_trailer_field) + 1;

// snake_case, for log and metrics; "none" for none.
std::string_view name(rejection_reason reason) noexcept;

// The status to answer with; 0 for none.
uint16_t status_of(rejection_reason reason) noexcept;

// What a 405 has to say in its Allow header; empty for other reasons.
std::string_view allowed_method(rejection_reason reason) noexcept;

struct rejection {
    rejection_reason reason = rejection_reason::none;
    uint16_t status = 0;

    constexpr explicit operator bool() const noexcept { return reason != rejection_reason::none; }
};

inline rejection reject(rejection_reason reason) noexcept { return {reason, status_of(reason)}; }

}  // namespace saker
