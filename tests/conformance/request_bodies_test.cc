// Request bodies, Expect: 100-continue, what happens to a body that nobody reads,
// and 413 that has to arrive although the client goes on sending.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

HANDLER_SUITE(bodies);

CONFORMANCE(bodies, content_length_says_where_a_body_ends) {
    serve(echo);
    for (const std::string& body : {std::string(), std::string("a"), std::string(1500, 'b'),
                                    std::string("GET / HTTP/1.1\r\n\r\n")}) {
        client().send("POST / HTTP/1.1", "Host: a",
                      "Content-Length: " + std::to_string(body.size()), "", body);
        client().receive_raw(ok(body));
    }
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(bodies, a_post_without_a_length_has_no_body) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_FALSE(asked.body().expected());
        EXPECT_EQ(asked.content_length(), std::nullopt);
        EXPECT_EQ(co_await asked.body().discard(), 0u);
        EXPECT_FALSE(asked.body().failed());
        hello(asked, answered);
    });
    client().send("POST / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
}

CONFORMANCE(bodies, a_get_may_have_one) {
    serve(echo);
    client().send("GET / HTTP/1.1", "Host: a", "Content-Length: 4", "", "body");
    client().receive_raw(ok("body"));
}

CONFORMANCE(bodies, leading_zeros_do_not_make_a_length_octal) {
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 0010", "", "0123456789");
    client().receive_raw(ok("0123456789"));
}

