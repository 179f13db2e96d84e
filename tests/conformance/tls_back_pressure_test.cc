// Nobody's memory grows behind TLS either: who does not read stops who writes, the rates are kept,
// and many connections hold no more than they need.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

constexpr size_t slab = slab_pool::slab_size;

TLS_SUITE_WHOLE(tls_back_pressure);

CONFORMANCE(tls_back_pressure, a_client_that_does_not_read_suspends_the_handler) {
    options.limits.max_response_buffer_size = 64 * 1024;
    uint64_t written = 0;
    bool finished = false;
    serve([&](request&, response& answered) -> task<> {
        answered.content_length(30'000'000);
        const std::string piece(10'000, 'x');
        while (written < 30'000'000) {
            written += piece.size();
            if (!co_await answered.body().write(piece)) co_return;
        }
        finished = true;
    });
    const size_t at_rest = here().slabs().in_use();
    tls_client& slow = open_tls(chosen, {.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_FALSE(finished);
    // What waits as plaintext, and as ciphertext.
    EXPECT_LE(written, counts().bytes_sent.value() + 3 * (64 * 1024 + 20'000));
    EXPECT_LE(here().slabs().in_use(), 3 * (64 * 1024 + 20'000) / slab + 16 + at_rest);
    slow.go_on_reading();
    const std::string head = slow.read_head();
    EXPECT_NE(head.find("Content-Length: 30000000\r\n"), std::string::npos);
    EXPECT_TRUE(slow.read(30'000'000) == std::string(30'000'000, 'x'));
    EXPECT_TRUE(finished);
}

CONFORMANCE(tls_back_pressure, a_body_that_is_not_read_is_not_received_beyond_the_buffer) {
    options.limits.max_request_buffer_size = 100'000;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!go_on) (void)co_await delay(1s);
        say(answered, std::to_string(co_await asked.body().discard()));
    });
    const size_t at_rest = here().slabs().in_use();
    tls_client& fast = open_tls(chosen);
    fast.send("POST / HTTP/1.1", "Host: a", "Content-Length: 20000000", "", "");
    const uint64_t before = counts().bytes_received.value();
    fast.send_raw(std::string(20'000'000, 'b'));
    ASSERT_GT(fast.unsent(), 0u) << "the client was never stopped";
    EXPECT_GE(counts().bytes_received.value() - before, 100'000u);
    EXPECT_LE(counts().bytes_received.value() - before, 2 * 100'000u + 8 * slab);
    EXPECT_LE(here().slabs().in_use(), 2 * 100'000u / slab + 60 + at_rest);
    go_on = true;
    advance(1s);
    fast.send_rest();
    fast.receive_raw(ok("20000000"));
}

CONFORMANCE(tls_back_pressure, a_client_that_leaves_while_it_does_not_read_frees_the_handler) {
    bool told = false;
    serve([&](request&, response& answered) -> task<> {
        const std::string piece(10'000, 'x');
        while (co_await answered.body().write(piece)) {}
        told = true;
    });
    tls_client& slow = open_tls(chosen, {.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_FALSE(told);
    slow.vanish();
    settle();
    EXPECT_TRUE(told);
    EXPECT_EQ(ended(), end_reason::connection_reset);
}

CONFORMANCE(tls_back_pressure, a_raw_protocol_is_suspended_too) {
    url = "tcp://127.0.0.1:0";
    uint64_t written = 0;
    endpoint_options.run([&](connection& accepted) -> task<> {
        const std::string piece(10'000, 'x');
        while (written < 10'000'000) {
            accepted.output().write(piece);
            written += piece.size();
            if (!co_await accepted.output().flush()) co_return;
        }
    });
    serve_routes();
    tls_client& slow = new_tls(chosen, {.receive_buffer = 16'384});
    ASSERT_TRUE(slow.handshake()) << slow.failure();
    slow.stop_reading();
    settle();
    const size_t heard = slow.heard().size();
    if (in_memory()) {
        EXPECT_LT(written, 3'000'000u + heard);
    }
    slow.go_on_reading();
    EXPECT_EQ(slow.read(10'000'000).size(), 10'000'000u);
    slow.receive_end();
    slow.end();
    EXPECT_EQ(ended(), end_reason::application_completed);
}

// ---- rates ----

CONFORMANCE(tls_back_pressure, an_answer_that_is_not_taken_ends_the_connection) {
    static const std::string large(8'000'000, 'x');
    options.limits.min_response_data_rate = min_data_rate{1'000'000, 5s};
    serve([](request&, response& answered) { answered.static_text(large); });
    for (const tls_version version : both_versions) {
        tls_client& slow = open_tls(chosen_with(version), {.receive_buffer = 16'384});
        slow.stop_reading();
        slow.send("GET / HTTP/1.1", "Host: a", "", "");
        advance(4s);
        EXPECT_EQ(ended(), end_reason::none);
        advance(10s);
        EXPECT_EQ(ended(), end_reason::min_response_data_rate);
        slow.vanish();
        forget_tls();
    }
}

CONFORMANCE(tls_back_pressure, a_body_that_comes_too_slowly_ends_the_connection) {
    serve(echo);
    for (const tls_version version : both_versions) {
        tls_client& slow = open_tls(chosen_with(version));
        slow.send("POST / HTTP/1.1", "Host: a", "Content-Length: 10000", "", "");
        for (int i = 0; i < 4; ++i) {
            advance(1s);
            slow.send_raw("x");
        }
        EXPECT_EQ(ended(), end_reason::none);
        advance(3s);
        EXPECT_EQ(ended_by(end_reason::min_request_body_data_rate) > 0 ||
                      slow.read_answer().starts_with("HTTP/1.1 408 "),
                  true);
        slow.settle();
        slow.ignore();
        slow.end();
        EXPECT_EQ(ended(), end_reason::min_request_body_data_rate);
        forget_tls();
    }
}

CONFORMANCE(tls_back_pressure, bytes_of_records_alone_are_not_a_body) {
    serve(echo);
    tls_client_options with = chosen_with(tls_version::tls13);
    with.suites = "TLS_AES_128_GCM_SHA256";
    tls_client& slow = open_tls(with);
    slow.send("POST / HTTP/1.1", "Host: a", "Content-Length: 10000", "", "");
    for (int i = 0; i < 10 && open_connections() > 0; ++i) {
        slow.wire().send_raw(slow.forge(tls_content::data, "x", 1000));  // padding is fast
        advance(1s);
    }
    slow.settle();
    slow.ignore();
    slow.end();
    EXPECT_EQ(ended(), end_reason::min_request_body_data_rate);
}

// ---- memory ----

CONFORMANCE(tls_back_pressure, idle_connections_hold_no_slabs) {
    constexpr size_t clients = 100;
    serve(hello);
    const size_t at_rest = here().slabs().in_use();
    for (size_t i = 0; i < clients; ++i) {
        tls_client& one = open_tls(chosen_with(both_versions[i % 2]));
        expect_greeting(one);
    }
    settle();
    EXPECT_LE(here().slabs().in_use(), at_rest + 16) << "what the transport has for receives";
    for (size_t i = 0; i < clients; ++i) expect_greeting(tls(i));
}

CONFORMANCE(tls_back_pressure, a_record_that_comes_slowly_holds_at_most_itself) {
    constexpr size_t clients = 100;
    serve(hello);
    const size_t at_rest = here().slabs().in_use();
    std::vector<std::string> rest;
    for (size_t i = 0; i < clients; ++i) {
        tls_client& one = open_tls(chosen);
        const std::string sealed = one.seal("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        one.wire().send_raw(sealed.substr(0, 20));
        rest.push_back(sealed.substr(20));
    }
    EXPECT_LE(here().slabs().in_use(), at_rest + clients + 16);
    for (size_t i = 0; i < clients; ++i) {
        tls(i).wire().send_raw(rest[i]);
        tls(i).receive_raw(ok("hello"));
    }
}

CONFORMANCE(tls_back_pressure, a_core_without_slabs_goes_on_later) {
    options.max_slabs_per_core = 64;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!go_on) (void)co_await delay(1s);
        say(answered, std::to_string(co_await asked.body().discard()));
    });
    for (size_t i = 0; i < 4; ++i) {
        tls(i).send("POST / HTTP/1.1", "Host: a", "Content-Length: 500000", "", "");
        tls(i).send_raw(std::string(500'000, 'a'));
    }
    EXPECT_LE(here().slabs().in_use(), 64u);
    go_on = true;
    advance(1s);
    for (int turn = 0; turn < 20; ++turn) {
        for (size_t i = 0; i < 4; ++i)
            if (tls(i).unsent() > 0) tls(i).send_rest();
    }
    for (size_t i = 0; i < 4; ++i) tls(i).receive_raw(ok("500000"));
}

}  // namespace
}  // namespace saker::test
