// What is due of a connection, and its end: keep-alive, unfinished heads, pings, memory that is
// waited for, windows that stay shut, and GOAWAY in two steps. One timer looks at the first of
// them.

#include "core/connection/data_rate.h"
#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/http2_stream.h"

#include <algorithm>

namespace saker::http2 {
namespace {

// Between the two GOAWAYs, where the PING behind the first one is not answered: more than a round
// trip.
constexpr auto time_to_hear = std::chrono::seconds(1);
// How often shut windows are looked at; Kestrel's tick.
constexpr auto stall_tick = std::chrono::seconds(1);
// Handlers of a connection that has failed have this long before it is reset.
constexpr auto time_to_leave = std::chrono::seconds(1);
constexpr std::array<uint8_t, 8> goodbye = {'g', 'o', 'o', 'd', ' ', 'b', 'y', 'e'};
constexpr std::array<uint8_t, 8> are_you_there = {'s', 'a', 'k', 'e', 'r', ' ', '?', '?'};

}  // namespace

void http2_connection::arm(due what, std::chrono::nanoseconds after) noexcept {
    dues_[static_cast<size_t>(what)] = home_.tick_after(after);
    look_at_dues();
}

// A look that is too early finds nothing and looks again.
void http2_connection::look_at_dues() noexcept {
    const tick first = *std::min_element(dues_.begin(), dues_.end());
    if (first == never) return;
    timer_wheel& timers = home_.timers();
    if (armed()) {
        if (first >= timer::due()) return;
        timers.disarm(*this);
    }
    timers.arm(*this, first);
}

void http2_connection::on_timer() noexcept {
    const tick now = home_.timers().now();
    for (size_t i = 0; i < dues_.size(); ++i) {
        if (dues_[i] > now) continue;
        dues_[i] = never;
        on_due(static_cast<due>(i));
    }
    look_at_dues();
    send_soon();
}

void http2_connection::on_due(due what) noexcept {
    const http2_limits& limits = service_.limits().http2;
    switch (what) {
        case due::idle:
            if (phase_ == phase::preface) {  // nothing was asked, so nothing is said
                connection_.ends_by(end_reason::request_headers_timeout);
                failed_ = true;
                break;
            }
            connection_.ends_by(said_settings_ ? end_reason::keep_alive_timeout
                                               : end_reason::request_headers_timeout);
            announce_end();
            break;
        case due::head:
            if (is_deaf()) return arm(what, time_to_hear);
            fail(error_code::internal_error, end_reason::request_headers_timeout);
            break;
        case due::ping: {
            const auto quiet = home_.now() - heard_at_;
            const auto most = bounded(limits.keep_alive_ping_delay);
            if (quiet < most) return arm(due::ping, most - quiet);
            session_.ping(are_you_there, false);
            arm(due::pong,
                bounded(limits.keep_alive_ping_timeout));  // the next one: when it is heard
            break;
        }
        case due::pong:
            if (is_deaf()) return arm(what, time_to_hear);
            fail(error_code::internal_error, end_reason::keep_alive_ping_timeout);
            break;
        case due::memory:
            if (full_) arm(due::memory, std::chrono::milliseconds(100));
            break;
        case due::stall: look_at_stalls(); break;
        case due::last_call:
            if (is_left_) return connection_.abort(connection_.ended_by());
            call_last();
            break;
    }
}

// Without a stream it waits for a request. A PING is none: who only pings is not kept for ever.
void http2_connection::idle_or_not() noexcept {
    const bool idle = streams_.empty();
    connection_.waits_for_request(idle);
    if (!said_settings_) return;
    if (!idle || phase_ != phase::serving) disarm(due::idle);
    if (!idle) return;
    if (peer_leaves_) call_last();
    if (phase_ != phase::serving) return;
    disarm(due::idle);  // the preface had one
    if (const auto most = service_.limits().keep_alive_timeout; most != infinite)
        arm(due::idle, bounded(most));
}

// ---- memory ----

// Where most of the core's slabs are in use, nobody gets another one while it leaves one unread; as
// with HTTP/1 (core_connection), whose pipe this one would empty.
bool http2_connection::has_too_much() const noexcept {
    return unread_ >= slab_pool::slab_size / 2 && home_.slabs().scarce();
}

void http2_connection::wait_for_memory(std::coroutine_handle<> waiting) noexcept {
    full_ = waiting;
    full_since_ = home_.peer_time();
    if (sent_ - sent_when_deaf_ >= most_queued) {  // it takes what it asks for
        deaf_ = deaf_at_look_ = {};
        sent_when_deaf_ = sent_;
    }
    arm(due::memory, std::chrono::milliseconds(100));  // others may have let go of theirs
}

// What we leave unread is not what the peer leaves unsaid: windows that it has opened, answers to
// pings. It is pardoned so much of its time; not for ever, as it may be among those that have
// brought this about.
std::chrono::nanoseconds http2_connection::deaf() const noexcept {
    if (full_ == nullptr) return deaf_;
    return std::min<std::chrono::nanoseconds>(deaf_ + (home_.peer_time() - full_since_), most_deaf);
}

// The peer's times begin anew: what it said meanwhile has yet to be read.
void http2_connection::hear_again() noexcept {
    const auto before = std::exchange(deaf_, deaf());
    for (const auto& one : streams_) one->pardon(deaf_ - before);
    if (armed_for(due::pong))
        arm(due::pong, bounded(service_.limits().http2.keep_alive_ping_timeout));
    if (armed_for(due::head)) arm(due::head, bounded(service_.limits().request_headers_timeout));
    std::exchange(full_, {}).resume();
}

// ---- windows that stay shut ----

// A stream waits for nothing but its client where its own window is shut. What has left of all of
// them has a rate, too, while nothing can leave: a client that shuts now the one and now the other
// window is as slow as one that never opens them. Looked at once a second while anything waits.
void http2_connection::look_at_stalls() noexcept {
    if (armed_for(due::stall)) return;
    const auto now = home_.peer_time();
    const bool first = looked_at_stalls_ == std::chrono::nanoseconds(0);
    const auto pardoned = deaf() - std::exchange(deaf_at_look_, deaf());
    const auto passed = first ? std::chrono::nanoseconds(0) : now - looked_at_stalls_ - pardoned;
    looked_at_stalls_ = now;
    bool any = false, too_long = false;
    const bool is_shut = session_.window() <= 0;
    std::optional<min_data_rate> rate;
    for (const auto& one : streams_) {
        if (!one->owes_something() || !one->is_open()) {
            one->not_stalled();
            continue;
        }
        any = true;
        if (one->response_rate()) rate = one->response_rate();
        if (is_shut || session_.window_of(one->id()) > 0)
            one->not_stalled();
        else
            too_long |= !one->stalls(passed);
    }
    if (rate && all_sent_) {
        stalled_ += passed;
        stalled_ -= std::min(stalled_, time_for(*rate, sent_ - sent_at_look_));
        too_long |= stalled_ > grace_of(*rate);
    } else if (!rate) {
        stalled_ = {};
    }
    sent_at_look_ = sent_;
    if (too_long) return fail(error_code::internal_error, end_reason::min_response_data_rate);
    if (any)
        arm(due::stall, stall_tick);
    else
        looked_at_stalls_ = {};
    if (!any || !is_left_) return;
    for (const auto& one : streams_)  // nobody opens them any more
        if (one->owes_something() && one->is_open()) reset(*one, error_code::cancel);
}

// ---- the end ----

// The first GOAWAY says that there will be another one: requests that are on their way are still
// answered (RFC 9113 6.8).
void http2_connection::announce_end() noexcept {
    if (phase_ != phase::serving || failed_) return;
    phase_ = phase::announced;
    disarm(due::idle);
    session_.announce_end();
    arm(due::last_call, time_to_hear);
    send_soon();
}

// Behind it, as pings overtake what is not sent yet: who answers it has heard.
void http2_connection::on_end_announced() noexcept { session_.ping(goodbye, false); }

bool http2_connection::has_heard_goodbye(std::span<const uint8_t, 8> answered) const noexcept {
    return phase_ == phase::announced &&
           std::equal(answered.begin(), answered.end(), goodbye.begin());
}

void http2_connection::call_last() noexcept {
    if (phase_ != phase::announced || failed_) return;
    phase_ = phase::last_call;
    disarm(due::last_call);
    session_.end_after(last_id_);
    send_soon();
}

// Nothing more is taken in. Where the peer has only ended its side, what is running is still
// answered, as far as windows go.
void http2_connection::leave() noexcept {
    is_left_ = true;
    dues_.fill(never);
    if (!failed_ && phase_ != phase::last_call) {
        const bool is_inside = in_head_ || header_size_ > 0 ||
                               std::any_of(streams_.begin(), streams_.end(), [](const auto& one) {
                                   return one->is_open() && one->expects_data();
                               });
        connection_.ends_by(!is_inside ? end_reason::client_closed
                                       : end_reason::unexpected_end_of_request);
    }
    connection_.waits_for_request(false);
    if (is_dead()) {
        cut();
    } else {
        for (const auto& one : streams_) {
            if (one->has_request()) {
                one->peer_ended();
            } else {  // the rest of its head does not come any more
                session_.keep(one->id(), nullptr);
                one->closed();
            }
            look_at(*one);
        }
    }
    send_soon();
}

// Its handlers are told, and have some time.
void http2_connection::cut() noexcept {
    cancel_all(connection_.ended_by());
    if (!streams_.empty()) arm(due::last_call, time_to_leave);
}

void http2_connection::on_peer_gone() noexcept {
    connection_.when_peer_gone(
        {[](void* self) noexcept { static_cast<http2_connection*>(self)->on_peer_gone(); }, this});
    if (is_left_ && connection_.output_dead()) cancel_all(connection_.ended_by());
    send_soon();
}

void http2_connection::cancel_all(end_reason why) noexcept {
    is_cut_ = true;
    for (const auto& one : streams_) {
        session_.keep(one->id(), nullptr);
        one->cancel(why);
        one->closed();
        look_at(*one);
    }
}

}  // namespace saker::http2
