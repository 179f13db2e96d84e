// See priority.h. A dictionary's members are looked at one by one; of parameters and of members
// that are not known nothing is kept, but commas inside their strings part nothing.

#include "protocols/http2/priority.h"

#include "protocols/http/characters.h"

namespace saker::http2 {
namespace {

// Up to the next comma that is not in a string.
std::string_view next_member(std::string_view& rest) noexcept {
    bool quoted = false;
    size_t end = 0;
    for (; end < rest.size(); ++end) {
        const char c = rest[end];
        if (quoted && c == '\\') {
            ++end;
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            break;
        }
    }
    if (end > rest.size()) end = rest.size();
    const std::string_view member = rest.substr(0, end);
    rest.remove_prefix(end < rest.size() ? end + 1 : end);
    return trim_blanks(member);
}

}  // namespace

priority parse_priority(std::string_view value) noexcept {
    priority asked;
    while (!value.empty()) {
        std::string_view member = next_member(value);
        member = member.substr(0, member.find(';'));
        const size_t equal = member.find('=');
        const std::string_view key = trim_blanks(member.substr(0, equal));
        const std::string_view said =
            equal == std::string_view::npos ? std::string_view("?1") : member.substr(equal + 1);
        if (key == "u") {
            const bool good = said.size() == 1 && said[0] >= '0' && said[0] <= '7';
            asked.urgency = good ? static_cast<uint8_t>(said[0] - '0') : uint8_t{3};
        } else if (key == "i") {
            asked.incremental = said == "?1";
        }
    }
    return asked;
}

}  // namespace saker::http2
