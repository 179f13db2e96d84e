// Caps on connections: how many at once, how many of a client, how many requests, how old; and
// upgrades, which are counted apart.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

// Clients that do not get in have no handshake.
CONFORMANCE_SUITE_OVER(connection_limits, served, clear_whole_settings);

void get(conversation& from) { from.send("GET / HTTP/1.1", "Host: a", "", ""); }

CONFORMANCE(connection_limits, one_more_than_the_cap_is_refused_with_a_reset) {
    options.limits.max_concurrent_connections = 2;
    serve(hello);
    client(0).settle();
    client(1).settle();
    conversation& third = new_client();
    third.receive_reset();
    EXPECT_EQ(ended_by(end_reason::max_concurrent_connections_exceeded), 1u);
    for (size_t i = 0; i < 2; ++i) {
        get(client(i));
        client(i).receive_raw(ok("hello"));
    }
    client(0).end();
    settle();
    conversation& fourth = new_client();
    get(fourth);
    fourth.receive_raw(ok("hello"));
}

CONFORMANCE(connection_limits, one_more_than_the_cap_waits_where_that_was_chosen) {
    options.limits.max_concurrent_connections = 2;
    options.limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    serve(hello);
    client(0).settle();
    client(1).settle();
    conversation& third = new_client({.gets_in = false});
    conversation& fourth = new_client({.gets_in = false});
    get(third);
    get(fourth);
    third.receive_nothing();
    fourth.receive_nothing();
    EXPECT_EQ(open_connections(), 2u);
    client(0).end();
    third.receive_raw(ok("hello"));
    fourth.receive_nothing();
    client(1).end();
    fourth.receive_raw(ok("hello"));
    EXPECT_EQ(open_connections(), 2u);
}

CONFORMANCE(connection_limits, who_waits_for_a_place_at_the_stop_is_answered) {
    options.limits.max_concurrent_connections = 1;
    options.limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    serve(hello);
    client(0).settle();
    conversation& second = new_client({.gets_in = false});
    get(second);
    second.receive_nothing();
    host().begin_stop();
    const std::string answer = second.read_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_EQ(answer.find("\r\nConnection: close\r\n") == std::string::npos, over_http2());
}

CONFORMANCE(connection_limits, who_waits_behind_them_in_the_kernel_is_answered_too) {
    options.limits.max_concurrent_connections = 1;
    options.limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    serve(hello);
    client(0).settle();
    for (size_t i = 1; i < 6; ++i) get(new_client({.gets_in = false}));
    host().begin_stop();
    for (size_t i = 1; i < 6; ++i) {
        const std::string answer = client(i).read_answer();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    }
}

CONFORMANCE(connection_limits, a_client_has_a_cap_of_its_own) {
    if (in_memory()) GTEST_SKIP() << "peers in memory have no address";
    options.limits.max_connections_per_client = 2;
    serve(hello);
    client(0).settle();
    client(1).settle();
    conversation& third = new_client();
    third.receive_reset();
    EXPECT_EQ(ended_by(end_reason::max_connections_per_client_exceeded), 1u);
    client(0).end();
    settle();
    conversation& fourth = new_client();
    get(fourth);
    fourth.receive_raw(ok("hello"));
}

