// Limits at their edge: one byte, one field below, at, and above them. With every delivery, so that
// no cut lets more through; what is refused is answered, counted, and ends the connection.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

CONFORMANCE_SUITE(http1_limits);

// A request line of `size` bytes, its CRLF included.
std::string line_of(size_t size) { return "GET /" + std::string(size - 16, 'a') + " HTTP/1.1\r\n"; }

CONFORMANCE(http1_limits, a_request_line_at_the_limit_is_served) {
    options.limits.max_request_line_size = 100;
    serve(hello);
    client().send_raw(line_of(99) + "Host: a\r\n\r\n" + line_of(100) + "Host: a\r\n\r\n");
    client().receive_raw(ok("hello"));
    client().receive_raw(ok("hello"));
}

CONFORMANCE(http1_limits, a_request_line_beyond_the_limit_is_414) {
    options.limits.max_request_line_size = 100;
    serve(hello);
    client().send_raw(line_of(101) + "Host: a\r\n\r\n");
    client().receive_raw(refusal("414 URI Too Long"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_line_too_long);
    EXPECT_EQ(rejected_for(), rejection_reason::request_line_too_long);
}

CONFORMANCE(http1_limits, a_request_line_need_not_end_to_be_too_long) {
    serve(hello);
    client().send_raw("GET /" + std::string(8 * 1024, 'a'));
    client().receive_raw(refusal("414 URI Too Long"));
    client().receive_end();
    EXPECT_EQ(rejected_for(), rejection_reason::request_line_too_long);
}

CONFORMANCE(http1_limits, empty_lines_before_a_request_count_as_its_line) {
    options.limits.max_request_line_size = 100;
    serve(hello);
    std::string lines;
    for (int i = 0; i < 51; ++i) lines += "\r\n";
    client().send_raw(lines);
    client().receive_raw(refusal("414 URI Too Long"));
    client().receive_end();
}

// Header lines of `size` bytes, the empty line included.
std::string headers_of(size_t size) {
    const std::string host = "Host: a\r\n", name = "X: ", end = "\r\n\r\n";
    return host + name + std::string(size - host.size() - name.size() - end.size(), 'b') + end;
}

CONFORMANCE(http1_limits, headers_at_the_limit_are_served) {
    options.limits.max_request_headers_total_size = 200;
    serve(hello);
    for (const size_t size : {199u, 200u}) {
        client().send_raw("GET / HTTP/1.1\r\n" + headers_of(size));
        client().receive_raw(ok("hello"));
    }
}

CONFORMANCE(http1_limits, headers_beyond_the_limit_are_431) {
    options.limits.max_request_headers_total_size = 200;
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\n" + headers_of(201));
    client().receive_raw(refusal("431 Request Header Fields Too Large"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::max_request_headers_total_size_exceeded);
    EXPECT_EQ(rejected_for(), rejection_reason::headers_exceed_max_total_size);
}

CONFORMANCE(http1_limits, headers_need_not_end_to_be_too_large) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < 40 && !client().ended(); ++i)
        client().send_raw("X: " + std::string(1000, 'a') + "\r\n");
    client().receive_raw(refusal("431 Request Header Fields Too Large"));
    client().receive_end();
    EXPECT_EQ(rejected_for(), rejection_reason::headers_exceed_max_total_size);
}

std::string fields(int count) {
    std::string all = "Host: a\r\n";
    for (int i = 1; i < count; ++i) all += "X: a\r\n";
    return all + "\r\n";
}

CONFORMANCE(http1_limits, as_many_headers_as_allowed_are_served) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\n" + fields(99) + "GET / HTTP/1.1\r\n" + fields(100));
    client().receive_raw(ok("hello"));
    client().receive_raw(ok("hello"));
}

CONFORMANCE(http1_limits, one_header_more_is_431) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\n" + fields(101));
    client().receive_raw(refusal("431 Request Header Fields Too Large"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::max_request_header_count_exceeded);
    EXPECT_EQ(rejected_for(), rejection_reason::too_many_headers);
}

