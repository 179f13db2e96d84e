#pragma once
// How often a duration was how long: counts in buckets whose upper bounds are known when compiling.
// One thread writes, any may read; a reader adds up the histograms of several cores.

#include <array>
#include <atomic>
#include <chrono>
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

template <class... Numbers>
[[nodiscard]] constexpr auto bounds_in_milliseconds(Numbers... upper) noexcept {
    return std::array<std::chrono::nanoseconds, sizeof...(upper)>{
        std::chrono::nanoseconds(static_cast<int64_t>(upper * 1e6))...};
}

// `Upper` is a constexpr array of nanoseconds, ascending; what is longer than the last of them has
// a bucket of its own. A duration that is equal to a bound is below it, as with Prometheus.
template <const auto& Upper>
class histogram {
public:
    static constexpr const auto& bounds = Upper;
    static constexpr size_t size = Upper.size() + 1;

    void add(std::chrono::nanoseconds duration, uint64_t times = 1) noexcept {
        size_t at = 0;
        while (at < Upper.size() && duration > Upper[at]) ++at;
        buckets_[at].add(times);
        nanoseconds_.add(static_cast<uint64_t>(duration.count()) * times);
    }
    [[nodiscard]] uint64_t bucket(size_t at) const noexcept { return buckets_[at].value(); }
    [[nodiscard]] uint64_t nanoseconds() const noexcept { return nanoseconds_.value(); }

private:
    std::array<counter, size> buckets_;
    counter nanoseconds_;  // of all of them together
};

}  // namespace saker
