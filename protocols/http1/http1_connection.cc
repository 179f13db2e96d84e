// One HTTP/1 connection: one coroutine, one request after another. While it waits for a request it
// holds no memory but itself; an exchange is lent to it from the first byte to the last.
//
//     wait for bytes -> parse the head -> the application answers -> drain the body -> again
//          |                 |                                          |
//      keep-alive,       rejected: answer and end                   5 s at most
//      stop, end

#include "protocols/http1/http1_connection.h"

#include "protocols/http1/http1_exchange.h"
#include "protocols/http1/http1_service.h"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace saker::http1 {
namespace {

// Kestrel: Constants.RequestBodyDrainTimeout.
constexpr auto drain_timeout = std::chrono::seconds(5);

end_reason end_for(rejection_reason why) noexcept {
    switch (why) {
        case rejection_reason::tls_over_http: return end_reason::tls_not_supported;
        case rejection_reason::http2_preface:
        case rejection_reason::unrecognized_http_version: return end_reason::invalid_http_version;
        case rejection_reason::invalid_request_line:
        case rejection_reason::invalid_request_target: return end_reason::invalid_request_line;
        case rejection_reason::request_line_too_long: return end_reason::request_line_too_long;
        case rejection_reason::headers_exceed_max_total_size:
            return end_reason::max_request_headers_total_size_exceeded;
        case rejection_reason::too_many_headers:
            return end_reason::max_request_header_count_exceeded;
        case rejection_reason::request_headers_timeout: return end_reason::request_headers_timeout;
        default: return end_reason::invalid_request_headers;
    }
}

}  // namespace

http1_connection::http1_connection(connection& accepted, service& of) noexcept
    : connection_(core_connection::of(accepted)), service_(of) {}

http1_connection::~http1_connection() { give_back(); }

void http1_connection::give_back() noexcept {
    if (exchange_ == nullptr) return;
    if (exchange_->live()) exchange_->end_request();
    service_.take_back(std::move(exchange_));
}

// What is in the pipe, looked at: whether the coroutine has to wait, may answer, or is done.
http1_connection::step http1_connection::look() {
    const bool has_part = exchange_ != nullptr && exchange_->keeps_part();
    if (connection_.input().empty()) {
        if (!has_part) return at_empty_pipe();
        return connection_.input().completed() ? at_end_inside_head() : step::wait;
    }
    if (requests_ == 0 && exchange_ == nullptr && service_.http2()) {
        if (const auto found = look_for_preface()) return *found;
    }
    if (exchange_ == nullptr) exchange_ = service_.lend_exchange();
    if (!exchange_->live()) exchange_->begin_request(connection_, requests_ + 1);
    switch (exchange_->parse_head()) {
        case head_status::complete:
            ++requests_;
            connection_.waits_for_request(false);
            connection_.disarm();
            waiting_ = waiting::no;
            return step::answer;
        case head_status::rejected: return refuse(exchange_->rejected_for());
        case head_status::incomplete: break;
    }
    if (connection_.input().completed()) return at_end_inside_head();
    if (exchange_->begun() && waiting_ != waiting::for_head) {
        waiting_ = waiting::for_head;
        connection_.waits_for_request(false);
        if (connection_.armed_for() != deadline::request_headers)
            connection_.arm(deadline::request_headers, service_.limits().request_headers_timeout);
    } else if (waiting_ == waiting::no) {
        wait_for_request();
    }
    return step::wait;
}

// The first bytes of a connection may be HTTP/2's. No request begins as its preface does, so that
// nothing is waited for which is not one.
std::optional<http1_connection::step> http1_connection::look_for_preface() {
    constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    pipe& in = connection_.input();
    if (connection_.tls() != nullptr || !preface.starts_with(in.front().text().substr(0, 1)))
        return std::nullopt;
    char begins[preface.size()];
    const std::string_view come(begins, in.copy_to(begins));
    if (!preface.starts_with(come)) return std::nullopt;
    if (come.size() == preface.size()) return step::http2;
    if (in.completed()) return std::nullopt;
    in.advance(0, come.size());
    if (waiting_ == waiting::no) wait_for_request();
    return step::wait;
}

http1_connection::step http1_connection::at_empty_pipe() {
    give_back();
    if (connection_.input().completed()) {
        connection_.ends_by(end_reason::client_closed);
        return step::end;
    }
    if (waiting_ == waiting::no) wait_for_request();
    return step::wait;
}

