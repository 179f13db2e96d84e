#pragma once
// What a core counts of one endpoint's connections: how many are open, upgraded ones among them,
// and how long those that have ended were. That core's thread writes, any may read.

#include "core/base/histogram.h"

#include <saker/end_reason.h>

#include <array>
#include <cstddef>

namespace saker {

// Kestrel's, of kestrel.connection.duration.
inline constexpr auto connection_bounds = bounds_in_milliseconds(
    10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10'000, 30'000, 60'000, 120'000, 300'000);

struct endpoint_counts {
    using by_end = std::array<histogram<connection_bounds>, end_reason_count>;
    counter open, upgraded;
    by_end durations;        // by how they ended; of those that
    by_end http2_durations;  // spoke HTTP/2 apart
};

}  // namespace saker
