// JSON strings by RFC 8259: quotes, backslashes and control characters escaped; "</" too, so that
// the text can stand in a page.

#include "tools/saker/json.h"

#include "protocols/http/field_value.h"

namespace saker::tool {

void append_json(std::string& to, std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    const bool utf8 = is_valid_utf8(text);
    to += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            to += '\\';
            to += c;
        } else if (byte < 0x20 || byte == 0x7f || c == '<' || (byte > 0x7f && !utf8)) {
            to += "\\u00";
            to += digits[byte >> 4];
            to += digits[byte & 15];
        } else {
            to += c;
        }
    }
    to += '"';
}

void json_object::key(std::string_view name) {
    if (!first_) to_ += ',';
    first_ = false;
    append_json(to_, name);
    to_ += ':';
}

void json_object::text(std::string_view name, std::string_view value) {
    key(name);
    append_json(to_, value);
}

void json_object::number(std::string_view name, uint64_t value) {
    key(name);
    to_ += std::to_string(value);
}

}  // namespace saker::tool
