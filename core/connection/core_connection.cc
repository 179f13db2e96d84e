// See core_connection.h. The input pump: receive -> input pipe -> reader; it stops asking while the
// reader is behind. The output pump: output pipe -> one gathered send at a turn's end. The end:
// delegate returns -> output drains -> our end is said -> the peer's end is awaited -> close.

#include "core/connection/core_connection.h"

#include "core/base/log.h"
#include "core/connection/listener.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string_view>

namespace saker {
namespace {

constexpr size_t most_pieces = 64;
// What a lingering close takes from the peer before it gives up (RFC 9112 9.6), and how long. Well
// above the largest body that is refused by default: who sends all of it first has to hear its 413.
constexpr uint32_t most_discarded = 64 * 1024 * 1024;
constexpr auto linger_time = std::chrono::seconds(5);
// How soon the kernel's last words are tried again where the peer does not take what is before
// them.
constexpr auto goodbye_pause = std::chrono::milliseconds(20);
// How long a stopping server waits for a request that an idle client may have sent already.
constexpr auto idle_close_time = std::chrono::milliseconds(250);

std::atomic<uint64_t> connections_made = 0;

}  // namespace

core_connection::core_connection(core& home, listener& from, const connection_options& options,
                                 socket_id socket) noexcept
    : connection(home, in_, out_),
      turn_end_hook(
          [](turn_end_hook& hook) noexcept { static_cast<core_connection&>(hook).flush(); }),
      timer([](timer& due) noexcept { static_cast<core_connection&>(due).on_timer(); }),
      listener_(from),
      socket_(socket),
      number_(connections_made.fetch_add(1, std::memory_order_relaxed)),
      accepted_at_(home.now()),
      options_(options),
      in_(home.text(), options.input),
      out_(home.text(), options.output) {}

void core_connection::start(const connection_delegate& delegate, admission::client* from) noexcept {
    has_place_ = options_.admits != nullptr;
    client_ = from;
    if (const tick old = old_at(); old != never) look_at(old);
    wait_for_output();
    ask_receive();
    try {
        delegate(*this).start({[](void* self, std::exception_ptr failure) noexcept {
                                   static_cast<core_connection*>(self)->on_delegate_end(
                                       std::move(failure));
                               },
                               this});
    } catch (...) {  // what makes the task failed: a middleware, or memory
        on_delegate_end(std::current_exception());
    }
}

void core_connection::refuse(end_reason why) noexcept {
    delegate_running_ = false;
    ends_by(why);
    close(true);
}

bool core_connection::upgrade() noexcept {
    if (closing_ || output_dead()) return false;
    if (!upgraded_ && options_.admits != nullptr) {
        if (!options_.admits->upgrade()) return false;
        options_.admits->leave_place();
        has_place_ = false;
    }
    if (!upgraded_) listener_.count_upgraded(1);
    upgraded_ = true;
    disarm();
    take_rate(std::nullopt);
    rate_of_ = rate_of::nobody;
    ordinary_end_ = end_reason::upgraded;
    return true;
}

bool core_connection::upgrade_stream() noexcept {
    if (closing_ || output_dead()) return false;
    if (options_.admits != nullptr && !options_.admits->upgrade()) return false;
    listener_.count_upgraded(1);
    return true;
}

void core_connection::upgraded_stream_over() noexcept {
    listener_.count_upgraded(-1);
    if (options_.admits != nullptr) options_.admits->leave_upgraded(nullptr);
}

uint64_t core_connection::next_number() noexcept {
    return connections_made.load(std::memory_order_relaxed);
}

std::string_view core_connection::doing() const noexcept {
    if (closing_) return delegate_running_ ? "its handler has not returned" : "closing";
    if (!delegate_running_ && (send_.in_flight || armed_for_ == deadline::goodbye))
        return "sending the rest of what was written";
    if (!delegate_running_) return "waiting for the client's end";
    if (idle_) return "idle";
    if (armed_for_ == deadline::request_headers) return "receiving the head of a request";
    if (armed_for_ == deadline::tls_handshake) return "in the TLS handshake";
    if (armed_for_ == deadline::request_drain) return "receiving a body that nobody wants";
    return send_.in_flight ? "answering, the client takes it slowly" : "answering";
}

std::string core_connection::id() const {
    // Kestrel's CorrelationIdGenerator: thirteen digits of base 32.
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    static const uint64_t first = static_cast<uint64_t>(core_.time().wall().count() / 100);
    std::string text(13, '0');
    for (uint64_t left = first + number_, at = text.size(); at-- > 0; left >>= 5)
        text[at] = digits[left & 31];
    return text;
}

std::string core_connection::remote_address() const {
    return closing_ ? std::string() : core_.io().names(socket_).remote;
}

std::string core_connection::local_address() const {
    return closing_ ? std::string() : core_.io().names(socket_).local;
}

// ---- input ----

void core_connection::ask_receive() noexcept {
    if (receiving_stopped_ || closing_ || receive_.in_flight) return;
    core_.io().receive(socket_, receive_);
}

void core_connection::on_received() noexcept {
    if (receive_.result > 0) {
        core_.counts().bytes_received.add(static_cast<uint64_t>(receive_.result));
        if (closing_) return void(receive_.data = {});
        if (discarding_) return discard_received();
        in_bulk_ = receive_.data.spare().empty();
        in_.append_received(std::move(receive_.data));
        in_.publish();
        return read_on();
    }
    if (receive_.result < 0 && !closing_ && heard_otherwise()) return;
    receiving_stopped_ = true;
    if (closing_) return;
    if (receive_.result < 0) {
        ends_by(receive_.result == -ECONNRESET ? end_reason::connection_reset
                                               : end_reason::transport_error);
        drop_output();
    }
    tell_peer_gone();
    if (discarding_) {
        const bool is_said = spoken_ == nullptr || armed_for_ == deadline::linger;
        if (!send_.in_flight && out_.empty() && (receive_.result < 0 || is_said))
            close(receive_.result < 0);
        return;
    }
    in_.complete(receive_.result);
}

// It was no failure of the socket but something that the kernel's protocol says.
bool core_connection::heard_otherwise() noexcept {
    if (spoken_ == nullptr) return false;
    switch (spoken_->received(native(), receive_.result)) {
        case kernel_protocol::meaning::a_failure: return false;
        case kernel_protocol::meaning::nothing: read_on(); return true;
        case kernel_protocol::meaning::the_last_one: break;
    }
    receiving_stopped_ = true;
    if (discarding_ && armed_for_ == deadline::linger) close(false);
    return true;
}

// Asks for more unless the reader is behind; then when it has caught up. Where most of the core's
// slabs are in use, nobody gets another one while it leaves one unread: many that are behind would
// take all of them otherwise, and everybody else would wait.
void core_connection::read_on() noexcept {
    const bool keeps_one = in_.unexamined() >= slab_pool::slab_size / 2;
    if (!in_.should_pause() && !(keeps_one && core_.slabs().scarce())) return ask_receive();
    in_.when_room(
        {[](void* self) noexcept { static_cast<core_connection*>(self)->read_on(); }, this});
}

void core_connection::discard_received() noexcept {
    discarded_ += static_cast<uint32_t>(receive_.result);
    receive_.data = {};
    if (discarded_ > most_discarded) return close(true);
    ask_receive();
}

void core_connection::tell_peer_gone() noexcept {
    peer_gone_ = true;
    if (!on_peer_gone_) return;
    const continuation told = std::exchange(on_peer_gone_, {});
    told.run(told.context);
}

void core_connection::tell_close_requested() noexcept {
    if (!on_close_requested_) return;
    const continuation told = std::exchange(on_close_requested_, {});
    told.run(told.context);
}

// ---- output ----

void core_connection::wait_for_output() noexcept {
    out_.when_readable(
        {[](void* self) noexcept { static_cast<core_connection*>(self)->flush_soon(); }, this});
}

void core_connection::flush() noexcept {
    if (closing_) return free_if_over();
    if (send_.in_flight) return;  // goes on when that is answered
    if (out_.empty()) {
        if (out_.completed()) return output_done();
        return wait_for_output();
    }
    // More is being received, and may lead to more that is sent: one send of it is cheaper.
    if (in_bulk_ && !out_.completed() && !out_.should_pause()) {
        in_bulk_ = false;
        return core_.at_next_turn_end(*this);
    }
    account_output();
    gather();
    send_.pieces = {pieces_, piece_count_};
    send_.unhurried = sending_ == out_.length() && !out_.completed() && !out_.should_pause();
    core_.io().send(socket_, send_);
    // What another hook of this turn writes behind it (TLS) must not wait for an answer that does
    // not hurry.
    if (send_.in_flight && send_.unhurried)
        out_.when_readable({[](void* self) noexcept {
                                auto& waits = *static_cast<core_connection*>(self);
                                waits.core_.at_next_turn_end(waits);
                            },
                            this});
}

// Nothing that is written reaches anybody any more; who waits for room hears that the peer has
// gone. What is in flight is lent to the transport, and goes when it is answered: given back
// before, it would be somebody else's bytes that are sent.
void core_connection::drop_output() noexcept {
    peer_gone_ = true;
    send_.in_flight ? out_.leave() : out_.stop_reading();
}

// Describes what is to be sent. Sets `sending_` and the pieces.
void core_connection::gather() noexcept {
    piece_count_ = static_cast<uint32_t>(std::min(out_.segment_count(), most_pieces));
    pieces_ = static_cast<buffer*>(core_.blocks().allocate(piece_count_ * sizeof(buffer)));
    sending_ = static_cast<uint32_t>(out_.gather({pieces_, piece_count_}).bytes);
}

void core_connection::give_pieces_back() noexcept {
    core_.blocks().release(std::exchange(pieces_, nullptr), piece_count_ * sizeof(buffer));
}

void core_connection::on_sent() noexcept {
    give_pieces_back();
    if (send_.result < 0) {
        if (closing_) return;
        ends_by(end_reason::connection_reset);
        drop_output();
        tell_peer_gone();
        if (!delegate_running_) return close(true);
        in_.complete(send_.result);
        return;
    }
    core_.counts().bytes_sent.add(sending_);
    accounted_ -= std::min<size_t>(accounted_, sending_);
    if (accounted_ == 0 || !has_rate_) taking_.all_taken();
    // Also when closing: a pipe that was left while it was being sent has only to be emptied.
    out_.reader_gone() ? out_.stop_reading() : out_.advance(sending_);
    if (closing_) return;
    if (!out_.empty() || out_.completed()) return flush_soon();
    wait_for_output();
}

// ---- the end ----

void core_connection::on_delegate_end(std::exception_ptr failure) noexcept {
    delegate_running_ = false;
    on_peer_gone_ = {};
    on_close_requested_ = {};
    disarm();
    if (failure) {
        listener_.log_failure(*this, std::move(failure));
        abort(end_reason::unhandled_exception);
        return free_if_over();
    }
    in_.stop_reading();
    discarding_ = true;
    if (closing_) return free_if_over();
    if (out_.reader_gone()) return close(true);
    out_.complete();
    time_the_rest();
    flush_soon();
}

// All that was written is with the kernel, and no more will come.
void core_connection::output_done() noexcept {
    if (delegate_running_) return;
    ends_by(ordinary_end_);
    if (closing_) return;
    if (spoken_ != nullptr && !spoken_->goodbye(native(), core_.now()))
        return arm(deadline::goodbye, goodbye_pause);
    if (receiving_stopped_ || peer_expects_end_) return close(false);
    linger();
}

// Says our end and waits for the peer's: a close with unread bytes would reset the connection and
// destroy what the peer has not read yet.
void core_connection::linger() noexcept {
    core_.io().end_output(socket_);
    arm(deadline::linger, linger_time);
    ask_receive();
}

// What fails behind an ordinary end is what the connection has ended by.
void core_connection::fails_by(end_reason why) noexcept {
    if (!is_failure(ended_by())) reason_ = why;
}

void core_connection::abort(end_reason why) noexcept {
    if (closing_) return;
    fails_by(why);
    if (aborted_ || closing_) return;
    aborted_ = true;
    close(true);
    drop_output();
    tell_peer_gone();
    in_.complete(-ECONNABORTED);
}

void core_connection::request_close(end_reason why) noexcept {
    // Without its delegate it is ending already, under a deadline that must stay.
    if (close_requested_ || !delegate_running_) return;
    close_requested_ = true;
    ordinary_end_ = why;
    if (idle_) await_last_request();
    tell_close_requested();
}

// The peer may have sent a request before it could know: it is answered if it comes soon.
void core_connection::await_last_request() noexcept { arm(deadline::idle_close, idle_close_time); }

void core_connection::close(bool reset) noexcept {
    if (closing_) return;
    ends_by(ordinary_end_);
    closing_ = true;
    receiving_stopped_ = true;
    disarm();
    core_.timers().disarm(*this);
    close_.reset = reset;
    core_.io().close(socket_, close_);
}

void core_connection::on_closed() noexcept {
    socket_open_ = false;
    free_if_over();
}

void core_connection::free_if_over() noexcept {
    if (delegate_running_ || socket_open_ || queued) return;
    listener& from = listener_;
    const end_reason why = ended_by();
    const auto duration = core_.now() - accepted_at_;
    const bool was_http2 = http2_;
    if (upgraded_) listener_.count_upgraded(-1);
    if (upgraded_ && options_.admits != nullptr) options_.admits->leave_upgraded(client_);
    if (has_place_) options_.admits->leave(client_);
    delete this;
    from.on_connection_over(why, duration, was_http2);
}

}  // namespace saker
