// See json_text.h.

#include "hosting/diagnostics/json_text.h"

#include "protocols/http/field_value.h"

#include <cstdint>

namespace saker::diagnostics {
namespace {

void append_escape(std::string& out, uint32_t character) {
    if (character >= 0x10000) {  // JSON has UTF-16's pairs
        append_escape(out, 0xd7c0 + (character >> 10));
        character = 0xdc00 + (character & 0x3ff);
    }
    constexpr char digits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[character >> shift & 15];
}

uint32_t character_of(std::string_view sequence) noexcept {
    const auto low = [&](size_t at) {
        return static_cast<uint32_t>(static_cast<unsigned char>(sequence[at]) & 0x3f);
    };
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 2) return (first & 0x1fu) << 6 | low(1);
    if (sequence.size() == 3) return (first & 0xfu) << 12 | low(1) << 6 | low(2);
    return (first & 0x7u) << 18 | low(1) << 12 | low(2) << 6 | low(3);
}

// C1 controls; marks, line ends, embeddings, overrides and isolates of direction; marks of order,
// of notes and of language.
bool is_hidden(uint32_t character) noexcept {
    return (character >= 0x80 && character < 0xa0) || character == 0xad || character == 0x61c ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x2069) || character == 0xfeff ||
           character == 0x180e || (character >= 0xfff9 && character <= 0xfffb) ||
           (character >= 0xe0000 && character <= 0xe007f);
}

void append_byte(std::string& out, char c) {
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
        append_escape(out, static_cast<unsigned char>(c));
    } else {
        out += c;
    }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, bool cut) {
    out += '"';
    while (!text.empty()) {
        const size_t size = utf8_sequence_size(text);
        if (size == 0) {
            out += "\\ufffd";
        } else if (size == 1) {
            append_byte(out, text.front());
        } else if (const uint32_t character = character_of(text.substr(0, size));
                   is_hidden(character)) {
            append_escape(out, character);
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    if (cut) out += "...";
    out += '"';
}

}  // namespace saker::diagnostics
