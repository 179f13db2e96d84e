// The incoming half of a stream: whether its head is lawful (RFC 9113 8.3, RFC 8441), and the body.
// What is wrong with a head ends its stream alone, by the code that Kestrel gives it.

#include "core/memory/small_block.h"
#include "protocols/http/characters.h"
#include "protocols/http/field_value.h"
#include "protocols/http/method.h"
#include "protocols/http/target.h"
#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/http2_stream.h"
#include "protocols/http2/tunnel.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace saker::http2 {
namespace {

using enum rejection_reason;
using pseudo = head_fields::pseudo;

// A piece of DATA below this is copied where nobody waits for it: it would pin a slab.
constexpr size_t large_piece = 4096;
constexpr size_t least_block = 256, most_block = 4096;

bool parse_length(std::string_view text, uint64_t& length) noexcept {
    constexpr auto most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    uint64_t value = 0;
    for (const char c : text) {
        if (!is_class(c, digit)) return false;
        const auto d = static_cast<uint64_t>(c - '0');
        if (value > (most - d) / 10) return false;
        value = value * 10 + d;
    }
    length = value;
    return !text.empty();
}

// RFC 3986 3.1.
bool is_scheme(std::string_view text) noexcept {
    const auto is_letter = [](char c) { return to_lower(c) >= 'a' && to_lower(c) <= 'z'; };
    if (text.empty() || !is_letter(text.front())) return false;
    for (const char c : text) {
        if (!is_letter(c) && !is_class(c, digit) && c != '+' && c != '-' && c != '.') return false;
    }
    return true;
}

}  // namespace

void http2_stream::begin_request(http2_connection& of, core_connection& on, uint32_t id) noexcept {
    begin(on);
    owner_ = &of;
    id_ = id;
    core& home = on.on_core();
    in_.emplace(home.text(), service_.input());
    out_.emplace(home.text(), service_.output());
    asked = {};
    path_.clear();
    fields_.begin(false);
    began_ = home.now();
    body_limit_ = service_.limits().max_request_body_size;
    body_rate = service_.limits().min_request_body_data_rate;
    response_rate_ = service_.limits().min_response_data_rate;
    open_ = true;
}

// ---- the head ----

bool http2_stream::understand(uint64_t number, bool ends) noexcept {
    has_request_ = true;
    remote_ended_ = ends;
    asked.number = number;
    asked.protocol = "HTTP/2";
    began_ = connection_->on_core().now();
    rejection_reason wrong = check();
    if (wrong == none) wrong = check_length(ends);
    if (wrong != none) {
        refuse(wrong);
        return false;
    }
    if (fields_.has(pseudo::authority)) fields_.replace_host();
    fields_.finish();
    fill_in();
    body_ = ends ? body_state::done : body_state::coming;
    connection_->on_core().counts().requests.add();
    if (request_observer* const told = service_.observer(); told != nullptr) {
        const auto secure = static_cast<size_t>(connection_->tls() != nullptr);
        told->active[secure][static_cast<size_t>(find_method(asked.method))].add();
        if (told->tell_begins) [[unlikely]]
            told->on_request_begun(*this);
    }
    return true;
}

rejection_reason http2_stream::check() noexcept {
    if (fields_.too_large()) return headers_exceed_max_total_size;
    if (fields_.too_many()) return too_many_headers;
    if (const rejection_reason wrong = check_pseudo_fields(); wrong != none) return wrong;
    if (const rejection_reason wrong = check_target(); wrong != none) return wrong;
    return check_host();
}

rejection_reason http2_stream::check_pseudo_fields() const noexcept {
    const std::string_view verb = fields_.value(pseudo::method);
    if (!fields_.has(pseudo::method) || !is_token(verb)) return invalid_request_line;
    const bool is_connect = verb == name(method::connect);
    const bool is_extended = fields_.has(pseudo::protocol);
    if (is_extended && (!is_connect || !is_token(fields_.value(pseudo::protocol))))
        return invalid_request_line;
    const bool has_target = fields_.has(pseudo::scheme) && fields_.has(pseudo::path);
    if (is_connect && !is_extended) {  // RFC 9113 8.5
        if (fields_.has(pseudo::scheme) || fields_.has(pseudo::path)) return invalid_request_line;
        return fields_.value(pseudo::authority).empty() ? invalid_request_line : none;
    }
    if (is_extended && !fields_.has(pseudo::authority)) return invalid_request_line;
    if (!has_target) return invalid_request_line;
    const std::string_view scheme = fields_.value(pseudo::scheme);
    if (service_.options().allow_alternate_schemes)
        return is_scheme(scheme) ? none : invalid_request_line;
    const bool secure = connection_->tls() != nullptr;
    return equals_ignore_case(scheme, secure ? "https" : "http") ? none : invalid_request_line;
}

