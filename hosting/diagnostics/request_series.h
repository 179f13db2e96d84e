#pragma once
// The series of http.server.request.duration: which combinations of labels there are, the same for
// all cores. A core asks once for each that it meets; there is room for so many, and what comes on
// top of them is counted together, so that no client makes a server grow.

#include "protocols/http/exchange.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace saker::diagnostics {

// OpenTelemetry's buckets of http.server.request.duration.
inline constexpr auto request_bounds =
    bounds_in_milliseconds(5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10'000);

// What a request failed with, if it did: one word for all kinds of reasons.
class request_error {
public:
    constexpr request_error() noexcept = default;
    explicit request_error(const request_outcome&) noexcept;
    [[nodiscard]] uint8_t code() const noexcept { return code_; }
    // "request_body_too_large", "connection_reset", "unhandled_exception"; empty for none.
    [[nodiscard]] std::string_view name() const noexcept;

private:
    static constexpr uint8_t first_end = core_counts::rejection_kinds;
    uint8_t code_ = 0;  // a rejection, or a connection's end from `first_end` on
};

struct request_labels {
    std::string_view route;  // empty: none
    method verb = method::custom;
    http_version version = http_version::http11;
    bool secure = false;
    uint16_t status = 0;  // 0: none
    request_error failure;
};

class request_series {
public:
    // OpenTelemetry's limit of series a metric.
    static constexpr size_t most = 2000;
    // The one that stands for all that found no room.
    static constexpr size_t overflow = 0;

    request_series();
    // Any core: the number of these labels, from now on the same.
    [[nodiscard]] size_t number_of(const request_labels&);
    // Any thread, without waiting: numbers below are known, their labels never change.
    [[nodiscard]] size_t count() const noexcept { return count_.load(std::memory_order_acquire); }
    [[nodiscard]] const std::string& labels(size_t number) const noexcept {
        return labels_[number];
    }

private:
    std::mutex guard_;
    std::unordered_map<std::string, size_t> numbers_;
    std::vector<std::string> labels_;  // never moves
    std::atomic<size_t> count_ = 0;
};

// "https" of what came over TLS.
[[nodiscard]] std::string_view scheme_label(bool secure) noexcept;
// "GET"; "_OTHER" for those that are not known.
[[nodiscard]] std::string_view method_label(method) noexcept;
// "1.0", "1.1", "2".
[[nodiscard]] std::string_view version_label(http_version) noexcept;

}  // namespace saker::diagnostics
