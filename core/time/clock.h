#pragma once
// Time as an argument: the engine asks a clock once a turn of its loop, and tests bring their own.

#include <chrono>
#include <cstdint>

namespace saker {

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
