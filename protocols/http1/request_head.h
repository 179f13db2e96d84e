#pragma once
// The head of one HTTP/1 request, as head_parser understood it: request line, fields, and what they
// say about the body and the connection. Everything is an offset, so that the bytes may move while
// they arrive; accessors give views relative to the base bound last. Reused for request after
// request.

#include "protocols/http/field_list.h"
#include "protocols/http/method.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace saker {

// Defaults are Kestrel's.
struct head_limits {
    uint32_t max_request_line_size = 8 * 1024;  // with its CRLF and the empty lines before it
    uint32_t max_request_headers_total_size = 32 * 1024;  // all field lines and the final CRLF
    uint32_t max_request_header_count = 100;
    // An absolute target that disagrees with Host: refused, or the target wins (Kestrel's
    // AllowHostHeaderOverride).
    bool allow_host_header_override = false;
};

enum class target_form : uint8_t { origin, absolute, authority, asterisk };

struct text_range {
    uint32_t at = 0;
    uint32_t size = 0;
};

class request_head {
public:
    // head_parser binds to the bytes that completed the head; call again if they move afterwards.
    void bind(const char* base) noexcept { fields_.bind(base); }
    void clear() noexcept;

    // -- request line --

    saker::method method() const noexcept { return method_; }
    std::string_view method_text() const noexcept { return view(method_text_); }
    std::string_view target() const noexcept { return view(target_); }
    target_form form() const noexcept { return form_; }
    // Path as sent: origin and absolute form only ("/" where an absolute target has none), else
    // empty.
    std::string_view path() const noexcept {
        return path_.size == 0 && form_ == target_form::absolute ? std::string_view("/")
                                                                 : view(path_);
    }
    // What is behind the first '?', without it. `has_query` tells "/a?" from "/a".
    std::string_view query() const noexcept { return view(query_); }
    bool has_query() const noexcept { return has_query_; }
    // False: the path has no '%' and no "/.", and can be used where it lies (see decode_path).
    bool path_needs_decoding() const noexcept { return path_needs_decoding_; }
    // The authority of an absolute or authority-form target; empty for the others.
    std::string_view authority() const noexcept { return view(authority_); }
    // 0 or 1.
    uint8_t version_minor() const noexcept { return version_minor_; }

    // -- fields --

    const field_list& fields() const noexcept { return fields_; }
    size_t field_count() const noexcept { return fields_.size(); }
    std::string_view name(size_t i) const noexcept { return fields_.name(i); }
    std::string_view value(size_t i) const noexcept { return fields_.value(i); }
    std::string_view value(header_id id) const noexcept { return fields_.value(id); }
    bool has(header_id id) const noexcept { return fields_.has(id); }

    // -- what the fields say --

    // The Host field; empty where HTTP/1.0 sent none.
    std::string_view host() const noexcept { return fields_.value(header_id::host); }
    std::optional<uint64_t> content_length() const noexcept {
        return has_content_length_ ? std::optional<uint64_t>(content_length_) : std::nullopt;
    }
    bool chunked() const noexcept { return chunked_; }
    // A body follows: chunked, or a Content-Length above zero.
    bool has_body() const noexcept { return chunked_ || content_length_ != 0; }
    bool keep_alive() const noexcept { return keep_alive_; }
    bool expect_continue() const noexcept { return expect_continue_; }
    // HTTP/1.1 with an Upgrade field and `Connection: upgrade`.
    bool upgrade_requested() const noexcept { return upgrade_requested_; }

    // -- sizes --

    // All of the head: empty lines before it, request line, fields, final CRLF.
    uint32_t size() const noexcept { return size_; }
    // The field lines and the final CRLF: what the trailers' allowance is reduced by.
    uint32_t fields_size() const noexcept { return size_ - fields_at_; }
    // What a trailer section of this request may still use.
    head_limits remaining(const head_limits& limits) const noexcept;

private:
    friend class head_parser;
    friend class head_framing;

    std::string_view view(text_range range) const noexcept {
        return {fields_.base() + range.at, range.size};
    }

    saker::method method_ = method::custom;
    target_form form_ = target_form::origin;
    uint8_t version_minor_ = 1;
    bool has_query_ = false;
    bool path_needs_decoding_ = false;
    bool has_content_length_ = false;
    bool chunked_ = false;
    bool keep_alive_ = false;
    bool expect_continue_ = false;
    bool upgrade_requested_ = false;
    bool https_ = false;  // the scheme of an absolute target
    text_range method_text_, target_, path_, query_, authority_;
    uint32_t fields_at_ = 0;
    uint32_t size_ = 0;
    uint64_t content_length_ = 0;
    field_list fields_;
};

}  // namespace saker
