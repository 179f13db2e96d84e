// See setting_words.h.

#include "hosting/configuration/table/setting_words.h"

#include "hosting/configuration/values.h"

namespace saker::wording {

using std::chrono::milliseconds;

namespace {

// Never is none: a rate that is never looked at is written as null.
bool is_grace_period(const setting& row) noexcept { return row.least % 1000 == 1 && row.least > 1; }

}  // namespace

std::string list(std::span<const std::string_view> known) {
    std::string text;
    for (size_t i = 0; i < known.size(); ++i) {
        if (i != 0) text += i + 1 == known.size() ? " or " : ", ";
        text += known[i];
    }
    return text;
}

std::string one_of(std::string_view given, std::span<const std::string_view> known) {
    const std::string_view meant = nearest(given, known);
    return list(known) + (meant.empty() ? "" : "; did you mean " + std::string(meant) + '?');
}

std::string range(const setting& row, uint64_t most_of_type) {
    const std::string unit = row.unit.empty() ? "" : " of " + std::string(row.unit);
    const std::string sizes = row.unit == "bytes" ? "; 64K, 1M and 2G are understood" : "";
    if (row.most >= most_of_type)
        return "a whole number" + unit + ", " + std::to_string(row.least) + " or more" + sizes;
    return "a whole number" + unit + " from " + std::to_string(row.least) + " to " +
           std::to_string(row.most) + sizes;
}

bool may_be_infinite(const setting& row) noexcept {
    return row.most == UINT64_MAX && !is_grace_period(row);
}

std::string time_range(const setting& row) {
    const milliseconds least(static_cast<int64_t>(row.least));
    std::string text = "a time such as \"00:02:10\"";
    if (row.least == 1) return text + ", more than none, or \"Infinite\"";
    if (is_grace_period(row))
        return text + ", more than " + format_time_span(least - milliseconds(1));
    if (row.least != 0) text += ", " + format_time_span(least) + " or more";
    if (row.most != UINT64_MAX)
        return text + ", " + format_time_span(milliseconds(static_cast<int64_t>(row.most))) +
               " at most";
    return text + ", or \"Infinite\"";
}

}  // namespace saker::wording
