// Options that change while a server runs: endpoints come, change and go, limits are those of new
// connections, and who has nothing to do with a change notices nothing of it.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

class changing : public served {
protected:
    // The options in force, to be changed and applied.
    [[nodiscard]] server_options fresh() { return host().options; }
    std::vector<std::string> apply(const server_options& wanted) {
        const auto changed = host().apply(wanted);
        EXPECT_TRUE(changed) << changed.error().text();
        settle();
        return changed ? *changed : std::vector<std::string>();
    }
    void ask(size_t which, std::string_view body = "hello") {
        client(which).send("GET / HTTP/1.1", "Host: a", "", "");
        client(which).receive_raw(ok(body));
    }
    void ask_and_be_closed(size_t which) {
        client(which).send("GET / HTTP/1.1", "Host: a", "", "");
        client(which).receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5",
                              "Connection: close", "", "hello");
        client(which).receive_end();
    }
};
CONFORMANCE_SUITE_OVER(changes, changing, whole_settings);

CONFORMANCE(changes, of_nothing_are_noticed_by_nobody) {
    serve(hello);
    ask(0);
    EXPECT_TRUE(apply(fresh()).empty());
    ask(0);
    EXPECT_EQ(counts().connections_accepted.value(), 1u);
}

CONFORMANCE(changes, of_limits_are_for_new_connections) {
    serve(echo);
    const auto post = [&](size_t which) {
        client(which).send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "", "hello");
    };
    post(0);
    client(0).receive_raw(ok("hello"));
    server_options wanted = fresh();
    wanted.limits.max_request_body_size = 4;
    EXPECT_EQ(apply(wanted),
              std::vector<std::string>{"limits.max_request_body_size 30000000 -> 4"});
    post(0);
    client(0).receive_raw(ok("hello"));
    post(1);
    client(1).receive_raw(refusal("413 Content Too Large"));
    client(1).receive_end();
}

CONFORMANCE(changes, of_the_server_header_are_for_new_connections) {
    serve(hello);
    ask(0);
    server_options wanted = fresh();
    wanted.add_server_header = false;
    apply(wanted);
    ask(0);
    client(1).send("GET / HTTP/1.1", "Host: a", "", "");
    client(1).receive("HTTP/1.1 200 OK", date(), "Content-Length: 5", "", "hello");
}

CONFORMANCE(changes, many_of_them_leave_each_connection_with_what_it_began_with) {
    serve(echo);
    for (size_t i = 0; i < 5; ++i) {
        client(i);
        server_options wanted = fresh();
        wanted.limits.max_request_body_size = i + 1;
        apply(wanted);
    }
    for (size_t i = 1; i < 5; ++i) {
        client(i).send("POST / HTTP/1.1", "Host: a", "Content-Length: " + std::to_string(i), "",
                       std::string(i, 'x'));
        client(i).receive_raw(ok(std::string(i, 'x')));
        client(i).send("POST / HTTP/1.1", "Host: a", "Content-Length: " + std::to_string(i + 1), "",
                       std::string(i + 1, 'x'));
        client(i).receive_raw(refusal("413 Content Too Large"));
        client(i).receive_end();
    }
}

CONFORMANCE(changes, an_endpoint_is_added) {
    serve(hello);
    ask(0);
    server_options wanted = fresh();
    wanted.listen("http://127.0.0.1:0", [](auto& on) { on.name = "second"; });
    const auto lines = apply(wanted);
    ASSERT_EQ(lines.size(), 1u);
    const std::string before = "endpoint second (http://127.0.0.1:";
    ASSERT_TRUE(lines[0].starts_with(before) && lines[0].ends_with(") added")) << lines[0];
    talk_to(static_cast<uint16_t>(std::stoi(lines[0].substr(before.size()))));
    ask(1);
    ask(0);
}

CONFORMANCE(changes, an_endpoint_is_removed_when_its_clients_have_been_told) {
    endpoint_options.name = "first";
    serve(hello);
    ask(0);
    ask(1);
    server_options wanted = fresh();
    const std::string gone = "endpoint first (http://127.0.0.1:" + std::to_string(port()) + ')';
    wanted.endpoints.clear();
    wanted.listen("http://0.0.0.0:0", [](auto& on) { on.name = "second"; });
    const auto lines = apply(wanted);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[1], gone + " removed");
    ask_and_be_closed(0);
    advance(254ms);
    client(1).receive_end();
    EXPECT_EQ(host().addresses().size(), 1u);
}

