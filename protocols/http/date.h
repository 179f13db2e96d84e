#pragma once
// The Date header: IMF-fixdate (RFC 9110 5.6.7), always 29 characters, always GMT. No clock and no
// locale: seconds come in, characters go out.

#include <cstddef>
#include <cstdint>

namespace saker {

inline constexpr size_t http_date_size = 29;

// "Sun, 06 Nov 1994 08:49:37 GMT" for 784111777. Years 1970 to 9999; writes no terminator.
void format_http_date(int64_t seconds_since_epoch, char* out) noexcept;

}  // namespace saker
