#pragma once
// Texts of a configuration as values, by .NET's grammars; and the nearest known word to one that is
// not known. Nothing here throws or knows a key.

#include <saker/result.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace saker {

// The known word that a mistyped one most likely meant, whatever its case; empty where none is
// near.
[[nodiscard]] std::string_view nearest(std::string_view given,
                                       std::span<const std::string_view> known);

// Digits only, all of them.
[[nodiscard]] std::optional<uint64_t> parse_number(std::string_view) noexcept;
// "4096", "64K", "30M", "2G": times 1024 each.
[[nodiscard]] std::optional<uint64_t> parse_size(std::string_view) noexcept;
// "240", "0.5", "1e3"; finite.
[[nodiscard]] std::optional<double> parse_real(std::string_view);
// "true" and "False", as .NET's converter.
[[nodiscard]] std::optional<bool> parse_truth(std::string_view) noexcept;

// .NET's TimeSpan: "00:02:10", "10:20" (hours and minutes), "1.02:03:04.5", "-00:00:00.001" or
// "Infinite" for `infinite`. The error is what is expected, with the remedy for what .NET would
// take for something else: "130" (days), "24:00:00" (days too). Parts of a millisecond count up.
[[nodiscard]] result<std::chrono::milliseconds> parse_time_span(std::string_view);
// The same back: "00:02:10", "1.02:03:04.500", "Infinite".
[[nodiscard]] std::string format_time_span(std::chrono::milliseconds);

[[nodiscard]] std::string_view trim(std::string_view) noexcept;
[[nodiscard]] std::string in_small_letters(std::string_view);

}  // namespace saker
