// Which reason a stop byte stands for. Off the fast path: a request that comes here is refused.

#include "protocols/http1/scan/line_rules.h"

namespace saker::detail {

rejection_reason name_reason(char stop, bool first_of_line) noexcept {
    switch (stop) {
        case ' ':
        case '\t':
            return first_of_line ? rejection_reason::obsolete_line_folding
                                 : rejection_reason::invalid_request_header;
        case ':':
        case '\r': return rejection_reason::invalid_request_header;
        case '\n': return rejection_reason::bare_line_feed;
        default: return rejection_reason::invalid_characters_in_header_name;
    }
}

rejection_reason value_reason(char stop) noexcept {
    switch (stop) {
        case '\n': return rejection_reason::bare_line_feed;
        case '\0': return rejection_reason::malformed_request_invalid_headers;
        default: return rejection_reason::control_character_in_header_value;
    }
}

}  // namespace saker::detail
