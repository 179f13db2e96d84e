#pragma once
// What a router found in a path: the pattern, its names, and views into the path.

#include <array>
#include <cstdint>
#include <string_view>

namespace saker::detail {

struct route_value {
    std::string_view key, value;
};

struct route_values {
    static constexpr size_t most = 8;
    std::array<route_value, most> values;
    uint8_t count = 0;
    std::string_view pattern;  // the router's own, as long as that lives; empty: none matched
};

}  // namespace saker::detail
