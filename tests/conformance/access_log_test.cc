// What is logged of requests, over every transport: answered, refused and left alone; times are
// exact, for the clock stands still.

#include "tests/support/serve.h"

#include <mutex>

namespace saker {
namespace {

using namespace std::chrono_literals;
using log_format = access_log_options::log_format;

class logged : public test::served {
protected:
    logged() {
        options.access_log.format = log_format::ncsa;
        options.access_log.sink = [this](std::string_view more) {
            const std::lock_guard lock(guard_);
            lines_ += more;
        };
    }
    ~logged() override { finish(); }
    std::string lines() {
        const std::lock_guard lock(guard_);
        return lines_;
    }
    // All of the log: the server is gone then.
    std::string whole_log() {
        finish();
        return lines();
    }
    // The part, with the version that is spoken.
    bool has(const std::string& text, std::string part) {
        const std::string_view written = "HTTP/1.1\"";
        if (const size_t at = part.find(written); over_http2() && at != std::string::npos)
            part.replace(at, written.size(), "HTTP/2\"");
        return text.find(part) != std::string::npos;
    }
    static constexpr std::string_view when = " - - [06/Nov/1994:08:49:37 +0000] ";

private:
    std::mutex guard_;
    std::string lines_;
};

class logged_as_json : public logged {
protected:
    logged_as_json() { options.access_log.format = log_format::json; }
};

CONFORMANCE_SUITE_OVER(access_log_suite, logged, handler_settings);
CONFORMANCE_SUITE_OVER(access_log_json_suite, logged_as_json, handler_settings);
// Heads that only HTTP/1.1 can say wrong.
CONFORMANCE_SUITE_OVER(http1_access_log_suite, logged, every_setting);
CONFORMANCE_SUITE_OVER(http1_access_log_json_suite, logged_as_json, every_setting);

CONFORMANCE(access_log_suite, each_answer_is_a_line) {
    serve(test::echo);
    client().send("POST /a?b=c HTTP/1.1", "Host: x", "User-Agent: me \"quoted\"",
                  "Referer: http://y/", "Content-Length: 3", "", "abc");
    client().receive(ok("abc"));
    client().send("GET /second HTTP/1.1", "Host: x", "", "");
    client().receive(ok(""));
    const std::string log = whole_log();
    EXPECT_TRUE(has(
        log,
        std::string(when) + "\"POST /a?b=c HTTP/1.1\" 200 3 \"http://y/\" \"me \\\"quoted\\\"\"\n"))
        << log;
    EXPECT_TRUE(has(log, std::string(when) + "\"GET /second HTTP/1.1\" 200 - \"-\" \"-\"\n"))
        << log;
    if (!in_memory()) {
        EXPECT_TRUE(log.starts_with("127.0.0.1 ")) << log;
    }
}

CONFORMANCE(access_log_suite, a_body_that_is_too_large_is_a_line) {
    options.limits.max_request_body_size = 3;
    serve(test::echo);
    client().send("POST / HTTP/1.1", "Host: x", "Content-Length: 4", "", "abcd");
    client().receive(refusal("413 Content Too Large"));
    const std::string log = whole_log();
    EXPECT_TRUE(has(log, "\"POST / HTTP/1.1\" 413 - ")) << log;
}

CONFORMANCE(access_log_suite, a_client_that_left_is_a_499_with_its_address) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await delay(1s);
        answered.text("late");
    });
    client().send("GET /late HTTP/1.1", "Host: x", "", "");
    settle();
    client().vanish();
    advance(1s);
    const std::string log = whole_log();
    EXPECT_TRUE(has(log, "\"GET /late HTTP/1.1\" 499 - \"-\" \"-\"\n")) << log;
    if (!in_memory()) {
        EXPECT_TRUE(log.starts_with("127.0.0.1 ")) << log;
    }
}

