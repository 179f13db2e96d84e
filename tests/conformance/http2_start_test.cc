// How a connection comes to be one of HTTP/2: the preface in clear and ALPN over TLS, what is said
// first, and what happens to those who say something else.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_start);

CONFORMANCE(http2_start, a_request_is_answered) {
    serve(hello);
    client().start();
    client().headers(1, get("/"), end_stream);
    client().receive_fields(1, common(200, {{"content-length", "5"}}));
    client().receive_data(1, "hello", end_stream);
    EXPECT_EQ(ended(), end_reason::none);
    EXPECT_EQ(counts().requests.value(), 1u);
}

CONFORMANCE(http2_start, what_is_sent_along_with_the_preface_is_answered_behind_the_settings) {
    serve(hello);
    client().begin({{setting_id::initial_window_size, 3}});
    client().get(1);
    client().receive_greeting(http2_client::usual_greeting());
    client().receive_headers(1, 200);
    client().receive_data(1, "hel");
    client().window_update(1, 2);
    client().receive_data(1, "lo", end_stream);
}

CONFORMANCE(http2_start, the_settings_are_what_was_chosen_where_that_is_not_rfc_9113s_default) {
    options.limits.http2.max_streams_per_connection = 7;
    options.limits.http2.header_table_size = 1000;
    options.limits.http2.max_frame_size = 20'000;
    options.limits.http2.initial_stream_window_size = 65'535;
    options.limits.http2.initial_connection_window_size = 65'535;
    options.limits.max_request_headers_total_size = 9000;
    serve(hello);
    client().start({}, {{{setting_id::header_table_size, 1000},
                         {setting_id::max_concurrent_streams, 7},
                         {setting_id::max_frame_size, 20'000},
                         {setting_id::max_header_list_size, 9000},
                         {setting_id::enable_connect_protocol, 1},
                         {setting_id::no_rfc7540_priorities, 1}},
                        0});
    // RFC 7541 4.2: a table that is smaller than it was is announced.
    client().headers(1, hpack::table_size(1000) + block(get()), end_stream);
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_start, settings_are_acknowledged_each) {
    serve(hello);
    client().start();
    client().send(settings({}), settings({{setting_id::max_frame_size, 16'777'215}}),
                  settings({{setting_id{0x7777}, 5}, {setting_id::enable_push, 0}}));
    for (int i = 0; i < 3; ++i) client().receive_settings_ack();
    client().receive_nothing();
}

CONFORMANCE(http2_start, what_nobody_knows_is_passed_over) {
    serve(hello);
    client().start();
    client().send(frame_of(type{0xbb}, 0xff, 0, "unknown"), frame_of(type{0x0a}, none, 1, "altsvc"),
                  frame_of(type::ping, 0xfe, 0, "12345678"),
                  with_reserved_bit(http2::ping("abcdefgh")));
    client().receive_ping_ack("12345678");
    client().receive_ping_ack("abcdefgh");
    client().send(with_reserved_bit(headers(1, block(get()), end_stream | 0xc2)),
                  frame_of(type{0xbb}, none, 1, "unknown"));
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_start, a_ping_is_returned) {
    serve(hello);
    client().start();
    client().ping("\x01\x02\x03\x04zyxw");
    client().receive_ping_ack("\x01\x02\x03\x04zyxw");
    client().send(http2::ping("answered", ack));
    client().receive_nothing();
}

CONFORMANCE(http2_start, many_connections_do_not_disturb_each_other) {
    serve(what_was_asked);
    for (size_t i = 0; i < 4; ++i) client(i).start();
    for (size_t i = 0; i < 4; ++i) client(i).get(1, "/" + std::to_string(i));
    for (size_t i = 4; i-- > 0;) client(i).receive_answer(1, "GET /" + std::to_string(i) + ' ');
}

CONFORMANCE(http2_start, a_client_that_leaves_between_requests_is_no_failure) {
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    client().end();
    client().settle();
    client().ignore();  // a GOAWAY may be said to it
    client().receive_end();
    EXPECT_EQ(name(ended()), name(end_reason::client_closed));
}

CONFORMANCE(http2_start, a_client_that_says_goodbye_is_served_to_the_end) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1s));
        answered.shared(std::make_shared<const std::string>("late"));
    });
    client().start();
    client().get(1);
    client().send(goaway(0, 0, "bye"));
    client().receive_nothing();
    advance(1s);
    client().receive_answer(1, "late");
}

