#pragma once
// The page of metrics, made piece by piece so that a page of thousands of series never keeps a core
// busy for long. Families and what is in them come in an order that does not change.

#include "hosting/diagnostics/server_recorder.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saker::diagnostics {

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

// Name, type and meaning of all families, in the page's order; docs/metrics.md is tested by it.
struct metric_family {
    std::string_view name, type, help;
};
[[nodiscard]] std::vector<metric_family> metric_families();

class metrics_page {
public:
    explicit metrics_page(std::shared_ptr<const server_recorder> of);
    // Appends at least `size` bytes, or what is left. False: that was the last of it.
    [[nodiscard]] bool next(std::string& out, size_t size);

    // ---- for the families ----

    // An endpoint, on all cores that listen on it.
    struct endpoint_sum {
        const endpoint_name* name;
        std::vector<const endpoint_counts*> counts;
    };
    [[nodiscard]] const server_recorder& recorder() const noexcept { return *of_; }
    [[nodiscard]] std::span<const core_recorder* const> cores() const noexcept { return cores_; }
    [[nodiscard]] std::span<const endpoint_sum> endpoints() const noexcept { return endpoints_; }
    [[nodiscard]] size_t series() const noexcept { return series_; }
    [[nodiscard]] std::span<const served_certificate> certificates() const noexcept {
        return certificates_;
    }

private:
    const std::shared_ptr<const server_recorder> of_;
    std::vector<const core_recorder*> cores_;
    std::vector<endpoint_sum> endpoints_;
    std::vector<served_certificate> certificates_;
    size_t series_;
    size_t family_ = 0, item_ = 0;
};

}  // namespace saker::diagnostics
