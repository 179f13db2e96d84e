// Time: keep-alive and headers at their boundary, by a clock that stands still. The wheel's ticks
// are 4 ms; nothing ends before its time, and nothing later than a tick.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

// A head that comes slowly is bytes of HTTP/1.1; of HTTP/2 it is frames.
CONFORMANCE_SUITE(timeouts);

CONFORMANCE(timeouts, a_new_connection_that_says_nothing_ends_after_30_s_without_an_answer) {
    serve(hello);
    client();
    advance(29'999ms);
    client().receive_nothing();
    advance(4ms);
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_headers_timeout);
}

CONFORMANCE(timeouts, the_first_head_has_its_time_from_the_accept_on) {
    serve(hello);
    client();
    advance(20s);
    client().send_raw("GET / HTTP/1.1\r\n");
    advance(9'990ms);
    client().receive_nothing();
    advance(14ms);
    client().receive_raw(refusal("408 Request Timeout"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_headers_timeout);
}

CONFORMANCE(timeouts, infinite_is_never) {
    options.limits.keep_alive_timeout = infinite;
    options.limits.request_headers_timeout = infinite;
    serve(hello);
    client();
    advance(200s);
    client().send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    advance(200s);
    client().send_raw("\r\n");
    client().receive_raw(ok("hello"));
    advance(200s);
    client().receive_nothing();
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(timeouts, empty_lines_do_not_keep_a_connection_alive) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    for (int i = 0; i < 12; ++i) {
        advance(10s);
        client().send_raw("\r\n");
    }
    advance(10'004ms);
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::keep_alive_timeout);
}

CONFORMANCE(timeouts, a_head_that_takes_longer_than_30_s_is_408) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    advance(100s);
    client().send_raw("GET / HT");
    advance(29'999ms);
    client().receive_nothing();
    advance(4ms);
    client().receive_raw(refusal("408 Request Timeout"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_headers_timeout);
    EXPECT_EQ(rejected_for(), rejection_reason::request_headers_timeout);
}

CONFORMANCE(timeouts, bytes_do_not_give_a_head_more_time) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 29; ++i) {
        advance(1s);
        client().send_raw("X: a\r\n");
    }
    client().receive_nothing();
    advance(1004ms);
    client().receive_raw(refusal("408 Request Timeout"));
    client().receive_end();
}

CONFORMANCE(timeouts, a_head_that_comes_in_time_is_answered) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    advance(29'990ms);
    client().send_raw("\r\n");
    client().receive_raw(ok("hello"));
    advance(100s);
    client().receive_nothing();
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(timeouts, the_head_of_a_pipelined_request_has_a_time_of_its_own) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "GET / HT");
    client().receive_raw(ok("hello"));
    advance(29'990ms);
    client().receive_nothing();
    advance(14ms);
    client().receive_raw(refusal("408 Request Timeout"));
    client().receive_end();
}

CONFORMANCE(timeouts, both_can_be_chosen) {
    options.limits.keep_alive_timeout = 50ms;
    options.limits.request_headers_timeout = 20ms;
    serve(hello);
    client().send_raw("GET");
    advance(24ms);
    client().receive_raw(refusal("408 Request Timeout"));
    client().receive_end();
    conversation& other = new_client();
    advance(54ms);
    other.receive_end();
}

// ---- whatever a head is made of ----

HANDLER_SUITE(times_between_requests);

CONFORMANCE(times_between_requests, keep_alive_begins_anew_with_each_answer) {
    serve(hello);
    for (int i = 0; i < 3; ++i) {
        client().send("GET / HTTP/1.1", "Host: a", "", "");
        client().receive_raw(ok("hello"));
        advance(129s);
    }
    client().receive_nothing();
    advance(1004ms);
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::keep_alive_timeout);
}

CONFORMANCE(times_between_requests, a_time_of_centuries_is_a_long_one) {
    constexpr auto centuries = std::chrono::hours(24) * 10'675'199;  // .NET's longest
    options.limits.keep_alive_timeout = centuries;
    options.limits.request_headers_timeout = centuries;
    options.limits.max_connection_age = centuries;
    options.limits.min_request_body_data_rate = min_data_rate{0.001, centuries};
    options.limits.min_response_data_rate = min_data_rate{0.001, centuries};
    serve([](request& asked, response& answered) -> task<> {
        const auto text = co_await asked.body().text();
        answered.shared(std::make_shared<const std::string>(*text));
    });
    client().send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-");
    advance(100s);
    client().send_raw("Length: 5\r\n\r\nhel");
    advance(100s);
    client().send_raw("lo");
    client().receive_raw(ok("hello"));
    advance(200s);
    client().receive_nothing();
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(times_between_requests, a_handler_may_take_its_time) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1h));
        answered.shared(std::make_shared<const std::string>("hello"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    advance(3599s);
    client().receive_nothing();
    advance(1004ms);
    client().receive_raw(ok("hello"));
}

}  // namespace
}  // namespace saker::test
