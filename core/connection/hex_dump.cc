// See hex_dump.h. Kestrel: LoggingDuplexPipe.LoggingStream.Log.

#include "core/connection/hex_dump.h"

#include <algorithm>

namespace saker {
namespace {

constexpr size_t bytes_a_line = 16, bytes_a_group = 8;
// "47 " sixteen times and the space after the eighth, then two: where the text begins.
constexpr size_t text_column = bytes_a_line * 3 + 1 + 2;

void append_line(std::string& out, std::string_view bytes) {
    constexpr char digits[] = "0123456789ABCDEF";
    const size_t begin = out.size();
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        out += digits[byte >> 4];
        out += digits[byte & 15];
        out += ' ';
        if (i + 1 == bytes_a_group) out += ' ';
    }
    out.resize(begin + text_column, ' ');
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        out += byte >= 0x20 && byte < 0x7f ? bytes[i] : '.';
        if (i + 1 == bytes_a_group) out += ' ';
    }
}

}  // namespace

void append_hex_dump(std::string& out, std::string_view method, std::string_view bytes) {
    out.append(method).append("[").append(std::to_string(bytes.size())).append("]");
    while (!bytes.empty()) {
        out += '\n';
        append_line(out, bytes.substr(0, bytes_a_line));
        bytes.remove_prefix(std::min(bytes_a_line, bytes.size()));
    }
}

}  // namespace saker
