#pragma once
// Whether a peer is fast enough: Kestrel's two accounts (its TimeoutControl), as arithmetic on
// times that the caller gives. Nothing ticks: each account says until when it is to be left alone,
// and a timer of the wheel is armed for that. Times are the core's `peer_time`, in which the core's
// own delays do not pass.

#include "core/time/clock.h"

#include <saker/limits.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace saker {

// How long `bytes` may take at least: the grace period, or what the rate gives them.
[[nodiscard]] inline std::chrono::nanoseconds time_for(const min_data_rate& rate,
                                                       uint64_t bytes) noexcept {
    // Beyond the wheel's horizon all is the same, and a double holds it.
    constexpr double longest_seconds = 1e8;
    const double seconds =
        std::min(static_cast<double>(bytes) / rate.bytes_per_second, longest_seconds);
    return std::chrono::nanoseconds(static_cast<int64_t>(seconds * 1e9));
}
[[nodiscard]] inline std::chrono::nanoseconds grace_of(const min_data_rate& rate) noexcept {
    return bounded(rate.grace_period);
}
[[nodiscard]] constexpr bool valid(const std::optional<min_data_rate>& rate) noexcept {
    return !rate || (rate->bytes_per_second > 0 && rate->bytes_per_second <= 1e18 &&
                     rate->grace_period > std::chrono::seconds(1));
}

// What the peer sends: too slow when the server has waited for it longer than the grace period, and
// the bytes of the whole body are less than the rate over all the time waited. Only waiting counts:
// a handler that takes its time, or a pipe that is full, is not the peer's fault.
class read_account {
public:
    void reset() noexcept { bytes_ = 0, waited_ = {}, waiting_ = false; }
    void received(size_t bytes) noexcept { bytes_ += bytes; }
    void wait(std::chrono::nanoseconds now) noexcept {
        if (waiting_) return;
        waiting_ = true;
        since_ = now;
    }
    void stop(std::chrono::nanoseconds now) noexcept {
        if (!waiting_) return;
        waiting_ = false;
        waited_ += now - since_;
    }
    // Up to so much of the wait until now was not the peer's fault.
    void pardon(std::chrono::nanoseconds most, std::chrono::nanoseconds now) noexcept {
        if (waiting_) since_ += std::min(most, now - since_);
    }
    // How much longer the wait may last; it is too long when that is less than nothing.
    [[nodiscard]] std::chrono::nanoseconds left(const min_data_rate& rate,
                                                std::chrono::nanoseconds now) const noexcept {
        const auto waited = waited_ + (waiting_ ? now - since_ : std::chrono::nanoseconds(0));
        return std::max(grace_of(rate), time_for(rate, bytes_)) - waited;
    }

private:
    uint64_t bytes_ = 0;
    std::chrono::nanoseconds waited_{0};
    std::chrono::nanoseconds since_{0};
    bool waiting_ = false;
};

// What the peer takes. Each portion that is handed over has the grace period, or what the rate
// gives it; one that is handed over behind another that still waits has its time after that one's.
// When nothing waits any more the account begins anew: what was taken fast buys no stall later, as
// it does with Kestrel.
class write_account {
public:
    void written(const min_data_rate& rate, uint64_t bytes, std::chrono::nanoseconds now) noexcept {
        // Almost every answer: alone, and small enough that no division is needed.
        const auto grace_ms = static_cast<double>(rate.grace_period.count());
        if (due_ == nothing &&
            static_cast<double>(bytes) * 1000 <= rate.bytes_per_second * grace_ms)
            return void(due_ = now + grace_of(rate));
        const auto time = time_for(rate, bytes);
        const auto alone = now + std::max(grace_of(rate), time);
        due_ = due_ == nothing ? alone : std::max(alone, due_ + time);
    }
    void all_taken() noexcept { due_ = nothing; }
    [[nodiscard]] bool waits() const noexcept { return due_ != nothing; }
    // When it is too late; only where it `waits`.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return due_; }

private:
    static constexpr std::chrono::nanoseconds nothing{-1};
    std::chrono::nanoseconds due_ = nothing;
};

}  // namespace saker