rejection_reason http2_stream::check_target() noexcept {
    const std::string_view path = fields_.value(pseudo::path);
    size_t size = path.size();
    for (const pseudo one : {pseudo::method, pseudo::scheme, pseudo::authority})
        size += fields_.value(one).size();
    if (size > service_.limits().max_request_line_size) return request_line_too_long;
    if (!fields_.has(pseudo::path)) return none;
    if (path == "*")
        return fields_.value(pseudo::method) == name(method::options) ? none
                                                                      : invalid_request_target;
    if (!path.starts_with('/') || !all_class(path, target_character)) return invalid_request_target;
    const std::string_view raw = path.substr(0, path.find('?'));
    if (!needs_decoding(raw)) return none;
    path_.resize(raw.size());
    const decoded_path decoded = decode_path(raw, path_.data());
    path_.resize(decoded.size);
    return decoded.reason;
}

// Kestrel lets `:authority` win over a Host that says something else; RFC 9113 8.3.1 does not.
rejection_reason http2_stream::check_host() noexcept {
    const field_list& fields = fields_.fields();
    if (fields.repeated(header_id::host)) return multiple_host_headers;
    const std::string_view authority = fields_.value(pseudo::authority);
    if (!fields_.has(pseudo::authority) && !fields.has(header_id::host)) return missing_host_header;
    if (fields.has(header_id::host)) {
        const std::string_view host = fields_.value_of(header_id::host);
        if (!is_valid_host(host)) return invalid_host_header;
        const bool agrees = !fields_.has(pseudo::authority) || equals_ignore_case(host, authority);
        if (!agrees && !service_.options().allow_host_header_override) return invalid_host_header;
    }
    return is_valid_host(authority) ? none : invalid_host_header;
}

rejection_reason http2_stream::check_length(bool ends) noexcept {
    const field_list& fields = fields_.fields();
    if (!fields.has(header_id::content_length)) return none;
    if (fields.repeated(header_id::content_length)) return multiple_content_lengths;
    uint64_t length = 0;
    if (!parse_length(fields_.value_of(header_id::content_length), length))
        return invalid_content_length;
    if (ends && length != 0) return invalid_content_length;
    asked.content_length = length;
    return none;
}

void http2_stream::fill_in() noexcept {
    const field_list& fields = fields_.fields();
    const std::string_view target = fields_.value(pseudo::path);
    const size_t mark = target.find('?');
    asked.method = fields_.value(pseudo::method);
    asked.target = fields_.has(pseudo::path) ? target : fields_.value(pseudo::authority);
    asked.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    asked.path = target == "*" ? std::string_view() : target.substr(0, mark);
    if (!path_.empty()) asked.path = path_;
    asked.host = fields.value(header_id::host);
    if (service_.options().allow_alternate_schemes) asked.scheme = fields_.value(pseudo::scheme);
    asked.fields = &fields;
    asked.has_body = !remote_ended_;
    asked.is_head = asked.method == name(method::head);
    asked.can_upgrade = fields_.has(pseudo::protocol) && !remote_ended_;
    if (asked.can_upgrade) asked.upgrades_to = fields_.value(pseudo::protocol);
    must_continue_ = asked.has_body && fields.has(header_id::expect) &&
                     equals_ignore_case(fields.value(header_id::expect), "100-continue");
}

// Statuses for what is too much, as over HTTP/1; for what no lawful client says there is
// RST_STREAM.
void http2_stream::refuse(rejection_reason why) noexcept {
    rejection_ = why;
    if (body_ == body_state::coming) body_ = body_state::failed;  // what has come is not all
    if (why == headers_exceed_max_total_size || why == too_many_headers) return reject(why);
    connection_->on_core().counts().rejections[static_cast<size_t>(why)].add();
    owner_->reset(*this, error_code::protocol_error);
}

// ---- the body ----

