// The in-memory client that an embedder tests with: whole answers, raw bytes, time that is told.

#include <saker/saker.h>
#include <saker/test_client.h>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace saker::test {
namespace {

using namespace std::chrono_literals;

server quiet_server() {
    server_options options;
    options.minimum_log_level = log_level::none;
    return server(std::move(options));
}

TEST(test_client, gets_an_answer) {
    server served = quiet_server();
    served.get("/", [](request&, response& answered) {
        answered.header("X-Mine", "a").append_header("x-mine", "b").text("hi");
    });
    test_client client(served);
    const auto answer = client.get("/");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hi");
    EXPECT_EQ(answer.header("content-type"), "text/plain");
    EXPECT_EQ(answer.header("X-MINE"), "a");
    EXPECT_EQ(answer.header("X-Other"), "");
    EXPECT_EQ(client.get("/other").status, 404);
    EXPECT_FALSE(client.closed());
    EXPECT_EQ(served.statistics().connections_accepted, 1u);
    EXPECT_EQ(served.statistics().requests, 2u);
    EXPECT_EQ(served.statistics().transport, "memory");
}

TEST(test_client, posts_a_body_with_its_type) {
    server served = quiet_server();
    served.post("/", [](request& asked, response& answered) -> task<> {
        EXPECT_EQ(asked.content_type(), "application/json");
        answered.json(*co_await asked.body().text());
    });
    test_client client(served);
    EXPECT_EQ(client.post("/", "{}", "application/json").body, "{}");
    EXPECT_EQ(client.post("/", "", "application/json").body, "");
    const std::string large(3'000'000, 'x');
    EXPECT_EQ(client.post("/", large, "application/json").body, large);
}

TEST(test_client, asks_any_question) {
    server served = quiet_server();
    served.route("PROPFIND", "/{name}", [](request& asked, response& answered) {
        EXPECT_EQ(asked.header("Depth"), "1");
        EXPECT_EQ(asked.host(), "example.com");
        answered.status(207).text(asked.route_value("name"));
    });
    test_client client(served);
    const auto answer =
        client.send({"PROPFIND", "/a%20b", {{"Depth", "1"}, {"Host", "example.com"}}, {}});
    EXPECT_EQ(answer.status, 207);
    EXPECT_EQ(answer.body, "a b");
}

TEST(test_client, puts_chunks_together_and_passes_interim_answers_by) {
    server served = quiet_server();
    served.get("/", [](request&, response& answered) -> task<> {
        answered.early_hints({"</a.css>"});
        for (const char* const piece : {"a", "bc", "def"}) {
            if (!co_await answered.body().write(piece)) co_return;
        }
        answered.trailer("Sum", "6");
    });
    test_client client(served);
    const auto answer = client.get("/");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "abcdef");
    EXPECT_EQ(client.get("/").body, "abcdef");
}

TEST(test_client, an_answer_without_a_body_is_no_riddle) {
    server served = quiet_server();
    served.get("/204", [](request&, response& answered) { answered.status(204); });
    served.get("/304", [](request&, response& answered) { answered.status(304); });
    served.get("/", [](request&, response& answered) { answered.text("hello"); });
    test_client client(served);
    EXPECT_EQ(client.get("/204").status, 204);
    EXPECT_EQ(client.get("/304").status, 304);
    const auto head = client.send({"HEAD", "/", {}, {}});
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), "5");
    EXPECT_EQ(head.body, "");
    EXPECT_EQ(client.get("/").body, "hello");
}

TEST(test_client, opens_a_connection_anew_where_the_last_one_has_ended) {
    server served = quiet_server();
    served.get("/", [](request&, response& answered) { answered.close_connection().text("bye"); });
    served.get("/abort", [](request&, response& answered) { answered.abort(); });
    test_client client(served);
    EXPECT_EQ(client.get("/").body, "bye");
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(client.get("/").body, "bye");
    EXPECT_EQ(client.get("/abort").status, 0);
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(client.get("/").body, "bye");
    EXPECT_EQ(served.statistics().connections_accepted, 4u);
}

