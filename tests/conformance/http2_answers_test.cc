// Answers over HTTP/2, without much of a body: what becomes of the head that a handler gives, what
// may come before it, and what comes where there is none.

#include "tests/support/serve_http2.h"

#include <stdexcept>

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_answers);

void text(response& answered, std::string of) {
    answered.shared(std::make_shared<const std::string>(std::move(of)));
}

CONFORMANCE(http2_answers, by_head_are_answered_without_a_body) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/whole") co_return hello(asked, answered);
        EXPECT_FALSE(co_await answered.body().write("not to be seen"));
        answered.trailer("x", "y");
    });
    client().start();
    client().headers(1, request_of("HEAD", "/whole"), end_stream);
    client().receive_fields(1, common(200, {{"content-length", "5"}}), end_stream);
    client().headers(3, request_of("HEAD", "/streamed"), end_stream);
    client().receive_headers(3, 200, end_stream);
}

CONFORMANCE(http2_answers, may_get_a_status_without_a_body) {
    serve([](request& asked, response& answered) {
        answered.status(static_cast<uint16_t>(std::stoi(std::string(asked.path().substr(1)))));
    });
    client().start();
    client().get(1, "/204");
    client().receive_fields(1, common(204), end_stream);
    client().get(3, "/304");
    client().receive_headers(3, 304, end_stream);
    client().get(5, "/205");
    client().receive_headers(5, 205, end_stream);
    client().get(7, "/200");
    client().receive_fields(7, common(200, {{"content-length", "0"}}), end_stream);
    client().get(9, "/599");
    client().receive_headers(9, 599, end_stream);
}

