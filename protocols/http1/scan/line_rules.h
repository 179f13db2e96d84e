#pragma once
// The rules of a field line that need no scanning: what a byte that stops a name or a value means,
// and the field that a good line makes. Private to the walks of the scanners.

#include "protocols/http/field_list.h"
#include "protocols/http/rejection.h"

#include <cstdint>

namespace saker::detail {

inline constexpr uint32_t max_name_size = 0xffff;  // what a header_field can hold

inline bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

rejection_reason name_reason(char stop, bool first_of_line) noexcept;
rejection_reason value_reason(char stop) noexcept;

struct line_span {
    uint32_t name_at;
    uint32_t colon_at;
    uint32_t end;  // where the CR is
};

inline header_field make_field(const char* data, line_span line) noexcept {
    uint32_t begin = line.colon_at + 1;
    uint32_t end = line.end;
    // Nearly always one space before the value and none behind it. The CR stops the first loop.
    if (data[begin] == ' ') ++begin;
    while (is_blank(data[begin])) [[unlikely]]++ begin;
    while (end > begin && is_blank(data[end - 1])) [[unlikely]]-- end;
    const auto name_size = static_cast<uint16_t>(line.colon_at - line.name_at);
    return {line.name_at, begin, end - begin, name_size, header_id::unknown, 0};
}

}  // namespace saker::detail
