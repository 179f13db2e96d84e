#pragma once
// A connection as the engine has it: two pumps between a socket and a pair of pipes, one deadline,
// and the delegate that serves it. It frees itself once the delegate has returned and the socket is
// closed. `connection` is all that middleware and raw handlers see of it; protocols see this.

#include "core/base/intrusive_list.h"
#include "core/connection/admission.h"
#include "core/connection/data_rate.h"
#include "core/connection/kernel_protocol.h"
#include "core/reactor/core.h"

#include <saker/connection.h>
#include <saker/limits.h>
#include <saker/transport.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace saker {

class listener;

// What the connections of an endpoint that began with the same options have in common; outlives
// them.
struct connection_options {
    pipe_options input{1024 * 1024, 512 * 1024};
    pipe_options output{64 * 1024, 32 * 1024};
    std::optional<std::chrono::milliseconds> max_connection_age;
    admission* admits = nullptr;  // the server's; null: everybody is welcome
};

// Why the connection's deadline is armed; told to the protocol when it passes.
enum class deadline : uint8_t {
    none,
    keep_alive,
    request_headers,
    request_body_rate,
    request_drain,
    tls_handshake,
    idle_close,  // ours: a stopping server waits this long for a request that is on its way
    goodbye,     // ours: the peer takes nothing, and the kernel's last words are not said
    linger,      // ours: waiting for the peer's end after our own
};

