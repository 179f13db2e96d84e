// Time over HTTP/2, by a clock that stands still: what a connection may wait for its preface, its
// next request, the rest of a head; and pings of ours.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_timeouts);

// ---- nothing comes ----

CONFORMANCE(http2_timeouts, a_client_that_says_nothing_has_30_s) {
    serve(hello);
    (void)client();
    advance(29'990ms);
    client().receive_nothing();
    advance(20ms);
    client().receive_end();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::request_headers_timeout));
}

CONFORMANCE(http2_timeouts, a_preface_has_30_s_from_the_accept_on) {
    serve(hello);
    (void)client();
    advance(20s);
    client().wire().send_raw(connection_preface.substr(0, 20));
    advance(9'980ms);
    EXPECT_FALSE(client().gone());
    advance(30ms);
    client().settle();
    EXPECT_TRUE(client().gone());
    client().ignore();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::request_headers_timeout));
}

CONFORMANCE(http2_timeouts, settings_have_the_time_of_the_preface) {
    serve(hello);
    client().preface();
    client().settle();
    client().ignore();
    advance(29'990ms);
    EXPECT_FALSE(client().gone());
    advance(20ms);
    advance(1010ms);
    client().settle();
    client().ignore();
    EXPECT_TRUE(client().gone());
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::request_headers_timeout));
}

CONFORMANCE(http2_timeouts, a_connection_without_a_request_has_its_keep_alive) {
    serve(hello);
    client().start();
    advance(129s);
    client().receive_nothing();
    advance(1004ms);
    client().receive_goaway(error_code::no_error, 0x7fffffff);
    client().ignore();
}

// ---- keep-alive ----

class keep_alive : public served_http2 {
protected:
    // GOAWAY twice, and the end, within a second or two.
    void expect_end_by_keep_alive(uint32_t last) {
        advance(1004ms);
        client().settle();
        uint32_t named = 0x7fffffff;
        while (client().has_heard(0)) {
            const frame came = client().next_of(0);
            if (came.kind == type::ping) continue;  // whether it was heard
            EXPECT_EQ(name_of(came.kind), "GOAWAY");
            EXPECT_EQ(number_in(came.payload, 4), 0u) << shown(came);
            named = number_in(came.payload, 0);
        }
        EXPECT_EQ(named, last);
        client().receive_end();
        client().end();
        EXPECT_EQ(name(ended()), name(end_reason::keep_alive_timeout));
    }
};
HTTP2_SUITE_OF(http2_keep_alive, keep_alive);

CONFORMANCE(http2_keep_alive, begins_anew_with_each_answer) {
    serve(hello);
    client().start();
    for (uint32_t stream = 1; stream < 7; stream += 2) {
        client().get(stream);
        client().receive_answer(stream, "hello");
        advance(129s);
    }
    client().receive_nothing();
    advance(1004ms);
    expect_end_by_keep_alive(5);
}

CONFORMANCE(http2_keep_alive, does_not_run_while_a_stream_is_open) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1h));
        answered.shared(std::make_shared<const std::string>("late"));
    });
    client().start();
    client().get(1);
    advance(3599s);
    client().receive_nothing();
    advance(1004ms);
    client().receive_answer(1, "late");
    advance(129s);
    client().receive_nothing();
    advance(1004ms);
    expect_end_by_keep_alive(1);
}

// Otherwise than in Kestrel, where a ping is as good as a request.
CONFORMANCE(http2_keep_alive, is_not_prolonged_by_frames_that_are_no_request) {
    serve(hello);
    client().start();
    for (int i = 0; i < 13; ++i) {
        client().send(http2::ping(), settings({}), window_update(0, 1), priority_update(1, "u=1"),
                      frame_of(type{0xbb}, none, 0, "?"));
        client().receive_ping_ack();
        client().receive_settings_ack();
        advance(10s);
    }
    expect_end_by_keep_alive(0);
}

CONFORMANCE(http2_keep_alive, may_be_infinite) {
    options.limits.keep_alive_timeout = infinite;
    options.limits.request_headers_timeout = infinite;
    serve(hello);
    (void)client();
    advance(200s);
    client().start();
    advance(1000s);
    client().receive_nothing();
    client().get(1);
    client().receive_answer(1, "hello");
    advance(1000s);
    client().receive_nothing();
}

CONFORMANCE(http2_keep_alive, may_be_infinite_for_those_who_begin_in_time) {
    options.limits.keep_alive_timeout = infinite;
    serve(hello);
    client().start();
    advance(1000s);
    client().receive_nothing();
}

CONFORMANCE(http2_keep_alive, may_be_short) {
    options.limits.keep_alive_timeout = 50ms;
    serve(hello);
    client().start();
    advance(54ms);
    expect_end_by_keep_alive(0);
}

