#pragma once
// Which bytes may stand where, as tables of 256 made at compile time. One byte has several bits, so
// that one cache line pair answers all questions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace saker {

enum character_class : uint8_t {
    token_character = 1,        // RFC 9110 5.6.2
    field_value_character = 2,  // HTAB, 0x20-0x7e, 0x80-0xff
    target_character = 4,       // 0x21-0x7e but '#'
    host_character = 8,         // Kestrel's: alphanumeric and !$&'()-._~
    hex_digit = 16,
    digit = 32,
    authority_character = 64,  // Kestrel's authority-form: alphanumeric and :.-[]@
};

namespace detail {

constexpr std::array<uint8_t, 256> make_character_classes() noexcept {
    std::array<uint8_t, 256> table{};
    for (size_t i = 0; i < 256; ++i) {
        const char c = static_cast<char>(i);
        const bool is_digit = i >= '0' && i <= '9';
        const bool is_letter = (i >= 'A' && i <= 'Z') || (i >= 'a' && i <= 'z');
        const auto one_of = [&](std::string_view set) {
            return i < 0x80 && set.find(c) != std::string_view::npos;
        };
        unsigned bits = 0;
        if (is_digit || is_letter || one_of("!#$%&'*+-.^_`|~")) bits |= token_character;
        if (i == '\t' || (i >= 0x20 && i != 0x7f)) bits |= field_value_character;
        if (i > 0x20 && i < 0x7f && i != '#') bits |= target_character;
        if (is_digit || is_letter || one_of("!$&'()-._~")) bits |= host_character;
        if (is_digit || one_of("abcdefABCDEF")) bits |= hex_digit;
        if (is_digit) bits |= digit;
        if (is_digit || is_letter || one_of(":.-[]@")) bits |= authority_character;
        table[i] = static_cast<uint8_t>(bits);
    }
    return table;
}

constexpr std::array<int8_t, 256> make_hex_values() noexcept {
    std::array<int8_t, 256> table{};
    for (auto& value : table) value = -1;
    for (int i = 0; i < 10; ++i) table[static_cast<size_t>('0' + i)] = static_cast<int8_t>(i);
    for (int i = 0; i < 6; ++i) {
        table[static_cast<size_t>('a' + i)] = static_cast<int8_t>(10 + i);
        table[static_cast<size_t>('A' + i)] = static_cast<int8_t>(10 + i);
    }
    return table;
}

}  // namespace detail

inline constexpr std::array<uint8_t, 256> character_classes = detail::make_character_classes();
inline constexpr std::array<int8_t, 256> hex_values = detail::make_hex_values();

constexpr bool is_class(char c, character_class of) noexcept {
    return (character_classes[static_cast<uint8_t>(c)] & of) != 0;
}

constexpr bool all_class(std::string_view text, character_class of) noexcept {
    for (const char c : text) {
        if (!is_class(c, of)) return false;
    }
    return true;
}

constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && all_class(text, token_character);
}

// Those of ASCII: NUL to 0x1f, and 0x7f.
constexpr bool has_control_character(std::string_view text) noexcept {
    for (const char c : text) {
        if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) return true;
    }
    return false;
}

// 0..15, or -1.
constexpr int hex_value(char c) noexcept { return hex_values[static_cast<uint8_t>(c)]; }

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// ASCII only.
constexpr bool equals_ignore_case(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size()) return false;
    for (size_t i = 0; i < left.size(); ++i) {
        if (to_lower(left[i]) != to_lower(right[i])) return false;
    }
    return true;
}

constexpr std::string_view trim_blanks(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace saker
