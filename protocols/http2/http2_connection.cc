// See http2_connection.h. Here: its life, its streams, and what nghttp2 tells of them.

#include "protocols/http2/http2_connection.h"

#include "core/base/log.h"
#include "protocols/http/rejection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/http2_stream.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace saker::http2 {
namespace {

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// What Kestrel says.
constexpr std::string_view http1_answer =
    "HTTP/1.1 400 Bad Request\r\n"
    "Connection: close\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 56\r\n"
    "\r\n"
    "An HTTP/1.x request was sent to an HTTP/2 only endpoint.";

}  // namespace

http2_connection::http2_connection(connection& accepted, service& of)
    : turn_end_hook(
          [](turn_end_hook& hook) noexcept { static_cast<http2_connection&>(hook).on_turn_end(); }),
      timer([](timer& passed) noexcept { static_cast<http2_connection&>(passed).on_timer(); }),
      connection_(core_connection::of(accepted)),
      service_(of),
      home_(of.on_core()),
      session_(of.limits().http2, of.limits().max_request_headers_total_size,
               of.options().allow_response_header_compression, *this),
      budget_(home_.peer_time()),
      heard_at_(home_.now()) {
    dues_.fill(never);
    connection_.disarm();
    connection_.speaks_http2();
    connection_.usual_response_rate(of.limits().min_response_data_rate);
    connection_.waits_for_request(true);
    connection_.when_peer_gone(
        {[](void* self) noexcept { static_cast<http2_connection*>(self)->on_peer_gone(); }, this});
    const auto waited = home_.now() - connection_.accepted_at();
    if (const auto most = of.limits().request_headers_timeout; most != infinite)
        arm(due::idle, std::max(bounded(most) - waited, std::chrono::nanoseconds(0)));
}

http2_connection::~http2_connection() {
    home_.timers().disarm(*this);
    connection_.when_peer_gone({});
    connection_.when_close_requested({});
    connection_.output().when_room({});
}

task<> http2_connection::run(connection& accepted, service& of) {
    http2_connection self(accepted, of);
    pipe& in = accepted.input();
    for (;;) {
        self.look();
        if (!self.goes_on()) break;
        if (self.has_too_much())
            co_await memory_awaiter{self};
        else
            co_await in.read();
    }
    self.leave();
    co_await self.until_over();
}

bool http2_connection::goes_on() const noexcept {
    if (failed_ || connection_.output_dead()) return false;
    if (connection_.input().completed() && connection_.input().empty()) return false;
    return phase_ != phase::last_call || !streams_.empty();
}

// ---- what comes ----

void http2_connection::look() noexcept {
    pipe& in = connection_.input();
    // Of a stop. Behind the preface GOAWAY is said in two steps, which have a time of their own.
    if (connection_.expired() == deadline::idle_close && phase_ == phase::preface) {
        failed_ = true;
        return;
    }
    if (phase_ == phase::preface && !take_preface()) return;
    while (!in.empty() && !failed_ && !has_too_much()) take(in.take(in.front().size()));
    time_part();
    // Now, not at the turn's end: streams that are over are reused by the next connection's
    // requests while they are in the caches. What is written leaves at the turn's end.
    if (phase_ != phase::preface && !failed_) {
        pump();
        if (!awake_.empty()) sweep();
    }
}

bool http2_connection::take_preface() noexcept {
    pipe& in = connection_.input();
    char begins[preface.size()];
    const std::string_view come(begins, in.copy_to(begins));
    if (!preface.starts_with(come)) {
        refuse_preface(come);
        return false;
    }
    if (come.size() < preface.size()) {
        if (in.completed()) fail(error_code::protocol_error, end_reason::invalid_handshake);
        in.advance(0, in.length());  // more of it is waited for
        return false;
    }
    in.advance(preface.size());
    if (session_.receive(preface) != frame_session::taken::all) {
        fail(error_code::internal_error, end_reason::out_of_memory);
        return false;
    }
    phase_ = phase::serving;
    if (const auto quiet = service_.limits().http2.keep_alive_ping_delay; quiet != infinite)
        arm(due::ping, bounded(quiet));
    connection_.when_close_requested(
        {[](void* self) noexcept { static_cast<http2_connection*>(self)->announce_end(); }, this});
    pump();  // SETTINGS and the window, before SETTINGS of the peer's are acknowledged
    return true;
}

