#pragma once
// Makes the JSON that .NET reads of a settings file plain JSON: comments and trailing commas are
// blanked out, so that every byte stays where it is and a position in the one is a position in the
// other. What is no JSON even then is found here, with its place and what would be right.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace saker {

// Deeper than this is refused, as by .NET.
inline constexpr size_t deepest_json = 64;

struct json_mistake {
    size_t offset = 0;
    std::string what;  // a sentence without its full stop: what was found, what is expected
};

// Changes the text in place; the first mistake in it, or nothing: then it is one JSON object.
[[nodiscard]] std::optional<json_mistake> make_plain_json(std::string& text);

struct text_position {
    size_t line = 1, column = 1;  // both from 1; columns are bytes
};
// Of one offset after the other, not decreasing.
class text_positions {
public:
    explicit text_positions(std::string_view text) noexcept : text_(text) {}
    text_position at(size_t offset) noexcept;

private:
    std::string_view text_;
    size_t looked_ = 0, line_ = 1, line_start_ = 0;
};

}  // namespace saker
