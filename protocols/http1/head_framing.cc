// RFC 9112 section 3.2 (targets and Host) and section 6 (length of a message), with Kestrel's
// answers where it has one. The order of checks is fixed: it decides which of several faults is
// reported.

#include "protocols/http1/head_framing.h"

#include "protocols/http/characters.h"
#include "protocols/http/target.h"

#include <cstring>
#include <limits>

namespace saker {
namespace {

using enum rejection_reason;

// 1*DIGIT that an int64 can hold; false otherwise.
bool parse_length(std::string_view text, uint64_t& length) noexcept {
    constexpr auto max = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    uint64_t value = 0;
    for (const char c : text) {
        if (!is_class(c, digit)) return false;
        const auto d = static_cast<uint64_t>(c - '0');
        if (value > (max - d) / 10) return false;
        value = value * 10 + d;
    }
    length = value;
    return !text.empty();
}

// The next element of a comma-separated list, trimmed; false behind the last one.
bool next_element(std::string_view& rest, bool& more, std::string_view& element) noexcept {
    if (!more) return false;
    const size_t comma = rest.find(',');
    element = trim_blanks(rest.substr(0, comma));
    more = comma != std::string_view::npos;
    rest.remove_prefix(more ? comma + 1 : rest.size());
    return true;
}

template <typename Visitor>
void for_each_element(const field_list& fields, header_id id, Visitor visit) noexcept {
    for (size_t i = fields.find(id); i != field_list::none; i = fields.find_next(id, i)) {
        std::string_view rest = fields.value(i);
        std::string_view element;
        for (bool more = true; next_element(rest, more, element);) visit(element);
    }
}

struct connection_options {
    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;
};

// Exactly "keep-alive" in any case: what nearly every Connection field says. Exact: only
// a letter becomes another letter by folding.
bool is_keep_alive(std::string_view value) noexcept {
    if (value.size() != 10) return false;
    uint64_t first;
    uint16_t last;
    std::memcpy(&first, value.data(), sizeof first);
    std::memcpy(&last, value.data() + 8, sizeof last);
    constexpr uint64_t keep_ali = 0x696c612d7065656b;  // little-endian
    constexpr uint64_t fold = 0x2020200020202020;      // all but the '-'
    constexpr uint16_t ve = 0x6576;
    return (first | fold) == keep_ali && (last | 0x2020) == ve;
}

connection_options read_connection(const field_list& fields) noexcept {
    connection_options options;
    if (!fields.repeated(header_id::connection) &&
        is_keep_alive(fields.value(header_id::connection))) {
        options.keep_alive = true;
        return options;
    }
    for_each_element(fields, header_id::connection, [&](std::string_view option) {
        options.close |= equals_ignore_case(option, "close");
        options.keep_alive |= equals_ignore_case(option, "keep-alive");
        options.upgrade |= equals_ignore_case(option, "upgrade");
    });
    return options;
}

}  // namespace

rejection_reason head_framing::decide_target() noexcept {
    const std::string_view target = head_.target();
    const bool connect = head_.method_ == method::connect;
    if (target[0] == '/') {
        head_.form_ = target_form::origin;
        return connect ? invalid_request_target : none;
    }
    if (target == "*") {
        head_.form_ = target_form::asterisk;
        head_.path_ = {};
        return head_.method_ == method::options ? none : options_method_required;
    }
    if (all_class(target, authority_character)) {
        head_.form_ = target_form::authority;
        head_.authority_ = head_.target_;
        head_.path_ = {};
        return connect ? none : connect_method_required;
    }
    return connect ? invalid_request_target : decide_absolute();
}

rejection_reason head_framing::decide_absolute() noexcept {
    const absolute_target parts = split_absolute(head_.target());
    if (!parts.valid) return invalid_request_target;
    head_.form_ = target_form::absolute;
    const auto range = [&](std::string_view part) noexcept -> text_range {
        if (part.empty()) return {head_.target_.at, 0};
        return {static_cast<uint32_t>(part.data() - head_.fields_.base()),
                static_cast<uint32_t>(part.size())};
    };
    head_.https_ = parts.https;
    head_.authority_ = range(parts.authority);
    head_.path_ = range(parts.path);
    head_.query_ = range(parts.query);
    head_.has_query_ = parts.has_query;
    head_.path_needs_decoding_ = needs_decoding(parts.path);
    return none;
}

rejection_reason head_framing::decide_fields() noexcept {
    if (const rejection_reason reason = decide_length(); reason != none) return reason;
    if (const rejection_reason reason = decide_host(); reason != none) return reason;
    decide_connection();
    return none;
}

rejection_reason head_framing::decide_length() noexcept {
    const field_list& fields = head_.fields_;
    const bool http10 = head_.version_minor_ == 0;
    if (fields.has(header_id::content_length)) {
        if (fields.repeated(header_id::content_length)) return multiple_content_lengths;
        const std::string_view text = fields.value(header_id::content_length);
        if (!parse_length(text, head_.content_length_)) return invalid_content_length;
        head_.has_content_length_ = true;
    }
    if (fields.has(header_id::transfer_encoding)) {
        if (http10) return transfer_encoding_in_http10;
        if (head_.has_content_length_) return content_length_with_transfer_encoding;
        return decide_transfer_coding();
    }
    const bool has_content = head_.method_ == method::post || head_.method_ == method::put;
    if (http10 && has_content && !head_.has_content_length_) return length_required_http10;
    return none;
}

rejection_reason head_framing::decide_transfer_coding() noexcept {
    size_t count = 0;
    size_t chunked_count = 0;
    bool empty_element = false;
    bool chunked_last = false;
    for_each_element(head_.fields_, header_id::transfer_encoding, [&](std::string_view coding) {
        chunked_last = equals_ignore_case(coding, "chunked");
        chunked_count += chunked_last;
        empty_element |= coding.empty();
        ++count;
    });
    if (!chunked_last) return final_transfer_coding_not_chunked;
    if (empty_element || chunked_count > 1) return invalid_transfer_encoding;
    if (count > 1) return unsupported_transfer_coding;
    head_.chunked_ = true;
    return none;
}

rejection_reason head_framing::decide_host() noexcept {
    const field_list& fields = head_.fields_;
    if (!fields.has(header_id::host)) {
        return head_.version_minor_ == 0 ? none : missing_host_header;
    }
    if (fields.repeated(header_id::host)) return multiple_host_headers;
    const std::string_view host = head_.host();
    if (!is_valid_host(host)) return invalid_host_header;
    switch (head_.form_) {
        case target_form::absolute:
            if (allow_host_override_) return none;
            return host_equals_authority(host, head_.authority(), head_.https_)
                       ? none
                       : invalid_host_header;
        case target_form::authority:
            return equals_ignore_case(host, head_.authority()) ? none : invalid_host_header;
        default: return none;
    }
}

void head_framing::decide_connection() noexcept {
    const field_list& fields = head_.fields_;
    const bool http11 = head_.version_minor_ != 0;
    connection_options options;
    if (fields.has(header_id::connection)) options = read_connection(fields);
    head_.keep_alive_ = !options.close && (http11 || options.keep_alive);
    if (!http11) return;
    head_.upgrade_requested_ = options.upgrade && fields.has(header_id::upgrade);
    head_.expect_continue_ = fields.has(header_id::expect) &&
                             equals_ignore_case(fields.value(header_id::expect), "100-continue");
}

}  // namespace saker
