// What is due of a connection: the protocol's deadline, its age, and the time that its output may
// wait for the peer. One timer looks at the first of them.

#include "core/base/log.h"
#include "core/connection/core_connection.h"
#include "core/connection/listener.h"

#include <algorithm>

namespace saker {
namespace {

// Up to a tenth more, as the number says: those that came together do not go together.
std::chrono::nanoseconds spread(std::chrono::milliseconds age, uint64_t number) noexcept {
    const uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15u >> 32;  // Knuth's multiplicative hash
    const auto most = bounded(age);
    return most + most / 10 / 65536 * static_cast<int64_t>(mixed >> 16);
}

}  // namespace

void core_connection::arm_exactly(deadline what, std::chrono::nanoseconds after) noexcept {
    if (closing_) return;
    armed_for_ = what;
    look_at(due_ = core_.tick_after(after));
}

// A look that is too early finds nothing and looks again: what an active connection has due moves
// with each request, and is seldom due at all.
void core_connection::look_at(tick due) noexcept {
    if (closing_) return;  // nothing would disarm it any more
    timer_wheel& timers = core_.timers();
    if (armed()) {
        if (due >= timer::due()) return;
        timers.disarm(*this);
    }
    timers.arm(*this, due);
}

// When it has lived long enough; that is said once.
tick core_connection::old_at() const noexcept {
    const auto& most = options_.max_connection_age;
    if (!most || *most == infinite || close_requested_ || !delegate_running_) return never;
    return core_.tick_after(accepted_at_ + spread(*most, number_) - core_.now());
}

tick core_connection::next_due() const noexcept {
    tick first = old_at();
    if (armed_for_ != deadline::none) first = std::min(first, due_);
    if (taking_.waits())
        first = std::min(first, core_.tick_after(taking_.due() - core_.peer_time()));
    return first;
}

void core_connection::on_timer() noexcept {
    const tick now = core_.timers().now();
    const bool passed = armed_for_ != deadline::none && due_ <= now;
    const deadline which = passed ? std::exchange(armed_for_, deadline::none) : deadline::none;
    const bool is_old = old_at() <= now;
    const bool is_slow = taking_.waits() && taking_.due() < core_.peer_time();
    if (is_slow) return on_write_due();
    if (is_old) request_close(end_reason::request_limit_reached);
    if (const tick due = next_due(); due != never) look_at(due);
    if (passed) on_deadline(which);
}

void core_connection::on_deadline(deadline passed) noexcept {
    if (passed == deadline::linger) return close(false);
    if (passed == deadline::goodbye) return flush();
    expired_ = passed;
    input_->interrupt();
}

// ---- the rate of the output ----

void core_connection::take_rate(const std::optional<min_data_rate>& rate) noexcept {
    account_output();
    has_rate_ = rate.has_value();
    if (rate) rate_ = *rate;
    // What is in the pipe leaves with what comes behind it, and may take as long; a send that is
    // under way is timed to its end.
    if (!rate && !send_.in_flight) taking_.all_taken();
}

// What a raw protocol has left to send: nobody else looks after it any more.
void core_connection::time_the_rest() noexcept {
    if (rate_of_ != rate_of::nobody) return;
    rate_of_ = rate_of::protocol;
    accounted_ = 0;
    has_rate_ = true;
    rate_ = {};
    account_output();
}

// What has come into the pipe since the last time is given its time.
void core_connection::account_output() noexcept {
    if (out_.length() <= accounted_) return;
    const size_t added = out_.length() - accounted_;
    accounted_ += added;
    if (!has_rate_) return;
    taking_.written(rate_, added, core_.peer_time());
    look_at(core_.tick_after(taking_.due() - core_.peer_time()));
}

void core_connection::on_write_due() noexcept {
    if (log_writer* const log = core_.log();
        log != nullptr && log->enabled(log_level::debug, "connection"))
        log->write(log_level::debug, "connection",
                   id() + " takes its response too slowly: " + std::to_string(out_.length()) +
                       " bytes wait");
    fails_by(end_reason::min_response_data_rate);
    delegate_running_ ? abort(end_reason::min_response_data_rate) : close(true);
}

}  // namespace saker
