#pragma once
// Request methods: the nine known ones and "custom" for any other token. Methods are case-sensitive
// (RFC 9110 9.1), so matching is an integer compare of the bytes as they came.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace saker {

// `del` is DELETE, which C++ keeps for itself.
enum class method : uint8_t {
    custom = 0,
    get,
    put,
    del,
    post,
    head,
    trace,
    patch,
    connect,
    options
};

inline constexpr size_t method_count = 10;

inline constexpr std::string_view method_names[method_count] = {
    "", "GET", "PUT", "DELETE", "POST", "HEAD", "TRACE", "PATCH", "CONNECT", "OPTIONS"};

// Empty for custom: the request keeps the text.
constexpr std::string_view name(method value) noexcept {
    return method_names[static_cast<size_t>(value)];
}

namespace detail {

// The bytes of `text` and a space behind them, as a little-endian word.
constexpr uint64_t method_word(std::string_view text) noexcept {
    uint64_t word = 0;
    for (size_t i = 0; i < text.size(); ++i)
        word |= uint64_t{static_cast<uint8_t>(text[i])} << (8 * i);
    return word | (uint64_t{' '} << (8 * text.size()));
}

constexpr bool word_begins(uint64_t word, std::string_view text) noexcept {
    const uint64_t mask =
        text.size() == 7 ? ~uint64_t{0} : (uint64_t{1} << (8 * (text.size() + 1))) - 1;
    return (word & mask) == method_word(text);
}

}  // namespace detail

// The known method that the eight bytes (little-endian) begin with, a space included; else custom.
constexpr method find_method(uint64_t word) noexcept {
    if (detail::word_begins(word, "GET")) return method::get;
    if (detail::word_begins(word, "POST")) return method::post;
    for (size_t i = 1; i < method_count; ++i) {
        if (detail::word_begins(word, method_names[i])) return static_cast<method>(i);
    }
    return method::custom;
}

constexpr method find_method(std::string_view text) noexcept {
    if (text.empty() || text.size() > 7) return method::custom;
    const method found = find_method(detail::method_word(text));
    return name(found).size() == text.size() ? found : method::custom;
}

}  // namespace saker
