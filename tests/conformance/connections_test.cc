// Connections below HTTP: raw protocols, connection middleware, clients that end their side, leave,
// or are reset at every point of a conversation.

#include "tests/support/serve.h"

#include <stdexcept>

namespace saker::test {
namespace {

CONFORMANCE_SUITE(raw_connections);

task<> echo_lines(connection& accepted) {
    pipe& in = accepted.input();
    while (co_await in.read()) {
        while (const share piece = in.take(in.length())) accepted.output().write(piece.text());
        if (!co_await accepted.output().flush()) co_return;
    }
}

CONFORMANCE(raw_connections, a_delegate_has_the_pipes) {
    endpoint_options.run(echo_lines);
    serve_routes();
    client().send_raw("anything\n at all");
    client().receive_raw("anything\n at all");
    client().send_raw("GET / HTTP/1.1\r\n\r\n");
    client().receive_raw("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(ended(), end_reason::none);
    client().end();
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::application_completed);
}

CONFORMANCE(raw_connections, what_was_written_is_delivered_when_the_delegate_returns) {
    endpoint_options.run([](connection& accepted) -> task<> {
        accepted.output().write("welcome, ");
        accepted.output().write("and good bye");
        co_return;
    });
    serve_routes();
    client().receive_raw("welcome, and good bye");
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::application_completed);
}

CONFORMANCE(raw_connections, a_delegate_may_abort) {
    endpoint_options.run([](connection& accepted) -> task<> {
        (void)co_await accepted.input().read();
        accepted.input().advance(accepted.input().length());
        accepted.abort(end_reason::aborted_by_app);
        EXPECT_FALSE(co_await accepted.input().read());
        EXPECT_TRUE(accepted.input().error() != 0);
    });
    serve_routes();
    client().send_raw("x");
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::aborted_by_app);
}

CONFORMANCE(raw_connections, a_delegate_that_throws_aborts) {
    endpoint_options.run([](connection& accepted) -> task<> {
        (void)co_await accepted.input().read();
        throw std::runtime_error("wrong");
    });
    serve_routes();
    client().send_raw("x");
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::unhandled_exception);
}

CONFORMANCE(raw_connections, a_delegate_that_throws_before_it_is_a_task_aborts) {
    endpoint_options.run([](connection&) -> task<> { throw std::runtime_error("wrong"); });
    endpoint_options.use([](connection_delegate) -> connection_delegate {
        return [](connection&) -> task<> { throw std::runtime_error("not even a coroutine"); };
    });
    serve_routes();
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::unhandled_exception);
}

CONFORMANCE(raw_connections, a_delegate_is_told_of_a_stop_and_has_until_the_deadline) {
    connection* open = nullptr;
    endpoint_options.run([&](connection& accepted) -> task<> {
        open = &accepted;
        return echo_lines(accepted);
    });
    serve_routes();
    client().send_raw("x");
    client().receive_raw("x");
    host().begin_stop();
    settle();
    ASSERT_NE(open, nullptr);
    EXPECT_TRUE(open->close_requested());
    client().send_raw("y");
    client().receive_raw("y");
    host().abort();
    settle();
    EXPECT_EQ(ended(), end_reason::app_shutdown_timeout);
    client().receive_reset();
}

CONFORMANCE(raw_connections, middleware_is_around_them_the_first_one_outermost) {
    static std::string trace;
    trace.clear();
    for (const char* const name : {"a", "b"}) {
        endpoint_options.use([=](connection_delegate next) -> connection_delegate {
            return [name, next = std::move(next)](connection& accepted) -> task<> {
                trace += name;
                co_await next(accepted);
                trace += name;
            };
        });
    }
    serve([](request& asked, response& answered) {
        trace += '.';
        hello(asked, answered);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a", "Connection: close",
                  "", "");
    client().read_all();
    client().end();
    settle();
    EXPECT_EQ(trace, "ab..ba");
}

CONFORMANCE(raw_connections, middleware_may_refuse_a_connection) {
    endpoint_options.use([](connection_delegate next) -> connection_delegate {
        return [next = std::move(next)](connection& accepted) -> task<> {
            if (accepted.remote_address().starts_with("127.0.0.1:")) {
                accepted.output().write("not you");
                co_return;
            }
            co_await next(accepted);
        };
    });
    serve(hello);
    client().receive_raw("not you");
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::application_completed);
}

