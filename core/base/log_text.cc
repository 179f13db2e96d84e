// The words of the log: names of levels, the default line, and bytes of a peer made harmless.

#include "core/base/log.h"

#include <array>
#include <cstdio>

namespace saker {

namespace {

constexpr std::array<std::string_view, 7> level_names = {
    "trace", "debug", "information", "warning", "error", "critical", "none"};

struct alias {
    std::string_view text;
    log_level level;
};
constexpr alias aliases[] = {
    {"info", log_level::information}, {"warn", log_level::warning}, {"err", log_level::error},
    {"crit", log_level::critical},    {"off", log_level::none},
};

bool same_word(std::string_view any_case, std::string_view lower) noexcept {
    if (any_case.size() != lower.size()) return false;
    for (size_t i = 0; i < lower.size(); ++i) {
        const char c = any_case[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i])
            return false;
    }
    return true;
}

void append_escaped(std::string& out, char c) {
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\'' || c == '\\') {
        out += '\\';
        out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
        out += c;
    } else {
        out += "\\x";
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
}

}  // namespace

std::string_view name(log_level level) noexcept {
    const auto index = static_cast<size_t>(level);
    return index < level_names.size() ? level_names[index] : "none";
}

std::optional<log_level> parse_log_level(std::string_view text) noexcept {
    for (size_t i = 0; i < level_names.size(); ++i)
        if (same_word(text, level_names[i])) return static_cast<log_level>(i);
    for (const alias& one : aliases)
        if (same_word(text, one.text)) return one.level;
    return std::nullopt;
}

std::string format(const log_record& record) {
    using namespace std::chrono;
    const auto when = floor<milliseconds>(record.when);
    const auto day = floor<days>(when);
    const year_month_day date(day);
    const hh_mm_ss time(when - day);
    char stamp[64];
    const int size = std::snprintf(
        stamp, sizeof stamp, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ ", int{date.year()},
        unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count()));
    std::string line(stamp, static_cast<size_t>(size));
    line += name(record.level);
    line += ' ';
    line += record.category;
    line += ": ";
    line += record.message;
    return line;
}

std::string escape(std::string_view bytes, size_t most) {
    const std::string_view shown = bytes.substr(0, most);
    std::string out;
    out.reserve(shown.size() + 16);
    for (const char c : shown) append_escaped(out, c);
    if (shown.size() < bytes.size())
        out += "... (" + std::to_string(bytes.size() - shown.size()) + " more bytes)";
    return out;
}

}  // namespace saker