// A client of HTTP/1 is told in words that it understands, once its request line is there.
void http2_connection::refuse_preface(std::string_view begins) noexcept {
    pipe& in = connection_.input();
    const bool is_text =
        connection_.tls() == nullptr && !begins.empty() && begins[0] >= 'A' && begins[0] <= 'Z';
    if (is_text) {
        std::string line(std::min<size_t>(in.length(), service_.limits().max_request_line_size),
                         '\0');
        in.copy_to({line.data(), line.size()});
        const size_t end = line.find('\n');
        if (end == std::string::npos && line.size() < service_.limits().max_request_line_size &&
            !in.completed())
            return in.advance(0, in.length());
        line.resize(std::min(end, line.size()));
        if (line.find(" HTTP/1.") != std::string::npos) {
            connection_.ends_by(end_reason::invalid_http_version);
            if (!connection_.output().write(http1_answer)) return out_of_memory();
            connection_.output().publish();
            failed_ = true;
            return;
        }
    }
    phase_ = phase::serving;  // so that GOAWAY leaves
    fail(error_code::protocol_error, end_reason::invalid_handshake);
}

bool http2_connection::is_forgiven(uint32_t id) const noexcept {
    return id >= forgiven_from_ && home_.now() < forgiven_until_;
}

bool http2_connection::spend(int32_t cost) noexcept {
    if (budget_.spend(cost, home_.peer_time())) return true;
    fail(error_code::enhance_your_calm, end_reason::enhance_your_calm);
    return false;
}

bool http2_connection::fault(const connection_fault& of) noexcept {
    fail(of.code, of.why);
    return false;
}

void http2_connection::fail(error_code code, end_reason why) noexcept {
    if (failed_) return;
    failed_ = true;
    connection_.ends_by(why);
    session_.terminate(last_id_, code);
    if (log_writer* const log = home_.log();
        log != nullptr && log->enabled(log_level::debug, "connection"))
        log->write(log_level::debug, "connection",
                   connection_.id() + " ends with GOAWAY " +
                       std::to_string(static_cast<uint32_t>(code)) + ": " + std::string(name(why)));
    send_soon();
}

void http2_connection::out_of_memory() noexcept {
    failed_ = true;
    connection_.abort(end_reason::out_of_memory);
    send_soon();
}

// ---- heads ----

bool http2_connection::on_head_begin(uint32_t id, bool trailers) noexcept {
    if (!trailers) return open(id);
    head_of_ = session_.find(id);
    if (head_of_ != nullptr) return (void)head_of_->begin_trailers(), true;
    return unwanted_head(), true;
}

void http2_connection::unwanted_head() noexcept {
    head_of_ = nullptr;
    if (unwanted_ == nullptr) unwanted_ = std::make_unique<head_fields>();
    unwanted_->begin(false);
}

// A stream that the peer may not open now is refused: it can ask again (RFC 9113 8.7), later.
bool http2_connection::open(uint32_t id) noexcept {
    // The last GOAWAY waits to be sent, and has said that nobody looks at this one.
    const bool is_too_late = phase_ == phase::last_call;
    if (!is_too_late) last_id_ = id;
    const bool too_many = open_ >= service_.limits().http2.max_streams_per_connection;
    const bool too_busy = budget_.is_low(home_.peer_time()) || running_ >= service_.most_running();
    if (too_many || too_busy || is_too_late) {
        session_.reset(id, too_many || is_too_late ? error_code::refused_stream
                                                   : error_code::enhance_your_calm);
        if (!is_too_late) forgive(id);
        unwanted_head();
        return true;
    }
    auto fresh = service_.lend_stream();
    head_of_ = fresh.get();
    head_of_->place = streams_.size();
    head_of_->begin_request(*this, connection_, id);
    session_.keep(id, head_of_);
    streams_.push_back(std::move(fresh));
    ++open_;
    ++requests_;
    if (streams_.size() == 1) idle_or_not();
    return true;
}

bool http2_connection::on_field(std::string_view name, std::string_view value) noexcept {
    head_fields& fields = head_of_ != nullptr ? head_of_->head_coming() : *unwanted_;
    const connection_fault wrong = fields.add(name, value, service_.fields());
    return !wrong || fault(wrong);
}

bool http2_connection::on_head_end(bool end_stream) noexcept {
    http2_stream* const of = std::exchange(head_of_, nullptr);
    if (of == nullptr) return true;
    if (of->has_request()) {
        of->take_trailers();
        return true;
    }
    if (const auto& most = service_.limits().max_requests_per_connection;
        most && requests_ >= *most)
        connection_.request_close(end_reason::request_limit_reached);
    give_priority(*of);
    if (of->understand(requests_, end_stream)) ready_ = of;
    return true;
}