CONFORMANCE(http2_keep_alive, gives_way_to_a_request_that_is_on_its_way) {
    serve(hello);
    client().start();
    advance(130'004ms);
    client().receive_goaway(error_code::no_error, 0x7fffffff);
    client().get(1);
    client().receive_headers(1, 200);
    client().receive_data(1, "hello", end_stream);
    expect_end_by_keep_alive(1);
}

// ---- heads ----

class unfinished : public served_http2 {
protected:
    void expect_30_s(std::string_view begun) {
        serve(hello);
        client().start();
        client().get(1);
        client().receive_answer(1, "hello");
        advance(50s);
        client().wire().send_raw(begun);
        advance(29'990ms);
        client().receive_nothing();
        advance(20ms);
        expect_error(error_code::internal_error, end_reason::request_headers_timeout);
        expect_another_is_served();
    }
};
HTTP2_SUITE_OF(http2_unfinished, unfinished);

CONFORMANCE(http2_unfinished, a_head_has_30_s) {
    expect_30_s(headers_begin(3, block(get()), end_stream));
}

CONFORMANCE(http2_unfinished, a_frame_of_a_head_has_30_s) {
    const std::string whole = headers(3, block(get()), end_stream);
    expect_30_s(std::string_view(whole).substr(0, whole.size() - 1));
}

CONFORMANCE(http2_unfinished, the_head_of_a_frame_has_30_s) {
    expect_30_s(headers(3, block(get()), end_stream).substr(0, 5));
}

CONFORMANCE(http2_unfinished, a_ping_has_30_s) { expect_30_s(http2::ping().substr(0, 12)); }

CONFORMANCE(http2_unfinished, parts_give_a_head_no_more_time) {
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    const std::string head = block(get("/", {{"x", std::string(100, 'v')}}));
    client().send_bytes(headers_begin(3, head.substr(0, 1), end_stream));
    for (size_t i = 1; i < 6; ++i) {
        advance(5s);
        client().send_bytes(continuation(3, head.substr(i, 1)));
    }
    client().receive_nothing();
    advance(5'020ms);
    expect_error(error_code::internal_error, end_reason::request_headers_timeout);
}

CONFORMANCE(http2_unfinished, trailers_have_30_s) {
    serve(echo);
    client().start();
    client().headers(1, post());
    client().send(data(1, std::string(20'000, 'b').substr(0, 16'000)),
                  headers_begin(1, block({{"x", "y"}}), end_stream));
    advance(29'990ms);
    client().receive_nothing();
    advance(20ms);
    expect_error(error_code::internal_error, end_reason::request_headers_timeout);
}

CONFORMANCE(http2_unfinished, a_head_that_comes_in_time_is_answered) {
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    advance(100s);
    client().send_bytes(headers_begin(3, block(get()), end_stream));
    advance(29'900ms);
    client().send_bytes(continuation(3, "", end_headers));
    client().receive_answer(3, "hello");
    advance(100s);
    client().receive_nothing();
}

// ---- pings of ours ----

class pings : public served_http2 {
protected:
    void begin() {
        options.limits.http2.keep_alive_ping_delay = 10s;
        options.limits.http2.keep_alive_ping_timeout = 5s;
        serve(hello);
        client().start();
        client().get(1);
        client().receive_answer(1, "hello");
    }
    std::string receive_ping() {
        const frame came = client().next_of(0);
        EXPECT_EQ(shown(came), "PING(0) 8 bytes");
        return came.payload;
    }
};
HTTP2_SUITE_OF(http2_pings, pings);

CONFORMANCE(http2_pings, come_after_a_delay_without_a_frame) {
    begin();
    for (int i = 0; i < 3; ++i) {
        advance(9'990ms);
        client().receive_nothing();
        advance(20ms);
        client().send(http2::ping(receive_ping(), ack));
    }
    client().receive_nothing();
}

CONFORMANCE(http2_pings, do_not_come_while_frames_come) {
    begin();
    for (int i = 0; i < 5; ++i) {
        advance(9s);
        client().send(window_update(0, 1));
    }
    client().receive_nothing();
}

CONFORMANCE(http2_pings, that_are_not_answered_end_the_connection) {
    begin();
    advance(10'010ms);
    (void)receive_ping();
    advance(4'980ms);
    client().receive_nothing();
    advance(20ms);
    expect_error(error_code::internal_error, end_reason::keep_alive_ping_timeout, 1);
}

CONFORMANCE(http2_pings, are_answered_by_any_frame) {
    begin();
    advance(10'010ms);
    (void)receive_ping();
    advance(4s);
    client().get(3);
    client().receive_answer(3, "hello");
    advance(5s);
    client().receive_nothing();
}

CONFORMANCE(http2_pings, are_not_answered_by_a_part_of_a_frame) {
    begin();
    advance(10'010ms);
    (void)receive_ping();
    client().wire().send_raw(http2::ping().substr(0, 10));
    advance(5'010ms);
    expect_error(error_code::internal_error, end_reason::keep_alive_ping_timeout, 1);
}

CONFORMANCE(http2_pings, do_not_prolong_keep_alive) {
    options.limits.keep_alive_timeout = 35s;
    begin();
    for (int i = 0; i < 3; ++i) {
        advance(10'010ms);
        client().send(http2::ping(receive_ping(), ack));
    }
    advance(5s);
    client().receive_goaway(error_code::no_error, 0x7fffffff);
    client().ignore();
}

CONFORMANCE(http2_pings, do_not_come_where_nobody_wants_them) {
    serve(hello);
    client().start();
    advance(129s);
    client().receive_nothing();
}

}  // namespace
}  // namespace saker::test
