// How fast an answer has to be taken: Kestrel's 240 bytes a second after five seconds, at its
// boundaries, by a clock that stands still. Exact over the memory transport, where a client takes
// what it is told to take; a kernel takes a buffer at least.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

class taking : public served {
protected:
    // What a kernel's buffers take is nobody's: only the memory transport can be exact.
    void SetUp() override {
        served::SetUp();
        network_options.window = 1000;
    }
    // An answer of 96,000 bytes, of which the client takes so many each second; 400 s are right.
    bool takes_all(size_t per_second) {
        network_options.window = per_second;
        serve_bytes(96'000);
        client().stop_reading();
        ask();
        size_t taken = 0;
        for (int i = 0; i < 402 && ended() == end_reason::none; ++i) {
            advance(1s);
            taken += wire().take_once();
        }
        EXPECT_EQ(client().heard().size(), taken);
        client().ignore();
        return taken == 96'000;
    }
    // Serves an answer of so many bytes, its head included.
    void serve_bytes(size_t size, bool last = false) {
        serve([=, this](request&, response& answered) {
            if (last) answered.close_connection();
            const size_t head = ok({}).size() + (last ? 19 : 0) + std::to_string(size).size() - 1;
            // Content-Type is not set, and the length has a digit less for the head's sake at most.
            answered.shared(std::make_shared<const std::string>(size - head, 'x'));
        });
    }
    void ask() { client().send("GET / HTTP/1.1", "Host: a", "", ""); }
    // It may wait so long, and a tick longer it may not.
    void expect_too_slow_after(std::chrono::nanoseconds time) {
        advance(time);
        EXPECT_EQ(ended(), end_reason::none);
        advance(4ms);
        EXPECT_EQ(ended(), end_reason::min_response_data_rate);
        client().vanish();
    }
};
// Bytes of HTTP/1.1, counted to the last one; of HTTP/2 windows are counted: http2_rates_test.cc.
CONFORMANCE_SUITE_OVER(response_rate, taking, memory_settings);

CONFORMANCE(response_rate, an_answer_that_is_not_taken_has_5_s) {
    serve_bytes(1200);
    client().stop_reading();
    ask();
    expect_too_slow_after(5s);
}

CONFORMANCE(response_rate, a_large_one_has_as_long_as_240_bytes_a_second_take) {
    serve_bytes(24'000);
    client().stop_reading();
    ask();
    expect_too_slow_after(100s);
}

CONFORMANCE(response_rate, a_client_that_takes_239_bytes_a_second_is_too_slow) {
    EXPECT_FALSE(takes_all(239));
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    client().receive_reset();
}

CONFORMANCE(response_rate, a_client_that_takes_241_bytes_a_second_gets_it_whole) {
    EXPECT_TRUE(takes_all(241));
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(response_rate, an_idle_client_that_took_all_is_not_slow) {
    serve_bytes(48'000);
    ask();
    EXPECT_EQ(client().read(48'000).size(), 48'000u);
    advance(129s);
    EXPECT_EQ(ended(), end_reason::none);
}

// Better than Kestrel, where each byte that was taken fast gives time to those behind it.
CONFORMANCE(response_rate, a_fast_start_buys_no_stall) {
    network_options.window = 100'000;
    serve([](request&, response& answered) -> task<> {
        answered.content_length(100'000'000);
        const std::string piece(2400, 'x');
        while (co_await answered.body().write(piece)) {}
    });
    ask();
    (void)client().read(5'000'000);  // at 240 bytes a second, almost six hours
    client().stop_reading();
    client().ignore();
    settle();
    // What waits is a buffer of 64 KiB and the piece that passed it, at 240 bytes a second.
    advance(std::chrono::seconds((64 * 1024 + 3 * 2400) / 240 + 1));
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    client().vanish();
}

CONFORMANCE(response_rate, a_handler_that_waits_for_room_is_told) {
    bool told = false;
    serve([&](request& asked, response& answered) -> task<> {
        const std::string piece(10'000, 'x');
        while (co_await answered.body().write(piece)) {}
        told = asked.aborted();
    });
    client().stop_reading();
    ask();
    advance(400s);
    EXPECT_TRUE(told);
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    client().vanish();
}

CONFORMANCE(response_rate, the_last_answer_has_the_same_time) {
    serve_bytes(24'000, true);
    client().stop_reading();
    ask();
    expect_too_slow_after(100s);
}

CONFORMANCE(response_rate, an_answer_may_have_a_rate_of_its_own) {
    serve([](request&, response& answered) {
        EXPECT_FALSE(answered.body().require_rate(min_data_rate{240, 1s}));
        EXPECT_TRUE(answered.body().require_rate(min_data_rate{1'000'000, 2s}));
        answered.shared(std::make_shared<const std::string>(24'000, 'x'));
    });
    client().stop_reading();
    ask();
    expect_too_slow_after(2s);
}

CONFORMANCE(response_rate, the_rate_of_one_answer_is_not_the_next_ones) {
    bool first = true;
    serve([&](request&, response& answered) {
        if (std::exchange(first, false)) {
            EXPECT_TRUE(answered.body().require_rate(std::nullopt));
        }
        answered.shared(std::make_shared<const std::string>(2'000, 'x'));
    });
    ask();
    (void)client().read_answer();
    client().stop_reading();
    ask();
    advance(20s);
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    client().vanish();
}

CONFORMANCE(response_rate, there_may_be_none) {
    options.limits.min_response_data_rate = std::nullopt;
    options.limits.keep_alive_timeout = infinite;
    serve_bytes(24'000);
    client().stop_reading();
    ask();
    advance(1h);
    EXPECT_EQ(ended(), end_reason::none);
    client().go_on_reading();
    EXPECT_EQ(client().read(24'000).size(), 24'000u);
}

CONFORMANCE(response_rate, a_stall_of_the_loop_is_not_charged_to_the_client) {
    serve_bytes(1200);
    client().stop_reading();
    ask();
    advance(2s);
    pass_time(1h);  // a second of it passes for the client
    settle();
    advance(1'990ms);
    EXPECT_EQ(ended(), end_reason::none);
    advance(20ms);
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    client().vanish();
}

CONFORMANCE(response_rate, it_goes_on_while_the_server_stops) {
    serve_bytes(24'000);
    client().stop_reading();
    ask();
    advance(50s);
    host().begin_stop();
    expect_too_slow_after(50s);
}

CONFORMANCE(response_rate, an_answer_without_one_is_not_ended_by_what_was_written_before) {
    static const std::string large(100'000, 'x');
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("with a rate");
        EXPECT_TRUE(answered.body().require_rate(std::nullopt));
        (void)co_await answered.body().write_static(large);
    });
    client().stop_reading();
    ask();
    advance(1000s);
    EXPECT_EQ(ended(), end_reason::none);
    client().go_on_reading();
    const std::string all = client().read_answer();
    EXPECT_GT(all.size(), 100'000u);
}

CONFORMANCE(response_rate, a_handler_may_ask_for_one_or_upgrade_when_the_client_has_been_cut) {
    std::optional<bool> upgraded;
    serve([&](request& asked, response& answered) -> task<> {
        if (asked.can_upgrade()) {
            (void)co_await asked.until_aborted();
            EXPECT_TRUE(answered.body().require_rate(min_data_rate{1, 2s}));
            upgraded = answered.upgrade("echo") != nullptr;
            co_return;
        }
        answered.shared(std::make_shared<const std::string>(2'000, 'x'));
    });
    client().stop_reading();
    ask();
    advance(1s);
    ask();  // its answer waits behind the send that is under way
    client().send("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: echo", "", "");
    advance(20s);
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    EXPECT_EQ(upgraded, false);
    client().vanish();
}

// ---- what is not HTTP ----

task<> push_to(connection& accepted) {
    accepted.output().append(share::of_static(std::string_view("0123456789")));
    static const std::string large(24'000 - 10, 'x');
    accepted.output().append(share::of_static(large));
    accepted.output().publish();
    while (co_await accepted.input().read()) accepted.input().advance(accepted.input().length());
}

CONFORMANCE(response_rate, a_raw_protocol_has_none_while_its_delegate_runs) {
    endpoint_options.run(push_to);
    serve(hello);
    client().stop_reading();
    client().settle();
    advance(1000s);
    EXPECT_EQ(ended(), end_reason::none);
    client().go_on_reading();
    EXPECT_EQ(client().read(24'000).size(), 24'000u);
}

CONFORMANCE(response_rate, what_a_raw_protocol_leaves_to_send_has_the_usual_one) {
    endpoint_options.run(push_to);
    serve(hello);
    client().stop_reading();
    client().settle();
    advance(1000s);
    client().end();  // its delegate returns, while a send is under way
    expect_too_slow_after(100s);
}

CONFORMANCE(response_rate, an_upgraded_connection_has_none_while_its_handler_runs) {
    serve([](request&, response& answered) -> task<> {
        connection* const own = answered.upgrade("push");
        if (own != nullptr) co_await push_to(*own);
    });
    client().stop_reading();
    client().send("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: push", "", "");
    advance(1000s);
    EXPECT_EQ(ended(), end_reason::none);
    client().end();
    advance(102s);
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    client().vanish();
}

// ---- over sockets, where the kernel's buffers come first ----

CONFORMANCE_SUITE_WHOLE(response_rate_over_sockets);

CONFORMANCE(response_rate_over_sockets, an_answer_that_is_not_taken_ends_the_connection) {
    static const std::string large(8'000'000, 'x');
    options.limits.min_response_data_rate = min_data_rate{1'000'000, 5s};
    serve([](request&, response& answered) { answered.static_text(large); });
    conversation& slow = new_client({.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("GET / HTTP/1.1", "Host: a", "", "");
    advance(4s);
    EXPECT_EQ(ended(), end_reason::none);
    advance(5s);
    EXPECT_EQ(ended(), end_reason::min_response_data_rate);
    slow.vanish();
}

}  // namespace
}  // namespace saker::test