CONFORMANCE(http2_answers, are_answered_with_names_in_small_letters_and_nothing_of_a_connection) {
    serve([](request&, response& answered) {
        answered.header("X-Mine", "Value");
        answered.append_header("Set-Cookie", "a=b");
        answered.append_header("Set-Cookie", "c=d");
        answered.header("Connection", "keep-alive");
        answered.header("Keep-Alive", "timeout=5");
        answered.header("Proxy-Connection", "close");
        answered.header("Upgrade", "h2c");
        text(answered, "hello");
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    EXPECT_EQ(client().field("x-mine"), "Value");
    EXPECT_EQ(client().field("set-cookie"), "a=b, c=d");
    EXPECT_EQ(client().head().size(), 7u) << shown(client().head());
    client().receive_data(1, "hello", end_stream);
}

CONFORMANCE(http2_answers, are_answered_with_a_head_of_any_size) {
    serve([](request&, response& answered) {
        answered.header("X-Long", std::string(50'000, 'v'));
        for (int i = 0; i < 200; ++i) answered.header("X-" + std::to_string(i), "w");
        text(answered, "hello");
    });
    client().start();
    for (const uint32_t stream : {1u, 3u}) {
        client().get(stream);
        client().receive_headers(stream, 200);
        EXPECT_EQ(client().field("x-long"), std::string(50'000, 'v'));
        EXPECT_EQ(client().field("x-199"), "w");
        client().receive_data(stream, "hello", end_stream);
    }
}

CONFORMANCE(http2_answers, are_answered_without_a_server_field_where_none_is_wanted) {
    options.add_server_header = false;
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    EXPECT_EQ(client().field("server"), "");
    EXPECT_EQ("Date: " + client().field("date"), date());
}

CONFORMANCE(http2_answers,
            are_answered_with_a_head_that_is_compressed_for_the_table_that_they_allow) {
    serve(hello);
    client().start({{setting_id::header_table_size, 0}});
    for (const uint32_t stream : {1u, 3u}) {
        client().get(stream);
        client().receive_fields(stream, common(200, {{"content-length", "5"}}));
        client().receive_data(stream, "hello", end_stream);
    }
    client().settings({{setting_id::header_table_size, 65'536}});
    client().receive_settings_ack();
    client().get(5);
    client().receive_fields(5, common(200, {{"content-length", "5"}}));
    client().receive_data(5, "hello", end_stream);
}

// RFC 7541 7.1.3: nobody on the way keeps a secret in a table.
CONFORMANCE(http2_answers, are_answered_with_cookies_that_are_never_indexed) {
    serve([](request& asked, response& answered) {
        answered.header("Set-Cookie", "a=secret");
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    const frame head = client().next_of(1);
    EXPECT_EQ(client().field("set-cookie"), "a=secret");
    const std::string by_name = "\x1f\x28";  // index 55, never indexed
    EXPECT_NE(head.payload.find(by_name), std::string::npos);
    client().receive_data(1, "hello", end_stream);
}

// A server that sheds load is no reason to end its clients.
CONFORMANCE(http2_answers, that_are_resets_are_not_held_against_the_client) {
    serve([](request& asked, response& answered) {
        if (asked.path() == "/other") return hello(asked, answered);
        answered.reset(static_cast<uint32_t>(std::stoi(std::string(asked.path().substr(1)))));
    });
    client().start();
    uint32_t stream = 1;
    for (int i = 0; i < 100; ++i) {
        for (const uint32_t code : {1, 3, 5, 7, 11}) {
            client().get(stream, "/" + std::to_string(code));
            client().receive_reset(stream, static_cast<error_code>(code));
            stream += 2;
        }
    }
    client().get(stream, "/other");
    client().receive_answer(stream, "hello");
}

CONFORMANCE(http2_answers, have_no_trailers_of_a_connection) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await answered.body().write("hello"));
        answered.trailer("Keep-Alive", "timeout=5");
        answered.trailer("Upgrade", "h2c");
        answered.trailer("Proxy-Connection", "close");
        answered.trailer("X-Mine", "kept");
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    client().receive_data(1, "hello");
    client().receive_trailers(1, {{"x-mine", "kept"}});
}

CONFORMANCE(http2_answers, are_answered_by_100_when_a_handler_reads_what_was_not_sent_yet) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/late") {
            EXPECT_TRUE(co_await delay(1s));
        }
        return_body(answered, co_await asked.body().text());
    });
    client().start();
    client().headers(1, post({{"expect", "100-continue"}, {"content-length", "5"}}));
    client().receive_fields(1, {{":status", "100"}});
    client().data(1, "hello", end_stream);
    client().receive_answer(1, "hello");
    client().headers(3, post({{"expect", "100-Continue"}}, "/late"));
    client().data(3, "hello", end_stream);  // has not waited
    advance(1s);
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_answers, go_without_100_when_a_handler_does_not_read) {
    serve([](request&, response& answered) { answered.status(403); });
    client().start();
    client().headers(1, post({{"expect", "100-continue"}, {"content-length", "5"}}));
    client().receive_headers(1, 403, end_stream);
    client().receive_reset(1, error_code::no_error);
}

CONFORMANCE(http2_answers, may_get_early_hints) {
    serve([](request& asked, response& answered) -> task<> {
        answered.early_hints({"</a.css>; rel=preload", "</b.js>; rel=preload"});
        EXPECT_TRUE(co_await delay(1s));
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 103);
    EXPECT_EQ(client().field("link"), "</a.css>; rel=preload, </b.js>; rel=preload");
    EXPECT_EQ(client().field("server"), "");
    advance(1s);
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_answers, whose_handler_throws_are_answered_by_500) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/late") {
            (void)co_await answered.body().write("begun");
            (void)co_await delay(1s);
        }
        throw std::runtime_error("on purpose");
    });
    client().start();
    client().get(1);
    client().receive_fields(1, common(500, {{"content-length", "0"}}), end_stream);
    client().get(3, "/late");
    client().receive_headers(3, 200);
    client().receive_data(3, "begun");
    advance(1004ms);
    client().receive_reset(3, error_code::internal_error);
    client().get(5);
    client().receive_headers(5, 500, end_stream);
}

CONFORMANCE(http2_answers, may_be_reset_by_their_handler) {
    serve([](request& asked, response& answered) {
        if (asked.path() == "/abort") answered.abort();
        if (asked.path() == "/reset") answered.reset(0x0d);
        if (asked.path() == "/other") hello(asked, answered);
    });
    client().start();
    client().get(1, "/abort");
    client().receive_reset(1, error_code::internal_error);
    client().get(3, "/reset");
    client().receive_reset(3, error_code::http_1_1_required);
    client().get(5, "/other");
    client().receive_answer(5, "hello");
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(http2_answers, may_be_cancelled) {
    bool was_told = false;
    bool could_write = true;
    serve([&](request& asked, response& answered) -> task<> {
        if (asked.path() == "/other") co_return hello(asked, answered);
        (void)co_await asked.until_aborted();
        was_told = asked.aborted();
        could_write = co_await answered.body().write("nobody hears it");
    });
    client().start();
    client().get(1);
    client().receive_nothing();
    EXPECT_FALSE(was_told);
    client().reset(1);
    client().receive_nothing();
    EXPECT_TRUE(was_told);
    EXPECT_FALSE(could_write);
    client().get(3, "/other");
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_answers, that_are_cancelled_while_they_are_deferred_tell_the_responder) {
    std::vector<responder> kept;
    serve([&](request& asked, response& answered) {
        if (asked.path() == "/other") return hello(asked, answered);
        kept.push_back(answered.defer());
    });
    client().start();
    client().get(1);
    settle();
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_FALSE(kept[0].aborted());
    client().reset(1);
    client().receive_nothing();
    EXPECT_TRUE(kept[0].aborted());
    EXPECT_FALSE(kept[0].text("late"));
    kept.clear();
    client().get(3, "/other");
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_answers, may_close_the_connection_behind_them) {
    serve([](request& asked, response& answered) {
        if (asked.path() == "/last") answered.close_connection();
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    client().get(3, "/last");
    client().receive_answer(3, "hello");
    client().receive_goaway(error_code::no_error, largest_window);  // what is on its way is served
    client().send(http2::ping(client().next_of(0).payload, ack));
    client().receive_goaway(error_code::no_error, 3);
    client().receive_end();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::connection_close_requested));
}

CONFORMANCE(http2_answers, reach_a_client_that_has_ended_its_side) {
    if (over_tls()) GTEST_SKIP() << "where close_notify ends both";
    static const std::string large(200'000, 'x');
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1s));
        EXPECT_TRUE(asked.aborted()) << "an answer may find nobody";
        answered.static_text(large);
    });
    client().start({{setting_id::initial_window_size, 1'000'000}});
    client().window_update(0, 1'000'000);
    client().get(1);
    client().receive_nothing();
    client().end();
    advance(1004ms);
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_body(1).size(), large.size());
    client().settle();
    client().ignore();
    client().receive_end();
    EXPECT_EQ(name(ended()), name(end_reason::client_closed));
}

CONFORMANCE(http2_answers, may_be_the_end_of_all) {
    bool was_told = false;
    serve([&](request& asked, response&) -> task<> {
        if (asked.path() == "/abort")
            co_return asked.connection().abort(end_reason::aborted_by_app);
        (void)co_await asked.until_aborted();
        was_told = true;
    });
    client().start();
    client().get(1);
    client().get(3, "/abort");
    client().settle();
    client().ignore();
    EXPECT_TRUE(client().wire().was_reset());
    EXPECT_TRUE(was_told);
    EXPECT_EQ(name(ended()), name(end_reason::aborted_by_app));
}

CONFORMANCE(http2_answers, end_with_their_connection) {
    bool was_told = false;
    serve([&](request& asked, response&) -> task<> {
        (void)co_await asked.until_aborted();
        was_told = asked.aborted();
    });
    client().start();
    client().get(1);
    client().receive_nothing();
    client().vanish();
    settle();
    EXPECT_TRUE(was_told);
    EXPECT_EQ(open_connections(), 0u);
    EXPECT_NE(ended(), end_reason::none);
}

}  // namespace
}  // namespace saker::test