void http2_stream::take_data(std::string_view bytes, const share& from) noexcept {
    body_come_ += bytes.size();
    if (asked.content_length && body_come_ > *asked.content_length) {
        owner_->give_back(*this, bytes.size());
        return refuse(invalid_content_length);
    }
    if (body_ != body_state::coming || cancelled_ || !handler_running_)
        return owner_->give_back(*this, bytes.size());
    const bool is_awaited = in_->empty() && awaits_input_;
    try {
        if (bytes.size() >= large_piece || is_awaited) {
            const auto at =
                static_cast<size_t>(reinterpret_cast<const std::byte*>(bytes.data()) - from.data());
            in_->append(from.cut(at, bytes.size()));
        } else {
            keep_small(bytes);
        }
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
    owner_->kept(bytes.size());
    if (tunnel_ != nullptr) tunnel_->came(bytes.size());
    owner_->look_at(*this);
}

// Behind what there is, in blocks that grow with it: a peer that says a byte at a time has neither
// a slab nor a segment for each.
void http2_stream::keep_small(std::string_view bytes) {
    if (in_->extend(bytes)) return;
    const size_t wanted = std::bit_ceil(std::max(bytes.size(), in_->length()));
    share fresh =
        make_small_block(std::max(bytes.size(), std::clamp(wanted, least_block, most_block)));
    std::memcpy(fresh.data(), bytes.data(), bytes.size());
    fresh.extend(bytes.size());
    in_->append(std::move(fresh));
}

void http2_stream::end_input() noexcept {
    remote_ended_ = true;
    if (asked.content_length && body_come_ != *asked.content_length)
        return refuse(invalid_content_length);
    owner_->look_at(*this);
}

head_fields& http2_stream::begin_trailers() {
    if (trailers_ == nullptr) trailers_ = std::make_unique<head_fields>();
    trailers_->begin(true);
    return *trailers_;
}

void http2_stream::take_trailers() noexcept {
    trailers_->finish();
    const field_list& fields = trailers_->fields();
    for (const header_id id : {header_id::content_length, header_id::host, header_id::trailer}) {
        if (fields.has(id)) return refuse(forbidden_trailer_field);
    }
    const bool too_large =
        fields_.size() + trailers_->size() > service_.limits().max_request_headers_total_size;
    const size_t count = fields_.fields().size() + fields.size();
    if (trailers_->too_large() || too_large) fail_body(headers_exceed_max_total_size);
    if (trailers_->too_many() || count > service_.limits().max_request_header_count)
        fail_body(too_many_headers);
    end_input();
}

void http2_stream::peer_ended() noexcept {
    if (!remote_ended_ && body_ == body_state::coming) fail_body(unexpected_end_of_request_content);
    client_ended_ = true;
}

bool http2_stream::limit_body(std::optional<uint64_t> most) noexcept {
    if (reading_) return false;
    body_limit_ = most;
    return true;
}

// Kestrel: the limit is looked at, and 100 Continue is sent, when the application first reads. That
// may be in the midst of what came: the frames behind the head are looked at first.
void http2_stream::begin_reading() noexcept {
    reading_ = true;
    if (asked.content_length && body_limit_ && *asked.content_length > *body_limit_) {
        must_continue_ = false;
        return fail_body(request_body_too_large);
    }
    if (must_continue_) owner_->continue_soon();
}

void http2_stream::say_continue() noexcept {
    if (!reading_ || !std::exchange(must_continue_, false)) return;
    if (started_ || cancelled_ || remote_ended_ || body_come_ > 0) return;
    constexpr sent_field go_on{":status", "100"};
    if (!owner_->frames().inform(id_, {&go_on, 1})) return out_of_memory();
    owner_->send_soon();
}

bool http2_stream::poll_body(share& next) noexcept {
    next = {};
    if (body_ == body_state::coming && !reading_) begin_reading();
    if (body_ != body_state::coming) return true;
    if (in_->empty() && !remote_ended_) return false;
    next = in_->take(std::numeric_limits<size_t>::max());
    body_read_ += next.size();
    if (!next.empty()) owner_->taken(*this, next.size());
    if (body_limit_ && body_read_ > *body_limit_) {
        next = {};
        fail_body(request_body_too_large);
        return true;
    }
    if (in_->empty() && remote_ended_) {
        body_ = body_state::done;
        if (trailers_ != nullptr) asked.trailers = &trailers_->fields();
    }
    return true;
}

// The handler is told by an empty piece; it may still answer. Without an answer of its own the
// client gets the rejection's status.
void http2_stream::fail_body(rejection_reason why) noexcept {
    if (body_ != body_state::coming) return;
    body_ = body_state::failed;
    rejection_ = why;
    connection_->on_core().counts().rejections[static_cast<size_t>(why)].add();
}

// Too slow: Kestrel ends the connection, as its time is what the client wastes.
void http2_stream::give_up_body() noexcept {
    if (body_ != body_state::coming) return;
    fail_body(request_body_timeout);
    owner_->fail(error_code::internal_error, end_reason::min_request_body_data_rate);
}

void http2_stream::wait_for_input() noexcept {
    awaits_input_ = true;
    in_->when_readable({[](void* of) noexcept {
                            auto& self = *static_cast<http2_stream*>(of);
                            self.awaits_input_ = false;
                            self.on_input();
                        },
                        this});
}

void http2_stream::time_input(std::chrono::nanoseconds left) noexcept {
    core& home = connection_->on_core();
    home.timers().disarm(*this);
    home.timers().arm(*this, home.tick_after(left));
}

void http2_stream::stop_timing_input() noexcept { connection_->on_core().timers().disarm(*this); }

// Where the connection's window was not given back, it is not this client that is slow.
void http2_stream::on_timer() noexcept {
    if (owner_->receives_slowly()) {
        pardon_client(std::chrono::nanoseconds::max());
        return time_input(std::chrono::seconds(1));
    }
    due_ = true;
    in_->interrupt();
}

}  // namespace saker::http2
