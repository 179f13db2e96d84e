#pragma once
// Between the text of a key and the place where it lives: read it, check its range, show it again,
// and say in words what is valid. One implementation for all rows of the table.

#include "hosting/configuration/table/settings_table.h"

#include <string>
#include <string_view>
#include <vector>

namespace saker {

// The words that an enumeration's place takes; empty for every other place.
[[nodiscard]] std::vector<std::string_view> words_of(const place&);
// null is a value of its own there: "no limit".
[[nodiscard]] bool takes_null(const place&) noexcept;
// "a whole number of bytes from 1 to 32, or null".
[[nodiscard]] std::string expected(const setting&, const place&);

struct taken {
    std::string mistake;  // what is expected, with the nearest word; empty where all is well
    std::string warning;
};
// Puts the value where it belongs. A null where none is valid leaves what is there: the default.
// Of a list, one element, behind those that are there.
taken take(const setting&, const place&, std::string_view text, bool is_null);
// Takes all elements out of a list.
void clear_list(const place&);
// "a list such as ["Tls12", "Tls13"]", for a row that is one.
[[nodiscard]] std::string expected_list(const place&);

// As it would be written in a file: "Infinite", "8192", "null", "http1_and_http2" by Kestrel's
// name.
[[nodiscard]] std::string show(const place&);
// Tells whether two rows are about the same thing.
[[nodiscard]] bool same_place(const place&, const place&) noexcept;

// Of keys without a place.
taken check_words(std::string_view text, std::span<const std::string_view> known);

}  // namespace saker