CONFORMANCE(changes, a_handler_of_a_removed_endpoint_has_five_seconds) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await delay(4s);
        answered.shared(std::make_shared<const std::string>("late"));
    });
    client(0).send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    client(1).send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a", "", "");
    settle();
    server_options wanted = fresh();
    wanted.endpoints[0].url = "http://127.0.0.1:0/";
    wanted.endpoints.push_back(wanted.endpoints[0]);
    wanted.endpoints.erase(wanted.endpoints.begin());
    wanted.endpoints[0].options.protocols = http_protocols::http1;
    const auto lines = apply(wanted);
    ASSERT_EQ(lines.size(), 1u) << "it stays where it is and is changed";
    EXPECT_TRUE(lines[0].ends_with(" changed")) << lines[0];
    advance(4s);
    for (const size_t which : {0u, 1u}) {
        client(which).receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 4",
                              "Connection: close", "", "late");
        client(which).receive_end();
    }
}

CONFORMANCE(changes, who_takes_longer_is_cut) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await delay(1h);
        answered.shared(std::make_shared<const std::string>("late"));
    });
    client(0).send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    server_options wanted = fresh();
    wanted.endpoints[0].options.protocols = http_protocols::http1;
    apply(wanted);
    advance(4900ms);
    client(0).receive_nothing();
    advance(200ms);
    client(0).receive_reset();
    advance(1h);  // the handler comes back from its wait
    EXPECT_EQ(ended(), end_reason::app_shutdown_timeout);
}

CONFORMANCE(changes, an_endpoint_that_is_changed_keeps_its_address) {
    serve(hello);
    ask(0);
    server_options wanted = fresh();
    wanted.endpoints[0].options.run([](connection& accepted) -> task<> {
        (void)co_await accepted.input().read();
        (void)accepted.output().write("raw");
    });
    wanted.endpoints[0].options.name = "lines";
    apply(wanted);
    ask_and_be_closed(0);
    client(1).send_raw("x");
    client(1).receive_raw("raw");
    client(1).receive_end();
}

CONFORMANCE(changes, one_that_fails_leaves_everything_as_it_was) {
    serve(hello);
    ask(0);
    server_options wanted = fresh();
    wanted.limits.max_request_body_size = 4;
    wanted.listen("http://127.0.0.1:0", [](auto& on) {
        on.name = "fails";
        on.use([](connection_delegate) -> connection_delegate {
            throw std::runtime_error("no certificate");
        });
    });
    const auto changed = host().apply(wanted);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().text(),
              "Failed to bind to address http://127.0.0.1:0: no certificate");
    ask(0);
    ask(1);
    EXPECT_EQ(host().options.limits.max_request_body_size, 30'000'000u);
    EXPECT_EQ(host().options.endpoints.size(), 1u);
}

CONFORMANCE(changes, mistakes_are_told_and_nothing_is_done) {
    serve(hello);
    server_options wanted = fresh();
    wanted.limits.max_request_line_size = 0;
    wanted.endpoints[0].url = "http://127.0.0.300:1";
    const auto changed = host().apply(wanted);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().messages.size(), 2u);
    ask(0);
}

CONFORMANCE(changes, what_needs_a_start_is_told_and_stays) {
    serve(hello);
    server_options wanted = fresh();
    wanted.cores = 7;
    wanted.transport.backlog = 3;
    EXPECT_EQ(apply(wanted), (std::vector<std::string>{
                                 "transport.backlog 512 -> 3, from the next start on",
                                 "cores 0 -> 7, from the next start on",
                             }));
    EXPECT_EQ(host().options.cores, 0u);
    ask(0);
}

CONFORMANCE(changes, are_not_made_to_a_server_that_stops) {
    serve(hello);
    ask(0);
    host().begin_stop();
    const auto changed = host().apply(fresh());
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().text(),
              "Only a running server can be changed: it has not started, or is stopping.");
    advance(254ms);
    client(0).receive_end();
}

}  // namespace
}  // namespace saker::test
