#pragma once
// What a core counts. One thread writes, any may read: relaxed, so that counting costs an addition.

#include <saker/end_reason.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace saker {

class counter {
public:
    void add(uint64_t more = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
    void subtract(uint64_t less = 1) noexcept { add(uint64_t{0} - less); }
    void assign(uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_ = 0;
};

// On cache lines of its own: other cores' counts are next to it.
struct alignas(64) core_counts {
    static constexpr size_t rejection_kinds = 64;

    counter connections_accepted, connections_open;
    counter requests;
    std::array<counter, 6> responses_by_class;
    counter bytes_received, bytes_sent;
    counter turns;
    counter slabs_in_use, slabs_mapped;
    std::array<counter, end_reason_count> ends;
    std::array<counter, rejection_kinds> rejections;  // by the protocol's own numbers
};

}  // namespace saker
