// Framing goes a byte at a time through explicit states, data goes in one step. Whatever the
// grammar does not allow is refused where it stands; nothing is skipped, trimmed or forgiven.

#include "protocols/http1/chunked.h"

#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {
namespace {

using enum rejection_reason;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

bool has_forbidden_field(const field_list& trailers) noexcept {
    // RFC 9110 6.5.1: framing and routing must not come after the body.
    return trailers.has(header_id::content_length) || trailers.has(header_id::transfer_encoding) ||
           trailers.has(header_id::host);
}

}  // namespace

void chunked_decoder::reset(const head_limits& trailers) noexcept {
    state_ = state::size_first;
    reason_ = none;
    digits_ = 0;
    remaining_ = 0;
    extension_ = 0;
    extensions_total_ = 0;
    limits_ = trailers;
    lines_.start(0);
    trailers_.clear();
    trailer_text_.clear();
}

chunk_step chunked_decoder::next(std::string_view input) noexcept {
    for (size_t at = 0; at < input.size(); ++at) {
        switch (state_) {
            case state::data: return take_data(input, at);
            case state::trailers: return take_trailers(input, at);
            case state::done: return {chunk_status::complete, none, at, {}};
            case state::failed: return fail(reason_, at);
            default:
                if (const rejection_reason reason = take_framing(input[at]); reason != none) {
                    return fail(reason, at);
                }
        }
    }
    if (state_ == state::failed) return fail(reason_, input.size());
    const bool done = state_ == state::done;
    return {done ? chunk_status::complete : chunk_status::need_more, none, input.size(), {}};
}

chunk_step chunked_decoder::fail(rejection_reason reason, size_t consumed) noexcept {
    state_ = state::failed;
    reason_ = reason;
    return {chunk_status::rejected, reason, consumed, {}};
}

chunk_step chunked_decoder::take_data(std::string_view input, size_t at) noexcept {
    const std::string_view data = input.substr(at, remaining_);
    remaining_ -= static_cast<uint32_t>(data.size());
    if (remaining_ == 0) state_ = state::data_carriage_return;
    return {chunk_status::data, none, at + data.size(), data};
}

// Trailers arrive in pieces and are parsed as one text, so they are copied: at most what the limit
// allows. Bytes behind their end are not consumed.
chunk_step chunked_decoder::take_trailers(std::string_view input, size_t at) noexcept {
    const uint32_t limit = limits_.max_request_headers_total_size;
    const size_t before = trailer_text_.size();
    const std::string_view piece = input.substr(at, limit - before);
    trailer_text_.insert(trailer_text_.end(), piece.begin(), piece.end());
    const lines_result lines = lines_.parse(trailer_text_.data(), trailer_text_.size(),
                                            limits_.max_request_header_count, trailers_);
    if (lines.status == lines_status::rejected) return fail(lines.reason, at);
    if (lines.status == lines_status::incomplete) {
        if (trailer_text_.size() >= limit) return fail(headers_exceed_max_total_size, at);
        return {chunk_status::need_more, none, input.size(), {}};
    }
    trailers_.bind(trailer_text_.data());
    if (has_forbidden_field(trailers_)) return fail(forbidden_trailer_field, at);
    state_ = state::done;
    return {chunk_status::complete, none, at + (lines_.end() - before), {}};
}

rejection_reason chunked_decoder::take_framing(char c) noexcept {
    switch (state_) {
        case state::size_first:
        case state::size: return take_size(c);
        case state::size_line_feed:
            if (c != '\n') return extension_ == 0 ? bad_chunk_size_data : bad_chunk_extension;
            end_size_line();
            return none;
        case state::data_carriage_return:
            if (c != '\r') return bad_chunk_suffix;
            state_ = state::data_line_feed;
            return none;
        case state::data_line_feed:
            if (c != '\n') return bad_chunk_suffix;
            state_ = state::size_first;
            return none;
        default: return take_extension(c);
    }
}

void chunked_decoder::end_size_line() noexcept {
    state_ = remaining_ == 0 ? state::trailers : state::data;
    digits_ = 0;
    extension_ = 0;
}

rejection_reason chunked_decoder::take_size(char c) noexcept {
    if (const int value = hex_value(c); value >= 0) {
        // Eight digits, leading zeros among them: the size cannot overflow its 32 bits.
        if (++digits_ > max_size_digits) return bad_chunk_size_data;
        remaining_ = remaining_ << 4 | static_cast<uint32_t>(value);
        if (remaining_ > max_chunk_size) return chunk_size_too_large;
        state_ = state::size;
        return none;
    }
    if (state_ == state::size_first) return bad_chunk_size_data;
    if (c == '\r') {
        state_ = state::size_line_feed;
        return none;
    }
    if (c != ';' && !is_blank(c)) return bad_chunk_size_data;
    state_ = state::extension_space;
    return take_extension(c);
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
rejection_reason chunked_decoder::take_extension(char c) noexcept {
    const bool may_end = state_ == state::extension_name || state_ == state::extension_value ||
                         state_ == state::extension_quoted_end;
    if (c == '\r' && may_end) {
        state_ = state::size_line_feed;
        return none;
    }
    if (++extension_ > max_extension_size || ++extensions_total_ > max_extensions_total) {
        return chunk_extension_too_large;
    }
    if (state_ == state::extension_quoted || state_ == state::extension_escaped) {
        return take_quoted(c);
    }
    return separated(c) ? none : bad_chunk_extension;
}

// Moves on outside of quotes; false where the character may not stand here.
bool chunked_decoder::separated(char c) noexcept {
    const bool token = is_class(c, token_character);
    const bool blank = is_blank(c);
    switch (state_) {
        case state::extension_name_space:
            if (token) state_ = state::extension_name;
            return token || blank;
        case state::extension_value_space:
            if (token) state_ = state::extension_value;
            if (c == '"') state_ = state::extension_quoted;
            return token || blank || c == '"';
        case state::extension_name:
            if (token) return true;
            if (blank) state_ = state::extension_equal_space;
            break;
        case state::extension_value:
            if (token) return true;
            [[fallthrough]];
        case state::extension_quoted_end:
            if (blank) state_ = state::extension_space;
            break;
        default: break;  // extension_space, extension_equal_space
    }
    const bool named = state_ == state::extension_name || state_ == state::extension_equal_space;
    if (c == ';') {
        state_ = state::extension_name_space;
    } else if (c == '=' && named) {
        state_ = state::extension_value_space;
    } else {
        return blank;
    }
    return true;
}

rejection_reason chunked_decoder::take_quoted(char c) noexcept {
    if (!is_class(c, field_value_character)) return bad_chunk_extension;
    if (state_ == state::extension_escaped) {
        state_ = state::extension_quoted;
    } else if (c == '\\') {
        state_ = state::extension_escaped;
    } else if (c == '"') {
        state_ = state::extension_quoted_end;
    }
    return none;
}

}  // namespace saker