// ---- who does not begin so ----

CONFORMANCE(http2_start, no_settings_behind_the_preface_is_a_connection_error) {
    serve(hello);
    const std::string firsts[] = {http2::ping(), headers(1, block(get()), end_stream),
                                  window_update(0, 1), settings_ack(), goaway(0, 0)};
    size_t which = 0;
    for (const std::string& first : firsts) {
        SCOPED_TRACE(which);
        http2_client& here = client(which++);
        here.wire().send_raw(std::string(connection_preface) + first);
        EXPECT_EQ(name_of(here.next_of(0).kind), "SETTINGS");
        expect_error(here, error_code::protocol_error, end_reason::invalid_handshake, 0);
    }
    EXPECT_EQ(counts().requests.value(), 0u);
}

CONFORMANCE(http2_start, http1_is_served_by_the_same_port) {
    serve(hello);
    conversation& old = http1_client();
    old.send("GET / HTTP/1.1", "Host: a", "", "");
    old.receive_raw(ok("hello"));
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    // A method that begins as the preface does.
    old.send("PRI / HTTP/1.1", "Host: a", "", "");
    old.receive_raw(ok("hello"));
    conversation& other = http1_client();
    other.send("PROPFIND / HTTP/1.1", "Host: a", "", "");
    other.receive_raw(ok("hello"));
}

CONFORMANCE(http2_start, what_only_begins_as_the_preface_is_http1s_to_refuse) {
    if (over_tls()) GTEST_SKIP() << "ALPN says which it is";
    serve(hello);
    const std::string_view bad[] = {"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
                                    "PRI * HTTP/2.0\r\nHost: a\r\n\r\n", "PRI * HTTP/2.1\r\n\r\n"};
    for (const std::string_view preface : bad) {
        conversation& here = served::new_client();
        here.send_raw(preface);
        here.receive_raw(refusal("505 HTTP Version Not Supported"));
        here.receive_end();
        here.end();
        EXPECT_EQ(name(ended()), name(end_reason::invalid_http_version));
    }
}

CONFORMANCE(http2_start, an_upgrade_to_h2c_is_not_taken) {
    serve(hello);
    conversation& old = http1_client();
    old.send("GET / HTTP/1.1", "Host: a", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
             "HTTP2-Settings: AAMAAABkAAQAAP__", "", "");
    old.receive_raw(ok("hello"));
}

// ---- endpoints with one protocol ----

class one_protocol : public served_http2 {
protected:
    void serve_only(http_protocols which) {
        endpoint_options.protocols = which;
        serve(hello);
    }
};
HTTP2_SUITE_OF(http2_endpoints, one_protocol);

CONFORMANCE(http2_endpoints, may_serve_http2_alone) {
    serve_only(http_protocols::http2);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_endpoints, say_to_http1_what_is_wrong) {
    if (over_tls()) GTEST_SKIP() << "ALPN says it";
    serve_only(http_protocols::http2);
    const std::string_view lines[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
                                      "POST /x HTTP/1.1\r\n"};
    for (const std::string_view line : lines) {
        conversation& old = served::new_client();
        old.send_raw(line);
        old.receive("HTTP/1.1 400 Bad Request", "Connection: close", "Content-Type: text/plain",
                    "Content-Length: 56", "",
                    "An HTTP/1.x request was sent to an HTTP/2 only endpoint.");
        old.receive_end();
        old.end();
        EXPECT_EQ(name(ended()), name(end_reason::invalid_http_version));
    }
    EXPECT_EQ(counts().requests.value(), 0u);
}

CONFORMANCE(http2_endpoints, take_no_other_preface) {
    serve_only(http_protocols::http2);
    const std::string_view bad[] = {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\rzzzzzzzzz",
                                    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
                                    "\x16\x03\x01 something that is not HTTP at all",
                                    "\r\n\r\nnot a line of HTTP/1 either\r\n"};
    size_t which = 0;
    for (const std::string_view preface : bad) {
        SCOPED_TRACE(preface);
        http2_client& here = client(which++);
        here.wire().send_raw(preface);
        here.settle();
        if (here.has_heard(0) && here.next_of(0).kind == type::settings)
            here.receive_goaway(error_code::protocol_error, 0);
        here.receive_end();
        here.end();
        EXPECT_EQ(name(ended()), name(end_reason::invalid_handshake));
    }
}

