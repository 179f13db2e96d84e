#pragma once
// A connection whose records the kernel seals, or opens too: what the socket says besides data,
// which are alerts and messages of handshakes, and its last words. OpenSSL has no part in it.

#include "core/connection/kernel_protocol.h"

#include <cstdint>
#include <string>

namespace saker::tls {

// Told of what came behind the data that was received so far.
class kernel_listener {
public:
    // The client has said close_notify.
    virtual void on_kernel_end() noexcept = 0;
    // Nothing that comes can be read.
    virtual void on_kernel_failure(const std::string& why) noexcept = 0;

protected:
    ~kernel_listener() = default;
};

class kernel_tls final : public kernel_protocol {
public:
    explicit kernel_tls(kernel_listener& told) noexcept : told_(&told) {}

    void sends() noexcept { sends_ = true; }
    void receives() noexcept { receives_ = true; }
    // There is nobody any more to be told.
    void forget_listener() noexcept { told_ = nullptr; }

    // The last words are this fatal alert instead of close_notify, or nothing at all. What was
    // chosen first stays.
    static constexpr uint8_t nothing = 255;
    void ends_with(uint8_t alert) noexcept {
        if (last_ == 0) last_ = alert;
    }
    // At once, and only if the peer takes it.
    void warn(int native, uint8_t alert) const noexcept;

    [[nodiscard]] meaning received(int native, int error) noexcept override;
    [[nodiscard]] bool goodbye(int native,
                               std::chrono::steady_clock::time_point now) noexcept override;

private:
    [[nodiscard]] meaning read_control(int native) noexcept;
    [[nodiscard]] meaning hear_alert(uint8_t level, uint8_t alert) noexcept;
    [[nodiscard]] meaning hear_handshake(int native, uint8_t message) noexcept;
    [[nodiscard]] meaning fail(meaning then, uint8_t alert, const std::string& why) noexcept;
    [[nodiscard]] bool say_last(int native) noexcept;
    [[nodiscard]] bool has_patience(int native, std::chrono::steady_clock::time_point now) noexcept;

    kernel_listener* told_;
    bool sends_ = false;
    bool receives_ = false;
    bool said_ = false;   // the last words,
    bool over_ = false;   // and nothing is left behind them
    uint8_t last_ = 0;    // an alert's number, or `nothing`
    uint8_t warned_ = 0;  // by the peer, so often
    uint8_t calm_ = 0;    // looks in a row that found room behind the last words
    int queued_ = -1;     // bytes that the peer had not taken at the last look
    std::chrono::steady_clock::time_point moved_{};  // when that was less than before
};

}  // namespace saker::tls
