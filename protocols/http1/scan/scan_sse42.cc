// The SSE4.2 scanner: as the AVX2 one, 16 bytes at a time. Byte shuffles rather than the string
// instructions of SSE4.2, which take eleven cycles each and answer one question at a time.

#include "protocols/http1/scan/scan.h"

#if defined(__x86_64__)

#include "protocols/http/field_value.h"
#include "protocols/http1/scan/line_rules.h"
#include "protocols/http1/scan/scan_blocks.h"

#include <immintrin.h>

#include <cstring>

#define SAKER_SSE42 __attribute__((target("sse4.2"), always_inline)) inline
#define SAKER_SSE42_ENTRY __attribute__((target("sse4.2")))

namespace saker {
namespace {

using detail::target_bits;

SAKER_SSE42 __m128i load(const void* from) noexcept {
    return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

SAKER_SSE42 uint32_t mask(__m128i bytes) noexcept {
    return static_cast<uint32_t>(_mm_movemask_epi8(bytes));
}

SAKER_SSE42 __m128i equal(__m128i bytes, char c) noexcept {
    return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

SAKER_SSE42 scan_block bits_of_16(const char* from) noexcept {
    const __m128i bytes = load(from);
    const __m128i rows = load(detail::token_rows.data());
    const __m128i nibbles = load(detail::nibble_bits.data());
    const __m128i high_nibble = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(0x0f));
    const __m128i token =
        _mm_and_si128(_mm_shuffle_epi8(rows, bytes), _mm_shuffle_epi8(nibbles, high_nibble));
    const __m128i printable = _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x20)), bytes);
    const __m128i allowed =
        _mm_andnot_si128(equal(bytes, 0x7f), _mm_or_si128(printable, equal(bytes, '\t')));
    return {mask(_mm_cmpeq_epi8(token, _mm_setzero_si128())), mask(allowed) ^ 0xffffu, mask(bytes)};
}

SAKER_SSE42 scan_block bits_of_64(const char* from) noexcept {
    scan_block all{};
    for (unsigned i = 0; i < 4; ++i) {
        const scan_block part = bits_of_16(from + 16 * i);
        all.name_stop |= part.name_stop << (16 * i);
        all.value_stop |= part.value_stop << (16 * i);
        all.high |= part.high;
    }
    return all;
}

// Up to 64 bytes are left: the block is loaded so that it ends where the data ends.
__attribute__((noinline)) SAKER_SSE42_ENTRY scan_block bits_of_tail(const char* data, size_t size,
                                                                    size_t from) noexcept {
    const size_t left = size - from;
    if (size >= 64) {
        const scan_block bits = bits_of_64(data + size - 64);
        const size_t skip = 64 - left;
        return {bits.name_stop >> skip, bits.value_stop >> skip, bits.high};
    }
    char copy[64] = {};
    std::memcpy(copy, data + from, left);
    const scan_block bits = bits_of_64(copy);
    const uint64_t existing = (uint64_t{1} << left) - 1;
    return {bits.name_stop & existing, bits.value_stop & existing, bits.high};
}

SAKER_SSE42 scan_block block_at(const char* data, size_t size, size_t from) noexcept {
    if (size - from >= 64) [[likely]]
        return bits_of_64(data + from);
    return bits_of_tail(data, size, from);
}

SAKER_SSE42_ENTRY scan_block scan_block_sse42(const char* data, size_t size, size_t from) noexcept {
    return block_at(data, size, from);
}

#define SAKER_WALK SAKER_SSE42
#define SAKER_WALK_ENTRY SAKER_SSE42_ENTRY
#include "protocols/http1/scan/lines_walk.inc"
#undef SAKER_WALK
#undef SAKER_WALK_ENTRY

SAKER_SSE42 uint32_t target_stop(__m128i bytes) noexcept {
    // Signed comparison: bytes above 0x7f are negative and thus stop, as they should.
    const __m128i above_space = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i refused = _mm_or_si128(equal(bytes, 0x7f), equal(bytes, '#'));
    return mask(_mm_andnot_si128(refused, above_space)) ^ 0xffffu;
}

SAKER_SSE42 uint32_t target_special(__m128i bytes) noexcept {
    return mask(
        _mm_or_si128(_mm_or_si128(equal(bytes, '?'), equal(bytes, '%')), equal(bytes, '.')));
}

SAKER_SSE42 target_bits target_bits_of(__m128i bytes) noexcept {
    return {target_stop(bytes), mask(equal(bytes, '?')), mask(equal(bytes, '%')),
            mask(equal(bytes, '/')), mask(equal(bytes, '.'))};
}

SAKER_SSE42 target_bits shifted(const target_bits& bits, size_t by) noexcept {
    return {bits.stop >> by, bits.question >> by, bits.percent >> by, bits.slash >> by,
            bits.dot >> by};
}

__attribute__((noinline)) SAKER_SSE42_ENTRY target_scan target_by_blocks(const char* data,
                                                                         size_t size,
                                                                         size_t from) noexcept {
    if (size < 16) return scalar_scanner().target(data, size, from);
    detail::target_blocks blocks;
    while (from < size) {
        const size_t left = size - from;
        const size_t missing = left < 16 ? 16 - left : 0;
        const target_bits bits = shifted(target_bits_of(load(data + from - missing)), missing);
        if (blocks.take(bits, static_cast<uint32_t>(from)) || missing != 0) break;
        blocks.carry(bits, 16);
        from += 16;
    }
    return blocks.found(size);
}

// Most targets end within one block and say nothing special.
SAKER_SSE42_ENTRY target_scan scan_target_sse42(const char* data, size_t size,
                                                size_t from) noexcept {
    if (size - from < 16) return target_by_blocks(data, size, from);
    const __m128i bytes = load(data + from);
    const uint32_t stop = target_stop(bytes);
    if (!detail::target_blocks::plain(stop, target_special(bytes))) {
        return target_by_blocks(data, size, from);
    }
    const uint32_t at = static_cast<uint32_t>(from) + static_cast<uint32_t>(std::countr_zero(stop));
    return {at, at, false, false};
}

constexpr scanner sse42{"sse42", scan_block_sse42, scan_target_sse42, walk_lines};

}  // namespace

const scanner* sse42_scanner() noexcept {
    return __builtin_cpu_supports("sse4.2") ? &sse42 : nullptr;
}

}  // namespace saker

#undef SAKER_SSE42
#undef SAKER_SSE42_ENTRY

#else

namespace saker {
const scanner* sse42_scanner() noexcept { return nullptr; }
}  // namespace saker

#endif
