// Keep-alive by version and Connection, pipelining, HTTP/1.0: when a connection goes on, when it
// ends and says so, and that answers come in the order of the questions.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

CONFORMANCE_SUITE(http1_keep_alive);

CONFORMANCE(http1_keep_alive, is_the_rule_of_1_1) {
    serve(hello);
    for (int i = 0; i < 3; ++i) {
        client().send("GET / HTTP/1.1", "Host: a", "", "");
        client().receive_raw(ok("hello"));
    }
    EXPECT_EQ(ended(), end_reason::none);
    client().end();
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::client_closed);
}

CONFORMANCE(http1_keep_alive, connection_close_ends_it) {
    serve(hello);
    size_t which = 0;
    for (const char* const said : {"close", "Close", "CLOSE", "keep-alive, close", "foo , close"}) {
        conversation& here = new_client();
        here.send("GET / HTTP/1.1", "Host: a", std::string("Connection: ") + said, "", "");
        here.receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "hello");
        here.receive_end();
        here.end();
        EXPECT_EQ(ended(), end_reason::connection_close_requested);
        forget_client(which++);
    }
}

CONFORMANCE(http1_keep_alive, other_options_of_connection_do_not_end_it) {
    serve(hello);
    for (const char* const said : {"keep-alive", "Keep-Alive", "closed", "x-close", "", "te"}) {
        client().send("GET / HTTP/1.1", "Host: a", std::string("Connection: ") + said, "", "");
        client().receive_raw(ok("hello"));
    }
}

CONFORMANCE(http1_keep_alive, the_handler_may_end_it) {
    serve([](request&, response& answered) {
        answered.close_connection().shared(std::make_shared<const std::string>("bye"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 3", "Connection: close",
                     "", "bye");
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::connection_close_requested);
}

CONFORMANCE(http1_keep_alive, the_handler_may_end_it_with_the_header) {
    serve([](request&, response& answered) { answered.header("Connection", "close"); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(raw_client::joined("HTTP/1.1 200 OK", server(), date(),
                                            "Content-Length: 0", "Connection: close", "", ""));
    client().receive_end();
}

CONFORMANCE_SUITE(http1_0);

CONFORMANCE(http1_0, is_closed_after_an_answer) {
    serve(hello);
    client().send("GET / HTTP/1.0", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "hello");
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::connection_close_requested);
}

CONFORMANCE(http1_0, is_kept_alive_where_it_asks_for_it) {
    serve(hello);
    for (int i = 0; i < 2; ++i) {
        client().send("GET / HTTP/1.0", "Connection: keep-alive", "", "");
        client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5",
                         "Connection: keep-alive", "", "hello");
    }
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(http1_0, close_goes_before_keep_alive) {
    serve(hello);
    client().send("GET / HTTP/1.0", "Connection: keep-alive, close", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "hello");
    client().receive_end();
}

CONFORMANCE(http1_0, a_stream_is_delimited_by_the_end) {
    serve([](request&, response& answered) -> task<> {
        for (int i = 0; i < 3; ++i) (void)co_await answered.body().write("piece ");
    });
    client().send("GET / HTTP/1.0", "Connection: keep-alive", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Connection: close", "",
                     "piece piece piece ");
    client().receive_end();
}

CONFORMANCE(http1_0, a_stream_of_known_length_keeps_it_alive) {
    serve([](request&, response& answered) -> task<> {
        answered.content_length(12);
        for (int i = 0; i < 2; ++i) (void)co_await answered.body().write("piece ");
    });
    for (int i = 0; i < 2; ++i) {
        client().send("GET / HTTP/1.0", "Connection: keep-alive", "", "");
        client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 12",
                         "Connection: keep-alive", "", "piece piece ");
    }
}

CONFORMANCE(http1_0, has_bodies_of_known_length) {
    serve(echo);
    client().send("POST / HTTP/1.0", "Connection: keep-alive", "Content-Length: 3", "", "abc");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 3",
                     "Connection: keep-alive", "", "abc");
}

CONFORMANCE(http1_0, trailers_have_no_place) {
    serve([](request&, response& answered) -> task<> {
        answered.trailer("A", "b");
        (void)co_await answered.body().write("piece");
    });
    client().send("GET / HTTP/1.0", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Connection: close", "", "piece");
    client().receive_end();
}

CONFORMANCE_SUITE(http1_pipelining);

CONFORMANCE(http1_pipelining, answers_come_in_the_order_of_the_questions) {
    serve([](request& asked, response& answered) -> task<> {
        // The earlier, the slower.
        if (asked.path() == "/1") (void)co_await delay(300ms);
        if (asked.path() == "/2") (void)co_await delay(100ms);
        answered.shared(std::make_shared<const std::string>(asked.path()));
    });
    client().send("GET /1 HTTP/1.1", "Host: a", "", "GET /2 HTTP/1.1", "Host: a", "",
                  "GET /3 HTTP/1.1", "Host: a", "", "");
    client().receive_nothing();
    advance(300ms);
    client().receive_raw(ok("/1"));
    client().receive_nothing();
    advance(100ms);
    client().receive_raw(ok("/2"));
    client().receive_raw(ok("/3"));
}

// By HTTP/2 they are streams, of which there are as many at once as the server allows.
HANDLER_SUITE(many_requests);

CONFORMANCE(many_requests, bodies_and_heads_alternate) {
    serve(echo);
    std::string all, answers;
    for (int i = 0; i < 30; ++i) {
        const std::string body(static_cast<size_t>(i) * 7, static_cast<char>('a' + i % 26));
        all += "POST / HTTP/1.1\r\nHost: a\r\n";
        char size[8];
        std::snprintf(size, sizeof size, "%zx\r\n", body.size());
        if (i % 2 == 0) {
            all += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        } else {
            all += "Transfer-Encoding: chunked\r\n\r\n" + (size + body) + "\r\n0\r\n\r\n";
        }
        answers += ok(body);
    }
    client().send_raw(all);
    client().receive_raw(answers);
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(many_requests, a_thousand_requests_are_answered) {
    serve(what_was_asked);
    std::string all, answers;
    for (int i = 0; i < 1000; ++i) {
        const std::string path = '/' + std::to_string(i);
        all += "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
        answers += ok("GET " + path + ' ');
    }
    client().send_raw(all);
    client().receive_raw(answers);
    EXPECT_EQ(counts().requests.value(), 1000u);
}

CONFORMANCE_SUITE_WHOLE(http1_batching);

CONFORMANCE(http1_batching, what_follows_a_close_is_not_answered) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "Connection: close", "", "GET / HTTP/1.1", "Host: a",
                  "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "hello");
    client().receive_end();
    EXPECT_EQ(counts().requests.value(), 1u);
}

CONFORMANCE(http1_batching, the_answers_of_one_turn_leave_in_one_write) {
    serve(hello);
    std::string all;
    for (int i = 0; i < 100; ++i) all += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    client();
    settle();
    client().stop_reading();
    client().send_raw(all);
    // All of them were received at once, answered in that turn, and sent in the turn's one write.
    const uint64_t one = ok("hello").size();
    while (counts().bytes_sent.value() == 0) here().turn({});
    EXPECT_EQ(counts().bytes_sent.value(), 100 * one);
    client().go_on_reading();
    EXPECT_EQ(client().read(100 * one).size(), 100 * one);
}

}  // namespace
}  // namespace saker::test