CONFORMANCE(http2_endpoints, of_http1_do_not_speak_http2) {
    if (over_tls()) GTEST_SKIP() << "ALPN says it";
    serve_only(http_protocols::http1);
    conversation& fresh = served::new_client();
    fresh.send_raw(connection_preface);
    fresh.receive_raw(refusal("505 HTTP Version Not Supported"));
    fresh.receive_end();
    EXPECT_EQ(rejected_for(), rejection_reason::http2_preface);
}

// ---- ALPN ----

class by_alpn : public served_http2 {
protected:
    void SetUp() override {
        served_http2::SetUp();
        if (!over_tls()) GTEST_SKIP() << "of TLS";
    }
    tls_client& offering(std::vector<std::string> protocols) {
        tls_client_options with = chosen;
        with.application_protocols = std::move(protocols);
        return new_tls(with);
    }
    void expect_http1(std::vector<std::string> protocols) {
        tls_client& here = offering(std::move(protocols));
        ASSERT_TRUE(here.handshake()) << here.failure();
        expect_greeting(here);
    }
    void expect_http2(std::vector<std::string> protocols) {
        tls_client& here = offering(std::move(protocols));
        ASSERT_TRUE(here.handshake()) << here.failure();
        EXPECT_EQ(here.application_protocol(), "h2");
        http2_client over(here, "https");
        over.start();
        over.get(1);
        over.receive_answer(1, "hello");
    }
};
HTTP2_SUITE_OF(http2_alpn, by_alpn);

CONFORMANCE(http2_alpn, chooses_http2_where_the_client_has_both) {
    serve(hello);
    expect_http2({"h2", "http/1.1"});
    expect_http2({"http/1.1", "h2"});
    expect_http2({"h3", "h2"});
}

CONFORMANCE(http2_alpn, chooses_http1_where_the_client_has_no_more) {
    serve(hello);
    expect_http1({"http/1.1"});
    expect_http1({});
}

CONFORMANCE(http2_alpn, chooses_http1_where_the_endpoint_has_no_more) {
    endpoint_options.protocols = http_protocols::http1;
    serve(hello);
    expect_http1({"h2", "http/1.1"});
}

CONFORMANCE(http2_alpn, works_over_tls_1_2) {
    chosen.highest = tls_version::tls12;
    serve(hello);
    expect_http2({"h2"});
}

CONFORMANCE(http2_alpn, is_asked_for_where_http2_is_all_there_is) {
    endpoint_options.protocols = http_protocols::http2;
    serve(hello);
    expect_http2({"h2", "http/1.1"});
    tls_client& without = offering({});
    without.handshake();
    without.settle();
    EXPECT_EQ(without.heard(), "");
    without.wire().end();
    without.settle();
    EXPECT_TRUE(without.ended() || without.was_reset());
    EXPECT_EQ(name(ended()), name(end_reason::http2_not_negotiated));
}

// RFC 9113 3.3: there is no prior knowledge over TLS.
CONFORMANCE(http2_alpn, is_not_replaced_by_a_preface) {
    serve(hello);
    tls_client& here = offering({});
    here.send_raw(connection_preface);
    here.receive_raw(refusal("505 HTTP Version Not Supported"));
    here.receive_end();
    EXPECT_EQ(rejected_for(), rejection_reason::http2_preface);
}

CONFORMANCE(http2_alpn, binds_a_client_to_what_was_chosen) {
    serve(hello);
    tls_client& here = offering({"h2"});
    here.send("GET / HTTP/1.1", "Host: a", "", "");
    http2_client over(here, "https");
    EXPECT_EQ(name_of(over.next_of(0).kind), "SETTINGS");
    over.receive_error(error_code::protocol_error, 0);
    EXPECT_EQ(name(ended()), name(end_reason::invalid_handshake));
}

}  // namespace
}  // namespace saker::test
