#pragma once
// Finding the bytes that end something: names, values, targets. Three implementations with the same
// answers (scalar, SSE4.2, AVX2), chosen once at run time. None reads outside [data, data + size):
// a block at the end is loaded backwards over bytes already seen.

#include "protocols/http/rejection.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace saker {

class field_list;

// Bit i speaks of byte `from + i`. Bits behind the end of the data are zero.
struct scan_block {
    uint64_t name_stop;   // not a token character
    uint64_t value_stop;  // a control character other than HTAB
    uint64_t high;        // not zero: some byte is above 0x7f (of this block or shortly before it)
};

inline constexpr size_t scan_block_size = 64;

struct target_scan {
    uint32_t stop;      // first byte that is not 0x21..0x7e or is '#'; `size` where there is none
    uint32_t question;  // first '?' before stop; `stop` where there is none
    bool percent;       // a '%' before question
    bool slash_dot;     // a "/." before question
};

enum class lines_status : uint8_t { incomplete, complete, rejected };

struct lines_result {
    lines_status status = lines_status::incomplete;
    rejection_reason reason = rejection_reason::none;
};

// Where a walk over field lines stands between two pieces.
struct lines_cursor {
    enum class stage : uint8_t { line, name, value };

    stage expected = stage::line;
    bool high_seen = false;  // a byte above 0x7f in the lines so far
    uint32_t line_at = 0;    // the name's first byte
    uint32_t colon_at = 0;
    uint32_t at = 0;  // where the search goes on; behind the final CRLF at the end
};

struct scanner {
    std::string_view name;
    // The block of up to 64 bytes from `from` (from < size).
    scan_block (*block)(const char* data, size_t size, size_t from) noexcept;
    // The target from `from` (from <= size).
    target_scan (*target)(const char* data, size_t size, size_t from) noexcept;
    // The walk behind field_lines::parse.
    lines_result (*lines)(lines_cursor& cursor, std::string_view data, uint32_t max_count,
                          field_list& fields) noexcept;
};

const scanner& scalar_scanner() noexcept;
// Null where this processor has not got them.
const scanner* sse42_scanner() noexcept;
const scanner* avx2_scanner() noexcept;

// The fastest that this processor has; looked up once.
const scanner& best_scanner() noexcept;

}  // namespace saker
