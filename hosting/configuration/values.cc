// TimeSpan's grammar is .NET's TimeSpan.Parse for the invariant culture:
// [-][d.]hh:mm[:ss[.fffffff]], with [d:]hh:mm:ss as well. Where .NET falls back to days without a
// word, this refuses.

#include "hosting/configuration/values.h"

#include "protocols/http/characters.h"

#include <saker/limits.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

namespace saker {

namespace {

// Levenshtein's distance, with two neighbours that changed places counted as one mistake.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<size_t>> rows(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
    for (size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (size_t i = 1; i <= a.size(); ++i)
        for (size_t j = 1; j <= b.size(); ++j) {
            const size_t changed = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            rows[i][j] = std::min({changed, rows[i - 1][j] + 1, rows[i][j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    return rows[a.size()][b.size()];
}

constexpr std::string_view time_forms =
    "a time such as \"00:02:10\" (hours, minutes, seconds), \"1.00:00:00\" (a day) or \"Infinite\"";

// What stands between the separators of a TimeSpan.
struct time_parts {
    bool negative = false;
    uint64_t days = 0;
    std::vector<uint64_t> clock;  // hours, minutes, seconds
    uint64_t ticks = 0;           // of 100 ns
};

std::optional<uint64_t> take_digits(std::string_view& text, size_t most) {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    if (count > most) return {};
    const auto number = parse_number(text.substr(0, count));
    text.remove_prefix(count);
    return number;
}

// Up to the end of the text, all of it; nothing where it is no TimeSpan.
std::optional<time_parts> take_apart(std::string_view text) {
    constexpr size_t most_digits = 8, most_decimals = 7;
    time_parts parts;
    if (text.starts_with('-')) {
        parts.negative = true;
        text.remove_prefix(1);
    }
    for (bool first = true;; first = false) {
        const auto number = take_digits(text, most_digits);
        if (!number) return {};
        if (first && text.starts_with('.')) {
            parts.days = *number;
        } else {
            parts.clock.push_back(*number);
            if (!text.starts_with(':')) break;
        }
        text.remove_prefix(1);
    }
    if (parts.clock.size() == 4) {
        parts.days = parts.clock.front();
        parts.clock.erase(parts.clock.begin());
    }
    if (text.starts_with('.') && parts.clock.size() == 3) {
        text.remove_prefix(1);
        const size_t count = text.size();
        const auto fraction = take_digits(text, most_decimals);
        if (!fraction) return {};
        parts.ticks = *fraction;
        for (size_t i = count; i < most_decimals; ++i) parts.ticks *= 10;
    }
    if (!text.empty() || parts.clock.size() > 3) return {};
    return parts;
}

std::string padded(int64_t number, size_t width) {
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

std::string in_small_letters(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = to_lower(c);
    return out;
}

std::string_view trim(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\n\v\f";
    const size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string_view nearest(std::string_view given, std::span<const std::string_view> known) {
    constexpr size_t longest = 64;  // longer, and it is no word
    if (given.size() > longest) return {};
    const std::string typed = in_small_letters(given);
    std::string_view best;
    size_t least =
        (std::max<size_t>(given.size(), 4) + 1) / 2;  // farther off, it is no typing mistake
    for (const std::string_view one : known) {
        const std::string word = in_small_letters(one);
        const size_t far = word.size() > typed.size() && typed.size() > 3 && word.starts_with(typed)
                               ? 1  // only begun
                               : distance(typed, word);
        if (far < least) {
            least = far;
            best = one;
        }
    }
    return best;
}

std::optional<uint64_t> parse_number(std::string_view text) noexcept {
    uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, value);
    if (text.empty() || failure != std::errc() || stopped != end) return std::nullopt;
    return value;
}

std::optional<uint64_t> parse_size(std::string_view text) noexcept {
    unsigned shift = 0;
    if (!text.empty()) {
        switch (text.back()) {
            case 'K':
            case 'k': shift = 10; break;
            case 'M':
            case 'm': shift = 20; break;
            case 'G':
            case 'g': shift = 30; break;
            default: break;
        }
    }
    if (shift != 0) text.remove_suffix(1);
    const auto number = parse_number(text);
    if (!number || *number > (UINT64_MAX >> shift)) return std::nullopt;
    return *number << shift;
}

std::optional<double> parse_real(std::string_view text) {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, value);
    if (text.empty() || failure != std::errc() || stopped != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::optional<bool> parse_truth(std::string_view text) noexcept {
    if (equals_ignore_case(text, "true")) return true;
    if (equals_ignore_case(text, "false")) return false;
    return std::nullopt;
}

result<std::chrono::milliseconds> parse_time_span(std::string_view text) {
    constexpr uint64_t ticks_per_millisecond = 10'000;
    if (equals_ignore_case(text, "Infinite")) return infinite;
    const auto parts = take_apart(text);
    if (!parts) return error(std::string(time_forms));
    if (parts->clock.size() == 1)
        return error(std::string(time_forms) + "; a number alone is days in .NET");
    if (parts->clock[0] > 23)
        return error("hours up to 23: more of them are days in .NET; \"1.00:00:00\" is a day");
    if (parts->clock[1] > 59 || (parts->clock.size() > 2 && parts->clock[2] > 59))
        return error("minutes and seconds up to 59");
    if (parts->days > 10'675'199) return error("at most 10675199 days");
    uint64_t seconds = (parts->days * 24 + parts->clock[0]) * 60 + parts->clock[1];
    seconds = seconds * 60 + (parts->clock.size() > 2 ? parts->clock[2] : 0);
    const uint64_t rest = (parts->ticks + ticks_per_millisecond - 1) / ticks_per_millisecond;
    const std::chrono::milliseconds time(static_cast<int64_t>(seconds * 1000 + rest));
    if (!parts->negative) return time;
    return time.count() == 1 ? infinite : -time;
}

std::string format_time_span(std::chrono::milliseconds time) {
    if (time == infinite) return "Infinite";
    const int64_t all = time.count() < 0 ? -time.count() : time.count();
    const int64_t seconds = all / 1000;
    std::string text = time.count() < 0 ? "-" : "";
    if (const int64_t days = seconds / 86'400; days != 0) text += std::to_string(days) + '.';
    text += padded(seconds / 3600 % 24, 2) + ':' + padded(seconds / 60 % 60, 2) + ':' +
            padded(seconds % 60, 2);
    if (all % 1000 != 0) text += '.' + padded(all % 1000, 3);
    return text;
}

}  // namespace saker
