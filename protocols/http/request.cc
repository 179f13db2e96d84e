// `request` and `request_body`: views of an exchange. Debug builds check that the exchange is still
// the application's.

#include <saker/request.h>

#include "protocols/http/exchange.h"
#include "protocols/http/target.h"

#include <cstdio>

namespace saker {
namespace {

void check(const detail::exchange& used) noexcept {
    SAKER_DEBUG_ASSERT(used.live(), "a request is used after its handler has finished");
    (void)used;
}

header_view view(const field_list& fields, size_t index) noexcept {
    return {fields.name(index), fields.value(index)};
}

}  // namespace

std::string_view request::method() const noexcept {
    check(exchange_);
    return exchange_.asked.method;
}
std::string_view request::path() const noexcept {
    check(exchange_);
    return exchange_.asked.path;
}
std::string_view request::query() const noexcept {
    check(exchange_);
    return exchange_.asked.query;
}
std::string_view request::target() const noexcept {
    check(exchange_);
    return exchange_.asked.target;
}
std::string_view request::protocol() const noexcept {
    check(exchange_);
    return exchange_.asked.protocol;
}
std::string_view request::scheme() const noexcept {
    if (!exchange_.asked.scheme.empty()) return exchange_.asked.scheme;
    return exchange_.connection().tls() != nullptr ? "https" : "http";
}
std::string_view request::host() const noexcept {
    check(exchange_);
    return exchange_.asked.host;
}

std::optional<std::string> request::query_value(std::string_view key) const {
    std::string_view rest = query();
    const auto decoded = [](std::string_view text) {
        std::string plain(text.size(), '\0');
        plain.resize(decode_query_text(text, plain.data()));
        return plain;
    };
    query_pair pair;
    while (next_query_pair(rest, pair)) {
        if (decoded(pair.name) == key) return decoded(pair.value);
    }
    return std::nullopt;
}

std::string_view request::route_value(std::string_view key) const noexcept {
    check(exchange_);
    const detail::route_values& found = exchange_.routes;
    for (size_t i = 0; i < found.count; ++i) {
        if (found.values[i].key == key) return found.values[i].value;
    }
    return {};
}

std::string_view request::header(std::string_view name) const noexcept {
    check(exchange_);
    const field_list& fields = *exchange_.asked.fields;
    const header_id id = find_header(name);
    if (id != header_id::unknown) return fields.value(id);
    const size_t found = fields.find(name);
    return found == field_list::none ? std::string_view() : fields.value(found);
}

bool request::has_header(std::string_view name) const noexcept {
    check(exchange_);
    return exchange_.asked.fields->find(name) != field_list::none;
}

size_t request::header_count() const noexcept {
    check(exchange_);
    return exchange_.asked.fields->size();
}
header_view request::header_at(size_t index) const noexcept {
    check(exchange_);
    return view(*exchange_.asked.fields, index);
}
std::optional<uint64_t> request::content_length() const noexcept {
    check(exchange_);
    return exchange_.asked.content_length;
}

request_body& request::body() noexcept {
    check(exchange_);
    return exchange_.in_;
}
size_t request::trailer_count() const noexcept {
    check(exchange_);
    return exchange_.asked.trailers == nullptr ? 0 : exchange_.asked.trailers->size();
}
header_view request::trailer_at(size_t index) const noexcept {
    check(exchange_);
    return view(*exchange_.asked.trailers, index);
}

bool request::aborted() const noexcept {
    check(exchange_);
    return exchange_.client_gone();
}
void request::when_aborted(continuation next) noexcept { exchange_.when_aborted(next); }

bool request::can_upgrade() const noexcept {
    check(exchange_);
    return exchange_.asked.can_upgrade;
}

std::string_view request::requested_protocol() const noexcept {
    check(exchange_);
    return exchange_.asked.upgrades_to;
}

std::string request::id() const {
    check(exchange_);
    char number[12];
    std::snprintf(number, sizeof number, ":%08X", static_cast<unsigned>(exchange_.asked.number));
    return exchange_.connection().id() + number;
}
connection& request::connection() noexcept {
    check(exchange_);
    return exchange_.connection();
}

// ---- the body ----

bool request_body::poll(body_chunk& next) noexcept { return exchange_.poll(next); }

void request_body::when_readable(continuation next) noexcept { exchange_.wait_for_body(next); }
body_chunk request_body::resumed() noexcept { return exchange_.awaited_body(); }

bool request_body::failed() const noexcept { return exchange_.body_failed(); }
bool request_body::expected() const noexcept { return exchange_.asked.has_body; }
bool request_body::require_rate(const std::optional<min_data_rate>& rate) noexcept {
    if (!valid(rate)) return false;
    exchange_.body_rate = rate;
    return true;
}

bool request_body::limit_to(std::optional<uint64_t> max_size) noexcept {
    return exchange_.limit_body(max_size);
}

task<result<std::string>> request_body::text() {
    std::string all;
    if (const auto size = exchange_.asked.content_length; size && *size <= 64 * 1024)
        all.reserve(*size);
    while (const body_chunk piece = co_await read()) all.append(piece.text());
    if (failed()) co_return error("the request's body did not come to its end");
    co_return std::move(all);
}

task<uint64_t> request_body::discard() {
    uint64_t size = 0;
    while (const body_chunk piece = co_await read()) size += piece.size();
    co_return size;
}

namespace detail {
route_values& routes_of(saker::request& known) noexcept { return known.exchange_.routes; }
}  // namespace detail

}  // namespace saker
