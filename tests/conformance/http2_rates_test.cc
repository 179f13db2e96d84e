// How fast bodies have to come and to be let go over HTTP/2, by a clock that stands still: a client
// that keeps a window shut is as slow as one that does not read.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_rates);

CONFORMANCE(http2_rates, a_body_that_does_not_come_has_5_s) {
    bool has_failed = false;
    serve([&](request& asked, response&) -> task<> {
        (void)co_await asked.body().discard();
        has_failed = asked.body().failed();
    });
    client().start();
    client().headers(1, post({{"content-length", "1000"}}));
    advance(5s);
    client().receive_nothing();
    EXPECT_FALSE(has_failed);
    advance(8ms);
    settle();
    EXPECT_TRUE(has_failed);
    // Kestrel ends the connection; a status of this stream is as lawful.
    client().settle();
    client().ignore();
    EXPECT_EQ(
        counts().rejections[static_cast<size_t>(rejection_reason::request_body_timeout)].value(),
        1u);
}

CONFORMANCE(http2_rates, a_body_that_drips_fast_enough_may_go_on) {
    serve([](request& asked, response& answered) -> task<> {
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().start();
    client().headers(1, post());
    for (int i = 0; i < 30; ++i) {
        client().data(1, std::string(250, 'b'));
        advance(1s);
    }
    client().data(1, "", end_stream);
    client().receive_answer(1, "7500");
}

CONFORMANCE(http2_rates, a_body_that_the_handler_does_not_read_is_not_the_clients_fault) {
    bool reads = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!reads) (void)co_await delay(1s);
        co_await echo(asked, answered);
    });
    client().start();
    client().headers(1, post());
    advance(100s);
    client().receive_nothing();
    reads = true;
    advance(1s);
    client().data(1, "hello", end_stream);
    client().receive_answer(1, "hello");
}

