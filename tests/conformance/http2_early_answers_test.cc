// Answers over HTTP/2 that are whole before their request is: what the handler still reads, and
// what its client hears and says meanwhile.

#include "tests/support/serve_http2.h"

#include <string>

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_early_answers);

// A handler may answer first and read then; nobody tells the client to stop while it does.
CONFORMANCE(http2_early_answers, leave_the_body_to_who_reads_it) {
    std::string read;
    bool failed = false;
    serve([&](request& asked, response& answered) -> task<> {
        answered.status(204);
        (void)co_await answered.body().flush();
        while (body_chunk piece = co_await asked.body().read()) read += piece.text();
        failed = asked.body().failed();
    });
    client().start();
    client().headers(1, post());
    client().data(1, "abc");
    client().receive_headers(1, 204, end_stream);
    client().receive_nothing();
    EXPECT_EQ(read, "abc");
    advance(4s);
    client().data(1, "def", end_stream);
    client().settle();
    EXPECT_EQ(read, "abcdef");
    EXPECT_FALSE(failed);
    client().receive_nothing();
    client().headers(3, request_of("HEAD", "/"));
    client().receive_headers(3, 204, end_stream);
    client().reset(3);
    client().settle();
    EXPECT_TRUE(failed) << "nothing more comes";
    client().get(5);
    client().receive_headers(5, 204, end_stream);
}

CONFORMANCE(http2_early_answers, tell_the_client_to_stop_when_their_handler_has_ended) {
    serve([](request&, response& answered) -> task<> {
        answered.status(204);
        (void)co_await answered.body().flush();
    });
    client().start();
    client().headers(1, post());
    client().receive_headers(1, 204, end_stream);
    client().receive_reset(1, error_code::no_error);
    client().data(1, "abc", end_stream);
    client().receive_nothing();
}

CONFORMANCE(http2_early_answers, may_be_cancelled) {
    bool told = false;
    serve([&](request& asked, response& answered) -> task<> {
        answered.status(204);
        (void)co_await answered.body().flush();
        co_await asked.until_aborted();
        told = asked.aborted();
    });
    client().start();
    client().headers(1, post());
    client().receive_headers(1, 204, end_stream);
    client().receive_nothing();
    EXPECT_FALSE(told);
    client().reset(1);
    client().settle();
    EXPECT_TRUE(told);
    client().receive_nothing();
}

}  // namespace
}  // namespace saker::test