CONFORMANCE(access_log_suite, one_that_was_reset_without_an_answer_is_a_444) {
    serve([](request&, response& answered) { answered.abort(); });
    client().send("GET / HTTP/1.1", "Host: x", "", "");
    client().receive_reset();
    const std::string log = whole_log();
    EXPECT_TRUE(has(log, "\"GET / HTTP/1.1\" 444 - \"-\" \"-\"\n")) << log;
}

CONFORMANCE(access_log_suite, head_has_no_body_and_a_stream_the_bytes_of_its_content) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/whole") co_return answered.text("hello");
        for (int i = 0; i < 3; ++i)
            if (!co_await answered.body().write("0123456789")) co_return;
    });
    for (const std::string_view asked : {"HEAD /whole", "HEAD /stream"}) {
        client().send(std::string(asked) + " HTTP/1.1", "Host: x", "", "");
        client().read_head();
    }
    client().send("GET /stream HTTP/1.1", "Host: x", "", "");
    client().read_answer();
    const std::string log = whole_log();
    EXPECT_TRUE(has(log, "\"HEAD /whole HTTP/1.1\" 200 - ")) << log;
    EXPECT_TRUE(has(log, "\"HEAD /stream HTTP/1.1\" 200 - ")) << log;
    EXPECT_TRUE(has(log, "\"GET /stream HTTP/1.1\" 200 30 ")) << log;
}

CONFORMANCE(access_log_suite, lines_come_a_second_later_though_nothing_happens) {
    serve(test::hello);
    client().send("GET / HTTP/1.1", "Host: x", "", "");
    client().receive(ok("hello"));
    advance(1s + core::tick_length);
    run_until([&] { return has(lines(), "GET / HTTP/1.1\""); });
}

CONFORMANCE(access_log_json_suite, durations_and_routes_are_there) {
    route("GET", "/users/{id}", [](request&, response& answered) -> task<> {
        (void)co_await delay(300ms);
        answered.text("x");
    });
    serve_routes();
    client().send("GET /users/7 HTTP/1.1", "Host: x", "", "");
    settle();
    advance(300ms);
    client().read_answer();
    const std::string log = whole_log();
    EXPECT_TRUE(
        log.starts_with("{\"time\":\"1994-11-06T08:49:37.300Z\",\"status\":200,\"bytes\":1,"
                        "\"duration_ms\":300.000,"))
        << log;
    EXPECT_TRUE(has(log, "\"target\":\"/users/7\"")) << log;
    EXPECT_TRUE(has(log, "\"route\":\"/users/{id}\"")) << log;
}

CONFORMANCE(http1_access_log_suite, a_refused_request_is_a_line_with_what_came_of_it) {
    serve(test::hello);
    client().send_raw("GET / HTTP/1.1\nHost: x\r\n\r\n");
    client().receive(refusal("400 Bad Request"));
    const std::string log = whole_log();
    EXPECT_TRUE(has(log, std::string(when) + "\"GET / HTTP/1.1\" 400 - \"-\" \"-\"\n")) << log;
}

CONFORMANCE(http1_access_log_suite, a_head_that_did_not_come_in_time_is_a_line) {
    serve(test::hello);
    client().send_raw("GET /slow");
    settle();
    advance(31s);
    EXPECT_TRUE(client().read_answer().starts_with("HTTP/1.1 408 "));
    const std::string log = whole_log();
    EXPECT_TRUE(has(log, "\"GET /slow\" 408 - \"-\" \"-\"\n")) << log;
}

CONFORMANCE(http1_access_log_json_suite, what_was_wrong_is_said) {
    serve(test::hello);
    client().send_raw("GET / HTTP/1.1\nHost: x\r\n\r\n");
    client().read_answer();
    EXPECT_TRUE(has(whole_log(), "\"error\":\"bare_line_feed\",\"line\":\"GET / HTTP/1.1\"}\n"));
}

}  // namespace
}  // namespace saker
