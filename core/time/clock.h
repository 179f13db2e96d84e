#pragma once
// Time as an argument: the engine asks a clock once a turn of its loop, and tests bring their own.

#include <chrono>
#include <cstdint>

namespace saker {

// A time that was asked for, in the unit that is reckoned with: ten years at most, which is for
// ever for a server, and leaves room to add to it. `infinite` and all that is near it would
// overflow.
[[nodiscard]] constexpr std::chrono::nanoseconds bounded(std::chrono::milliseconds time) noexcept {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 10);
    return time < longest ? time : longest;
}

class clock {
public:
    virtual ~clock() = default;
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const noexcept = 0;
    // Since 1970, for dates.
    [[nodiscard]] virtual std::chrono::nanoseconds wall() const noexcept = 0;
};

class real_clock final : public clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept override {
        return std::chrono::steady_clock::now();
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override {
        return std::chrono::system_clock::now().time_since_epoch();
    }
};

}  // namespace saker