class core_connection final : public connection,
                              public list_link,
                              private turn_end_hook,
                              private timer {
public:
    static void* operator new(size_t size) { return block_pool::current()->allocate(size); }
    static void operator delete(void* memory, size_t size) noexcept {
        block_pool::current()->release(memory, size);
    }

    core_connection(core& home, listener& from, const connection_options&, socket_id) noexcept;
    ~core_connection() = default;

    // Starts reading, and the delegate. Once.
    // `from` is whom `options.admits` counts it for.
    void start(const connection_delegate&, admission::client* from) noexcept;
    // Instead of that: it is reset.
    void refuse(end_reason why) noexcept;

    [[nodiscard]] std::string id() const override;
    [[nodiscard]] std::string remote_address() const override;
    [[nodiscard]] std::string local_address() const override;
    void abort(end_reason why) noexcept override;
    void request_close(end_reason why) noexcept override;
    [[nodiscard]] bool close_requested() const noexcept override { return close_requested_; }

    // ---- for protocols ----

    static core_connection& of(connection& known) noexcept {
        return static_cast<core_connection&>(known);
    }

    // One deadline at a time: arming another replaces it. When it passes, the reader of `input` is
    // woken without news, and `expired` says so until it is asked.
    void arm_exactly(deadline what, std::chrono::nanoseconds after) noexcept;
    // `infinite` disarms.
    void arm(deadline what, std::chrono::milliseconds after) noexcept {
        after == infinite ? disarm() : arm_exactly(what, bounded(after));
    }
    void disarm() noexcept { armed_for_ = deadline::none; }
    [[nodiscard]] deadline expired() noexcept { return std::exchange(expired_, deadline::none); }
    [[nodiscard]] deadline armed_for() const noexcept { return armed_for_; }
    // How it ends where nothing fails: what a `request_close` said.
    [[nodiscard]] end_reason ordinary_end() const noexcept { return ordinary_end_; }
    // It is another protocol's from now on: it frees its place among the connections, and counts
    // among the upgraded ones. False: there are too many of those.
    [[nodiscard]] bool upgrade() noexcept;
    // The same of a part of it (HTTP/2's stream), which counts beside it until that is over.
    [[nodiscard]] bool upgrade_stream() noexcept;
    void upgraded_stream_over() noexcept;

    // It speaks HTTP/2, and is counted as such.
    void speaks_http2() noexcept { http2_ = true; }

    // The rate that what is written from now on must be taken with; none: it may take for ever. A
    // connection that nobody has said a rate for has none while its delegate runs, and Kestrel's
    // for what is left to send then.
    void require_response_rate(const std::optional<min_data_rate>& rate) noexcept {
        take_rate(rate);
        rate_of_ = rate_of::response;
    }
    // The same, of the protocol: until a response has one of its own.
    void usual_response_rate(const std::optional<min_data_rate>& rate) noexcept {
        if (rate_of_ == rate_of::protocol) return;
        take_rate(rate);
        rate_of_ = rate_of::protocol;
    }

    // The peer has ended its side or is gone, or the connection was aborted.
    [[nodiscard]] bool peer_gone() const noexcept { return peer_gone_; }
    // Run once at the peer's end, at an error or an abort, whichever is next; an empty continuation
    // forgets it.
    void when_peer_gone(continuation told) noexcept { on_peer_gone_ = told; }
    // Run once when `request_close` is asked, now where it was; for a protocol that has to do
    // something about it while it is not idle.
    void when_close_requested(continuation told) noexcept {
        on_close_requested_ = told;
        if (close_requested_) tell_close_requested();
    }
    // Nothing that is written reaches anybody any more.
    [[nodiscard]] bool output_dead() const noexcept {
        return out_.reader_gone() || output_->reader_gone();
    }
    // All that was written is with the kernel: nothing waits, and nothing is being sent.
    [[nodiscard]] bool all_sent() const noexcept { return out_.empty() && !send_.in_flight; }
    // Its pipes are the socket's own, and nobody watches: what is between them and whoever asks is
    // what goes over the wire.
    [[nodiscard]] bool is_bare() const noexcept {
        return input_ == &in_ && output_ == &out_ && !in_.is_watched() && !out_.is_watched();
    }
    // Before the kernel is given a key for what is sent, or received; false: not now, or never.
    [[nodiscard]] bool prepare_to_encrypt() noexcept {
        return !closing_ && all_sent() && core_.io().prepare_to_encrypt(socket_);
    }
    [[nodiscard]] bool prepare_to_decrypt() noexcept {
        return !closing_ && !receiving_stopped_ && in_.empty() &&
               core_.io().prepare_to_decrypt(socket_, receive_);
    }
    // From now on the kernel speaks this below its bytes, until it is over.
    void speaks(std::unique_ptr<kernel_protocol> protocol) noexcept {
        spoken_ = std::move(protocol);
    }
    // Nothing more will be written; what is left has Kestrel's rate where nobody has said one.
    void time_the_rest() noexcept;
    // The operating system's handle of the socket; -1 where there is none any more.
    [[nodiscard]] int native() const noexcept { return closing_ ? -1 : core_.io().native(socket_); }
    [[nodiscard]] steady_time accepted_at() const noexcept { return accepted_at_; }
    // The peer expects the end and sends nothing more: no need to linger for its own end.
    void peer_expects_end() noexcept { peer_expects_end_ = true; }
    // The protocol waits for a request, and nothing of one has come.
    void waits_for_request(bool idle) noexcept {
        idle_ = idle;
        if (idle && close_requested_) await_last_request();
    }
    // Grows with each connection of the process.
    [[nodiscard]] uint64_t number() const noexcept { return number_; }
    // Those of connections that are made from now on are not below it.
    [[nodiscard]] static uint64_t next_number() noexcept;
    // Between two requests.
    [[nodiscard]] bool idle() const noexcept { return idle_; }
    // What it is at, for the log: "sending", "idle".
    [[nodiscard]] std::string_view doing() const noexcept;
    [[nodiscard]] listener& from() const noexcept { return listener_; }

private:
    static constexpr tick never = timer_wheel::last_tick;
    enum class rate_of : uint8_t { nobody, protocol, response };

    void on_received() noexcept;
    void on_sent() noexcept;
    void on_closed() noexcept;
    void on_delegate_end(std::exception_ptr failure) noexcept;
    void on_timer() noexcept;
    void on_deadline(deadline passed) noexcept;
    void on_write_due() noexcept;
    void on_old_age() noexcept;
    void look_at(tick due) noexcept;
    [[nodiscard]] tick next_due() const noexcept;
    [[nodiscard]] tick old_at() const noexcept;
    void account_output() noexcept;
    void take_rate(const std::optional<min_data_rate>&) noexcept;
    void fails_by(end_reason why) noexcept;

    void ask_receive() noexcept;
    void read_on() noexcept;
    void discard_received() noexcept;
    void flush() noexcept;
    void flush_soon() noexcept { core_.at_turn_end(*this); }
    void wait_for_output() noexcept;
    void gather() noexcept;
    void give_pieces_back() noexcept;
    void await_last_request() noexcept;
    void drop_output() noexcept;
    void output_done() noexcept;
    void linger() noexcept;
    void close(bool reset) noexcept;
    void tell_peer_gone() noexcept;
    void tell_close_requested() noexcept;
    [[nodiscard]] bool heard_otherwise() noexcept;
    void free_if_over() noexcept;

    listener& listener_;
    const socket_id socket_;
    bool delegate_running_ : 1 = true;
    bool socket_open_ : 1 = true;
    bool receiving_stopped_ : 1 = false;  // the end was seen, or nobody wants more
    bool discarding_ : 1 = false;         // the delegate is done: what comes is dropped
    bool peer_gone_ : 1 = false;
    bool peer_expects_end_ : 1 = false;
    bool aborted_ : 1 = false;
    bool closing_ : 1 = false;
    bool close_requested_ : 1 = false;
    bool idle_ : 1 = false;
    bool in_bulk_ : 1 = false;  // the last receive filled its slab: more is on its way
    bool has_rate_ : 1 = false;
    bool has_place_ : 1 = false;  // `options_.admits` counts it
    bool upgraded_ : 1 = false;   // ... and if not, whether it is an upgraded one
    bool http2_ : 1 = false;
    end_reason ordinary_end_ = end_reason::application_completed;  // where nothing else ends it
    rate_of rate_of_ = rate_of::nobody;
    deadline armed_for_ = deadline::none;
    deadline expired_ = deadline::none;
    uint32_t discarded_ = 0;
    const uint64_t number_;
    const steady_time accepted_at_;
    const connection_options& options_;

    // One timer of the wheel for three dues: it looks at the first of them, or before.
    tick due_ = 0;          // of what is armed
    write_account taking_;  // how long the output may wait for the peer
    min_data_rate rate_;    // of the output
    size_t accounted_ = 0;  // bytes of the output pipe that `taking_` knows
    admission::client* client_ = nullptr;

    pipe in_, out_;
    operation_of<receive_operation, &core_connection::on_received> receive_{*this};
    operation_of<send_operation, &core_connection::on_sent> send_{*this};
    operation_of<close_operation, &core_connection::on_closed> close_{*this};
    // While a send is in flight: its pieces, in the core's memory. An idle connection has none.
    buffer* pieces_ = nullptr;
    uint32_t piece_count_ = 0;
    uint32_t sending_ = 0;  // bytes; a send has one gibibyte at most
    continuation on_peer_gone_;
    continuation on_close_requested_;
    std::unique_ptr<kernel_protocol> spoken_;  // null: nothing but the bytes
};

// Ten thousand idle connections are held in memory that is counted: a size class of the pool.
static_assert(sizeof(core_connection) <= 640);

}  // namespace saker