// What was said last counts: PRIORITY_UPDATE may come before the head (RFC 9218 7.1). Without a
// word all share alike, which means that each is of use in parts.
void http2_connection::give_priority(http2_stream& of) noexcept {
    priority asked{3, true};
    const field_list& fields = of.head_coming().fields();
    const auto early = std::find_if(early_priorities_.begin(), early_priorities_.end(),
                                    [&](const early_priority& one) { return one.id == of.id(); });
    if (early != early_priorities_.end()) {
        asked = early->asked;
        early->id = 0;
    } else if (fields.has(header_id::priority)) {
        asked = parse_priority(of.head_coming().value_of(header_id::priority));
    }
    session_.prioritize(of.id(), asked);
}

void http2_connection::on_priority(uint32_t id, std::string_view value) noexcept {
    if (session_.find(id) != nullptr) return session_.prioritize(id, parse_priority(value));
    if (id <= last_id_ || id % 2 == 0) return;
    early_priorities_[next_early_++ % early_priorities_.size()] = {id, parse_priority(value)};
}

// ---- bodies, and the end of streams ----

void http2_connection::on_data(http2_stream& of, std::string_view bytes) noexcept {
    brought_data_ = true;
    of.take_data(bytes, *taking_);
}

bool http2_connection::on_data_end(http2_stream& of) noexcept {
    of.end_input();
    return true;
}

void http2_connection::on_ping(std::span<const uint8_t, 8> payload, bool ack) noexcept {
    if (!ack) return session_.ping(payload, true);
    if (has_heard_goodbye(payload)) call_last();
}

void http2_connection::on_settings() noexcept {
    if (phase_ == phase::serving && !said_settings_) {
        said_settings_ = true;
        idle_or_not();
    }
}

// It asks for nothing more. What runs is still answered.
void http2_connection::on_goaway() noexcept {
    if (std::exchange(peer_leaves_, true) || phase_ != phase::serving) return;
    phase_ = phase::announced;
    connection_.ends_by(end_reason::client_closed);
    idle_or_not();
}

void http2_connection::on_stream_closed(http2_stream& of, error_code) noexcept {
    --open_;
    of.closed();
    look_at(of);
}

// A stream's own window that grows too large is that stream's error; one that does so by SETTINGS
// the connection's (RFC 9113 6.9.2). nghttp2 resets the stream for either.
void http2_connection::on_window_overflow(http2_stream& of) noexcept { of.window_overflows = true; }

// What comes for it is no error: the peer did not know yet. From the moment on that we have
// decided, for its frames may be in the same read.
void http2_connection::forgive(uint32_t id) noexcept {
    const bool anew = home_.now() >= forgiven_until_;
    forgiven_from_ = anew ? id : std::min(forgiven_from_, id);
    // Kestrel's drain of a stream that is over.
    forgiven_until_ = home_.now() + std::chrono::seconds(5);
}

void http2_connection::on_reset_sent(uint32_t id, error_code code) noexcept {
    const http2_stream* const of = session_.find(id);
    const bool is_ours = of != nullptr && of->was_reset_by_app();
    if (code == error_code::flow_control_error && of != nullptr && !is_ours &&
        !of->window_overflows)
        return fail(error_code::flow_control_error, end_reason::flow_control_window_exceeded);
    if (id > last_id_) return;  // the last GOAWAY's
    forgive(id);
    if (is_ours) return;
    switch (code) {  // those that the peer has brought about (CVE-2025-8671)
        case error_code::protocol_error:
        case error_code::flow_control_error:
        case error_code::stream_closed:
        case error_code::refused_stream:
        case error_code::enhance_your_calm: (void)spend(price::reset); break;
        default: break;
    }
}

// ---- its streams ----

void http2_connection::look_at(http2_stream& of) noexcept {
    send_soon();
    if (std::exchange(of.is_awake, true)) return;
    awake_.push_back(&of);
}

void http2_connection::sweep() noexcept {
    while (!awake_.empty()) {
        http2_stream& one = *awake_.back();
        awake_.pop_back();
        one.is_awake = false;
        one.is_over() ? end_stream(one) : one.wake();
    }
}

void http2_connection::end_stream(http2_stream& of) noexcept {
    of.end_request();
    const size_t place = of.place;
    std::swap(streams_[place], streams_.back());
    streams_[place]->place = place;
    service_.take_back(std::move(streams_.back()));
    streams_.pop_back();
    if (streams_.empty()) idle_or_not();
}

void http2_connection::reset(http2_stream& of, error_code code) noexcept {
    session_.reset(of.id(), code);
    send_soon();
}

void http2_connection::give_back(http2_stream& of, size_t size) noexcept {
    if (of.is_open() && of.expects_data()) {
        session_.consume(of.id(), size);
    } else {
        session_.consume_connection(size);
    }
    send_soon();
}

}  // namespace saker::http2
