#pragma once
// Reason phrases of status codes (RFC 9110 15 and the IANA registry). An unknown code has an empty
// phrase, which HTTP/1.1 allows; clients read the number.

#include <cstdint>
#include <string_view>

namespace saker {

std::string_view reason_phrase(uint16_t status) noexcept;

}  // namespace saker
