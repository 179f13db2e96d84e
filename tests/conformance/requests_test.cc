// What is around the handlers: request middleware, the router, ids; and what becomes of a request
// that is used after its end.

#include "tests/support/serve.h"

#include <optional>
#include <stdexcept>

namespace saker::test {
namespace {

HANDLER_SUITE(requests);

CONFORMANCE(requests, middleware_runs_around_them_the_first_one_outermost) {
    static std::string trace;
    trace.clear();
    for (const char* const name : {"a", "b", "c"}) {
        use([=](request& asked, response& answered, const request_delegate& next) -> task<> {
            trace += name;
            co_await next(asked, answered);
            trace += name;
        });
    }
    serve([](request&, response& answered) {
        trace += '.';
        answered.shared(std::make_shared<const std::string>("x"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("x"));
    EXPECT_EQ(trace, "abc.cba");
}

CONFORMANCE(requests, middleware_may_answer_itself_and_catch) {
    use([](request& asked, response& answered, const request_delegate& next) -> task<> {
        if (asked.path() == "/no") {
            answered.status(403);
            co_return;
        }
        try {
            co_await next(asked, answered);
        } catch (const std::exception& known) {
            answered.status(418).shared(std::make_shared<const std::string>(known.what()));
        }
    });
    serve([](request&, response&) { throw std::runtime_error("tea"); });
    client().send("GET /no HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 403 Forbidden", server(), date(), "Content-Length: 0", "", "");
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 418 ", server(), date(), "Content-Length: 3", "", "tea");
}

CONFORMANCE(requests, are_found_by_the_router) {
    route("GET", "/users/{id}", [](request& asked, response& answered) {
        answered.shared(std::make_shared<const std::string>(asked.route_value("id")));
    });
    serve_routes();
    client().send("GET /users/%41%20b HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("A b"));
    client().send("HEAD /users/abc HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 3", "", "");
    client().send("POST /users/abc HTTP/1.1", "Host: a", "", "");
    const std::string refused = client().read_answer();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 405 Method Not Allowed\r\n")) << refused;
    EXPECT_NE(refused.find("\r\nAllow: GET, HEAD\r\n"), std::string::npos) << refused;
    client().send("GET /other HTTP/1.1", "Host: a", "", "");
    EXPECT_TRUE(client().read_answer().starts_with("HTTP/1.1 404 Not Found\r\n"));
}

CONFORMANCE(requests, have_ids) {
    std::vector<std::string> ids;
    serve([&](request& asked, response& answered) {
        ids.push_back(asked.id());
        EXPECT_EQ(asked.connection().id(), asked.id().substr(0, 13));
        hello(asked, answered);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello") + ok("hello"));
    ASSERT_EQ(ids.size(), 2u);
    EXPECT_EQ(ids[0].substr(13), ":00000001");
    EXPECT_EQ(ids[1].substr(13), ":00000002");
}

// Who upgrades over HTTP/2 asks otherwise.
CONFORMANCE_SUITE(http1_requests);

CONFORMANCE(http1_requests, an_upgrade_that_nobody_serves_is_answered_as_any_request) {
    serve(hello);
    client().send("GET /chat HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: websocket",
                  "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "",
                  "");
    client().receive_raw(ok("hello"));
    client().send("GET / HTTP/1.1", "Host: a", "Connection: Upgrade, HTTP2-Settings",
                  "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "", "");
    client().receive_raw(ok("hello"));
}

HANDLER_SUITE_WHOLE(lifetimes);

CONFORMANCE(lifetimes, a_request_that_is_used_after_its_end_is_found_out) {
#ifdef NDEBUG
    GTEST_SKIP() << "checked in debug builds";
#endif
    request* kept = nullptr;
    response* kept_response = nullptr;
    serve([&](request& asked, response& answered) {
        kept = &asked;
        kept_response = &answered;
        hello(asked, answered);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    settle();
    EXPECT_DEATH((void)kept->path(), "a request is used after its handler has finished");
    EXPECT_DEATH((void)kept->header("Host"), "a request is used after its handler has finished");
    EXPECT_DEATH(kept_response->text("a"), "a response is used after its handler has finished");
}

CONFORMANCE(lifetimes, a_responder_that_answers_twice_is_found_out) {
    std::optional<responder> kept;
    serve([&](request&, response& answered) { kept.emplace(answered.defer()); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_TRUE(kept->text("one"));
    client().read_answer();
    EXPECT_DEATH((void)kept->text("two"), "a responder answers once");
}

}  // namespace
}  // namespace saker::test
