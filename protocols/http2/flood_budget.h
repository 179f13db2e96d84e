#pragma once
// What a peer may make the server do without getting anywhere: one account for all the kinds of
// frames that cost work and bring no request nearer to its end (CVE-2019-9511 to 9518,
// CVE-2023-44487, CVE-2025-8671 and whatever comes next). Frames spend; time, and DATA and answers
// that are delivered, earn. Whoever has spent all is told ENHANCE_YOUR_CALM.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace saker::http2 {

// Prices. A reset throws a request's work away: twenty a second for ever and two hundred at once,
// which is twice what Kestrel lets pass (its MaxEnhanceYourCalmCount). The others are a hundredth
// of a millisecond of work at most, and cost as much as they are rarer in honest traffic.
namespace price {
inline constexpr int32_t reset = 10;               // either side's, before the answer was whole
inline constexpr int32_t late_reset = 1;           // of what was over or unknown
inline constexpr int32_t settings = 10;            // answered by an acknowledgement
inline constexpr int32_t ping = 2;                 // the same; a hundred a second
inline constexpr int32_t priority = 1;             // PRIORITY and PRIORITY_UPDATE
inline constexpr int32_t window_update = 1;        // of any size: proxies give back parts
inline constexpr int32_t crumb = 5;                // DATA cut by a window (CVE-2019-9511)
inline constexpr int32_t continuation = 2;         // a head of 16 KiB has none
inline constexpr int32_t empty_continuation = 20;  //
inline constexpr int32_t empty_data = 5;           // without the stream's end
inline constexpr int32_t unknown = 1;              // to be ignored
}  // namespace price

// Earned by a DATA frame that leaves, for the PING and the WINDOW_UPDATEs that it may cause (gRPC's
// clients measure the path by a PING for each, and give 16 bytes back twice; HAProxy gives a frame
// back in six parts); and by an answer that is whole.
inline constexpr int32_t earned_by_data = 8;
// A frame of less, where more was to be sent, is a crumb and earns nothing.
inline constexpr size_t least_earning = 1024;
inline constexpr int32_t earned_by_answer = 8;

class flood_budget {
public:
    static constexpr int32_t most = 2000;
    static constexpr int32_t a_second = 200;

    explicit flood_budget(std::chrono::nanoseconds now) noexcept : since_(now) {}

    // False where it is spent.
    [[nodiscard]] bool spend(int32_t cost, std::chrono::nanoseconds now) noexcept {
        if (now - since_ >= step || left_ - cost <= most / 4) [[unlikely]]
            refill(now);
        left_ -= cost;
        return left_ > 0;
    }
    void earn(int32_t gain) noexcept { left_ = std::min(left_ + gain, most); }
    // A quarter is left: what is new is refused, what runs goes on.
    [[nodiscard]] bool is_low(std::chrono::nanoseconds now) noexcept {
        if (left_ <= most / 4) refill(now);
        return left_ <= most / 4;
    }
    [[nodiscard]] int32_t left() const noexcept { return left_; }

private:
    // Time that has passed while nothing was missing earns nothing: so it is looked at as often.
    static constexpr std::chrono::milliseconds step{100};

    // What the time since the last look has earned.
    void refill(std::chrono::nanoseconds now) noexcept {
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - since_);
        const int64_t gain = std::min<int64_t>(passed.count() * a_second / 1000, most);
        if (gain <= 0) return;
        // What a part of a point has taken is not lost.
        since_ =
            gain >= most ? now : since_ + std::chrono::nanoseconds(1'000'000'000 * gain / a_second);
        earn(static_cast<int32_t>(gain));
    }

    int32_t left_ = most;
    std::chrono::nanoseconds since_;
};

}  // namespace saker::http2