CONFORMANCE(connection_limits, the_last_request_that_a_connection_may_have_says_so) {
    options.limits.max_requests_per_connection = 3;
    serve(hello);
    for (int i = 0; i < 2; ++i) {
        get(client());
        client().receive_raw(ok("hello"));
    }
    get(client());
    client().receive_raw(last_ok("hello"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_limit_reached);
}

CONFORMANCE(connection_limits, what_is_pipelined_behind_the_last_request_is_not_answered) {
    options.limits.max_requests_per_connection = 1;
    serve(hello);
    get(client());
    get(client());
    client().receive_raw(last_ok("hello"));
    // HTTP/2 announces the end: what was sent in good faith is not lost.
    if (over_http2()) client().receive_raw(last_ok("hello"));
    client().receive_end();
    EXPECT_EQ(counts().requests.value(), over_http2() ? 2u : 1u);
    client().end();
    EXPECT_EQ(ended(), end_reason::request_limit_reached);
}

CONFORMANCE(connection_limits, an_old_connection_ends_with_its_next_answer) {
    options.limits.max_connection_age = 100s;
    serve([](request&, response& answered) -> task<> {
        (void)co_await delay(60s);
        answered.shared(std::make_shared<const std::string>("hello"));
    });
    get(client());
    advance(60s);
    client().receive_raw(ok("hello"));
    get(client());  // under way when it gets old: 100 to 110 s
    advance(60s);
    client().receive_raw(last_ok("hello"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_limit_reached);
}

CONFORMANCE(connection_limits, an_old_connection_that_is_idle_ends) {
    options.limits.max_connection_age = 60s;
    serve(hello);
    get(client());
    client().receive_raw(ok("hello"));
    advance(59s);
    client().receive_nothing();
    advance(7s + 300ms);  // a tenth later at the latest
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::request_limit_reached);
}

CONFORMANCE(connection_limits, connections_of_one_age_do_not_all_end_at_once) {
    options.limits.max_connection_age = 100s;
    options.limits.keep_alive_timeout = infinite;
    options.limits.request_headers_timeout = infinite;
    serve(hello);
    for (size_t i = 0; i < 20; ++i) client(i).settle();
    advance(99s);
    EXPECT_EQ(open_connections(), 20u);
    advance(6s);
    size_t ended_early = 0;
    for (size_t i = 0; i < 20; ++i) {
        client(i).settle();
        ended_early += client(i).ended() ? 1 : 0;
    }
    EXPECT_GT(ended_early, 2u);
    EXPECT_LT(ended_early, 18u);
    advance(6s);
    for (size_t i = 0; i < 20; ++i) client(i).receive_end();
}

// ---- upgrades ----

task<> upgrade_to_echo(request& asked, response& answered) {
    connection* const own = asked.can_upgrade() ? answered.upgrade("echo") : nullptr;
    if (own == nullptr) {
        answered.status(asked.can_upgrade() ? 503 : 426);
        co_return;
    }
    pipe& in = own->input();
    while (co_await in.read()) {
        while (!in.empty()) own->output().append(in.take(SIZE_MAX));
        if (!co_await own->output().flush()) break;
    }
}

// Of HTTP/2 streams are: http2_upgrade_test.cc.
CONFORMANCE_SUITE(upgrades);

void ask_upgrade(conversation& from) {
    from.send("GET /echo HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: echo", "", "");
}
std::string switched(const served&, const std::string& server, const std::string& date) {
    return raw_client::joined("HTTP/1.1 101 Switching Protocols", server, date, "Upgrade: echo",
                              "Connection: Upgrade", "", "");
}

CONFORMANCE(upgrades, what_follows_is_the_handlers_own_protocol) {
    serve(upgrade_to_echo);
    ask_upgrade(client());
    client().receive_raw(switched(*this, server(), date()));
    client().send_raw("GET / HTTP/1.1\r\n\r\nand so on");
    client().receive_raw("GET / HTTP/1.1\r\n\r\nand so on");
    client().end();
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::upgraded);
}

CONFORMANCE(upgrades, what_came_with_the_request_is_not_lost) {
    serve(upgrade_to_echo);
    client().send("GET /echo HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: echo", "",
                  "early");
    client().receive_raw(switched(*this, server(), date()));
    client().receive_raw("early");
}

CONFORMANCE(upgrades, there_are_no_timeouts_and_no_rates_afterwards) {
    serve(upgrade_to_echo);
    ask_upgrade(client());
    client().receive_raw(switched(*this, server(), date()));
    advance(200s);
    client().send_raw("x");
    client().receive_raw("x");
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(upgrades, a_request_that_does_not_ask_for_it_is_not_upgraded) {
    serve(upgrade_to_echo);
    get(client());
    client().receive("HTTP/1.1 426 Upgrade Required", server(), date(), "Content-Length: 0", "",
                     "");
    client().send("POST / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: echo",
                  "Content-Length: 2", "", "hi");
    client().receive("HTTP/1.1 426 Upgrade Required", server(), date(), "Content-Length: 0", "",
                     "");
}

CONFORMANCE(upgrades, one_more_than_the_cap_is_not_upgraded_and_may_go_on_with_http) {
    options.limits.max_concurrent_upgraded_connections = 1;
    options.limits.max_concurrent_connections = 1;
    serve(upgrade_to_echo);
    ask_upgrade(client(0));
    client(0).receive_raw(switched(*this, server(), date()));
    ask_upgrade(client(1));  // the first one has freed its place
    client(1).receive("HTTP/1.1 503 Service Unavailable", server(), date(), "Content-Length: 0", "",
                      "");
    client(0).end();
    client(0).receive_end();
    ask_upgrade(client(1));
    client(1).receive_raw(switched(*this, server(), date()));
}

CONFORMANCE(upgrades, a_stop_does_not_wait_for_those_that_do_not_listen) {
    serve(upgrade_to_echo);
    ask_upgrade(client());
    client().receive_raw(switched(*this, server(), date()));
    host().begin_stop();
    advance(1min);
    EXPECT_EQ(open_connections(), 1u) << "it is its handler's to end it";
    host().abort();
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::app_shutdown_timeout);
}

}  // namespace
}  // namespace saker::test
