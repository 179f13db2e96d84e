#pragma once
// What an application may put into a response: names are tokens; values and reason phrases have no
// CR, LF, NUL or other control characters, so that a response cannot be split. Also the strict
// UTF-8 check that request values pass.

#include "protocols/http/characters.h"

#include <string_view>

namespace saker {

constexpr bool is_valid_field_name(std::string_view name) noexcept { return is_token(name); }

constexpr bool is_valid_field_value(std::string_view value) noexcept {
    return all_class(value, field_value_character);
}

constexpr bool is_valid_reason_phrase(std::string_view phrase) noexcept {
    return all_class(phrase, field_value_character);
}

// Shortest forms only, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text) noexcept;

// Bytes of the UTF-8 sequence that `text` begins with (1 to 4), or 0 where it is not one.
size_t utf8_sequence_size(std::string_view text) noexcept;

}  // namespace saker