CONFORMANCE(raw_connections, a_connection_knows_its_ends) {
    std::string local, remote, id;
    serve([&](request& asked, response& answered) {
        local = asked.connection().local_address();
        remote = asked.connection().remote_address();
        id = asked.connection().id();
        hello(asked, answered);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    EXPECT_TRUE(local.starts_with("127.0.0.1:")) << local;
    EXPECT_TRUE(remote.starts_with("127.0.0.1:")) << remote;
    EXPECT_NE(local, remote);
    EXPECT_EQ(id.size(), 13u);
}

// ---- clients that end their side ----

// Of HTTP/2: http2_leaving_clients_test.cc.
CONFORMANCE_SUITE(leaving_clients);

CONFORMANCE(leaving_clients, one_that_says_nothing_is_let_go) {
    serve(hello);
    client().end();
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::client_closed);
}

CONFORMANCE(leaving_clients, one_that_has_asked_and_ended_its_side_is_answered) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a", "", "");
    client().end();
    client().receive_raw(ok("hello") + ok("hello"));
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::client_closed);
}

CONFORMANCE(leaving_clients, one_that_ends_inside_a_request_line_is_told) {
    serve(hello);
    client().send_raw("GET / HT");
    client().end();
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::unexpected_end_of_request);
    EXPECT_EQ(rejected_for(), rejection_reason::invalid_request_line);
}

CONFORMANCE(leaving_clients, one_that_ends_inside_the_headers_is_told) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    client().end();
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::unexpected_end_of_request);
    EXPECT_EQ(rejected_for(), rejection_reason::malformed_request_invalid_headers);
}

CONFORMANCE(leaving_clients, empty_lines_before_the_end_are_no_request) {
    serve(hello);
    client().send_raw("\r\n\r\n");
    client().end();
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::client_closed);
    EXPECT_EQ(rejected_for(), rejection_reason::none);
}

CONFORMANCE(leaving_clients, a_reset_ends_an_idle_connection) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    client().vanish();
    EXPECT_EQ(ended(), end_reason::connection_reset);
}

class at_every_point : public served {
protected:
    static std::string script() {
        return "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
               "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody"
               "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
               "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n"
               "HEAD /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    }
};
CONFORMANCE_SUITE_OVER(clients_leaving_at_every_point, at_every_point, whole_settings);

CONFORMANCE(clients_leaving_at_every_point, by_a_reset_leave_nothing) {
    serve(echo_streamed);
    const std::string all = script();
    for (size_t said = 0; said <= all.size(); ++said) {
        conversation& here = new_client();
        here.send_raw(all.substr(0, said));
        here.vanish();
        EXPECT_NE(ended(), end_reason::none) << "after " << said;
        forget_client(said);
    }
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(clients_leaving_at_every_point, by_an_end_are_answered_as_far_as_they_asked) {
    serve(echo_streamed);
    const std::string all = script();
    for (size_t said = 0; said <= all.size(); ++said) {
        conversation& here = new_client();
        here.send_raw(all.substr(0, said));
        here.end();
        const std::string heard = here.read_all();
        EXPECT_TRUE(heard.empty() || heard.starts_with("HTTP/1.1 ")) << heard;
        EXPECT_NE(ended(), end_reason::none) << "after " << said;
        forget_client(said);
    }
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(clients_leaving_at_every_point, or_before_a_handler_that_waits_has_finished) {
    serve([](request& asked, response& answered) -> task<> {
        (void)co_await asked.body().discard();
        (void)co_await delay(20ms);
        (void)co_await answered.body().write("a");
        (void)co_await delay(20ms);
    });
    const std::string all = script();
    for (size_t said = 0; said <= all.size(); said += 3) {
        conversation& here = new_client();
        here.send_raw(all.substr(0, said));
        for (size_t i = 0; i < said % 5; ++i) advance(8ms);
        here.vanish();
        for (int i = 0; i < 30 && open_connections() > 0; ++i) advance(20ms);
        EXPECT_NE(ended(), end_reason::none) << "after " << said;
        forget_client(said / 3);
    }
}

}  // namespace
}  // namespace saker::test
