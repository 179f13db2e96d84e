// See service.h. A full handshake costs as much as fifty requests: a few tenths of a millisecond.
// Those that have sent their ClientHello stand in a line, and a turn of the loop gives way to as
// many of them as fit into a slice of time, when it has done everything else: a crowd of them slows
// each other, and hardly those that are served.

#include "protocols/tls/service.h"

#include "core/base/log.h"

#include <algorithm>
#include <utility>

namespace saker::tls {
namespace {

// Of a turn, for handshakes. One has its turn in any case.
constexpr auto slice = std::chrono::microseconds(300);
constexpr unsigned char handshake_record = 22;
constexpr size_t record_header = 5;
constexpr size_t most_plain = 16 * 1024;

constexpr std::string_view answer_to_http =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 66\r\n"
    "Connection: close\r\n\r\n"
    "This is an https address: plain HTTP was spoken to it. Try https:.";

handshake_end how_it_ended(end_reason why) noexcept {
    return why == end_reason::tls_handshake_timeout ? handshake_end::timed_out
                                                    : handshake_end::failed;
}

}  // namespace

// One that is under way, in the frame of its coroutine.
struct service::handshake : list_link {
    handshake(service& owner, core_connection& on) noexcept : of(owner), connection(on) {
        of.core_.counts().tls_handshakes_active.add();
        of.under_way_.push_back(*this);
        ++of.under_way_count_;
    }
    ~handshake() {
        --of.under_way_count_;
        of.core_.counts().tls_handshakes_active.subtract();
    }

    // Suspends until it has its turn. One that has begun comes before those that have not: it
    // holds OpenSSL's buffers meanwhile.
    auto turn() noexcept {
        struct awaiter {
            handshake& self;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> who) noexcept {
                self.waiting = who;
                self.of.stand_in_line(self);
            }
            void await_resume() const noexcept {}
        };
        return awaiter{*this};
    }

    service& of;
    core_connection& connection;
    std::coroutine_handle<> waiting;
    bool decides = false;  // the application does
    bool begun = false;    // it had a turn
    handshake* next = nullptr;
};

service::service(core& home, std::shared_ptr<tls_endpoint> endpoint,
                 const service_options& options) noexcept
    : core_(home),
      endpoint_(std::move(endpoint)),
      options_(options),
      uses_kernel_(endpoint_->settings().options.ktls != ktls_mode::off && kernel_tls_error() == 0),
      plaintext_(home.slabs()),
      scratch_(std::make_unique<std::array<char, 16 * 1024>>()) {}

service::~service() { SAKER_ASSERT(streams_ == 0, "a TLS service outlives its connections"); }

connection_delegate service::around(connection_delegate next) {
    return [this, next = std::move(next)](connection& accepted) { return serve(accepted, next); };
}

task<> service::serve(connection& accepted, const connection_delegate& next) {
    struct counted {
        explicit counted(service& owner) noexcept : of(owner) { ++of.streams_; }
        ~counted() {
            if (--of.streams_ == 0) of.plaintext_.let_go();
        }
        service& of;
    } const one(*this);
    tls_stream stream(core_connection::of(accepted), *this);
    if (!co_await shake_hands(stream)) co_return;
    stream.begin();
    std::exception_ptr failure;
    try {
        if (stream.lacks_http2())  // there is nothing to say to it
            accepted.ends_by(end_reason::http2_not_negotiated);
        else
            co_await next(accepted);
    } catch (...) {
        failure = std::current_exception();
    }
    co_await stream.finish();
    if (failure) std::rethrow_exception(std::move(failure));
}

// ---- before the handshake ----

service::opening service::first_bytes(pipe& in) noexcept {
    if (in.empty()) return opening::wants_more;
    unsigned char header[record_header] = {};
    const size_t size = in.copy_to({reinterpret_cast<char*>(header), record_header});
    // No record begins with a letter, every method does.
    if (header[0] >= 'A' && header[0] <= 'Z') return opening::http;
    if (header[0] != handshake_record) return opening::nothing;
    if (size < record_header) return opening::wants_more;
    const size_t record = static_cast<size_t>(header[3]) << 8 | header[4];
    if (record > most_plain) return opening::nothing;
    return in.length() >= record_header + record ? opening::tls : opening::wants_more;
}

