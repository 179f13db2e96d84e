// What is measured, over every transport: each request once, with its labels, and durations to the
// nanosecond, for the clock stands still.

#include "hosting/diagnostics/metrics_page.h"
#include "tests/support/exposition.h"
#include "tests/support/serve.h"

namespace saker {
namespace {

using namespace std::chrono_literals;
using labels = test::exposition::labels;

void say_hello(response& answered) {
    answered.shared(std::make_shared<const std::string>("hello"));
}

class measured : public test::served {
protected:
    test::exposition page() {
        settle();
        std::string text;
        diagnostics::metrics_page made(host().recorder());
        while (made.next(text, 1000)) {}
        test::exposition read = test::read_exposition(text);
        for (const std::string& one : read.mistakes) ADD_FAILURE() << one;
        return read;
    }
    std::string version() const { return over_http2() ? "2" : "1.1"; }
    std::string scheme() const { return over_tls() ? "https" : "http"; }
    labels answered_as(std::string status, std::string route, std::string verb = "GET") {
        labels all{{"http_request_method", std::move(verb)},
                   {"network_protocol_version", version()},
                   {"url_scheme", scheme()}};
        if (!status.empty()) all["http_response_status_code"] = std::move(status);
        if (!route.empty()) all["http_route"] = std::move(route);
        return all;
    }
    static labels failed(labels of, std::string error) {
        of["error_type"] = std::move(error);
        return of;
    }
    static labels up_to(std::string bound, labels of) {
        of["le"] = std::move(bound);
        return of;
    }
    labels here_labels() {
        labels all{{"network_transport", "tcp"},
                   {"network_type", "ipv4"},
                   {"server_address", "127.0.0.1"},
                   {"server_port", std::to_string(port())}};
        return all;
    }
    labels connection_labels() {
        labels all = here_labels();
        all["network_protocol_name"] = "http";
        all["network_protocol_version"] = version();
        return all;
    }
    void ask(std::string_view path) {
        client().send("GET " + std::string(path) + " HTTP/1.1", "Host: a", "", "");
    }
    static constexpr std::string_view count = "http_server_request_duration_seconds_count";
    static constexpr std::string_view sum = "http_server_request_duration_seconds_sum";
    static constexpr std::string_view bucket = "http_server_request_duration_seconds_bucket";
};

CONFORMANCE_SUITE_OVER(metrics_suite, measured, handler_settings);

CONFORMANCE(metrics_suite, a_request_is_counted_under_its_route) {
    route("GET", "/users/{id}", test::hello);
    route("GET", "/plain", test::hello);
    serve_routes();
    for (const std::string_view path : {"/users/1", "/users/2", "/plain"}) {
        ask(path);
        client().receive(ok("hello"));
    }
    const test::exposition read = page();
    EXPECT_EQ(read.exactly(count, answered_as("200", "/users/{id}")), 2);
    EXPECT_EQ(read.exactly(count, answered_as("200", "/plain")), 1);
    EXPECT_EQ(read.exactly(sum, answered_as("200", "/plain")), 0) << "no time has passed";
    EXPECT_EQ(read.exactly(bucket, up_to("0.005", answered_as("200", "/plain"))), 1);
    EXPECT_EQ(read.value("http_server_active_requests",
                         {{"http_request_method", "GET"}, {"url_scheme", scheme()}}),
              0);
}

CONFORMANCE(metrics_suite, a_duration_is_from_the_whole_head_to_the_answer) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(300ms));
        say_hello(answered);
    });
    client().send("GET / HTTP/1.1", "Ho");
    advance(2s);  // a client that takes its time is not the server's time
    client().send_raw("st: a\r\n\r\n");
    settle();
    const labels plain_gets{{"http_request_method", "GET"}, {"url_scheme", scheme()}};
    EXPECT_EQ(page().value("http_server_active_requests", plain_gets), 1);
    advance(300ms);
    client().receive(ok("hello"));
    const test::exposition read = page();
    EXPECT_EQ(read.exactly(sum, answered_as("200", "")), 0.3);
    EXPECT_EQ(read.exactly(bucket, up_to("0.25", answered_as("200", ""))), 0);
    EXPECT_EQ(read.exactly(bucket, up_to("0.5", answered_as("200", ""))), 1);
}