CONFORMANCE(http1_limits, a_head_larger_than_a_slab_is_served) {
    options.limits.max_request_line_size = 40'000;
    options.limits.max_request_headers_total_size = 70'000;
    serve([](request& asked, response& answered) {
        answered.shared(std::make_shared<const std::string>(
            std::to_string(asked.target().size()) + ' ' + std::to_string(asked.header("X").size()) +
            ' ' + std::string(asked.header("Last"))));
    });
    for (int i = 0; i < 2; ++i) {
        client().send_raw("GET /" + std::string(30'000, 'a') + " HTTP/1.1\r\nHost: a\r\nX: " +
                          std::string(60'000, 'b') + "\r\nLast: c\r\n\r\n");
        client().receive_raw(ok("30001 60000 c"));
    }
}

CONFORMANCE(http1_limits, a_head_may_lie_across_slabs_behind_another_request) {
    serve([](request& asked, response& answered) -> task<> {
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size) +
                                                            std::string(asked.header("X"))));
    });
    for (size_t before = 16'250; before < 16'400; before += 13) {
        client().send_raw(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(before) + "\r\n\r\n" +
            std::string(before, 'z') + "GET / HTTP/1.1\r\nHost: a\r\nX: of the second\r\n\r\n");
        client().receive_raw(ok(std::to_string(before)));
        client().receive_raw(ok("0of the second"));
    }
}

CONFORMANCE(http1_limits, content_at_the_limit_is_read_and_one_byte_more_is_413) {
    options.limits.max_request_body_size = 10;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 9", "", "123456789");
    client().receive_raw(ok("123456789"));
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 10", "", "1234567890");
    client().receive_raw(ok("1234567890"));
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 11", "", "12345678901");
    client().receive_raw(refusal("413 Content Too Large"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::max_request_body_size_exceeded);
    EXPECT_EQ(rejected_for(), rejection_reason::request_body_too_large);
}

CONFORMANCE(http1_limits, chunked_content_is_counted_without_its_framing) {
    options.limits.max_request_body_size = 10;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5;ext=abc",
                  "12345", "5", "67890", "0", "A: b", "", "");
    client().receive_raw(ok("1234567890"));
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5", "12345", "6",
                  "678901", "0", "", "");
    client().receive_raw(refusal("413 Content Too Large"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::max_request_body_size_exceeded);
    EXPECT_EQ(rejected_for(), rejection_reason::request_body_too_large);
}

CONFORMANCE(http1_limits, a_handler_may_set_its_own_limit_before_it_reads) {
    options.limits.max_request_body_size = 10;
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(asked.body().limit_to(20));
        const auto body = co_await asked.body().text();
        EXPECT_FALSE(asked.body().limit_to(30));
        if (body) answered.shared(std::make_shared<const std::string>(*body));
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 20", "", std::string(20, 'a'));
    client().receive_raw(ok(std::string(20, 'a')));
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 21", "", std::string(21, 'a'));
    client().receive_raw(refusal("413 Content Too Large"));
    client().receive_end();
}

CONFORMANCE(http1_limits, a_handler_may_lift_the_limit) {
    options.limits.max_request_body_size = 1;
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(asked.body().limit_to(std::nullopt));
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 2000", "", std::string(2000, 'a'));
    client().receive_raw(ok("2000"));
}

CONFORMANCE(http1_limits, a_handler_that_answers_a_large_body_itself_is_heard) {
    options.limits.max_request_body_size = 1;
    serve([](request& asked, response& answered) -> task<> {
        const auto body = co_await asked.body().text();
        EXPECT_FALSE(body);
        EXPECT_TRUE(asked.body().failed());
        answered.status(422).shared(std::make_shared<const std::string>("mine"));
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 2", "", "ab");
    client().receive("HTTP/1.1 422 Unprocessable Content", server(), date(), "Content-Length: 4",
                     "Connection: close", "", "mine");
    client().receive_end();
}

CONFORMANCE(http1_limits, a_large_body_that_nobody_reads_ends_the_connection_and_says_so) {
    options.limits.max_request_body_size = 10;
    serve(hello);
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 11", "", "12345678901");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "Connection: close",
                     "", "hello");
    client().receive_end();
}

}  // namespace
}  // namespace saker::test
