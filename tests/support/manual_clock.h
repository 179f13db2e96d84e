#pragma once
// The clock of a test: it stands still until it is told to go on.

#include "core/time/clock.h"

#include <chrono>

namespace saker::test {

class manual_clock final : public clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept override {
        return now_;
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override { return wall_; }
    void advance(std::chrono::nanoseconds time) noexcept {
        now_ += time;
        wall_ += time;
    }

private:
    // Long before any time of the machine's own: nobody sleeps until a time of this clock.
    std::chrono::steady_clock::time_point now_{std::chrono::seconds(1)};
    // RFC 9110's example of a date: Sun, 06 Nov 1994 08:49:37 GMT.
    std::chrono::nanoseconds wall_ = std::chrono::seconds(784111777);
};

}  // namespace saker::test