CONFORMANCE(bodies, a_large_one_arrives_whole) {
    serve([](request& asked, response& answered) -> task<> {
        uint64_t sum = 0, size = 0;
        while (body_chunk piece = co_await asked.body().read()) {
            for (const char c : piece.text()) sum = sum * 31 + static_cast<unsigned char>(c);
            size += piece.size();
        }
        answered.shared(
            std::make_shared<const std::string>(std::to_string(size) + ' ' + std::to_string(sum)));
    });
    std::string body(700'000, ' ');
    uint64_t sum = 0;
    for (size_t i = 0; i < body.size(); ++i) {
        body[i] = static_cast<char>(i * 7 % 251);
        sum = sum * 31 + static_cast<unsigned char>(body[i]);
    }
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 700000", "", body);
    client().receive_raw(ok("700000 " + std::to_string(sum)));
}

CONFORMANCE(bodies, reading_past_the_end_gives_nothing_again) {
    serve([](request& asked, response& answered) -> task<> {
        (void)co_await asked.body().discard();
        for (int i = 0; i < 3; ++i) EXPECT_FALSE(co_await asked.body().read());
        EXPECT_FALSE(asked.body().failed());
        hello(asked, answered);
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 2", "", "abGET / HTTP/1.1",
                  "Host: a", "", "");
    client().receive_raw(ok("hello"));
    client().receive_raw(ok("hello"));
}

// ---- bodies that nobody reads ----

CONFORMANCE(bodies, an_unread_one_is_drained_before_the_next_request) {
    serve(hello);
    const std::string body(5000, 'z');
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5000", "",
                  body + "POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5",
                  "Hello", "0", "A: b", "", "GET / HTTP/1.1", "Host: a", "", "");
    for (int i = 0; i < 3; ++i) client().receive_raw(ok("hello"));
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(bodies, a_half_read_one_is_drained) {
    serve([](request& asked, response& answered) -> task<> {
        const body_chunk first = co_await asked.body().read();
        EXPECT_FALSE(first.empty());
        hello(asked, answered);
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 10", "",
                  "0123456789POST / HTTP/1.1", "Host: a", "Content-Length: 2", "", "ab");
    client().receive_raw(ok("hello"));
    client().receive_raw(ok("hello"));
}

CONFORMANCE(bodies, the_answer_to_an_unread_one_does_not_wait_for_it) {
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "", "Hel");
    client().receive_raw(ok("hello"));
    client().send("loGET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
}

// ---- Expect: 100-continue ----

CONFORMANCE(bodies, continue_is_said_when_the_body_is_first_read) {
    serve([](request& asked, response& answered) -> task<> {
        (void)co_await delay(1s);
        return_body(answered, co_await asked.body().text());
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Expect: 100-continue", "",
                  "");
    client().receive_nothing();
    advance(1s);
    client().receive("HTTP/1.1 100 Continue", "", "");
    client().receive_nothing();
    client().send_raw("Hello");
    client().receive_raw(ok("Hello"));
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(bodies, continue_is_said_once_and_for_chunks_too) {
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked",
                  "expect: 100-CONTINUE", "", "");
    client().receive("HTTP/1.1 100 Continue", "", "");
    client().send("5", "Hello", "0", "", "");
    client().receive_raw(ok("Hello"));
}

CONFORMANCE(bodies, an_answer_without_reading_says_no_continue_and_closes) {
    serve([](request&, response& answered) { answered.status(401); });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Expect: 100-continue", "",
                  "");
    expect_refused("401 Unauthorized", end_reason::connection_close_requested);
}

CONFORMANCE(bodies, a_body_that_is_too_large_is_refused_instead_of_continued) {
    options.limits.max_request_body_size = 4;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Expect: 100-continue", "",
                  "");
    expect_refused("413 Content Too Large", end_reason::max_request_body_size_exceeded);
}

CONFORMANCE(bodies, no_body_is_not_continued_and_other_expectations_are_ignored) {
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 0", "Expect: 100-continue", "",
                  "");
    client().receive_raw(ok(""));
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Expect: 200-ok", "", "a");
    client().receive_raw(ok("a"));
}

HANDLER_SUITE_WHOLE(bodies_at_once);

CONFORMANCE(bodies_at_once, continue_is_not_said_where_the_body_is_there) {
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Expect: 100-continue", "",
                  "HelloGET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("Hello"));
    client().receive_raw(ok(""));
}

CONFORMANCE(bodies_at_once, one_that_came_with_its_expectation_is_drained_unread) {
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Expect: 100-continue", "",
                  "HelloGET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    client().receive_raw(ok("hello"));
    EXPECT_EQ(ended(), end_reason::none);
}

// ---- 413 in the face of a client that goes on sending ----

class too_large : public served {
protected:
    // Sends pieces until the answer has come, as a client does that does not listen while it sends.
    void go_on_sending(const std::string& piece, size_t most) {
        size_t sent = 0;
        while (sent < most && client().unsent() == 0) {
            client().send_raw(piece);
            ASSERT_FALSE(client().was_reset()) << "after " << sent << " bytes";
            sent += piece.size();
        }
        EXPECT_GE(sent, most);
    }
};
CONFORMANCE_SUITE_OVER(bodies_too_large, too_large, whole_handler_settings);

CONFORMANCE(bodies_too_large, is_answered_and_the_answer_survives_what_the_client_goes_on_to_send) {
    options.limits.max_request_body_size = 100'000;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5000000", "", "");
    go_on_sending(std::string(100'000, 'a'), 5'000'000);
    expect_refused("413 Content Too Large", end_reason::max_request_body_size_exceeded);
}

CONFORMANCE(bodies_too_large, is_found_in_chunks_and_answered_too) {
    options.limits.max_request_body_size = 100'000;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "");
    go_on_sending("2710\r\n" + std::string(10'000, 'a') + "\r\n", 5'000'000);
    expect_refused("413 Content Too Large", end_reason::max_request_body_size_exceeded);
}

CONFORMANCE(bodies_too_large, is_told_to_who_sends_all_of_it_before_listening) {
    serve(echo);
    client().stop_reading();
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 40000000", "", "");
    go_on_sending(std::string(1'000'000, 'a'), 40'000'000);
    client().go_on_reading();
    expect_refused("413 Content Too Large", end_reason::max_request_body_size_exceeded);
}

// ---- HTTP/1 alone: where a body ends decides what becomes of its connection ----

CONFORMANCE_SUITE(http1_bodies);

CONFORMANCE(http1_bodies, the_end_before_the_end_of_the_body_is_told_to_the_handler) {
    bool told = false;
    serve([&](request& asked, response&) -> task<> {
        const auto body = co_await asked.body().text();
        told = !body && asked.body().failed();
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "", "Hel");
    client().end();
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    EXPECT_TRUE(told);
    EXPECT_EQ(ended(), end_reason::unexpected_end_of_request);
    EXPECT_EQ(rejected_for(), rejection_reason::unexpected_end_of_request_content);
}

CONFORMANCE(http1_bodies, one_that_is_not_drained_in_five_seconds_aborts) {
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "", "Hel");
    client().receive_raw(ok("hello"));
    advance(4990ms);
    client().receive_nothing();
    advance(14ms);
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::request_drain_timeout);
}

CONFORMANCE(http1_bodies, bytes_do_not_give_the_drain_more_time) {
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 100", "", "Hel");
    client().receive_raw(ok("hello"));
    for (int i = 0; i < 4; ++i) {
        advance(1s);
        client().send_raw("x");
    }
    client().receive_nothing();
    advance(1004ms);
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::request_drain_timeout);
}

CONFORMANCE(http1_bodies, an_unread_one_that_is_malformed_ends_the_connection_after_the_answer) {
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5", "Hello", "x",
                  "", "");
    client().receive_raw(ok("hello"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::invalid_body_framing);
    EXPECT_EQ(rejected_for(), rejection_reason::bad_chunk_size_data);
}

CONFORMANCE(http1_bodies, an_unread_chunked_one_is_drained_up_to_the_limit_only) {
    options.limits.max_request_body_size = 10;
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5", "Hello", "6",
                  "Hello!", "0", "", "");
    client().receive_raw(ok("hello"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::max_request_body_size_exceeded);
}

CONFORMANCE(http1_bodies, continue_is_not_for_1_0) {
    serve(echo);
    client().send("POST / HTTP/1.0", "Content-Length: 5", "Expect: 100-continue", "", "");
    client().receive_nothing();
    client().send_raw("Hello");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "Hello");
    client().receive_end();
}

CONFORMANCE(http1_bodies, one_that_is_too_large_is_not_listened_to_for_ever) {
    options.limits.max_request_body_size = 10;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 5000000", "", "a");
    client().receive_raw(refusal("413 Content Too Large"));
    client().receive_end();
    advance(4990ms);
    EXPECT_EQ(ended(), end_reason::none);
    advance(14ms);
    EXPECT_EQ(ended(), end_reason::max_request_body_size_exceeded);
}

}  // namespace
}  // namespace saker::test
