// How connections over TLS end: close_notify both ways and the end of TCP's side behind it; a side
// that ends without one, which is a truncation for who asks; resets; stops.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

TLS_SUITE(tls_ends);

CONFORMANCE(tls_ends, a_close_notify_of_the_client_is_answered_by_one_and_the_end) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        expect_greeting(here);
        here.close_notify();
        here.receive_end();
        EXPECT_EQ(here.records().back().kind, tls_content::alert);
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(tls_ends, a_client_that_has_asked_and_closed_its_side_is_answered) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a", "", "");
        here.end();
        here.receive_raw(ok("hello") + ok("hello"));
        here.receive_end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(tls_ends, a_request_and_its_close_notify_may_come_at_once) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        const std::string asked = here.seal("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        here.wire().send_raw(asked + here.sealed_close());
        here.wire().end();
        here.receive_raw(ok("hello"));
        here.receive_end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(tls_ends, what_comes_behind_a_close_notify_is_nothing) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.suites = "TLS_AES_128_GCM_SHA256";
        with.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
        tls_client& here = open_tls(with);
        const std::string last = here.sealed_close();
        here.wire().send_raw(last +
                             here.forge(tls_content::data, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
        here.receive_end();
        here.wire().end();
        EXPECT_NE(ended(), end_reason::none);
        EXPECT_EQ(counts().requests.value(), 0u);
    }
}

CONFORMANCE(tls_ends, http_does_not_mind_a_side_that_ends_without_a_close_notify) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        expect_greeting(here);
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        here.wire().end();
        here.receive_raw(ok("hello"));
        EXPECT_EQ(here.read_all(), "");
        EXPECT_TRUE(here.ended());
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(tls_ends, a_body_that_is_cut_short_is_not_taken_for_a_whole_one) {
    serve(echo);
    for (const bool orderly : {false, true}) {
        tls_client& here = open_tls(chosen);
        here.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
        orderly ? here.end() : here.wire().end();
        const std::string heard = here.read_all();
        EXPECT_EQ(heard.find("200 OK"), std::string::npos) << heard;
        EXPECT_EQ(ended(), end_reason::unexpected_end_of_request);
        forget_tls();
    }
}

CONFORMANCE(tls_ends, an_answer_that_closes_is_followed_by_a_close_notify_and_the_end) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send("GET / HTTP/1.1", "Host: a", "Connection: close", "", "");
        here.receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "hello");
        here.receive_end();
        EXPECT_EQ(here.records().back().kind, tls_content::alert);
        EXPECT_EQ(here.failure(), "");
        here.end();
        EXPECT_EQ(ended(), end_reason::connection_close_requested);
    }
}

CONFORMANCE(tls_ends, a_large_answer_comes_whole_before_the_end) {
    static const std::string large(2'000'000, 'x');
    serve([](request&, response& answered) { answered.static_text(large); });
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send("GET / HTTP/1.1", "Host: a", "Connection: close", "", "");
        EXPECT_TRUE(here.read_all().ends_with(large));
        here.receive_end();
        here.end();
        EXPECT_EQ(ended(), end_reason::connection_close_requested);
    }
}

CONFORMANCE(tls_ends, an_abort_is_a_reset_without_a_close_notify) {
    serve([](request&, response& answered) { answered.abort(); });
    tls().send("GET / HTTP/1.1", "Host: a", "", "");
    tls().receive_reset();
    EXPECT_FALSE(tls().closed());
    EXPECT_EQ(ended(), end_reason::aborted_by_app);
}

CONFORMANCE(tls_ends, a_reset_of_the_client_ends_it) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        expect_greeting(here);
        here.vanish();
        EXPECT_EQ(ended(), end_reason::connection_reset);
        forget_tls();
    }
}

CONFORMANCE(tls_ends, a_stop_closes_idle_connections_in_order) {
    serve(hello);
    expect_greeting(tls());
    host().begin_stop();
    advance(254ms);
    tls().receive_end();
    tls().end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(tls_ends, a_stop_lets_busy_connections_finish) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1s));
        say(answered, "done");
    });
    tls().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    host().begin_stop();
    tls().receive_nothing();
    advance(1s);
    tls().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 4", "Connection: close", "",
                  "done");
    tls().receive_end();
    tls().end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(tls_ends, a_keep_alive_that_is_over_closes_in_order) {
    serve(hello);
    expect_greeting(tls());
    advance(129s);
    tls().receive_nothing();
    advance(1004ms);
    tls().receive_end();
    tls().end();
    EXPECT_EQ(ended(), end_reason::keep_alive_timeout);
}

// ---- raw protocols, which have to know ----

class told_of_the_end : public served_tls {
protected:
    told_of_the_end() {
        url = "tcp://127.0.0.1:0";
        endpoint_options.run([this](connection& accepted) -> task<> {
            pipe& in = accepted.input();
            while (co_await in.read()) {
                received_ += in.length();
                in.advance(in.length());
            }
            error_ = in.error();
            accepted.output().write("bye");
        });
    }
    size_t received_ = 0;
    std::optional<int> error_;
};
CONFORMANCE_SUITE_OVER(tls_truncation, told_of_the_end, every_setting);

CONFORMANCE(tls_truncation, a_close_notify_is_an_orderly_end) {
    serve_routes();
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send_raw("abc");
        here.end();
        here.receive_raw("bye");
        here.receive_end();
        EXPECT_EQ(ended(), end_reason::application_completed);
        EXPECT_EQ(error_, 0);
    }
    EXPECT_EQ(received_, 6u);
}

CONFORMANCE(tls_truncation, a_side_that_ends_without_one_is_an_error) {
    serve_routes();
    for (const tls_version version : both_versions) {
        error_.reset();
        tls_client& here = open_tls(chosen_with(version));
        here.send_raw("abc");
        here.wire().end();
        settle();
        ASSERT_TRUE(error_);
        EXPECT_NE(*error_, 0);
        here.settle();
        here.ignore();
        EXPECT_NE(ended(), end_reason::none);
    }
    EXPECT_EQ(received_, 6u) << "what came before it was received";
}

CONFORMANCE(tls_truncation, so_is_a_side_that_ends_inside_a_record) {
    serve_routes();
    const std::string half = tls().seal("abcdef");
    tls().wire().send_raw(half.substr(0, half.size() / 2));
    tls().wire().end();
    settle();
    ASSERT_TRUE(error_);
    EXPECT_NE(*error_, 0);
    EXPECT_EQ(received_, 0u);
    tls().settle();
    tls().ignore();
}

// ---- at every point of a conversation ----

TLS_SUITE_WHOLE(tls_clients_leaving);

CONFORMANCE(tls_clients_leaving, at_every_point_leave_nothing) {
    serve(echo_streamed);
    const std::string all =
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody"
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n"
        "HEAD /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for (size_t said = 0; said <= all.size(); said += in_memory() ? 2 : 9) {
        for (const int way : {0, 1, 2}) {
            tls_client& here = open_tls(chosen_with(both_versions[said / 2 % 2]));
            if (said > 0) here.send_raw(all.substr(0, said));
            if (way == 0) here.vanish();
            if (way == 1) here.end();
            if (way == 2) here.wire().end();
            const std::string heard = way == 0 ? std::string() : here.read_all();
            EXPECT_TRUE(heard.empty() || heard.starts_with("HTTP/1.1 ")) << heard;
            EXPECT_NE(ended(), end_reason::none) << "after " << said << ", way " << way;
            forget_tls();
        }
    }
    EXPECT_EQ(open_connections(), 0u);
}

}  // namespace
}  // namespace saker::test
