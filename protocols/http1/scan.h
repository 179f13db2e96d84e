#pragma once
// Finding the bytes that end something: names, values, targets. Three implementations with the same
// answers (scalar, SSE4.2, AVX2), chosen once at run time. None reads outside [data, data + size):
// a block at the end is loaded backwards over bytes already seen.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace saker {

inline constexpr size_t scan_window_size = 128;

// Bit i of word w speaks of byte `from + 64 * w + i`. Bits behind the end of the data are zero.
struct scan_window {
    uint64_t name_stop[2];   // not a token character
    uint64_t value_stop[2];  // a control character other than HTAB
    uint64_t high;           // not zero: some byte is above 0x7f
};

struct target_scan {
    uint32_t stop;      // first byte that is not 0x21..0x7e or is '#'; `size` where there is none
    uint32_t question;  // first '?' before stop; `stop` where there is none
    bool percent;       // a '%' before question
    bool slash_dot;     // a "/." before question
};

struct scanner {
    std::string_view name;
    // Looks at up to scan_window_size bytes from `from` (from < size).
    void (*window)(const char* data, size_t size, size_t from, scan_window& out) noexcept;
    target_scan (*target)(const char* data, size_t size, size_t from) noexcept;
};

const scanner& scalar_scanner() noexcept;
// Null where this processor has not got them.
const scanner* sse42_scanner() noexcept;
const scanner* avx2_scanner() noexcept;

// The fastest that this processor has; looked up once.
const scanner& best_scanner() noexcept;

}  // namespace saker
