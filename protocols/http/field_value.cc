// Strict UTF-8 (RFC 3629, table 3-7 of the Unicode standard): the second byte's range depends on
// the first one, which is what refuses overlong forms, surrogates and what is above U+10FFFF.

#include "protocols/http/field_value.h"

#include <cstdint>
#include <cstring>

namespace saker {
namespace {

bool is_continuation(uint8_t byte) noexcept { return (byte & 0xc0) == 0x80; }

struct byte_range {
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
};

byte_range second_byte(uint8_t first) noexcept {
    switch (first) {
        case 0xe0: return {0xa0, 0xbf};
        case 0xed: return {0x80, 0x9f};
        case 0xf0: return {0x90, 0xbf};
        case 0xf4: return {0x80, 0x8f};
        default: return {};
    }
}

}  // namespace

size_t utf8_sequence_size(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const auto at = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = at(0);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4) return 0;
    const size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (text.size() < size) return 0;
    const byte_range range = second_byte(first);
    if (at(1) < range.low || at(1) > range.high) return 0;
    for (size_t i = 2; i < size; ++i) {
        if (!is_continuation(at(i))) return 0;
    }
    return size;
}

bool is_valid_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        if (text.size() >= 8) {
            uint64_t word;
            std::memcpy(&word, text.data(), sizeof word);
            if ((word & 0x8080808080808080) == 0) {
                text.remove_prefix(8);
                continue;
            }
        }
        const size_t size = utf8_sequence_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace saker