// Its other body waits for a handler, and takes so much of the connection's window that what this
// one may send is not the client's alone to decide.
CONFORMANCE(http2_rates, a_body_behind_one_that_is_not_read_is_not_the_clients_fault) {
    bool reads = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (asked.path() == "/slow" && !reads) (void)co_await delay(1s);
        const uint64_t size = co_await asked.body().discard();
        if (asked.body().failed()) co_return;
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().start();
    client().headers(1, post({}, "/slow"));
    for (int i = 0; i < 40; ++i) client().data(1, std::string(16'000, 'x'));
    client().headers(3, post());
    for (const auto pause : {5400ms, 2000ms, 17'000ms, 8000ms}) {
        advance(pause);
        client().data(3, std::string(10'000, 'y'));
        client().settle();
        ASSERT_FALSE(client().has_heard(0));
    }
    reads = true;
    advance(1s);
    client().data(1, "", end_stream);
    client().receive_answer(1, "640000");
    // From now on it is: what it has sent has bought 166 s, some of which have passed.
    advance(100s);
    client().receive_nothing();
    advance(70s);
    client().settle();
    ASSERT_TRUE(client().has_heard(0)) << "pardoned for ever";
    client().ignore();
    client().vanish();
}

CONFORMANCE(http2_rates, an_extended_connect_has_no_rates) {
    serve([](request& asked, response& answered) -> task<> {
        connection* const own = answered.upgrade("echo");
        if (own == nullptr) co_return hello(asked, answered);
        while (co_await own->input().read()) own->input().advance(own->input().length());
        own->output().write("bye");
    });
    client().start();
    client().headers(1, request_of("CONNECT", "/", {{":protocol", "echo"}}));
    client().receive_headers(1, 200);
    advance(1000s);
    client().receive_nothing();
    client().data(1, "", end_stream);
    client().receive_data(1, "bye", end_stream);
}

class stalls : public served_http2 {
protected:
    void begin(uint32_t window) {
        static const std::string body(200'000, 'x');
        serve([](request& asked, response& answered) {
            if (asked.path() == "/other") return hello(asked, answered);
            answered.static_text(body);
        });
        client().start({{setting_id::initial_window_size, window}});
        client().get(1);
        client().receive_headers(1, 200);
        client().settle();
        (void)client().read_data(1);
    }
    void expect_too_slow() {
        expect_error(error_code::internal_error, end_reason::min_response_data_rate, 1);
        expect_another_is_served();
    }
};
HTTP2_SUITE_OF(http2_stalls, stalls);

CONFORMANCE(http2_stalls, a_window_that_stays_shut_has_5_s_and_a_tick) {
    begin(0);
    advance(5s);
    client().receive_nothing();
    advance(2s);
    expect_too_slow();
}

CONFORMANCE(http2_stalls, the_window_of_the_connection_does_not_stay_shut_for_ever) {
    begin(1'000'000);
    advance(4s);
    client().receive_nothing();
    // What was sent at once, at 240 bytes a second, may have bought time: Kestrel's way.
    advance(300s);
    expect_too_slow();
}

CONFORMANCE(http2_stalls, a_window_that_is_opened_a_byte_at_a_time_is_too_slow) {
    begin(0);
    for (int i = 0; i < 30 && ended() == end_reason::none; ++i) {
        client().window_update(1, 1);
        advance(500ms);
        (void)client().read_data(1);
    }
    expect_too_slow();
}

// Now the connection's window is shut, now the stream's: half a byte a second.
CONFORMANCE(http2_stalls, windows_that_take_turns_to_be_shut_are_too_slow) {
    begin(65'535);
    EXPECT_EQ(client().window(0), 0);
    for (int i = 0; i < 60 && ended() == end_reason::none; ++i) {
        client().window_update(i % 2 == 0 ? 0 : 1, 1);
        advance(1s);
        (void)client().read_data(1);
    }
    expect_too_slow();
}

CONFORMANCE(http2_stalls, windows_that_take_turns_otherwise_are_too_slow) {
    begin(65'535);
    client().window_update(1, 1);  // the stream's is always a byte ahead
    for (int i = 0; i < 60 && ended() == end_reason::none; ++i) {
        if (i % 2 == 0) {
            client().send(window_update(0, 1), window_update(0, 1));
        } else {
            client().send(window_update(1, 2));
        }
        advance(1s);
        (void)client().read_data(1);
    }
    expect_too_slow();
}

CONFORMANCE(http2_stalls, an_answer_without_a_rate_may_wait_for_any_window) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/other") co_return hello(asked, answered);
        connection* const own = asked.can_upgrade() ? answered.upgrade("push") : nullptr;
        if (own == nullptr) {
            EXPECT_TRUE(answered.body().require_rate(std::nullopt));
            (void)co_await answered.body().write(std::string(100'000, 'x'));
            co_return;
        }
        own->output().write(std::string(1000, 'y'));
        (void)co_await own->output().flush();
        while (co_await own->input().read()) own->input().advance(own->input().length());
    });
    client().start({{setting_id::initial_window_size, 1'000'000}});
    client().get(1);
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_data(1).size(), 65'535u);  // the connection's is shut
    client().headers(3, request_of("CONNECT", "/", {{":protocol", "push"}}));
    client().receive_headers(3, 200);
    advance(100s);
    client().receive_nothing();
    client().window_update(0, 100'000);
    client().settle();
    EXPECT_EQ(client().read_body(1).size(), 100'000u - 65'535u);
    EXPECT_EQ(client().read_data(3).size(), 1000u);
    client().data(3, "", end_stream);
    client().receive_data(3, "", end_stream);
}

CONFORMANCE(http2_stalls, a_window_that_is_opened_fast_enough_may_go_on) {
    begin(0);
    size_t all = 0;
    for (int i = 0; i < 60; ++i) {
        client().window_update(1, 300);
        advance(1s);
        all += client().read_data(1).size();
    }
    EXPECT_EQ(all, 18'000u);
    client().receive_nothing();
    client().reset(1);
}

// Its side has ended, so nothing that it says is waited for.
CONFORMANCE(http2_stalls, a_client_that_has_ended_its_side_is_ended_for_it_too) {
    if (over_tls()) GTEST_SKIP() << "close_notify ends both";
    static const std::string body(200'000, 'x');
    serve([](request&, response& answered) { answered.static_text(body); });
    client().start({{setting_id::initial_window_size, 0}});
    client().get(1);
    client().receive_headers(1, 200);
    advance(1500ms);
    client().window_update(1, 120);
    for (int i = 0; i < 5; ++i) {
        client().settle();
        advance(1s);
    }
    advance(300ms);  // it is too late now, and nobody has looked yet
    client().end();
    client().settle();
    advance(3s);
    client().settle();
    client().ignore();
    EXPECT_TRUE(client().gone());
    settle();
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(http2_stalls, pings_do_not_excuse_it) {
    begin(0);
    for (int i = 0; i < 8 && ended() == end_reason::none; ++i) {
        client().ping();
        client().settle();
        if (client().has_heard(0) && client().next_of(0).kind == type::goaway) break;
        advance(1s);
    }
    client().settle();
    client().ignore();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::min_response_data_rate));
}

CONFORMANCE(http2_stalls, there_may_be_no_rate) {
    options.limits.min_response_data_rate = std::nullopt;
    begin(0);
    advance(1000s);
    client().receive_nothing();
    client().window_update(1, 100);
    EXPECT_EQ(client().read_data(1).size(), 100u);
    client().reset(1);
}

CONFORMANCE(http2_stalls, an_answer_that_waits_for_its_handler_is_no_stall) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("begun");
        EXPECT_TRUE(co_await delay(1min));
        (void)co_await answered.body().write("done");
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    client().receive_data(1, "begun");
    advance(59s);
    client().receive_nothing();
    advance(1004ms);
    client().receive_data(1, "done", end_stream);
}

}  // namespace
}  // namespace saker::test
