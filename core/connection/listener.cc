// See listener.h. An accept that fails, for want of descriptors most likely, is asked again after a
// pause, so that a full process neither spins nor goes deaf.

#include "core/connection/listener.h"

#include "core/base/log.h"

#include <cerrno>
#include <cstring>

namespace saker {
namespace {

constexpr auto accept_pause = std::chrono::milliseconds(50);
constexpr auto refusals_apart = std::chrono::seconds(1);

std::string what_of(std::exception_ptr failure) noexcept {
    try {
        std::rethrow_exception(std::move(failure));
    } catch (const std::exception& known) {
        return known.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace

listener::listener(core& home, const connection_options& options,
                   const connection_delegate& delegate, std::string display) noexcept
    : core_(home), options_(&options), delegate_(&delegate), display_(std::move(display)) {}

listener::~listener() {
    SAKER_ASSERT(over(), "a listener outlives its connections");
    SAKER_ASSERT(!waiting_, "who waits for a place is served or refused");
    core_.timers().disarm(retry_);
    core_.timers().disarm(handshakes_);
}

int listener::open(endpoint& where) noexcept {
    const int result = core_.io().listen(where, socket_);
    if (result < 0) return result;
    listening_ = true;
    ask_accept();
    return 0;
}

int listener::adopt(int native_socket) noexcept {
    socket_id adopted;
    const int result = core_.io().adopt(native_socket, adopted);
    if (result < 0) return result;
    if (options_->admits != nullptr) options_->admits->enter();  // whoever hands it over has room
    serve(adopted, nullptr);
    return 0;
}

void listener::ask_accept() noexcept { core_.io().accept(socket_, accept_); }

void listener::on_accepted() noexcept {
    if (accept_.result >= 0) welcome(accept_.accepted);
    if (!listening_) return tell_if_over();
    if (waiting_ || accept_.in_flight) return;  // goes on when there is a place, or has
    switch (accept_.result) {
        // The connection's own misfortune, not the listener's (accept(2)).
        case -ECONNABORTED:
        case -EPROTO:
        case -EINTR: return ask_accept();
        default: return accept_.result < 0 ? back_off(-accept_.result) : ask_accept();
    }
}

void listener::back_off(int error) noexcept {
    if (log_writer* const log = core_.log();
        log != nullptr && log->enabled(log_level::warning, "server")) {
        log->write(log_level::warning, "server",
                   "cannot accept on " + display_ + ": " + std::strerror(error) +
                       "; trying again. Raise the limit of open files (ulimit -n) if it is that.");
    }
    core_.timers().arm(retry_, core_.tick_after(accept_pause));
}

// ---- who may come in ----

void listener::welcome(socket_id accepted) noexcept {
    admission* const admits = options_->admits;
    if (admits == nullptr) return void(serve(accepted, nullptr));
    std::string address;
    if (admits->asks_address()) address = core_.io().names(accepted).remote;
    admission::client* from = nullptr;
    switch (admits->admit(address, place_, from)) {
        case admission::verdict::welcome: serve(accepted, from); return;
        case admission::verdict::wait:
            waiting_ = accepted;
            return winding_down_ ? let_in() : void();
        case admission::verdict::too_many:
            return refuse(accepted, end_reason::max_concurrent_connections_exceeded);
        case admission::verdict::too_many_of_client:
            return refuse(accepted, end_reason::max_connections_per_client_exceeded);
    }
}

// On any thread, under the admission's lock.
void listener::place::told(visitor& self) noexcept {
    listener& owner = static_cast<place&>(self).owner;
    // A letter is in one box at a time; the one that is on its way asks again anyway.
    if (!owner.place_.on_its_way.exchange(true)) owner.core_.post(owner.place_);
}

void listener::place::arrived(letter& self) noexcept {
    static_cast<place&>(self).owner.on_place_free();
}

void listener::on_place_free() noexcept {
    place_.on_its_way.store(false, std::memory_order_relaxed);
    if (waiting_) welcome(*std::exchange(waiting_, std::nullopt));
    if (!listening_) return tell_if_over();
    if (!waiting_ && !accept_.in_flight && !retry_.armed()) ask_accept();
}

core_connection& listener::add(socket_id accepted) noexcept {
    quiet_turns_ = 0;
    core_.counts().connections_accepted.add();
    core_.counts().connections_open.add();
    if (counts_ != nullptr) counts_->open.add();
    ++open_connections_;
    auto* const added = new core_connection(core_, *this, *options_, accepted);
    connections_.push_back(*added);
    return *added;
}

core_connection& listener::serve(socket_id accepted, admission::client* from) noexcept {
    core_connection& added = add(accepted);
    added.start(*delegate_, from);
    if (close_requested_) added.request_close(end_reason::app_shutdown);
    return added;
}

void listener::refuse(socket_id accepted, end_reason why) noexcept {
    log_refused(why);
    add(accepted).refuse(why);
}

// Kestrel warns of each; here it is once a second, as an attacker would fill the disk.
void listener::log_refused(end_reason why) noexcept {
    ++unsaid_refused_;
    log_writer* const log = core_.log();
    if (log == nullptr || !log->enabled(log_level::warning, "connection") ||
        core_.now() < said_refused_)
        return;
    said_refused_ = core_.now() + refusals_apart;
    const uint64_t count = std::exchange(unsaid_refused_, 0);
    log->write(log_level::warning, "connection",
               std::to_string(count) +
                   (count == 1 ? " connection was refused on " : " connections were refused on ") +
                   display_ + ", the last one because of " +
                   std::string(why == end_reason::max_concurrent_connections_exceeded
                                   ? "max_concurrent_connections."
                                   : "max_connections_per_client."));
}

void listener::stop_accepting() noexcept {
    if (!listening_) return;
    listening_ = false;
    core_.timers().disarm(retry_);
    core_.timers().disarm(handshakes_);
    let_in();
    core_.io().close(socket_, closing_);
}

// Who waits for a place was accepted: its request is answered before the end.
void listener::let_in() noexcept {
    if (!waiting_) return;
    options_->admits->forget(place_);
    options_->admits->enter();
    serve(*std::exchange(waiting_, std::nullopt), nullptr).request_close(end_reason::app_shutdown);
    if (listening_ && !accept_.in_flight && !retry_.armed()) ask_accept();
}

void listener::wind_down(std::chrono::nanoseconds longest_handshake) noexcept {
    if (!listening_) return;
    winding_down_ = true;
    let_in();
    quiet_turns_ = 0;
    // Clients that go on connecting, where the kernel cannot be told to drop them, do not keep us.
    until_ = core_.now() + longest_handshake + std::chrono::seconds(1);
    if (longest_handshake.count() <= 0) return core_.at_next_turn_end(quiet_);
    core_.timers().disarm(handshakes_);
    core_.timers().arm(handshakes_, core_.tick_after(longest_handshake));
}

// A transport answers one accept a turn, and may leave the kernel out of every second one.
void listener::look_whether_quiet() noexcept {
    constexpr int enough = 3;
    if (!listening_) return tell_if_over();
    if (++quiet_turns_ > enough || core_.now() > until_) return stop_accepting();
    core_.at_next_turn_end(quiet_);
}

void listener::renew(const connection_options& options, const connection_delegate& delegate,
                     std::string display) noexcept {
    options_ = &options;
    delegate_ = &delegate;
    display_ = std::move(display);
}

void listener::on_listener_closed() noexcept { tell_if_over(); }

void listener::request_close_all(end_reason why) noexcept {
    close_requested_ = true;
    connections_.for_each([why](core_connection& one) { one.request_close(why); });
}

void listener::request_close_older(uint64_t than, end_reason why) noexcept {
    for_each_older(than, [why](core_connection& one) { one.request_close(why); });
}

void listener::abort_all(end_reason why) noexcept {
    connections_.for_each([why](core_connection& one) { one.abort(why); });
}

void listener::on_connection_over(end_reason why, std::chrono::nanoseconds duration,
                                  bool was_http2) noexcept {
    const auto kind = static_cast<size_t>(why);
    core_.counts().connections_open.subtract();
    core_.counts().ends[kind].add();
    if (counts_ != nullptr) {
        counts_->open.subtract();
        (was_http2 ? counts_->http2_durations : counts_->durations)[kind].add(duration);
    }
    --open_connections_;
    tell_if_over();
}

void listener::tell_if_over() noexcept {
    if (on_over_ && !listening_ && over()) on_over_.run(on_over_.context);
}

void listener::log_failure(const core_connection& failed, std::exception_ptr why) noexcept {
    log_writer* const log = core_.log();
    if (log == nullptr || !log->enabled(log_level::error, "connection")) return;
    log->write(log_level::error, "connection",
               failed.id() + " unhandled exception: " + what_of(std::move(why)));
}

}  // namespace saker
