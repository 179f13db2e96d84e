#pragma once
// What status codes mean for an answer: their reason phrases (RFC 9110 15 and the IANA registry; an
// unknown code has an empty one, which HTTP/1.1 allows), and whether there is content.

#include <cstdint>
#include <string_view>

namespace saker {

std::string_view reason_phrase(uint16_t status) noexcept;

// RFC 9110 15.2, 15.3.5, 15.3.6, 15.4.5.
[[nodiscard]] constexpr bool has_content(uint16_t status) noexcept {
    return status >= 200 && status != 204 && status != 205 && status != 304;
}

}  // namespace saker
