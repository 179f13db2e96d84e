#pragma once
// One endpoint on one core: the listening socket, the accept loop, and the connections that came
// from it, until the last of them is over.

#include "core/connection/admission.h"
#include "core/connection/core_connection.h"
#include "core/connection/endpoint_counts.h"

#include <saker/connection.h>
#include <saker/transport.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace saker {

class listener {
public:
    // `options` and `delegate` outlive it, or the connections that had them before `renew`.
    listener(core& home, const connection_options& options, const connection_delegate& delegate,
             std::string display) noexcept;
    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    // Where its connections are counted, besides in the core's counts: before the first one comes.
    void count_in(endpoint_counts& of) noexcept { counts_ = &of; }
    // Opens the listening socket and starts accepting: 0, or a negated errno.
    int open(endpoint& where) noexcept;
    // The listening descriptor; -1 where there is none.
    [[nodiscard]] int native() const noexcept { return core_.io().native(socket_); }
    // "127.0.0.1:8080", "unix:/run/app.sock", as the transport says it.
    [[nodiscard]] std::string local_address() const { return core_.io().names(socket_).local; }
    // Serves a socket that was connected elsewhere: 0, or a negated errno.
    int adopt(int native_socket) noexcept;
    // No more connections; those that are open go on. What waits to be accepted is lost.
    void stop_accepting() noexcept;
    // The same once nobody waits any more: after `longest_handshake`, when turns bring no more.
    void wind_down(std::chrono::nanoseconds longest_handshake) noexcept;
    // For connections from now on; those that are open keep what they have, which outlives them.
    void renew(const connection_options&, const connection_delegate&, std::string display) noexcept;
    void request_close_all(end_reason why) noexcept;
    void abort_all(end_reason why) noexcept;
    // Only those whose number is below.
    void request_close_older(uint64_t than, end_reason why) noexcept;
    // Calls `action` for each connection whose number is below `than`; it may end them.
    template <class Action>
    void for_each_older(uint64_t than, Action action) {
        connections_.for_each([&](core_connection& one) {
            if (one.number() < than) action(one);
        });
    }
    // The number of the oldest connection; more than any where there is none.
    [[nodiscard]] uint64_t oldest() noexcept {
        return connections_.empty() ? UINT64_MAX : connections_.front().number();
    }

    // Nothing of it is with the transport any more, and no connection is left.
    [[nodiscard]] bool over() const noexcept {
        return !listening_ && open_connections_ == 0 && !accept_.in_flight && !closing_.in_flight &&
               !quiet_.queued && !place_.on_its_way;
    }
    // Run whenever the last connection has gone after `stop_accepting`.
    void when_over(continuation next) noexcept { on_over_ = next; }
    [[nodiscard]] size_t open_connections() const noexcept { return open_connections_; }
    // "http://127.0.0.1:8080", for the log.
    [[nodiscard]] const std::string& display() const noexcept { return display_; }

    // ---- for core_connection ----
    void on_connection_over(end_reason why, std::chrono::nanoseconds duration,
                            bool was_http2) noexcept;
    void log_refused(end_reason why) noexcept;
    void count_upgraded(int more) noexcept {
        if (counts_ != nullptr) counts_->upgraded.add(static_cast<uint64_t>(int64_t{more}));
    }
    void log_failure(const core_connection& failed, std::exception_ptr why) noexcept;

private:
    void ask_accept() noexcept;
    void on_accepted() noexcept;
    void on_listener_closed() noexcept;
    void back_off(int error) noexcept;
    void welcome(socket_id) noexcept;
    void on_place_free() noexcept;
    core_connection& serve(socket_id, admission::client* from) noexcept;
    void refuse(socket_id, end_reason why) noexcept;
    core_connection& add(socket_id) noexcept;
    void tell_if_over() noexcept;
    void look_whether_quiet() noexcept;
    void let_in() noexcept;

    core& core_;
    const connection_options* options_;
    const connection_delegate* delegate_;
    std::string display_;
    socket_id socket_;
    bool listening_ = false;
    bool winding_down_ = false;
    bool close_requested_ = false;
    size_t open_connections_ = 0;
    intrusive_list<core_connection> connections_;
    continuation on_over_;
    endpoint_counts* counts_ = nullptr;
    operation_of<accept_operation, &listener::on_accepted> accept_{*this};
    operation_of<close_operation, &listener::on_listener_closed> closing_{*this};
    // A connection that waits for a place; nothing more is accepted meanwhile.
    std::optional<socket_id> waiting_;
    // Brings the news of one from another core.
    struct place final : admission::visitor, letter {
        explicit place(listener& of) noexcept : visitor(told), letter(arrived), owner(of) {}
        listener& owner;
        std::atomic<bool> on_its_way = false;
        static void told(visitor&) noexcept;
        static void arrived(letter&) noexcept;
    } place_{*this};
    steady_time until_{};  // a listener that winds down accepts no longer
    steady_time said_refused_ = steady_time::min();
    uint64_t unsaid_refused_ = 0;
    struct retry_timer final : timer {
        explicit retry_timer(listener& of) noexcept : timer(run), owner(of) {}
        listener& owner;
        static void run(timer& due) noexcept { static_cast<retry_timer&>(due).owner.ask_accept(); }
    } retry_{*this};
    // Of winding down: how many turns have brought nobody.
    int quiet_turns_ = 0;
    struct quiet_hook final : turn_end_hook {
        explicit quiet_hook(listener& of) noexcept : turn_end_hook(run), owner(of) {}
        listener& owner;
        static void run(turn_end_hook& due) noexcept {
            static_cast<quiet_hook&>(due).owner.look_whether_quiet();
        }
    } quiet_{*this};
    struct handshake_timer final : timer {
        explicit handshake_timer(listener& of) noexcept : timer(run), owner(of) {}
        listener& owner;
        static void run(timer& due) noexcept {
            listener& of = static_cast<handshake_timer&>(due).owner;
            of.core_.at_next_turn_end(of.quiet_);
        }
    } handshakes_{*this};
};

}  // namespace saker