CONFORMANCE(metrics_suite, methods_that_are_not_known_are_one) {
    serve(test::hello);
    for (const std::string_view verb : {"BREW", "POUR"}) {
        client().send(std::string(verb) + " / HTTP/1.1", "Host: a", "", "");
        client().receive(ok("hello"));
    }
    EXPECT_EQ(page().exactly(count, answered_as("200", "", "_OTHER")), 2);
}

CONFORMANCE(metrics_suite, failures_say_what_they_are) {
    route("GET", "/throws", [](request&, response&) { throw std::runtime_error("no"); });
    route("GET", "/503", [](request&, response& answered) {
        answered.status(503);
        say_hello(answered);
    });
    serve_routes();
    for (const std::string_view path : {"/throws", "/503", "/nothing/here"}) {
        ask(path);
        client().read_answer();
    }
    const test::exposition read = page();
    EXPECT_EQ(read.exactly(count, failed(answered_as("500", "/throws"), "unhandled_exception")), 1);
    EXPECT_EQ(read.exactly(count, failed(answered_as("503", "/503"), "503")), 1);
    EXPECT_EQ(read.exactly(count, answered_as("404", "")), 1) << "what a client asks is no label";
}

CONFORMANCE(metrics_suite, a_client_that_has_left_got_no_status) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await delay(1s);
        say_hello(answered);
    });
    ask("/");
    settle();
    client().vanish();
    advance(1s);
    const test::exposition read = page();
    EXPECT_EQ(read.exactly(count, failed(answered_as("", ""), "connection_reset")), 1);
}

CONFORMANCE(metrics_suite, connections_are_counted_by_endpoint_and_end) {
    serve(test::hello);
    ask("/");
    client().receive(ok("hello"));
    test::exposition read = page();
    EXPECT_EQ(read.exactly("kestrel_active_connections", here_labels()), 1);
    advance(40s);
    client().end();
    settle();
    read = page();
    EXPECT_EQ(read.exactly("kestrel_active_connections", here_labels()), 0);
    EXPECT_EQ(read.exactly("kestrel_connection_duration_seconds_sum", connection_labels()), 40);
    EXPECT_EQ(read.exactly("kestrel_connection_duration_seconds_bucket",
                           up_to("60", connection_labels())),
              1);
    EXPECT_EQ(read.exactly("kestrel_connection_duration_seconds_bucket",
                           up_to("30", connection_labels())),
              0);
    EXPECT_EQ(read.value("saker_connection_ends_total", {{"reason", "client_closed"}}), 1);
    new_client({.greets = false});
    advance(40s);  // and it was waited for the client's own end
    EXPECT_EQ(page().value("kestrel_connection_duration_seconds_count",
                           {{"error_type", "request_headers_timeout"}}),
              1);
}

CONFORMANCE(metrics_suite, connections_of_which_there_are_too_many_are_rejected_ones) {
    options.limits.max_concurrent_connections = 1;
    serve(test::hello);
    client().settle();
    new_client().receive_reset();
    const test::exposition read = page();
    EXPECT_EQ(read.exactly("kestrel_rejected_connections_total", here_labels()), 1);
    EXPECT_EQ(read.exactly("kestrel_active_connections", here_labels()), 1);
    EXPECT_EQ(read.value("kestrel_connection_duration_seconds_count",
                         {{"error_type", "max_concurrent_connections_exceeded"}}),
              1);
}

CONFORMANCE(metrics_suite, connections_that_were_upgraded_are_counted_as_long_as_they_are_open) {
    serve([](request&, response& answered) -> task<> {
        connection* const own = answered.upgrade("echo");
        while (own != nullptr && co_await own->input().read())
            own->input().advance(own->input().length());
    });
    client().send("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: echo", "", "");
    const std::string status = over_http2() ? "200" : "101";
    EXPECT_TRUE(client().read_head().starts_with("HTTP/1.1 " + status + ' '));
    EXPECT_EQ(page().exactly("kestrel_upgraded_connections", here_labels()), 1);
    client().end();
    client().receive_end();
    const test::exposition read = page();
    EXPECT_EQ(read.exactly("kestrel_upgraded_connections", here_labels()), 0);
    EXPECT_EQ(read.exactly(count, answered_as(status, "", over_http2() ? "CONNECT" : "GET")), 1);
    if (over_http2()) return;  // its connection goes on
    EXPECT_EQ(read.value("saker_connection_ends_total", {{"reason", "upgraded"}}), 1);
}

