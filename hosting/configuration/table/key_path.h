#pragma once
// Keys with their segments, and which row of the table one means.

#include "hosting/configuration/table/settings_table.h"

#include <string>
#include <string_view>
#include <vector>

namespace saker {

[[nodiscard]] std::string_view first_segment(std::string_view key) noexcept;
[[nodiscard]] std::string_view last_segment(std::string_view key) noexcept;
// The one with this index, from 0; empty behind the last.
[[nodiscard]] std::string_view segment(std::string_view key, size_t index) noexcept;
[[nodiscard]] size_t segment_count(std::string_view key) noexcept;
[[nodiscard]] std::string_view first_segments(std::string_view key, size_t count) noexcept;

// "Kestrel:Endpoints:Http", whatever it is called.
[[nodiscard]] bool is_endpoint_name(std::string_view key) noexcept;
// "Kestrel:Endpoints:*:...".
[[nodiscard]] bool is_endpoint_row(const setting&) noexcept;

struct key_match {
    enum class kind : uint8_t { row, section, unknown };
    kind what = kind::unknown;
    const setting* row = nullptr;
    std::string_view rest;  // below the row, where it is known with whatever is below it
    size_t segments = 0;    // that are known
    std::vector<std::string_view> below;  // what may come behind those
    const setting* leaf = nullptr;        // the row that they are, where nothing may come

    // "Limits, Endpoints or EndpointDefaults".
    [[nodiscard]] std::string words() const;
    [[nodiscard]] std::string expected_value() const;
};
[[nodiscard]] key_match match_key(std::string_view key);

// The whole key of the one row whose last segment this is; empty where there is none or more.
[[nodiscard]] std::string key_with_name(std::string_view name);

// As .NET sorts the children of a section: numbers first, by their size.
[[nodiscard]] bool comes_before(std::string_view a, std::string_view b);

}  // namespace saker
