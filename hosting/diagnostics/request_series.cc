// See request_series.h. Labels are in the order of the alphabet, as is usual.

#include "hosting/diagnostics/request_series.h"

#include "hosting/diagnostics/exposition.h"

namespace saker::diagnostics {
namespace {

std::string text_of(const request_labels& of) {
    std::string text;
    if (const std::string_view error = of.failure.name(); !error.empty()) {
        add_label(text, "error_type", error);
    } else if (of.status >= 500) {
        add_label(text, "error_type", uint64_t{of.status});
    }
    add_label(text, "http_request_method", method_label(of.verb));
    if (of.status != 0) add_label(text, "http_response_status_code", uint64_t{of.status});
    if (!of.route.empty()) add_label(text, "http_route", of.route);
    add_label(text, "network_protocol_version", version_label(of.version));
    add_label(text, "url_scheme", scheme_label(of.secure));
    return text;
}

}  // namespace

request_error::request_error(const request_outcome& of) noexcept {
    const auto ended = [](end_reason why) {
        return static_cast<uint8_t>(first_end + static_cast<uint8_t>(why));
    };
    if (of.rejection != rejection_reason::none) {
        code_ = static_cast<uint8_t>(of.rejection);
    } else if (of.threw) {
        code_ = ended(end_reason::unhandled_exception);
    } else if (of.ended != end_reason::none) {
        code_ = ended(of.ended);
    }
}

std::string_view request_error::name() const noexcept {
    if (code_ == 0) return {};
    if (code_ < first_end) return saker::name(static_cast<rejection_reason>(code_));
    return saker::name(static_cast<end_reason>(code_ - first_end));
}

request_series::request_series() {
    labels_.reserve(most);
    labels_.emplace_back();
    add_label(labels_.back(), "otel_metric_overflow", "true");
    count_.store(1, std::memory_order_release);
}

size_t request_series::number_of(const request_labels& of) {
    std::string text = text_of(of);
    const std::lock_guard lock(guard_);
    if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
    if (labels_.size() == most) return overflow;
    const size_t number = labels_.size();
    labels_.push_back(text);
    numbers_.emplace(std::move(text), number);
    count_.store(number + 1, std::memory_order_release);
    return number;
}

std::string_view scheme_label(bool secure) noexcept { return secure ? "https" : "http"; }

std::string_view method_label(method of) noexcept {
    return of == method::custom ? "_OTHER" : name(of);
}

std::string_view version_label(http_version of) noexcept {
    switch (of) {
        case http_version::http10: return "1.0";
        case http_version::http2: return "2";
        default: return "1.1";
    }
}

}  // namespace saker::diagnostics
