#pragma once
// What the SIMD scanners share: the classification tables for byte shuffles, and how the bits of
// one block of a target are taken into the answer. Private to scan_sse42.cc and scan_avx2.cc.

#include "protocols/http/characters.h"
#include "protocols/http1/scan/scan.h"

#include <array>
#include <bit>
#include <cstdint>

namespace saker::detail {

// A byte is a token character where row[low nibble] has the bit of its high nibble. A shuffle gives
// zero for bytes above 0x7f by itself, which is the right answer for them.
constexpr std::array<uint8_t, 16> make_token_rows() noexcept {
    std::array<uint8_t, 16> rows{};
    for (unsigned c = 0; c < 0x80; ++c) {
        if (is_class(static_cast<char>(c), token_character)) {
            rows[c & 15] = static_cast<uint8_t>(rows[c & 15] | (1u << (c >> 4)));
        }
    }
    return rows;
}

alignas(16) inline constexpr std::array<uint8_t, 16> token_rows = make_token_rows();
alignas(16) inline constexpr std::array<uint8_t, 16> nibble_bits = {1, 2, 4, 8, 16, 32, 64, 128};

// One bit a byte, for a block of up to 32 bytes.
struct target_bits {
    uint32_t stop;
    uint32_t question;
    uint32_t percent;
    uint32_t slash;
    uint32_t dot;
};

// Gathers blocks of a target, in order.
class target_blocks {
public:
    // The target ends in its first block and there is nothing but plain characters before.
    static bool plain(uint32_t stop, uint32_t special) noexcept {
        return stop != 0 && (special & ((stop & (0u - stop)) - 1)) == 0;
    }

    // True when the target ends within this block, which begins at `at`.
    bool take(const target_bits& bits, uint32_t at) noexcept {
        const uint32_t inside = bits.stop == 0 ? ~0u : (bits.stop & (0u - bits.stop)) - 1;
        if (question_ == unset) {
            const uint32_t question = bits.question & inside;
            const uint32_t path = question == 0 ? inside : (question & (0u - question)) - 1;
            if (question != 0) question_ = at + static_cast<uint32_t>(std::countr_zero(question));
            percent_ |= bits.percent & path;
            slash_dot_ |= bits.dot & ((bits.slash << 1) | slash_carry_) & path;
        }
        if (bits.stop == 0) return false;
        stop_ = at + static_cast<uint32_t>(std::countr_zero(bits.stop));
        return true;
    }

    // The block had `count` bytes and no stop; the next one follows it.
    void carry(const target_bits& bits, uint32_t count) noexcept {
        slash_carry_ = (bits.slash >> (count - 1)) & 1;
    }

    target_scan found(size_t size) const noexcept {
        const uint32_t stop = stop_ == unset ? static_cast<uint32_t>(size) : stop_;
        return {stop, question_ == unset ? stop : question_, percent_ != 0, slash_dot_ != 0};
    }

private:
    static constexpr uint32_t unset = ~0u;

    uint32_t stop_ = unset;
    uint32_t question_ = unset;
    uint32_t percent_ = 0;
    uint32_t slash_dot_ = 0;
    uint32_t slash_carry_ = 0;
};

}  // namespace saker::detail
