// The AVX2 scanner: 64 bytes a step for fields, 32 for targets. Functions carry their target
// attribute, so the file needs no compiler flag and the rest of the library stays baseline x86-64.

#include "protocols/http1/scan/scan.h"

#if defined(__x86_64__)

#include "protocols/http/field_value.h"
#include "protocols/http1/scan/line_rules.h"
#include "protocols/http1/scan/scan_blocks.h"

#include <immintrin.h>

#include <cstring>

#define SAKER_AVX2 __attribute__((target("avx2,bmi,bmi2"), always_inline)) inline
#define SAKER_AVX2_ENTRY __attribute__((target("avx2,bmi,bmi2")))

namespace saker {
namespace {

using detail::target_bits;

SAKER_AVX2 __m256i load(const void* from) noexcept {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}

SAKER_AVX2 uint32_t mask(__m256i bytes) noexcept {
    return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

SAKER_AVX2 __m256i equal(__m256i bytes, char c) noexcept {
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}

SAKER_AVX2 scan_block bits_of_32(const char* from) noexcept {
    const __m256i bytes = load(from);
    const __m256i rows = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(detail::token_rows.data())));
    const __m256i nibbles = _mm256_broadcastsi128_si256(
        _mm_load_si128(reinterpret_cast<const __m128i*>(detail::nibble_bits.data())));
    const __m256i high_nibble =
        _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
    const __m256i token = _mm256_and_si256(_mm256_shuffle_epi8(rows, bytes),
                                           _mm256_shuffle_epi8(nibbles, high_nibble));
    // max(byte, 0x20) == byte: an unsigned comparison, which AVX2 has not got.
    const __m256i printable =
        _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, _mm256_set1_epi8(0x20)), bytes);
    const __m256i allowed =
        _mm256_andnot_si256(equal(bytes, 0x7f), _mm256_or_si256(printable, equal(bytes, '\t')));
    return {mask(_mm256_cmpeq_epi8(token, _mm256_setzero_si256())), uint32_t(~mask(allowed)),
            mask(bytes)};
}

// The second half begins `distance` bytes (up to 32) behind the first one; bytes may be in both.
SAKER_AVX2 scan_block bits_of_two(const char* from, size_t distance) noexcept {
    const scan_block low = bits_of_32(from);
    const scan_block high = bits_of_32(from + distance);
    return {low.name_stop | high.name_stop << distance,
            low.value_stop | high.value_stop << distance, low.high | high.high};
}

// Less than 64 bytes are left: the block is loaded so that it ends where the data ends.
__attribute__((noinline)) SAKER_AVX2_ENTRY scan_block bits_of_tail(const char* data, size_t size,
                                                                   size_t from) noexcept {
    scan_block bits;
    size_t begin = 0;  // which byte bit 0 speaks of
    uint64_t existing = ~uint64_t{0};
    if (size >= 64) {
        begin = size - 64;
        bits = bits_of_two(data + begin, 32);
    } else if (size >= 32) {
        bits = bits_of_two(data, size - 32);
    } else {
        char copy[32] = {};
        std::memcpy(copy, data, size);
        bits = bits_of_32(copy);
        existing = (uint64_t{1} << size) - 1;
    }
    const size_t skip = from - begin;
    return {(bits.name_stop & existing) >> skip, (bits.value_stop & existing) >> skip, bits.high};
}

SAKER_AVX2 scan_block block_at(const char* data, size_t size, size_t from) noexcept {
    if (size - from >= 64) [[likely]]
        return bits_of_two(data + from, 32);
    return bits_of_tail(data, size, from);
}

SAKER_AVX2_ENTRY scan_block scan_block_avx2(const char* data, size_t size, size_t from) noexcept {
    return block_at(data, size, from);
}

#define SAKER_WALK SAKER_AVX2
#define SAKER_WALK_ENTRY SAKER_AVX2_ENTRY
#include "protocols/http1/scan/lines_walk.inc"
#undef SAKER_WALK
#undef SAKER_WALK_ENTRY

SAKER_AVX2 uint32_t target_stop(__m256i bytes) noexcept {
    // Signed comparison: bytes above 0x7f are negative and thus stop, as they should.
    const __m256i above_space = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0x20));
    const __m256i refused = _mm256_or_si256(equal(bytes, 0x7f), equal(bytes, '#'));
    return ~mask(_mm256_andnot_si256(refused, above_space));
}

SAKER_AVX2 uint32_t target_special(__m256i bytes) noexcept {
    return mask(
        _mm256_or_si256(_mm256_or_si256(equal(bytes, '?'), equal(bytes, '%')), equal(bytes, '.')));
}

SAKER_AVX2 target_bits target_bits_of(__m256i bytes) noexcept {
    return {target_stop(bytes), mask(equal(bytes, '?')), mask(equal(bytes, '%')),
            mask(equal(bytes, '/')), mask(equal(bytes, '.'))};
}

SAKER_AVX2 target_bits shifted(const target_bits& bits, size_t by) noexcept {
    return {bits.stop >> by, bits.question >> by, bits.percent >> by, bits.slash >> by,
            bits.dot >> by};
}

__attribute__((noinline)) SAKER_AVX2_ENTRY target_scan target_by_blocks(const char* data,
                                                                        size_t size,
                                                                        size_t from) noexcept {
    if (size < 32) return scalar_scanner().target(data, size, from);
    detail::target_blocks blocks;
    while (from < size) {
        const size_t left = size - from;
        const size_t missing = left < 32 ? 32 - left : 0;
        const target_bits bits = shifted(target_bits_of(load(data + from - missing)), missing);
        if (blocks.take(bits, static_cast<uint32_t>(from)) || missing != 0) break;
        blocks.carry(bits, 32);
        from += 32;
    }
    return blocks.found(size);
}

// Most targets end within one block and say nothing special.
SAKER_AVX2_ENTRY target_scan scan_target_avx2(const char* data, size_t size, size_t from) noexcept {
    if (size - from < 32) return target_by_blocks(data, size, from);
    const __m256i bytes = load(data + from);
    const uint32_t stop = target_stop(bytes);
    if (!detail::target_blocks::plain(stop, target_special(bytes))) {
        return target_by_blocks(data, size, from);
    }
    const uint32_t at = static_cast<uint32_t>(from) + static_cast<uint32_t>(std::countr_zero(stop));
    return {at, at, false, false};
}

constexpr scanner avx2{"avx2", scan_block_avx2, scan_target_avx2, walk_lines};

}  // namespace

const scanner* avx2_scanner() noexcept {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") ? &avx2 : nullptr;
}

}  // namespace saker

#undef SAKER_AVX2
#undef SAKER_AVX2_ENTRY

#else

namespace saker {
const scanner* avx2_scanner() noexcept { return nullptr; }
}  // namespace saker

#endif
