// See listener.h. An accept that fails, for want of descriptors most likely, is asked again after a
// pause, so that a full process neither spins nor goes deaf.

#include "core/connection/listener.h"

#include "core/base/log.h"

#include <cerrno>
#include <cstring>

namespace saker {
namespace {

constexpr auto accept_pause = std::chrono::milliseconds(50);

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
    : core_(home), options_(options), delegate_(delegate), display_(std::move(display)) {}

listener::~listener() {
    SAKER_ASSERT(over(), "a listener outlives its connections");
    core_.timers().disarm(retry_);
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
    serve(adopted);
    return 0;
}

void listener::ask_accept() noexcept { core_.io().accept(socket_, accept_); }

void listener::on_accepted() noexcept {
    if (accept_.result >= 0) serve(accept_.accepted);
    if (!listening_) return tell_if_over();
    switch (accept_.result) {
        // The connection's own misfortune, not the listener's (accept(2)).
        case -ECONNABORTED:
        case -EPROTO:
        case -EINTR: return ask_accept();
        default: return accept_.result < 0 ? back_off(-accept_.result) : ask_accept();
    }
}

void listener::back_off(int error) noexcept {
    if (log_writer* const log = core_.log(); log != nullptr && log->enabled(log_level::warning)) {
        log->write(log_level::warning, "server",
                   "cannot accept on " + display_ + ": " + std::strerror(error) +
                       "; trying again. Raise the limit of open files (ulimit -n) if it is that.");
    }
    core_.timers().arm(retry_, core_.tick_after(accept_pause));
}

void listener::serve(socket_id accepted) noexcept {
    core_.counts().connections_accepted.add();
    core_.counts().connections_open.add();
    if (counts_ != nullptr) counts_->open.add();
    ++open_connections_;
    auto* const added = new core_connection(core_, *this, options_, accepted);
    connections_.push_back(*added);
    added->start(delegate_);
    if (close_requested_) added->request_close(end_reason::app_shutdown);
}

void listener::stop_accepting() noexcept {
    if (!listening_) return;
    listening_ = false;
    core_.timers().disarm(retry_);
    core_.io().close(socket_, closing_);
}

void listener::on_listener_closed() noexcept { tell_if_over(); }

void listener::request_close_all(end_reason why) noexcept {
    close_requested_ = true;
    connections_.for_each([why](core_connection& one) { one.request_close(why); });
}

void listener::abort_all(end_reason why) noexcept {
    connections_.for_each([why](core_connection& one) { one.abort(why); });
}

void listener::on_connection_over(end_reason why, std::chrono::nanoseconds duration) noexcept {
    const auto kind = static_cast<size_t>(why);
    core_.counts().connections_open.subtract();
    core_.counts().ends[kind].add();
    if (counts_ != nullptr) {
        counts_->open.subtract();
        counts_->durations[kind].add(duration);
    }
    --open_connections_;
    tell_if_over();
}

void listener::tell_if_over() noexcept {
    if (on_over_ && !listening_ && over()) on_over_.run(on_over_.context);
}

void listener::log_failure(const core_connection& failed, std::exception_ptr why) noexcept {
    log_writer* const log = core_.log();
    if (log == nullptr || !log->enabled(log_level::error)) return;
    log->write(log_level::error, "connection",
               failed.id() + " unhandled exception: " + what_of(std::move(why)));
}

}  // namespace saker
