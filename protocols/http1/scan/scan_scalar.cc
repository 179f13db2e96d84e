// The scanner for any processor, a byte at a time by the tables of characters.h. It is the
// definition that the others are tested against, so it is written to be obvious.

#include "protocols/http/characters.h"
#include "protocols/http/field_value.h"
#include "protocols/http1/scan/line_rules.h"
#include "protocols/http1/scan/scan.h"

#include <algorithm>

namespace saker {
namespace {

scan_block block_at(const char* data, size_t size, size_t from) noexcept {
    scan_block out{};
    const size_t count = std::min(size - from, scan_block_size);
    for (size_t i = 0; i < count; ++i) {
        const auto byte = static_cast<uint8_t>(data[from + i]);
        const uint8_t classes = character_classes[byte];
        const uint64_t bit = uint64_t{1} << i;
        if ((classes & token_character) == 0) out.name_stop |= bit;
        if ((classes & field_value_character) == 0) out.value_stop |= bit;
        out.high |= byte >> 7;
    }
    return out;
}

target_scan scan_target_scalar(const char* data, size_t size, size_t from) noexcept {
    const auto end = static_cast<uint32_t>(size);
    target_scan found{end, end, false, false};
    bool in_path = true;
    char before = 0;
    for (auto at = static_cast<uint32_t>(from); at < end; ++at) {
        const char c = data[at];
        if (!is_class(c, target_character)) {
            found.stop = at;
            break;
        }
        if (in_path) {
            found.percent |= c == '%';
            found.slash_dot |= c == '.' && before == '/';
            if (c == '?') {
                found.question = at;
                in_path = false;
            }
        }
        before = c;
    }
    if (in_path) found.question = found.stop;
    return found;
}

#define SAKER_WALK inline
#define SAKER_WALK_ENTRY
#include "protocols/http1/scan/lines_walk.inc"
#undef SAKER_WALK
#undef SAKER_WALK_ENTRY

constexpr scanner scalar{"scalar", block_at, scan_target_scalar, walk_lines};

}  // namespace

const scanner& scalar_scanner() noexcept { return scalar; }

}  // namespace saker