TEST(test_client, exchanges_raw_bytes) {
    server served = quiet_server();
    served.get("/", [](request&, response& answered) { answered.text("hi"); });
    test_client client(served);
    EXPECT_EQ(client.exchange("GET / HT"), "");
    const std::string said = client.exchange("TP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("\r\n\r\nhi")) << said;
    EXPECT_TRUE(client.exchange("nonsense\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
    EXPECT_TRUE(client.closed());
}

TEST(test_client, time_stands_still_until_it_is_told) {
    server served = quiet_server();
    served.get("/", [](request&, response& answered) -> task<> {
        answered.text(co_await delay(1h) ? "late" : "cut short");
    });
    test_client client(served);
    EXPECT_EQ(client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
    client.advance(3'599'000ms);
    EXPECT_EQ(client.exchange(""), "");
    client.advance(1'004ms);
    EXPECT_TRUE(client.exchange("").ends_with("late"));
    client.advance(130'004ms);
    EXPECT_TRUE(client.closed()) << "keep-alive";
    EXPECT_EQ(client.get("/").status, 0) << "nobody lets the hour pass";
}

TEST(test_client, waits_for_other_threads) {
    server served = quiet_server();
    std::thread elsewhere;
    served.get("/offload", [](request&, response& answered) -> task<> {
        auto work = [] { return std::string("made elsewhere"); };
        const std::string made = co_await offload(work);
        answered.text(made);
    });
    served.get("/defer", [&](request&, response& answered) {
        elsewhere = std::thread([later = answered.defer()]() mutable { later.text("from afar"); });
    });
    test_client client(served);
    EXPECT_EQ(client.get("/offload").body, "made elsewhere");
    EXPECT_EQ(client.get("/defer").body, "from afar");
    elsewhere.join();
}

TEST(test_client, may_leave_politely_or_not) {
    server served = quiet_server();
    std::optional<bool> gone;
    served.get("/", [&](request& asked, response&) -> task<> {
        co_await asked.until_aborted();
        gone = asked.aborted();
    });
    test_client client(served);
    client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_FALSE(gone);
    client.end();
    EXPECT_EQ(gone, true);
    gone.reset();
    client.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    client.reset();
    EXPECT_EQ(gone, true);
    EXPECT_TRUE(client.closed());
}

TEST(test_client, has_the_servers_own_limits_middleware_and_addresses) {
    server_options options;
    options.minimum_log_level = log_level::none;
    options.limits.max_request_body_size = 5;
    options.listen("http://unix:/nowhere/at/all.sock");
    server served(std::move(options));
    served.use([](request& asked, response& answered, const request_delegate& next) -> task<> {
        answered.header("X-Seen", asked.path());
        co_await next(asked, answered);
    });
    served.post("/", [](request& asked, response& answered) -> task<> {
        const auto body = co_await asked.body().text();
        if (body) answered.text(*body);
    });
    test_client client(served);
    EXPECT_EQ(client.post("/", "12345").header("X-Seen"), "/");
    EXPECT_EQ(client.post("/", "123456").status, 413);
}

TEST(test_client, a_server_with_mistakes_is_not_driven) {
    server served = quiet_server();
    served.options().limits.max_request_line_size = 0;
    EXPECT_THROW(test_client client(served), std::runtime_error);
}

TEST(test_client, ends_with_requests_in_progress) {
    server served = quiet_server();
    std::optional<responder> kept;
    served.get("/delay", [](request&, response&) -> task<> { (void)co_await delay(1h); });
    served.get("/defer", [&](request&, response& answered) { kept.emplace(answered.defer()); });
    {
        test_client client(served);
        client.exchange("GET /delay HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    server other = quiet_server();
    other.get("/defer", [&](request&, response& answered) { kept.emplace(answered.defer()); });
    {
        test_client client(other);
        client.exchange("GET /defer HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    EXPECT_FALSE(kept->text("nobody"));
}

}  // namespace
}  // namespace saker::test
