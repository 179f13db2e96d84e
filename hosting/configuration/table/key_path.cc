// The table is small, so a key is compared with each row; no index has to be kept right.

#include "hosting/configuration/table/key_path.h"

#include "hosting/configuration/table/setting_values.h"
#include "hosting/configuration/values.h"
#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {

namespace {

bool fits(std::string_view pattern, std::string_view given) noexcept {
    return pattern == "*" ? !given.empty() : equals_ignore_case(pattern, given);
}

// How many segments from the beginning are the row's.
size_t common(std::string_view row, std::string_view key) noexcept {
    const size_t most = std::min(segment_count(row), segment_count(key));
    size_t same = 0;
    while (same < most && fits(segment(row, same), segment(key, same))) ++same;
    return same;
}

bool takes_anything_below(const setting& row) noexcept {
    return row.kind == key_kind::certificate || row.kind == key_kind::list ||
           row.kind == key_kind::anything;
}

void add_once(std::vector<std::string_view>& to, std::string_view word) {
    if (std::find(to.begin(), to.end(), word) == to.end()) to.push_back(word);
}

}  // namespace

size_t segment_count(std::string_view key) noexcept {
    return static_cast<size_t>(std::count(key.begin(), key.end(), ':')) + 1;
}

std::string_view first_segments(std::string_view key, size_t count) noexcept {
    size_t end = 0;
    for (size_t i = 0; i < count; ++i) {
        end = key.find(':', end == 0 && i == 0 ? 0 : end + 1);
        if (end == std::string_view::npos) return key;
    }
    return key.substr(0, end);
}

std::string_view segment(std::string_view key, size_t index) noexcept {
    for (; index > 0; --index) {
        const size_t colon = key.find(':');
        if (colon == std::string_view::npos) return {};
        key.remove_prefix(colon + 1);
    }
    return key.substr(0, key.find(':'));
}

std::string_view first_segment(std::string_view key) noexcept { return segment(key, 0); }

std::string_view last_segment(std::string_view key) noexcept {
    return key.substr(key.rfind(':') + 1);
}

bool is_endpoint_name(std::string_view key) noexcept {
    return segment_count(key) == 3 &&
           equals_ignore_case(first_segments(key, 2), "Kestrel:Endpoints");
}

bool is_endpoint_row(const setting& row) noexcept {
    return row.key.starts_with("Kestrel:Endpoints:*:");
}

key_match match_key(std::string_view key) {
    key_match match;
    const size_t count = segment_count(key);
    for (const setting& row : settings()) {
        const size_t of_row = segment_count(row.key), same = common(row.key, key);
        if (same == of_row && (same == count || takes_anything_below(row))) {
            match.what = key_match::kind::row;
            match.row = &row;
            match.segments = same;
            match.rest = same == count ? "" : key.substr(first_segments(key, same).size() + 1);
            return match;
        }
        if (same < match.segments) continue;
        if (same > match.segments) {
            match.below.clear();
            match.leaf = nullptr;
            match.segments = same;
        }
        if (same < of_row)
            add_once(match.below, segment(row.key, same));
        else
            match.leaf = &row;
    }
    if (match.segments == count) match.what = key_match::kind::section;
    return match;
}

std::string key_match::words() const {
    std::string text;
    for (size_t i = 0; i < below.size(); ++i) {
        if (i != 0) text += i + 1 == below.size() ? " or " : ", ";
        text += below[i] == "*" ? "a name" : below[i];
    }
    return text;
}

std::string key_match::expected_value() const {
    blank_options blank;
    return leaf == nullptr ? "a value" : expected(*leaf, blank.at(*leaf));
}

std::string key_with_name(std::string_view name) {
    std::string found;
    for (const setting& row : settings()) {
        if (!equals_ignore_case(last_segment(row.key), name) ||
            row.key.find('*') != std::string_view::npos)
            continue;
        if (!found.empty()) return {};
        found = row.key;
    }
    return found;
}

bool comes_before(std::string_view a, std::string_view b) {
    const auto number_a = parse_number(a), number_b = parse_number(b);
    if (number_a && number_b) return *number_a < *number_b;
    if (number_a || number_b) return number_a.has_value();
    return in_small_letters(a) < in_small_letters(b);
}

}  // namespace saker
