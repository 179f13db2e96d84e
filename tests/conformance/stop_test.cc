// The stop of a server: no more connections; idle ones end, but not before a request that is on its
// way; busy ones finish and say Connection: close; what does not end in time is aborted.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

HANDLER_SUITE(stopping);

CONFORMANCE(stopping, an_idle_connection_is_closed) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    host().begin_stop();
    advance(254ms);
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(stopping, a_request_that_was_already_sent_is_answered) {
    serve(hello);
    client();
    settle();
    host().begin_stop();
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(last_ok("hello"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
}

CONFORMANCE(stopping, a_busy_connection_finishes_and_says_that_it_closes) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1s));
        answered.shared(std::make_shared<const std::string>("done"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a", "", "");
    settle();
    host().begin_stop();
    client().receive_nothing();
    EXPECT_FALSE(host().all_over());
    advance(1s);
    // Of two streams both are under way.
    if (over_http2()) client().receive_raw(ok("done"));
    client().receive_raw(last_ok("done"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(stopping, what_does_not_end_is_aborted) {
    bool cut_short = false;
    serve([&](request&, response&) -> task<> { cut_short = !co_await delay(1h); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    host().begin_stop();
    advance(30s);
    client().receive_nothing();
    host().abort();
    client().receive_reset();
    EXPECT_TRUE(cut_short);
    EXPECT_EQ(ended(), end_reason::app_shutdown_timeout);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(stopping, nothing_is_accepted_any_more) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    const uint64_t accepted = counts().connections_accepted.value();
    stop();
    EXPECT_TRUE(host().all_over());
    EXPECT_EQ(counts().connections_accepted.value(), accepted);
    client().receive_end();
}

CONFORMANCE(stopping, a_client_that_has_connected_is_served_or_closed_but_not_kept) {
    serve(hello);
    for (size_t i = 0; i < 10; ++i) client(i).send_raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    host().begin_stop();
    for (size_t i = 0; i < 10; ++i) {
        const std::string heard = client(i).read_answer();
        EXPECT_TRUE(heard.ends_with("hello")) << heard;
    }
    advance(254ms);
    for (size_t i = 0; i < 10; ++i) {
        client(i).receive_end();
        client(i).end();
    }
    EXPECT_EQ(ended_by(end_reason::app_shutdown), 10u);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(stopping, a_body_that_is_on_its_way_is_received_to_its_end) {
    serve(echo_streamed);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 10", "", "hello");
    settle();
    host().begin_stop();
    advance(1s);
    client().send_raw("world");
    const std::string heard = client().read_all();
    EXPECT_TRUE(heard.ends_with("world")) << heard;
    EXPECT_FALSE(client().was_reset());
}

CONFORMANCE(stopping, who_takes_an_answer_slowly_gets_all_of_it) {
    static const std::string large(3'000'000, 'x');
    serve([](request&, response& answered) { answered.static_text(large); });
    client().stop_reading();
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    host().begin_stop();
    advance(1s);
    client().go_on_reading();
    const std::string heard = client().read_all();
    EXPECT_TRUE(heard.ends_with(large));
    EXPECT_FALSE(client().was_reset());
}

// ---- HTTP/1 alone: heads in parts, and when it can be said that a connection closes ----

CONFORMANCE_SUITE(http1_stopping);

CONFORMANCE(http1_stopping, a_request_that_has_begun_is_answered) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\nHost:");
    host().begin_stop();
    advance(10s);
    client().receive_nothing();
    client().send_raw(" a\r\n\r\n");
    client().receive_raw(last_ok("hello"));
    client().receive_end();
}

CONFORMANCE(http1_stopping, an_answer_that_had_begun_does_not_lose_the_request_behind_it) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("a");
        EXPECT_TRUE(co_await delay(1s));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "1",
                     "a", "");
    host().begin_stop();
    advance(1s);
    client().receive("0", "", "");
    // It could not say that it closes: what the client sends now was sent in good faith.
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked",
                     "Connection: close", "", "1", "a", "");
    advance(1s);
    client().receive("0", "", "");
    client().receive_end();
}

CONFORMANCE(http1_stopping, a_client_that_goes_on_sending_hears_its_answer) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    host().begin_stop();
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    const std::string first = client().read_answer();
    EXPECT_NE(first.find("Connection: close"), std::string::npos) << first;
    for (int i = 0; i < 20; ++i) client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_end();
    EXPECT_FALSE(client().was_reset());
}

CONFORMANCE(http1_stopping, timeouts_go_on) {
    options.limits.request_headers_timeout = 5s;
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\n");
    settle();
    host().begin_stop();
    advance(6s);
    const std::string heard = client().read_all();
    EXPECT_TRUE(heard.starts_with("HTTP/1.1 408 ")) << heard;
}

}  // namespace
}  // namespace saker::test