void service::answer_http(core_connection& to) noexcept {
    pipe& out = to.output();
    out.append(share::of_static(answer_to_http));
    out.publish();
    to.ends_by(end_reason::http_not_supported);
    log(to, "An HTTP/1.x request was sent to an HTTPS endpoint.");
}

void service::log(connection& of, std::string_view what) noexcept {
    log_writer* const writer = core_.log();
    if (writer == nullptr || !writer->enabled(log_level::debug, "connection")) return;
    writer->write(log_level::debug, "connection", of.id() + ' ' + std::string(what));
}

// Kestrel's two sentences.
void service::fail(core_connection& of, end_reason why, std::string_view what) noexcept {
    of.ends_by(why);
    const handshake_end end = how_it_ended(why);
    if (end == handshake_end::timed_out) of.peer_expects_end();  // nothing to linger for
    core_.counts().tls_handshakes[static_cast<size_t>(end)].add(core_.now() - of.accepted_at());
    if (end == handshake_end::timed_out)
        return log(of, "Authentication of the HTTPS connection timed out.");
    log(of, "Failed to authenticate HTTPS connection: " + escape(what, 256));
}

// Until the first record has come. False: there will be no handshake. A stopping server does not
// wait for a client that has said nothing.
task<bool> service::until_hello(core_connection& accepted) {
    pipe& in = accepted.input();
    time_handshake(accepted);
    accepted.waits_for_request(in.empty());
    for (;;) {
        switch (first_bytes(in)) {
            case opening::tls:
            case opening::nothing: co_return true;  // OpenSSL says what is wrong with it
            case opening::http: answer_http(accepted); co_return false;
            case opening::wants_more: break;
        }
        if (in.completed()) {
            // A probe that connects and leaves is nothing to be told of.
            if (in.empty())
                accepted.ends_by(end_reason::client_closed);
            else
                fail(accepted, end_reason::tls_handshake_failed, "the client has ended it");
            co_return false;
        }
        if (accepted.idle() && !in.empty()) {
            accepted.waits_for_request(false);
            time_handshake(accepted);  // instead of the short time that a stop gives
        }
        in.advance(0, in.length());
        if (co_await in.read()) continue;
        switch (accepted.expired()) {
            case deadline::tls_handshake:
                fail(accepted, end_reason::tls_handshake_timeout, {});
                co_return false;
            case deadline::idle_close: accepted.ends_by(accepted.ordinary_end()); co_return false;
            default: break;
        }
    }
}

// From the accept on.
void service::time_handshake(core_connection& on) noexcept {
    const auto timeout = endpoint_->settings().options.handshake_timeout;
    if (timeout == infinite) return on.disarm();
    on.arm_exactly(deadline::tls_handshake,
                   std::max<std::chrono::nanoseconds>(
                       bounded(timeout) - (core_.now() - on.accepted_at()), {}));
}

// ---- the handshake ----

task<bool> service::shake_hands(tls_stream& stream) {
    core_connection& on = stream.on();
    if (!co_await until_hello(on)) co_return false;
    if (on.idle()) {
        on.waits_for_request(false);
        time_handshake(on);
    }
    if (under_way_count_ >= options_.max_concurrent_handshakes && !end_oldest()) {
        on.abort(end_reason::max_concurrent_handshakes_exceeded);
        co_return false;
    }
    handshake place(*this, on);
    co_await place.turn();
    if (!co_await negotiate(stream, place)) co_return false;
    on.disarm();
    const bool newest = stream.protocol() == "TLSv1.3";
    const handshake_end end = newest ? handshake_end::tls13 : handshake_end::tls12;
    core_.counts().tls_handshakes[static_cast<size_t>(end)].add(core_.time().now() -
                                                                on.accepted_at());
    if (stream.resumed()) core_.counts().tls_resumed.add();
    co_return true;
}

