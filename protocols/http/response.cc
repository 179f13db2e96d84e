// `response` and `response_body`: what an application says of an answer, passed on to its exchange.

#include <saker/response.h>

#include "protocols/http/exchange.h"
#include "protocols/http/field_value.h"

#include <span>
#include <stdexcept>

namespace saker {
namespace {

void check(const detail::exchange& used) noexcept {
    SAKER_DEBUG_ASSERT(used.live(), "a response is used after its handler has finished");
    (void)used;
}

// Kestrel: "... cannot be set because the response has already started."
void check_not_started(const detail::exchange& used, const char* what) {
    check(used);
    if (used.started()) throw std::logic_error(what);
}

void default_type(response_head& head, std::string_view line) {
    constexpr std::string_view name = "Content-Type";
    if (!head.has(header_id::content_type)) head.add_line(header_id::content_type, name, line);
}

}  // namespace

response& response::status(uint16_t code) {
    check_not_started(exchange_, "the status cannot be set: the response has started");
    if (code < 200 || code > 599)
        throw std::invalid_argument("a response's status is between 200 and 599");
    exchange_.head.status = code;
    return *this;
}
uint16_t response::status() const noexcept { return exchange_.head.status; }

response& response::reason(std::string_view phrase) {
    check_not_started(exchange_, "the reason cannot be set: the response has started");
    if (!is_valid_reason_phrase(phrase))
        throw std::invalid_argument("a reason phrase has a control character in it");
    exchange_.head.reason.assign(phrase);
    return *this;
}

response& response::header(std::string_view name, std::string_view value) {
    check_not_started(exchange_, "headers cannot be set: the response has started");
    exchange_.head.replace(name, value);
    return *this;
}
response& response::append_header(std::string_view name, std::string_view value) {
    check_not_started(exchange_, "headers cannot be added: the response has started");
    exchange_.head.add(name, value);
    return *this;
}
response& response::remove_header(std::string_view name) {
    check_not_started(exchange_, "headers cannot be removed: the response has started");
    exchange_.head.remove(name);
    return *this;
}
response& response::content_length(uint64_t size) {
    check_not_started(exchange_, "Content-Length cannot be set: the response has started");
    exchange_.head.content_length = size;
    return *this;
}
response& response::trailer(std::string_view name, std::string_view value) {
    check(exchange_);
    if (!is_valid_field_name(name) || !is_valid_field_value(value))
        throw std::invalid_argument(
            "a trailer's name is a token and its value has no control "
            "characters");
    // RFC 9110 6.5.1: framing and routing must not come after the body.
    const header_id id = find_header(name);
    if (id == header_id::content_length || id == header_id::transfer_encoding ||
        id == header_id::host || id == header_id::connection || id == header_id::trailer)
        throw std::invalid_argument("a field that frames or routes a message is no trailer");
    exchange_.add_trailer(name, value);
    return *this;
}
response& response::close_connection() noexcept {
    check(exchange_);
    exchange_.head.close = true;
    return *this;
}

saker::connection* response::upgrade(std::string_view protocol) {
    check(exchange_);
    if (exchange_.started() || !exchange_.asked.can_upgrade) return nullptr;
    if (!is_valid_field_value(protocol) || protocol.empty())
        throw std::invalid_argument(
            "a protocol to upgrade to has a name without control characters");
    return exchange_.upgrade(protocol);
}

void response::text(std::string_view body) {
    check_not_started(exchange_, "a body cannot be set: the response has started");
    default_type(exchange_.head, "Content-Type: text/plain\r\n");
    exchange_.answer_text(body);
}
void response::json(std::string_view body) {
    check_not_started(exchange_, "a body cannot be set: the response has started");
    default_type(exchange_.head, "Content-Type: application/json\r\n");
    exchange_.answer_text(body);
}
void response::static_text(std::string_view body) {
    check_not_started(exchange_, "a body cannot be set: the response has started");
    default_type(exchange_.head, "Content-Type: text/plain\r\n");
    exchange_.answer_share(share::of_static(body));
}
void response::shared(std::shared_ptr<const std::string> body) {
    check_not_started(exchange_, "a body cannot be set: the response has started");
    exchange_.answer_share(detail::lend(std::move(body)));
}

void response::early_hints(std::initializer_list<std::string_view> links) {
    check_not_started(exchange_, "early hints come before the response, which has started");
    for (const std::string_view link : links) {
        if (!is_valid_field_value(link))
            throw std::invalid_argument("a Link value has a control character in it");
    }
    exchange_.send_early_hints({links.begin(), links.size()});
}

response_body& response::body() noexcept {
    check(exchange_);
    return exchange_.out_;
}
bool response::started() const noexcept { return exchange_.started(); }
responder response::defer() {
    check_not_started(exchange_, "an answer cannot be deferred: the response has started");
    return exchange_.defer();
}
void response::reset(uint32_t code) noexcept {
    check(exchange_);
    exchange_.reset(code);
}
void response::abort() noexcept {
    check(exchange_);
    exchange_.abort();
}

// ---- the body ----

void response_body::append(body_chunk piece) noexcept {
    check(exchange_);
    exchange_.start_streaming();
    exchange_.write_piece(std::move(piece));
}
void response_body::append_copy(std::string_view text) noexcept {
    check(exchange_);
    exchange_.start_streaming();
    exchange_.write_copy(text);
}
bool response_body::has_room() noexcept { return exchange_.has_room(); }
bool response_body::listening() const noexcept { return exchange_.listening(); }
bool response_body::require_rate(const std::optional<min_data_rate>& rate) noexcept {
    check(exchange_);
    if (!valid(rate)) return false;
    exchange_.require_response_rate(rate);
    return true;
}
void response_body::when_room(continuation next) noexcept { exchange_.when_room(next); }

}  // namespace saker
