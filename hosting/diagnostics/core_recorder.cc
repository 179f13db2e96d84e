// See core_recorder.h.

#include "hosting/diagnostics/core_recorder.h"

#include "hosting/diagnostics/exposition.h"
#include "protocols/http/exchange.h"

#include <utility>

namespace saker::diagnostics {
namespace {

// Pairs of a pattern and what has come of it that are looked up fast. Patterns are known by where
// they lie, and several may lie in different places and say the same.
constexpr size_t first_slots = 64, most_slots = 8192;
constexpr size_t most_clients = 1024;  // a power of two

bool peer_has_left(end_reason why) noexcept {
    return why == end_reason::connection_reset || why == end_reason::transport_error ||
           why == end_reason::client_closed || why == end_reason::unexpected_end_of_request;
}

}  // namespace

endpoint_name name_endpoint(std::string_view local, bool is_http) {
    endpoint_name name;
    name.is_http = is_http;
    constexpr std::string_view unix_prefix = "unix:";
    if (local.starts_with(unix_prefix)) {
        add_label(name.labels, "network_transport", "unix");
        add_label(name.labels, "server_address", local.substr(unix_prefix.size()));
        return name;
    }
    const size_t colon = local.rfind(':');
    std::string_view address = local.substr(0, colon);
    const bool is_ipv6 = address.starts_with('[') && address.ends_with(']');
    if (is_ipv6) address = address.substr(1, address.size() - 2);
    add_label(name.labels, "network_transport", "tcp");
    add_label(name.labels, "network_type", is_ipv6 ? "ipv6" : "ipv4");
    add_label(name.labels, "server_address", address);
    if (colon != std::string_view::npos)
        add_label(name.labels, "server_port", local.substr(colon + 1));
    return name;
}

core_recorder::core_recorder(core& home, request_series& series, access_log* to)
    : home_(home),
      series_(series),
      counts_(home.shared_counts()),
      index_(home.index()),
      slab_cap_(home.slabs().cap()),
      slots_(first_slots) {
    late_.reserve(64);
    lines_.write_to(to);
    if (to != nullptr) clients_.resize(most_clients);
    tell_begins = to != nullptr;
    home.observe_turns(this);
}

core_recorder::~core_recorder() {
    for (auto& one : times_) delete one.load(std::memory_order_relaxed);
}

void core_recorder::on_request_over(detail::exchange& of, const request_outcome& outcome) noexcept {
    count(of.routes.pattern, outcome);
    if (lines_.wanted()) [[unlikely]]
        log_line(of, outcome);
}

void core_recorder::count(std::string_view route, const request_outcome& outcome) noexcept {
    const request_error failure(outcome);
    const key asked{route.data(), uint64_t{outcome.status} | uint64_t{failure.code()} << 16 |
                                      uint64_t{static_cast<uint8_t>(outcome.verb)} << 24 |
                                      uint64_t{static_cast<uint8_t>(outcome.version)} << 32 |
                                      uint64_t{outcome.secure} << 40};
    if (asked != last_key_) [[unlikely]] {
        last_ = &look_up(
            asked, {route, outcome.verb, outcome.version, outcome.secure, outcome.status, failure});
        last_key_ = asked;
    }
    request_times& times = *last_;
    if (outcome.began != home_.now()) return late_.push_back({&times, outcome.began});
    if (times.this_turn++ == 0) times.next = std::exchange(touched_, &times);
}

void core_recorder::on_turn_over(steady_time end) noexcept {
    while (touched_ != nullptr) {
        request_times& times = *std::exchange(touched_, touched_->next);
        times.durations.add(end - home_.now(), std::exchange(times.this_turn, 0));
    }
    if (lines_.wanted()) [[unlikely]]
        lines_.look(end);
    if (late_.empty()) return;
    for (const late_one& one : late_) one.times->durations.add(end - one.began);
    late_.clear();
}

const std::string& core_recorder::client_of(core_connection& of) {
    known_client& known = clients_[of.number() & (most_clients - 1)];
    if (known.connection != of.number()) known = {of.number(), of.remote_address()};
    return known.name;
}

// While it is here: when the request is over it may be gone, and nobody knows who it was.
void core_recorder::on_request_begun(detail::exchange& of) noexcept {
    of.client = client_of(of.connection());
}

void core_recorder::log_line(detail::exchange& of, const request_outcome& outcome) {
    access_record record;
    const steady_time now = home_.time().now();
    const std::string id = of.request().id();
    record.when = home_.time().wall();
    record.duration = now - outcome.began;
    record.id = id;
    record.error = request_error(outcome).name();
    record.line = outcome.line;
    record.bytes = outcome.body_sent;
    record.status = outcome.status;
    if (record.status == 0)
        record.status = peer_has_left(outcome.ended) ? status_client_left : status_no_answer;
    if (outcome.understood) {
        const field_list& fields = *of.asked.fields;
        record.client = of.client;
        record.method = of.asked.method;
        record.target = of.asked.target;
        record.protocol = of.asked.protocol;
        record.scheme = scheme_label(outcome.secure);
        record.host = of.asked.host;
        record.referer = fields.value(header_id::referer);
        record.user_agent = fields.value(header_id::user_agent);
        record.route = of.routes.pattern;
    } else {
        record.client = client_of(of.connection());
    }
    lines_.add(record, now);
}

core_recorder::request_times& core_recorder::look_up(const key& asked,
                                                     const request_labels& labels) {
    slot& found = slot_of(asked);
    if (found.times != nullptr) return *found.times;
    if (used_slots_ == most_slots / 2) return times_of(request_series::overflow);
    request_times& times = times_of(series_.number_of(labels));
    found = {asked, &times};
    if (++used_slots_ > slots_.size() / 2) grow();
    return times;
}

core_recorder::request_times& core_recorder::times_of(size_t number) {
    request_times* times = times_[number].load(std::memory_order_relaxed);
    if (times == nullptr) {
        times = new request_times;
        times_[number].store(times, std::memory_order_release);
    }
    return *times;
}

core_recorder::slot& core_recorder::slot_of(const key& asked) noexcept {
    const auto place = reinterpret_cast<uintptr_t>(asked.route);
    uint64_t at = (uint64_t{place} ^ asked.rest) * 0x9e3779b97f4a7c15u;
    for (at >>= 32;; ++at) {
        slot& one = slots_[at & (slots_.size() - 1)];
        if (one.times == nullptr || one.asked == asked) return one;
    }
}

void core_recorder::grow() {
    std::vector<slot> before(slots_.size() * 2);
    before.swap(slots_);
    for (const slot& one : before)
        if (one.times != nullptr) slot_of(one.asked) = one;
}

endpoint_counts& core_recorder::count_endpoint(const endpoint_name& wanted) {
    const std::lock_guard lock(guard_);
    transport_ = home_.io().name();
    for (const auto& one : endpoints_)
        if (one->name == wanted) return one->counts;
    return endpoints_.emplace_back(new endpoint_entry{wanted, {}})->counts;
}

std::vector<const core_recorder::endpoint_entry*> core_recorder::endpoints() const {
    const std::lock_guard lock(guard_);
    std::vector<const endpoint_entry*> all;
    for (const auto& one : endpoints_) all.push_back(one.get());
    return all;
}

std::string core_recorder::transport() const {
    const std::lock_guard lock(guard_);
    return transport_;
}

}  // namespace saker::diagnostics