// A client that has ended its side inside a head may still read why it gets no answer, as with
// Kestrel; empty lines are not a request.
http1_connection::step http1_connection::at_end_inside_head() {
    connection_.ends_by(exchange_->begun() ? end_reason::unexpected_end_of_request
                                           : end_reason::client_closed);
    if (!exchange_->begun() || connection_.output_dead()) return step::end;
    return refuse(exchange_->in_fields() ? rejection_reason::malformed_request_invalid_headers
                                         : rejection_reason::invalid_request_line);
}

void http1_connection::wait_for_request() noexcept {
    waiting_ = waiting::for_request;
    const server_limits& limits = service_.limits();
    requests_ == 0 ? connection_.arm(deadline::request_headers, limits.request_headers_timeout)
                   : connection_.arm(deadline::keep_alive, limits.keep_alive_timeout);
    connection_.waits_for_request(true);
}

// A deadline has passed while it waited for a head: how that ends.
http1_connection::step http1_connection::on_expired(deadline passed) {
    switch (passed) {
        case deadline::keep_alive: connection_.ends_by(end_reason::keep_alive_timeout); break;
        case deadline::idle_close: connection_.ends_by(connection_.ordinary_end()); break;
        case deadline::request_headers:
            if (exchange_ != nullptr && exchange_->begun())
                return refuse(rejection_reason::request_headers_timeout);
            // Nothing was asked, so nothing is answered: a browser that connects ahead of its
            // requests would take a 408 for the answer to the next one.
            connection_.ends_by(end_reason::request_headers_timeout);
            break;
        default: return step::wait;
    }
    return step::end;
}

http1_connection::step http1_connection::refuse(rejection_reason why) {
    connection_.ends_by(end_for(why));
    exchange_->reject(why);
    return step::end;
}

// A coroutine of the application's, or nothing where it has answered at once.
std::optional<task<>> http1_connection::call() {
    try {
        return service_.app().answer(exchange_->request(), exchange_->response());
    } catch (...) {
        exchange_->fail_response(std::current_exception());
        return std::nullopt;
    }
}

// After the response is in the pipe. True: on to the next request.
bool http1_connection::goes_on() noexcept {
    const bool alive = exchange_->keeps_alive() && !connection_.output_dead();
    if (!alive) {
        const auto& most_requests = service_.limits().max_requests_per_connection;
        if (connection_.close_requested() || exchange_->upgraded())
            connection_.ends_by(connection_.ordinary_end());
        else if (most_requests && requests_ >= *most_requests)
            connection_.ends_by(end_reason::request_limit_reached);
        else
            connection_.ends_by(end_reason::connection_close_requested);
        // Asked for by the client, who sends nothing behind it: no need to wait for its end.
        if (!exchange_->body_failed() && !connection_.close_requested() &&
            exchange_->client_closes() && connection_.input().empty())
            connection_.peer_expects_end();
    }
    exchange_->end_request();
    return alive;
}

task<> http1_connection::run(connection& accepted, service& of) {
    http1_connection self(accepted, of);
    pipe& in = accepted.input();
    pipe& out = accepted.output();
    for (;;) {
        step next = self.look();
        while (next == step::wait) {
            if (co_await in.read()) {
                next = self.look();
            } else if (const deadline passed = self.connection_.expired();
                       passed != deadline::none) {
                next = self.on_expired(passed);
            } else {
                next = self.look();
            }
        }
        if (next == step::end) break;
        if (next == step::http2) co_return co_await of.http2()(accepted);

        std::optional<task<>> answering = self.call();
        if (answering) {
            std::exception_ptr failure;
            try {
                co_await std::move(*answering);
            } catch (...) {
                failure = std::current_exception();
            }
            answering.reset();
            if (failure) self.exchange_->fail_response(std::move(failure));
        }
        if (self.exchange_->waits_for_responder()) co_await self.exchange_->until_answered();

        self.exchange_->finish_response();
        out.publish();
        if (!self.exchange_->drain_body()) {
            self.connection_.arm(deadline::request_drain, drain_timeout);
            do {
                co_await in.read();
                if (self.connection_.expired() == deadline::request_drain) {
                    accepted.abort(end_reason::request_drain_timeout);
                    co_return;
                }
            } while (!self.exchange_->drain_body());
            self.connection_.disarm();
        }
        if (!self.goes_on()) break;
        if (out.should_pause() && !co_await out.flush()) break;
    }
    out.publish();
}

task<> service::serve(connection& accepted) { return http1_connection::run(accepted, *this); }

}  // namespace saker::http1