task<bool> service::negotiate(tls_stream& stream, handshake& place) {
    core_connection& on = stream.on();
    pipe& in = on.input();
    const std::shared_ptr<const context_set> contexts = endpoint_->contexts();
    if (!stream.open(contexts)) {
        fail(on, end_reason::out_of_memory, "no memory for OpenSSL's object");
        co_return false;
    }
    for (;;) {
        if (on.output_dead()) co_return false;          // reset, or aborted
        if (on.expired() == deadline::tls_handshake) {  // in the line, perhaps
            fail(on, end_reason::tls_handshake_timeout, {});
            co_return false;
        }
        switch (stream.shake_hands()) {
            case tls_stream::step::done: co_return true;
            case tls_stream::step::failed:
                fail(on, end_reason::tls_handshake_failed, stream.failure());
                co_return false;
            case tls_stream::step::wants_decision:
                co_await decide(stream, place, contexts->options);
                co_await place.turn();
                continue;
            case tls_stream::step::wants_more: break;
        }
        in.advance(0, in.length());
        if (!co_await in.read()) continue;  // the deadline, or the end
        if (in.empty() && in.completed()) {
            fail(on, end_reason::tls_handshake_failed, "the client has ended it");
            co_return false;
        }
        co_await place.turn();  // what follows may be a second hello, as dear as the first
    }
}

task<> service::decide(tls_stream& stream, handshake& place, const https_options& options) {
    std::string thrown;
    bool failed = true;
    place.decides = true;
    watch_time(place);
    try {
        const client_hello hello = stream.hello();
        stream.decide(co_await options.on_connection_async(hello));
        failed = false;
    } catch (const std::exception& failure) {
        thrown = failure.what();
    } catch (...) {
        thrown = "what is no std::exception";
    }
    place.connection.input().when_readable({});
    place.decides = false;
    if (failed) stream.refuse("on_connection_async has thrown: " + thrown);
}

// While the application decides nobody reads: the deadline ends the connection by itself.
void service::watch_time(handshake& place) noexcept {
    place.connection.input().when_readable(
        {[](void* context) noexcept {
             auto& watched = *static_cast<handshake*>(context);
             if (watched.connection.expired() != deadline::tls_handshake)
                 return watch_time(watched);
             watched.of.fail(watched.connection, end_reason::tls_handshake_timeout, {});
             watched.connection.abort(end_reason::tls_handshake_timeout);
         },
         &place});
}

// The one that has waited for its client longest: honest ones need a round trip. False: all of them
// wait for us.
bool service::end_oldest() noexcept {
    core_connection* oldest = nullptr;
    under_way_.for_each([&](handshake& one) {
        const bool waits_for_us = one.waiting || one.decides || one.connection.output_dead();
        if (oldest == nullptr && !waits_for_us) oldest = &one.connection;
    });
    if (oldest == nullptr) return false;
    log(*oldest, "Too many TLS handshakes are under way; this one is the oldest.");
    oldest->abort(end_reason::max_concurrent_handshakes_exceeded);
    return true;
}

// ---- whose turn it is ----

// Queued again behind what has come meanwhile, so that sends go first.
void service::turn_hook::run(turn_end_hook& due) noexcept {
    auto& self = static_cast<turn_hook&>(due);
    self.last = !self.last;
    if (self.last) return self.owner.core_.at_turn_end(self);
    self.owner.give_turns();
}

void service::stand_in_line(handshake& one) noexcept {
    handshake** const place = one.begun ? &next_turn_ : last_turn_;
    one.begun = true;
    one.next = *place;
    *place = &one;
    if (one.next == nullptr) last_turn_ = &one.next;
    core_.at_turn_end(turn_);
}

void service::give_turns() noexcept {
    const steady_time until = core_.time().now() + slice;
    while (handshake* const first = next_turn_) {
        next_turn_ = first->next;
        if (next_turn_ == nullptr) last_turn_ = &next_turn_;
        std::exchange(first->waiting, {}).resume();
        if (core_.time().now() >= until) break;
    }
    if (next_turn_ != nullptr) core_.at_next_turn_end(turn_);
}

// ---- the kernel ----

void service::count_kernel(bool sending) noexcept {
    core_counts& counts = core_.counts();
    (sending ? counts.tls_kernel_sends : counts.tls_kernel_receives).add();
}

void service::log_kernel(connection& of, int error) noexcept {
    log(of, "The kernel does not take the connection's keys: error " + std::to_string(-error));
}

}  // namespace saker::tls