CONFORMANCE(metrics_suite, the_core_measures_itself) {
    serve(test::hello);
    ask("/");
    client().receive(ok("hello"));
    advance(1s);
    const test::exposition read = page();
    EXPECT_GE(read.value("saker_core_operations_total", {{"core", "0"}}), 2);
    EXPECT_GE(read.value("saker_core_turn_duration_seconds_count", {{"core", "0"}}), 2);
    EXPECT_EQ(read.value("saker_core_turn_duration_seconds_sum", {{"core", "0"}}), 0);
    EXPECT_GT(read.value("saker_core_cpu_seconds_total", {{"core", "0"}}), 0);
    EXPECT_GT(read.value("saker_core_utilization_ratio", {{"core", "0"}}), 0);
    EXPECT_EQ(read.value("saker_core_slab_limit_bytes", {{"core", "0"}}), 16384.0 * 16384);
    EXPECT_EQ(read.value("saker_core_info",
                         {{"transport", in_memory() ? "memory" : GetParam().transport}}),
              1);
    EXPECT_GT(read.value("saker_received_bytes_total"), 0);
    if (in_memory()) return;
    EXPECT_GT(read.value("saker_core_submissions_total"), 0);
    EXPECT_GT(read.value("saker_core_completions_total"), 0);
}

// ---- HTTP/1.1 alone: heads that only it can say wrong ----

CONFORMANCE_SUITE_OVER(http1_metrics_suite, measured, every_setting);

CONFORMANCE(http1_metrics_suite, what_is_refused_is_counted_too) {
    serve(test::hello);
    client().send_raw("GET / HTTP/1.1\nHost: x\r\n\r\n");
    client().receive(refusal("400 Bad Request"));
    const test::exposition read = page();
    EXPECT_EQ(read.exactly(count, failed(answered_as("400", "", "_OTHER"), "bare_line_feed")), 1);
    EXPECT_EQ(read.value("saker_rejected_requests_total", {{"reason", "bare_line_feed"}}), 1);
    EXPECT_EQ(read.value("kestrel_bare_line_feed_requests_total",
                         {{"kestrel_bare_line_feed_outcome", "rejected"}}),
              1);
}

CONFORMANCE(http1_metrics_suite, a_head_that_does_not_come_has_taken_the_server_its_time) {
    serve(test::hello);
    client().send_raw("GET / HT");
    settle();
    advance(30s);
    EXPECT_TRUE(client().read_answer().starts_with("HTTP/1.1 408 "));
    const test::exposition read = page();
    EXPECT_EQ(
        read.exactly(count, failed(answered_as("408", "", "_OTHER"), "request_headers_timeout")),
        1);
    EXPECT_GE(
        read.exactly(sum, failed(answered_as("408", "", "_OTHER"), "request_headers_timeout")), 30);
}

CONFORMANCE(http1_metrics_suite, connections_that_speak_http2_are_told_apart) {
    constexpr std::string_view durations = "kestrel_connection_duration_seconds_count";
    bool speaks_it = false;
    endpoint_options.use([&](connection_delegate next) -> connection_delegate {
        return [&, next = std::move(next)](connection& accepted) {
            if (std::exchange(speaks_it, true)) core_connection::of(accepted).speaks_http2();
            return next(accepted);
        };
    });
    serve(test::hello);
    labels second = connection_labels();
    second["network_protocol_version"] = "2";
    new_client().end();
    settle();
    EXPECT_EQ(page().exactly(durations, connection_labels()), 1);
    EXPECT_EQ(page().exactly(durations, second), -1) << "none has been there";
    new_client().end();
    settle();
    EXPECT_EQ(page().exactly(durations, connection_labels()), 1);
    EXPECT_EQ(page().exactly(durations, second), 1);
}

}  // namespace
}  // namespace saker
