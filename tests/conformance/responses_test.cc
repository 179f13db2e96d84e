// How answers are framed: lengths, streams and trailers out, what HEAD, 204 and 304 leave out,
// early hints; and what a handler cannot do to them: split them, or break the length that it
// announced.

#include "tests/support/serve.h"

#include <stdexcept>

namespace saker::test {
namespace {

HANDLER_SUITE(responses);

CONFORMANCE(responses, nothing_said_is_an_empty_200) {
    serve([](request&, response&) {});
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 0", "", "");
}

CONFORMANCE(responses, headers_come_in_the_order_they_were_given) {
    serve([](request&, response& answered) {
        answered.header("B", "1").header("A", "2").append_header("B", "3").header("C", "4");
        answered.header("A", "5").remove_header("C").content_type("text/x");
        answered.status(201).text("made");
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 201 Created", server(), date(), "B: 1", "B: 3", "A: 5",
                     "Content-Type: text/x", "Content-Length: 4", "", "made");
}

CONFORMANCE(responses, the_handlers_server_and_reason_are_its_own) {
    serve([](request&, response& answered) {
        answered.status(299).reason("Mine").header("Server", "other");
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    // HTTP/2 has no reasons.
    client().receive(over_http2() ? "HTTP/1.1 299 " : "HTTP/1.1 299 Mine", date(), "Server: other",
                     "Content-Length: 0", "", "");
}

CONFORMANCE(responses, the_kinds_of_whole_bodies) {
    serve([](request& asked, response& answered) {
        if (asked.path() == "/text") answered.text("a");
        if (asked.path() == "/json") answered.json("{}");
        if (asked.path() == "/static") answered.static_text("b");
        if (asked.path() == "/shared") answered.shared(std::make_shared<const std::string>("c"));
        if (asked.path() == "/last") answered.text("no"), answered.json("[]");
    });
    const auto expect = [&](const char* path, const char* type, const char* body) {
        client().send(std::string("GET ") + path + " HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 200 OK", server(), date(), std::string("Content-Type: ") + type,
                         "Content-Length: " + std::to_string(std::string_view(body).size()), "",
                         body);
    };
    expect("/text", "text/plain", "a");
    expect("/json", "application/json", "{}");
    expect("/static", "text/plain", "b");
    expect("/last", "text/plain", "[]");
    client().send("GET /shared HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("c"));
}

CONFORMANCE(responses, heads_larger_than_a_slab_are_sent) {
    const std::string value(40'000, 'v');
    serve([&](request&, response& answered) {
        answered.header("X", value);
        answered.shared(std::make_shared<const std::string>("b"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "X: " + value, "Content-Length: 1", "",
                     "b");
}

// ---- streams ----

CONFORMANCE(responses, a_stream_is_chunked_a_chunk_a_write) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("Hello");
        (void)co_await answered.body().write("");
        (void)co_await answered.body().write_static(", ");
        (void)co_await answered.body().write(std::string(26, 'w'));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "");
    client().receive_chunks({"Hello", ", ", std::string(26, 'w')});
    client().receive("0", "", "");
}

CONFORMANCE(responses, a_stream_may_be_begun_and_left_empty) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().flush();
        EXPECT_TRUE(answered.started());
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "0", "",
                     "");
}

CONFORMANCE(responses, a_flushed_head_is_seen_before_the_body) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().flush();
        (void)co_await delay(1s);
        (void)co_await answered.body().write("late");
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "");
    client().receive_nothing();
    advance(1s);
    client().receive("4", "late", "0", "", "");
}

CONFORMANCE(responses, a_stream_of_announced_length_is_not_chunked) {
    serve([](request&, response& answered) -> task<> {
        answered.content_length(7);
        (void)co_await answered.body().write("Hello");
        (void)co_await answered.body().write(", ");
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 7", "", "Hello, ");
    client().receive_nothing();
}

CONFORMANCE(responses, large_pieces_are_sent_as_they_are) {
    static const std::string large(300'000, 'l');
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write_static(large);
        (void)co_await answered.body().write(std::string(20'000, 'm'));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "");
    client().receive_chunks({large, std::string(16'352, 'm'), std::string(3'648, 'm')});
    client().receive("0", "", "");
}

CONFORMANCE(responses, trailers_follow_the_chunks) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("a");
        answered.trailer("X-Sum", "12").trailer("Empty", "");
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "1",
                     "a", "0", "X-Sum: 12", "Empty: ", "", "");
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "1",
                     "a", "0", "X-Sum: 12", "Empty: ", "", "");
}

// ---- no body ----

CONFORMANCE(responses, head_says_what_get_would_and_sends_no_body) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/whole") answered.text("Hello");
        if (asked.path() == "/sized") {
            answered.content_length(3);
            EXPECT_FALSE(co_await answered.body().write("abc")) << "nobody wants it";
        }
        if (asked.path() == "/announced") answered.content_length(1'000'000);
    });
    client().send("HEAD /whole HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Type: text/plain",
                     "Content-Length: 5", "", "");
    client().send("HEAD /sized HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 3", "", "");
    client().send("HEAD /announced HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 1000000", "", "");
    client().receive_nothing();
}

CONFORMANCE(responses, head_of_a_stream_has_no_body_and_no_chunks) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("Hello");
        answered.trailer("A", "b");
    });
    client().send("HEAD / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "", "");
    client().receive_nothing();
}

CONFORMANCE(responses, neither_204_nor_304_have_a_body_or_a_length) {
    serve([](request& asked, response& answered) -> task<> {
        answered.status(asked.path() == "/204" ? 204 : 304);
        if (asked.query() == "whole") answered.shared(std::make_shared<const std::string>("no"));
        if (asked.query() == "stream") (void)co_await answered.body().write("no");
    });
    for (const char* const how : {"", "?whole", "?stream"}) {
        client().send(std::string("GET /204") + how + " HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 204 No Content", server(), date(), "", "");
        client().send(std::string("GET /304") + how + " HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 304 Not Modified", server(), date(), "", "");
    }
    client().receive_nothing();
}

CONFORMANCE(responses, a_205_has_no_body_and_says_so) {
    serve([](request& asked, response& answered) -> task<> {
        answered.status(205);
        if (asked.query() == "whole") answered.shared(std::make_shared<const std::string>("no"));
        if (asked.query() == "stream") (void)co_await answered.body().write("no");
    });
    for (const char* const how : {"", "?whole", "?stream"}) {
        SCOPED_TRACE(how);
        client().send(std::string("GET /") + how + " HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 205 Reset Content", server(), date(), "Content-Length: 0", "",
                         "");
    }
    client().receive_nothing();
}

CONFORMANCE(responses, head_of_a_204_has_no_length) {
    serve([](request&, response& answered) { answered.status(204).content_length(2); });
    client().send("HEAD / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 204 No Content", server(), date(), "", "");
    client().receive_nothing();
}

CONFORMANCE(responses, a_1xx_is_not_a_status_to_answer_with) {
    serve([](request&, response& answered) {
        EXPECT_THROW(answered.status(101), std::invalid_argument);
        EXPECT_THROW(answered.status(199), std::invalid_argument);
        EXPECT_THROW(answered.status(600), std::invalid_argument);
        EXPECT_NO_THROW(answered.status(599));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 599 ", server(), date(), "Content-Length: 0", "", "");
}

// ---- early hints ----

CONFORMANCE(responses, early_hints_come_before_the_answer) {
    serve([](request&, response& answered) -> task<> {
        answered.early_hints({"</a.css>; rel=preload", "</b.js>; rel=preload"});
        (void)co_await delay(1s);
        answered.shared(std::make_shared<const std::string>("page"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 103 Early Hints", "Link: </a.css>; rel=preload",
                     "Link: </b.js>; rel=preload", "", "");
    client().receive_nothing();
    advance(1s);
    client().receive_raw(ok("page"));
}

// ---- what a handler cannot do ----

CONFORMANCE(responses, nothing_that_could_split_an_answer_is_taken) {
    serve([](request&, response& answered) {
        using namespace std::string_view_literals;
        const auto refused = [](auto&& said) { EXPECT_THROW(said(), std::invalid_argument); };
        for (const std::string_view bad : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "a\r\nX: y"sv, "\x01"sv}) {
            refused([&] { answered.header("X", bad); });
            refused([&] { answered.append_header("X", bad); });
            refused([&] { answered.reason(bad); });
            refused([&] { answered.trailer("X", bad); });
            refused([&] { answered.early_hints({bad}); });
            refused([&] { answered.content_type(bad); });
        }
        for (const std::string_view bad : {""sv, "a b"sv, "a:"sv, "a\r"sv, "a\n"sv, "\xc3\xa4"sv}) {
            refused([&] { answered.header(bad, "x"); });
            refused([&] { answered.append_header(bad, "x"); });
            refused([&] { answered.trailer(bad, "x"); });
        }
        refused([&] { answered.header("Transfer-Encoding", "chunked"); });
        refused([&] { answered.header("Content-Length", "abc"); });
        refused([&] { answered.header("Content-Length", "-1"); });
        refused([&] { answered.trailer("Content-Length", "5"); });
        refused([&] { answered.trailer("Transfer-Encoding", "chunked"); });
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 0", "", "");
}

CONFORMANCE(responses, a_started_answer_has_its_head) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("a");
        EXPECT_THROW(answered.status(404), std::logic_error);
        EXPECT_THROW(answered.header("A", "b"), std::logic_error);
        EXPECT_THROW(answered.text("a"), std::logic_error);
        EXPECT_THROW(answered.content_length(5), std::logic_error);
        EXPECT_THROW(answered.early_hints({"</a>"}), std::logic_error);
        EXPECT_THROW((void)answered.defer(), std::logic_error);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "1",
                     "a", "0", "", "");
}

CONFORMANCE(responses, more_than_was_announced_is_not_sent_and_aborts) {
    serve([](request&, response& answered) -> task<> {
        answered.content_length(5);
        (void)co_await answered.body().write("Hell");
        (void)co_await delay(1s);
        EXPECT_FALSE(co_await answered.body().write("o world"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "", "Hell");
    advance(1s);
    expect_cut_off(client(), end_reason::error_writing_response);
}

CONFORMANCE(responses, less_than_was_announced_aborts) {
    serve([](request&, response& answered) -> task<> {
        answered.content_length(5);
        (void)co_await answered.body().write("Hell");
        (void)co_await delay(1s);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "", "Hell");
    advance(1s);
    expect_cut_off(client(), end_reason::error_writing_response);
}

CONFORMANCE(responses, a_whole_body_of_another_length_than_announced_is_500) {
    serve([](request& asked, response& answered) {
        answered.content_length(5);
        if (asked.path() == "/body") answered.text("four");
    });
    for (const char* const path : {"/none", "/body"}) {
        client().send(std::string("GET ") + path + " HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 500 Internal Server Error", server(), date(),
                         "Content-Length: 0", "", "");
    }
    EXPECT_EQ(ended(), end_reason::none);
}

// ---- HTTP/1 alone ----

CONFORMANCE_SUITE(http1_responses);

CONFORMANCE(http1_responses, a_stream_of_a_connection_that_closes_is_chunked_too) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("Hello");
        (void)co_await answered.body().write_static(", ");
    });
    client().send("GET / HTTP/1.1", "Host: a", "Connection: close", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked",
                     "Connection: close", "", "5", "Hello", "2", ", ", "0", "", "");
    client().receive_end();
}

CONFORMANCE(http1_responses, early_hints_are_not_for_1_0) {
    serve([](request&, response& answered) { answered.early_hints({"</a>"}); });
    client().send("GET / HTTP/1.0", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 0", "Connection: close",
                     "", "");
    client().receive_end();
}

}  // namespace
}  // namespace saker::test
