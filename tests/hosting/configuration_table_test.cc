// The table of keys against the options' own check and against itself: ranges that two places say
// are the same in both, and every row can be written, shown and read back.

#include "hosting/configuration/table/setting_values.h"
#include "hosting/configuration/values.h"
#include "hosting/options_check.h"

#include <gtest/gtest.h>

#include <set>

namespace saker {
namespace {

// Options in which a small buffer is no mistake of its own.
server_options roomy() {
    server_options options;
    options.limits.max_request_buffer_size = std::nullopt;
    return options;
}

std::string text_of(const setting& row, const place& at, uint64_t value) {
    const bool time = std::holds_alternative<std::chrono::milliseconds*>(at) ||
                      std::holds_alternative<std::optional<std::chrono::milliseconds>*>(at) ||
                      std::holds_alternative<std::chrono::seconds*>(at) ||
                      std::holds_alternative<std::chrono::hours*>(at) ||
                      std::holds_alternative<rate_grace>(at);
    return time ? format_time_span(std::chrono::milliseconds(static_cast<int64_t>(value)))
           : row.unit == "octal" ? "777"
                                 : std::to_string(value);
}

bool has_range(const place& at) {
    return std::holds_alternative<uint32_t*>(at) || std::holds_alternative<uint64_t*>(at) ||
           std::holds_alternative<std::optional<uint64_t>*>(at) ||
           std::holds_alternative<std::chrono::milliseconds*>(at) ||
           std::holds_alternative<std::optional<std::chrono::milliseconds>*>(at) ||
           std::holds_alternative<std::chrono::seconds*>(at) ||
           std::holds_alternative<std::chrono::hours*>(at) ||
           std::holds_alternative<rate_grace>(at);
}

// What the options' check says of this value, put there as the code would: past the table.
bool check_accepts(const setting& row, uint64_t value) {
    server_options options = roomy();
    const place at = place_of(row, {.server = &options});
    setting without_range = row;
    without_range.least = 0;
    without_range.most = UINT64_MAX;
    if (!take(without_range, at, text_of(row, at, value), false).mistake.empty()) return false;
    if (row.key == "Kestrel:Limits:MaxRequestBufferSize") {
        options.limits.max_request_line_size = 1;
        options.limits.max_request_headers_total_size = 1;
    }
    if (row.key == "Kestrel:Limits:MaxRequestHeadersTotalSize")
        options.max_slabs_per_core = SIZE_MAX;
    return mistakes_in(options).empty();
}

TEST(configuration_table, keys_are_there_once_with_all_that_is_said_of_them) {
    std::set<std::string> seen;
    for (const setting& row : settings()) {
        EXPECT_TRUE(seen.insert(in_small_letters(row.key)).second) << row.key;
        EXPECT_FALSE(row.effect.empty()) << row.key;
        EXPECT_LE(row.least, row.most) << row.key;
        blank_options blank;
        const bool placed = !std::holds_alternative<no_place>(blank.at(row));
        EXPECT_EQ(placed, row.kind == key_kind::placed || row.kind == key_kind::list) << row.key;
    }
    EXPECT_GE(seen.size(), 80u);
}

TEST(configuration_table, ranges_are_those_of_the_options_check) {
    size_t checked = 0;
    for (const setting& row : settings()) {
        server_options options = roomy();
        const place at = place_of(row, {.server = &options});
        if (row.of_server == nullptr || !has_range(at)) continue;
        ++checked;
        EXPECT_TRUE(check_accepts(row, row.least)) << row.key;
        if (row.least > 0) {
            EXPECT_FALSE(check_accepts(row, row.least - 1)) << row.key;
        }
        if (row.most != UINT64_MAX) {
            EXPECT_TRUE(check_accepts(row, row.most)) << row.key;
            EXPECT_FALSE(check_accepts(row, row.most + 1)) << row.key;
        }
    }
    EXPECT_GE(checked, 30u);
}

TEST(configuration_table, defaults_are_within_their_ranges_and_read_back_what_is_shown) {
    for (const setting& row : settings()) {
        blank_options options;
        const place at = options.at(row);
        if (row.kind != key_kind::placed || std::holds_alternative<rate_switch>(at)) continue;
        const std::string shown = show(at);
        if (shown.empty()) continue;  // no transport of its own
        const taken done = take(row, at, shown, shown == "null");
        EXPECT_EQ(done.mistake, "") << row.key << " = " << shown;
        EXPECT_EQ(show(at), shown) << row.key;
    }
}

TEST(configuration_table, what_is_outside_is_told_with_what_is_expected) {
    for (const setting& row : settings()) {
        blank_options options;
        const place at = options.at(row);
        if (row.kind != key_kind::placed || std::holds_alternative<std::string*>(at)) continue;
        EXPECT_NE(take(row, at, "no such thing", false).mistake, "") << row.key;
        EXPECT_NE(expected(row, at), "") << row.key;
        if (has_range(at) && row.least > 0) {
            EXPECT_NE(take(row, at, text_of(row, at, row.least - 1), false).mistake, "") << row.key;
        }
    }
}

}  // namespace
}  // namespace saker
