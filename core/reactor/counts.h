#pragma once
// What a core counts. One thread writes, any may read: relaxed, so that counting costs an addition.

#include "core/base/histogram.h"

#include <saker/end_reason.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace saker {

// How long a turn of the loop may take: a request of plaintext has a few microseconds.
inline constexpr auto turn_bounds =
    bounds_in_milliseconds(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 50, 100, 500, 1000);

// Kestrel's kestrel.tls_handshake.duration, finer below a millisecond.
inline constexpr auto handshake_bounds =
    bounds_in_milliseconds(0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000);
enum class handshake_end : uint8_t { tls12, tls13, failed, timed_out };
inline constexpr size_t handshake_ends = 4;

// On cache lines of its own: other cores' counts are next to it.
struct alignas(64) core_counts {
    static constexpr size_t rejection_kinds = 64;

    counter connections_accepted, connections_open;
    counter requests;
    std::array<counter, 6> responses_by_class;
    counter bytes_received, bytes_sent;
    counter turns;
    // From the wake to the end of each turn, which is what something that happens meanwhile waits
    // at most; and the transport's answers that were dealt with.
    histogram<turn_bounds> turn_durations;
    counter operations;
    // All of the following as of the last second. The processor time of the core's thread; the
    // part of that second that the loop did not sleep, in millionths; what the transport counts.
    counter processor_nanoseconds;
    counter utilization;
    counter submissions, completions;
    counter slabs_in_use, slabs_mapped;
    std::array<counter, end_reason_count> ends;
    counter tls_handshakes_active, tls_resumed;
    counter tls_kernel_sends, tls_kernel_receives;  // connections that were handed over
    // From the accept on.
    std::array<histogram<handshake_bounds>, handshake_ends> tls_handshakes;
    std::array<counter, rejection_kinds> rejections;  // by the protocol's own numbers
};

}  // namespace saker
