// Chunked request bodies: what is tolerated, what is refused, trailers (RFC 9112 7.1). Strict,
// because every leniency here has been a smuggled request somewhere (CVE-2025-55315).

#include "tests/support/serve.h"
#include "tests/support/vectors/chunked_bodies.h"

namespace saker::test {
namespace {

CONFORMANCE_SUITE(http1_chunked);

CONFORMANCE(http1_chunked, a_chunk_extension_is_tolerated) {
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5;a=b", "Hello",
                  "0", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "", "Hello");
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(http1_chunked, bodies_are_decoded_and_the_next_request_is_found) {
    serve(echo);
    for (const vectors::good_chunked_body& one : vectors::good_chunked_bodies) {
        SCOPED_TRACE(one.bytes);
        client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "",
                      std::string(one.bytes) + "POST / HTTP/1.1", "Host: a", "Content-Length: 1",
                      "", "z");
        client().receive_raw(ok(one.data));
        client().receive_raw(ok("z"));
    }
    EXPECT_EQ(ended(), end_reason::none);
}

using enum rejection_reason;

CONFORMANCE(http1_chunked, what_is_malformed_is_refused_and_ends_the_connection) {
    serve(echo);
    size_t which = 0;
    for (const vectors::rejected_chunked_body& one : vectors::rejected_chunked_bodies) {
        if (one.reason == none) continue;
        SCOPED_TRACE(one.bytes);
        conversation& here = new_client();
        const uint64_t before = counts().rejections[static_cast<size_t>(one.reason)].value();
        here.send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", one.bytes);
        here.receive_raw(refusal("400 Bad Request"));
        here.receive_end();
        here.end();
        EXPECT_EQ(ended(), end_reason::invalid_body_framing);
        EXPECT_EQ(counts().rejections[static_cast<size_t>(one.reason)].value(), before + 1);
        forget_client(which++);
    }
}

CONFORMANCE(http1_chunked, an_extension_has_its_limit) {
    serve(echo);
    const std::string most(256 - 2, 'a');
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5;" + most,
                  "Hello", "0", "", "");
    client().receive_raw(ok("Hello"));
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "",
                  "5;" + most + "aa", "Hello");
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    EXPECT_EQ(rejected_for(), chunk_extension_too_large);
}

CONFORMANCE(http1_chunked, trailers_are_read_with_the_end_of_the_body) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_EQ(asked.trailer_count(), 0u);
        const uint64_t size = co_await asked.body().discard();
        std::string all = std::to_string(size);
        for (size_t i = 0; i < asked.trailer_count(); ++i)
            all += ' ' + std::string(asked.trailer_at(i).name) + '=' +
                   std::string(asked.trailer_at(i).value);
        answered.shared(std::make_shared<const std::string>(all));
    });
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5", "Hello", "0",
                  "X-Sum: 12", "Empty:", "X-Sum: 13", "", "");
    client().receive_raw(ok("5 X-Sum=12 Empty= X-Sum=13"));
}

CONFORMANCE(http1_chunked, trailers_of_one_request_are_not_those_of_the_next) {
    serve([](request& asked, response& answered) -> task<> {
        (void)co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(asked.trailer_count())));
    });
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "0", "A: b", "",
                  "POST / HTTP/1.1", "Host: a", "Content-Length: 1", "", "a");
    client().receive_raw(ok("1"));
    client().receive_raw(ok("0"));
}

CONFORMANCE(http1_chunked, trailers_use_what_the_headers_have_left_of_the_limits) {
    options.limits.max_request_header_count = 3;
    options.limits.max_request_headers_total_size = 200;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "0", "A: b", "",
                  "");
    client().receive_raw(ok(""));
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "0", "A: b",
                  "C: d", "", "");
    client().receive_raw(refusal("431 Request Header Fields Too Large"));
    client().receive_end();
    EXPECT_EQ(rejected_for(), too_many_headers);
}

CONFORMANCE(http1_chunked, trailers_that_do_not_end_are_refused_at_the_limit) {
    options.limits.max_request_headers_total_size = 200;
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "0",
                  "A: " + std::string(200, 'a'));
    client().receive_raw(refusal("431 Request Header Fields Too Large"));
    client().receive_end();
    EXPECT_EQ(rejected_for(), headers_exceed_max_total_size);
}

CONFORMANCE(http1_chunked, the_pieces_that_a_handler_reads_are_the_content_in_order) {
    serve(echo_streamed);
    std::string sent, content;
    for (int i = 1; i <= 40; ++i) {
        const std::string piece(static_cast<size_t>(i), static_cast<char>('a' + i % 26));
        char size[8];
        std::snprintf(size, sizeof size, "%x\r\n", i);
        sent += size + piece + "\r\n";
        content += piece;
    }
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "",
                  sent + "0\r\n\r\n");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "");
    // Its chunks are as the pieces were cut: put together they are the content.
    std::string came;
    for (;;) {
        std::string size;
        while (!size.ends_with("\r\n")) {
            const std::string digit = client().read(1);
            ASSERT_FALSE(digit.empty());
            size += digit;
        }
        const size_t count = std::stoul(size, nullptr, 16);
        came += client().read(count);
        client().receive("", "");
        if (count == 0) break;
    }
    EXPECT_EQ(came, content);
}

CONFORMANCE(http1_chunked, a_body_that_ends_with_the_connection_is_not_answered_as_whole) {
    serve(echo);
    client().send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5", "Hel");
    client().end();
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::unexpected_end_of_request);
    EXPECT_EQ(rejected_for(), unexpected_end_of_request_content);
}

}  // namespace
}  // namespace saker::test
