// How fast a body has to come: Kestrel's 240 bytes a second after five seconds, at its boundaries,
// by a clock that stands still. The rate is an average over the time that the server has waited for
// the client; nothing else counts.

#include "tests/support/serve.h"

#include <cmath>

namespace saker::test {
namespace {

class rates : public served {
protected:
    static constexpr uint32_t internal_error = 2;
    // A handler that reads all of the body, and says how much it was.
    static task<> read_all(request& asked, response& answered) {
        const uint64_t size = co_await asked.body().discard();
        if (!asked.body().failed())
            answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    }
    void begin_body(std::string_view length) {
        client().send("POST / HTTP/1.1", "Host: a", "Content-Length: " + std::string(length), "",
                      "");
    }
    void expect_too_slow() {
        // Kestrel's way: HTTP/2's clients have one connection's time to waste.
        if (over_http2())
            expect_goaway(internal_error, end_reason::min_request_body_data_rate);
        else
            expect_refused("408 Request Timeout", end_reason::min_request_body_data_rate);
        EXPECT_EQ(rejected_for(), rejection_reason::request_body_timeout);
    }
    // `per_second` bytes each second, the first at once.
    void drip(size_t per_second, int seconds) {
        for (int i = 0; i < seconds && !client().ended(); ++i) {
            client().send_raw(std::string(per_second, 'b'));
            advance(1s);
        }
    }
};
CONFORMANCE_SUITE_OVER(request_rate, rates, whole_handler_settings);
CONFORMANCE_SUITE_OVER(request_rate_cut, rates, handler_settings);

CONFORMANCE(request_rate_cut, a_body_that_does_not_come_has_5_s) {
    serve(read_all);
    begin_body("100");
    advance(5s);
    client().receive_nothing();
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate_cut, bytes_within_the_grace_period_give_no_more_of_it) {
    serve(read_all);
    begin_body("100");
    for (int i = 0; i < 4; ++i) {
        advance(1s);
        client().send_raw("b");
    }
    advance(1s);
    client().receive_nothing();
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_drip_of_239_bytes_a_second_is_too_slow) {
    serve(read_all);
    begin_body("100000");
    drip(239, 5);
    client().receive_nothing();
    drip(239, 1);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_drip_of_241_bytes_a_second_may_go_on) {
    serve(read_all);
    begin_body("24100");
    drip(241, 99);
    client().send_raw(std::string(241, 'b'));
    client().receive_raw(ok("24100"));
}

CONFORMANCE(request_rate, a_chunked_body_is_counted_without_its_framing) {
    serve(read_all);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "");
    // More than 240 bytes a second, and one of them content.
    for (int i = 0; i < 50; ++i) {
        client().send("1;" + std::string(100, 'e') + "=1", "b", "");
        advance(100ms);
    }
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_chunked_drip_of_241_bytes_a_second_may_go_on) {
    serve(read_all);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "");
    for (int i = 0; i < 20; ++i) {
        client().send("f1", std::string(241, 'b'), "");
        advance(1s);
    }
    client().send("0", "", "");
    client().receive_raw(ok("4820"));
}

// The average of the whole body, as with Kestrel: what came fast may be rested on.
CONFORMANCE(request_rate, a_fast_start_buys_a_stall_as_long_as_its_bytes_take_at_the_rate) {
    serve(read_all);
    begin_body("100000");
    client().send_raw(std::string(24'000, 'b'));
    advance(100s);
    client().receive_nothing();
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_handler_that_does_not_read_is_not_the_clients_fault) {
    bool reads = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!reads) (void)co_await delay(1s);
        co_await read_all(asked, answered);
    });
    begin_body("10");
    advance(1min);
    reads = true;
    advance(1s);
    advance(4'990ms);
    client().send_raw("0123456789");
    client().receive_raw(ok("10"));
}

CONFORMANCE(request_rate, time_between_two_reads_is_not_counted_and_time_in_both_is) {
    serve([](request& asked, response& answered) -> task<> {
        (void)co_await asked.body().read();
        (void)co_await delay(1min);
        (void)co_await asked.body().read();
        answered.shared(std::make_shared<const std::string>(asked.body().failed() ? "no" : "yes"));
    });
    begin_body("10");
    advance(3s);
    client().send_raw("b");
    advance(1min);  // the handler rests
    advance(2s);    // three and two are five
    client().receive_nothing();
    advance(4ms);
    if (over_http2()) return expect_goaway(internal_error, end_reason::min_request_body_data_rate);
    const std::string answer = client().read_answer();
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_NE(answer.find("\r\n\r\nno"), std::string::npos) << "a handler may answer all the same";
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::min_request_body_data_rate);
}

CONFORMANCE(request_rate, the_body_of_the_next_request_has_an_account_of_its_own) {
    serve(read_all);
    begin_body("24000");
    client().send_raw(std::string(24'000, 'b'));
    client().receive_raw(ok("24000"));
    begin_body("10");
    advance(5s);
    client().receive_nothing();
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_stall_of_the_loop_is_not_charged_to_the_client) {
    serve(read_all);
    begin_body("10");
    advance(4s);
    pass_time(1min);  // a handler has blocked, or the machine slept
    settle();
    client().receive_nothing();
    client().send_raw("0123456789");
    client().receive_raw(ok("10"));
}

CONFORMANCE(request_rate, after_a_stall_of_the_loop_the_rest_of_the_time_is_there) {
    serve(read_all);
    begin_body("10");
    advance(2s);
    pass_time(1h);  // a second of it passes for the client
    settle();
    advance(1'990ms);
    client().receive_nothing();
    advance(20ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_request_may_have_a_rate_of_its_own) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_FALSE(asked.body().require_rate(min_data_rate{0, 5s}));
        EXPECT_FALSE(asked.body().require_rate(min_data_rate{-1, 5s}));
        EXPECT_FALSE(asked.body().require_rate(min_data_rate{std::nan(""), 5s}));
        EXPECT_FALSE(asked.body().require_rate(min_data_rate{240, 1s})) << "more than a second";
        EXPECT_TRUE(asked.body().require_rate(min_data_rate{1, 20s}));
        co_await read_all(asked, answered);
    });
    begin_body("100");
    advance(20s);
    client().receive_nothing();
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_request_may_have_none) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(asked.body().require_rate(std::nullopt));
        co_await read_all(asked, answered);
    });
    begin_body("1");
    advance(200s);
    client().send_raw("b");
    client().receive_raw(ok("1"));
}

CONFORMANCE(request_rate, there_may_be_none_at_all) {
    options.limits.min_request_body_data_rate = std::nullopt;
    serve(read_all);
    begin_body("1");
    advance(200s);
    client().send_raw("b");
    client().receive_raw(ok("1"));
}

CONFORMANCE(request_rate, it_goes_on_while_the_server_stops) {
    serve(read_all);
    begin_body("100");
    advance(1s);
    host().begin_stop();
    advance(4s);
    client().receive_nothing();
    advance(4ms);
    expect_too_slow();
}

CONFORMANCE(request_rate, a_body_that_nobody_wants_is_drained_for_5_s_whatever_the_rate) {
    serve([](request&, response& answered) { answered.text("no"); });
    begin_body("1000000");
    (void)client().read_answer();
    drip(1000, 5);
    advance(4ms);
    // Its stream was reset with the answer: NO_ERROR, and the rest is nobody's.
    EXPECT_EQ(ended(), only_http1s(end_reason::request_drain_timeout));
    if (over_http2()) return;
    client().ignore();
    client().receive_reset();
}

}  // namespace
}  // namespace saker::test
