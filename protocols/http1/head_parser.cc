// The request line, and the order of things. Limits are windows over the bytes: what lies behind a
// limit is not looked at, so an answer cannot depend on how much came with it. Known methods and
// versions are integer compares; everything else takes the slow path, a byte at a time.

#include "protocols/http1/head_parser.h"

#include "protocols/http/characters.h"
#include "protocols/http1/head_framing.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace saker {
namespace {

using enum rejection_reason;

constexpr char tls_handshake_record = 0x16;

head_result rejected(rejection_reason reason) noexcept {
    return {head_status::rejected, reason, 0};
}

uint64_t load_word(const char* from) noexcept {
    uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

constexpr uint64_t http11_word = 0x312e312f50545448;  // "HTTP/1.1", little-endian

struct version_text {
    bool ended = false;  // false: incomplete, or refused where there is a reason
    rejection_reason reason = none;
    size_t size = 0;
};

// Up to the CRLF, whatever it says.
version_text read_version(std::string_view rest) noexcept {
    size_t length = 0;
    while (length < rest.size() && rest[length] >= 0x20 && rest[length] < 0x7f) ++length;
    if (length == rest.size()) return {};
    if (rest[length] == '\n') return {false, bare_line_feed, 0};
    if (rest[length] != '\r') return {false, invalid_request_line, 0};
    if (length + 1 == rest.size()) return {};
    if (rest[length + 1] != '\n') return {false, bare_carriage_return, 0};
    return {true, none, length};
}

// What is wrong with the text where the version should be; it is not one that is known.
rejection_reason version_reason(std::string_view version, std::string_view line) noexcept {
    if (line == "PRI * HTTP/2.0") return http2_preface;
    const bool known = version.substr(0, 8) == "HTTP/1.1" || version.substr(0, 8) == "HTTP/1.0";
    if (version.empty() || known || version.find(' ') != std::string_view::npos) {
        return invalid_request_line;
    }
    return unrecognized_http_version;
}

}  // namespace

void request_head::clear() noexcept {
    method_ = saker::method::custom;
    form_ = target_form::origin;
    version_minor_ = 1;
    has_query_ = path_needs_decoding_ = has_content_length_ = chunked_ = false;
    keep_alive_ = expect_continue_ = upgrade_requested_ = https_ = false;
    method_text_ = target_ = path_ = query_ = authority_ = {};
    fields_at_ = size_ = 0;
    content_length_ = 0;
    fields_.clear();
}

head_limits request_head::remaining(const head_limits& limits) const noexcept {
    const auto less = [](uint32_t whole, size_t part) noexcept {
        return part < whole ? whole - static_cast<uint32_t>(part) : 0;
    };
    // The final CRLF of the head is given back: a trailer section without fields has one too.
    return {limits.max_request_line_size,
            less(limits.max_request_headers_total_size, fields_size()) + 2,
            less(limits.max_request_header_count, field_count())};
}

void head_parser::reset() noexcept {
    stage_ = stage::fresh;
    cursor_ = 0;
}

head_result head_parser::parse(const char* data, size_t size, const head_limits& limits,
                               request_head& head) noexcept {
    if (stage_ == stage::fresh) {
        head.clear();
        stage_ = stage::empty_lines;
    }
    if (stage_ != stage::fields) {
        head.bind(data);
        const size_t window = std::min<size_t>(size, limits.max_request_line_size);
        const rejection_reason reason = parse_request_line(data, window, head);
        if (reason != none) return rejected(reason);
        if (stage_ != stage::fields) {
            return size < limits.max_request_line_size ? head_result{}
                                                       : rejected(request_line_too_long);
        }
    }
    const uint64_t limit =
        std::min<uint64_t>(uint64_t{head.fields_at_} + limits.max_request_headers_total_size,
                           std::numeric_limits<uint32_t>::max());
    const size_t window = std::min<size_t>(size, limit);
    const lines_result lines =
        fields_.parse(data, window, limits.max_request_header_count, head.fields_);
    if (lines.status == lines_status::rejected) return rejected(lines.reason);
    if (lines.status == lines_status::incomplete) {
        return size < limit ? head_result{} : rejected(headers_exceed_max_total_size);
    }
    head.bind(data);
    head.size_ = fields_.end();
    const rejection_reason reason =
        head_framing(head, limits.allow_host_header_override).decide_fields();
    if (reason != none) return rejected(reason);
    return {head_status::complete, none, head.size_};
}

// Goes on with the stage it stopped at, until one lacks bytes; then it is still that stage.
[[gnu::always_inline]] inline rejection_reason head_parser::parse_request_line(
    const char* data, size_t size, request_head& head) noexcept {
    rejection_reason reason = none;
    if (stage_ == stage::empty_lines) reason = skip_empty_lines(data, size);
    if (stage_ == stage::method && reason == none) reason = parse_method(data, size, head);
    if (stage_ == stage::target && reason == none) reason = parse_target(data, size, head);
    if (stage_ == stage::version && reason == none) reason = parse_version(data, size, head);
    return reason;
}

// RFC 9112 2.2: at least one CRLF before the request line is to be ignored.
[[gnu::always_inline]] inline rejection_reason head_parser::skip_empty_lines(const char* data,
                                                                             size_t size) noexcept {
    while (cursor_ < size) {
        const char c = data[cursor_];
        if (c == '\n') return bare_line_feed;
        if (c != '\r') {
            stage_ = stage::method;
            return none;
        }
        if (cursor_ + 1 == size) return none;
        if (data[cursor_ + 1] != '\n') return bare_carriage_return;
        cursor_ += 2;
    }
    return none;
}

[[gnu::always_inline]] inline rejection_reason head_parser::parse_method(
    const char* data, size_t size, request_head& head) noexcept {
    const char* const begin = data + cursor_;
    const size_t left = size - cursor_;
    size_t length = 0;
    if (left >= 8) head.method_ = find_method(load_word(begin));
    if (head.method_ != method::custom) {
        length = saker::name(head.method_).size();
    } else {
        while (length < left && is_class(begin[length], token_character)) ++length;
        if (length == left) return none;
        const char stop = begin[length];
        if (stop == '\n') return bare_line_feed;
        if (length == 0 && stop == tls_handshake_record) return tls_over_http;
        if (length == 0 || stop != ' ') return invalid_request_line;
        head.method_ = find_method(std::string_view(begin, length));
    }
    head.method_text_ = {cursor_, static_cast<uint32_t>(length)};
    cursor_ += static_cast<uint32_t>(length) + 1;
    stage_ = stage::target;
    return none;
}

[[gnu::always_inline]] inline rejection_reason head_parser::parse_target(
    const char* data, size_t size, request_head& head) noexcept {
    if (cursor_ == size) return none;
    const char first = data[cursor_];
    if (first == ' ' || first == '?' || first == '%') return invalid_request_line;
    const target_scan found = scan_->target(data, size, cursor_);
    if (found.stop == size) return none;
    switch (data[found.stop]) {
        case ' ': break;
        case '\n': return bare_line_feed;
        case '\r':
        case '\0': return invalid_request_line;
        default: return invalid_request_target;
    }
    head.target_ = {cursor_, found.stop - cursor_};
    head.path_ = {cursor_, found.question - cursor_};
    head.has_query_ = found.question != found.stop;
    if (head.has_query_) head.query_ = {found.question + 1, found.stop - found.question - 1};
    head.path_needs_decoding_ = found.percent || found.slash_dot;
    cursor_ = found.stop + 1;
    stage_ = stage::version;
    return none;
}

[[gnu::always_inline]] inline rejection_reason head_parser::parse_version(
    const char* data, size_t size, request_head& head) noexcept {
    const std::string_view rest(data + cursor_, size - cursor_);
    size_t length = 8;
    const bool known = rest.size() >= 10 && load_word(rest.data()) == http11_word &&
                       rest[8] == '\r' && rest[9] == '\n';
    if (!known) {
        const version_text text = read_version(rest);
        if (!text.ended) return text.reason;
        length = text.size;
        const std::string_view version = rest.substr(0, length);
        if (version != "HTTP/1.1" && version != "HTTP/1.0") {
            const uint32_t line_at = head.method_text_.at;
            return version_reason(version, {data + line_at, cursor_ + length - line_at});
        }
        head.version_minor_ = version.back() == '1';
    }
    cursor_ += static_cast<uint32_t>(length) + 2;
    head.fields_at_ = cursor_;
    fields_.start(cursor_);
    stage_ = stage::fields;
    const bool plain = data[head.target_.at] == '/' && head.method_ != method::connect;
    return plain ? none : head_framing(head).decide_target();
}

}  // namespace saker
