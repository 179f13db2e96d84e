#pragma once
// How much a client wants a response (RFC 9218): the field `priority`, and what PRIORITY_UPDATE
// carries, are the same dictionary of structured fields.

#include <cstdint>
#include <optional>
#include <string_view>

namespace saker::http2 {

struct priority {
    uint8_t urgency = 3;       // 0, the most urgent one, to 7
    bool incremental = false;  // useful in parts: shares the connection with its like
    friend bool operator==(const priority&, const priority&) = default;
};

// Members that are not there, or mean nothing, have their defaults (RFC 9218 4).
[[nodiscard]] priority parse_priority(std::string_view value) noexcept;

}  // namespace saker::http2
