// What has come of a request, told when it is over.

#include "protocols/http1/http1_exchange.h"
#include "protocols/http1/http1_service.h"

namespace saker::http1 {

// A head that was refused lies where it was parsed: in its share, in one piece, or in the pipe.
std::string_view http1_exchange::first_line() const noexcept {
    constexpr size_t most = 8192;
    std::string_view text = head_share_.text();
    if (text.empty()) text = straddled_;
    if (text.empty()) text = connection_->input().front().text();
    while (text.starts_with('\r') || text.starts_with('\n')) text.remove_prefix(1);
    return text.substr(0, std::min(text.find_first_of("\r\n"), most));
}

void http1_exchange::tell_outcome() noexcept {
    request_observer* const told = service_.observer();
    const bool understood = body_ != body_state::none;
    if (told == nullptr || (!understood && rejection_ == rejection_reason::none)) return;
    request_outcome outcome;
    outcome.understood = understood;
    outcome.status = started_ && !was_unheard_ ? head.status : uint16_t{0};
    if (connection_->output_dead()) outcome.ended = connection_->ended_by();
    if (understood) {
        outcome.verb = head_.method();
        outcome.version = head_.version_minor() == 0 ? http_version::http10 : http_version::http11;
        outcome.body_sent = was_unheard_ ? 0 : written_;
    } else {
        outcome.line = first_line();
    }
    tell(*told, outcome);
}

}  // namespace saker::http1
