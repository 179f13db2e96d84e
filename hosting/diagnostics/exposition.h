#pragma once
// Prometheus' text format 0.0.4: families with help and type, samples with labels. Appends to a
// string; what comes from outside (an address, a route) is made harmless where it becomes a label.

#include "core/base/histogram.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace saker::diagnostics {

// Appends `name="value"`, behind a comma where there are labels already: backslash, quote and line
// feed escaped, what is no UTF-8 replaced.
void add_label(std::string& labels, std::string_view name, std::string_view value);
void add_label(std::string& labels, std::string_view name, uint64_t value);

void write_family(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help);
// `name_suffix{labels} value`; the suffix and the labels may be empty.
struct sample_name {
    std::string_view family, suffix = {};
};
void write_sample(std::string& out, sample_name, std::string_view labels, uint64_t value);
void write_sample(std::string& out, sample_name, std::string_view labels, double value);

// The histograms of several cores, added up.
class histogram_sum {
public:
    explicit histogram_sum(std::span<const std::chrono::nanoseconds> bounds) noexcept
        : bounds_(bounds) {}
    template <class Histogram>
    void add(const Histogram& one) noexcept {
        static_assert(Histogram::size <= most);
        for (size_t i = 0; i < Histogram::size; ++i) buckets_[i] += one.bucket(i);
        nanoseconds_ += one.nanoseconds();
    }
    [[nodiscard]] uint64_t count() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return count() == 0; }
    // Buckets, sum in seconds, count.
    void write(std::string& out, std::string_view family, std::string_view labels) const;

private:
    static constexpr size_t most = 16;
    std::span<const std::chrono::nanoseconds> bounds_;
    std::array<uint64_t, most> buckets_{};
    uint64_t nanoseconds_ = 0;
};

}  // namespace saker::diagnostics
