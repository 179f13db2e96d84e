// Nobody's memory grows because somebody else is slow: a handler that does not read stops the
// client, a client that does not read stops the handler, and both go on when the other does.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

constexpr size_t slab = slab_pool::slab_size;

class slow_somebody : public served {
protected:
    // HTTP/2's streams have windows instead of their connection's buffer.
    void buffer_of_requests(uint32_t size) {
        options.limits.max_request_buffer_size = size;
        options.limits.http2.initial_stream_window_size = size;
        options.limits.http2.initial_connection_window_size = size;
    }
    connection* victim_ = nullptr;
};
// What TLS has under way besides has bounds of its own: tls_back_pressure_test.cc.
CONFORMANCE_SUITE_OVER(back_pressure, slow_somebody, clear_whole_settings);

CONFORMANCE(back_pressure, a_body_that_is_not_read_is_not_received_beyond_the_buffer) {
    buffer_of_requests(100'000);
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!go_on) (void)co_await delay(1s);
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    const size_t at_rest = here().slabs().in_use();
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 20000000", "", "");
    client().send_raw(std::string(20'000'000, 'b'));
    const size_t unsent = client().unsent();
    ASSERT_GT(unsent, 0u) << "the client was never stopped";
    EXPECT_GE(counts().bytes_received.value(), 100'000u);
    EXPECT_LE(counts().bytes_received.value(), 100'000u + 4 * slab);
    // And what a transport reads ahead.
    EXPECT_LE(here().slabs().in_use(), 100'000u / slab + 40 + at_rest);
    go_on = true;
    advance(1s);
    client().send_raw(std::string(unsent, 'b'));
    client().receive_raw(ok("20000000"));
}

CONFORMANCE(back_pressure, reading_resumes_at_half_the_buffer) {
    buffer_of_requests(100'000);
    std::optional<responder> kept;
    uint64_t read = 0;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        (void)co_await delay(1s);
        while (read < 30'000) read += (co_await asked.body().read()).size();
        while (!go_on) (void)co_await delay(1s);
        while (read < 70'000) read += (co_await asked.body().read()).size();
        (void)co_await delay(1s);
        answered.shared(std::make_shared<const std::string>("enough"));
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 20000000", "", "");
    client().send_raw(std::string(20'000'000, 'b'));
    const uint64_t full = counts().bytes_received.value();
    // What is not received lies in the transport, or with who may not say it.
    const auto go_on_saying = [&] {
        if (over_http2()) client().send_raw(std::string(1000, 'b'));
    };
    advance(1s);
    go_on_saying();
    EXPECT_GE(read, 30'000u);
    EXPECT_EQ(counts().bytes_received.value(), full) << "30,000 are not half";
    go_on = true;
    advance(1s);
    go_on_saying();
    EXPECT_GT(counts().bytes_received.value(), full) << "70,000 are";
    client().vanish();
    advance(1s);
}

CONFORMANCE(back_pressure, a_client_that_does_not_read_suspends_the_handler) {
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
    conversation& slow = new_client({.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_FALSE(finished);
    EXPECT_LE(written, counts().bytes_sent.value() + 64 * 1024 + 20'000);
    EXPECT_LE(here().slabs().in_use(), (64 * 1024 + 20'000) / slab + 8 + at_rest);
    slow.go_on_reading();
    const std::string head = slow.read_head();
    EXPECT_NE(head.find("Content-Length: 30000000\r\n"), std::string::npos);
    EXPECT_EQ(slow.read(30'000'000), std::string(30'000'000, 'x'));
    EXPECT_TRUE(finished);
}

CONFORMANCE(back_pressure, a_client_that_leaves_while_it_does_not_read_frees_the_handler) {
    bool told = false;
    serve([&](request&, response& answered) -> task<> {
        const std::string piece(10'000, 'x');
        while (co_await answered.body().write(piece)) {}
        told = true;
    });
    conversation& slow = new_client({.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_FALSE(told);
    slow.vanish();
    settle();
    EXPECT_TRUE(told);
    EXPECT_EQ(ended(), end_reason::connection_reset);
}

CONFORMANCE(back_pressure, pipelined_requests_wait_for_a_client_that_does_not_read) {
    static const std::string large(50'000, 'x');
    serve([](request&, response& answered) { answered.static_text(large); });
    conversation& slow = new_client({.receive_buffer = 16'384});
    slow.stop_reading();
    std::string all;
    for (int i = 0; i < 1000; ++i) all += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    slow.send_raw(all);
    settle();
    EXPECT_LT(counts().requests.value(), 500u);
    slow.go_on_reading();
    const size_t one = 50'000 + std::string("HTTP/1.1 200 OK\r\nServer: Saker\r\n\r\n").size() +
                       date().size() + 2 +
                       std::string("Content-Type: text/plain\r\nContent-Length: 50000\r\n").size();
    EXPECT_EQ(slow.read(1000 * one).size(), 1000 * one);
    EXPECT_EQ(counts().requests.value(), 1000u);
}

CONFORMANCE(back_pressure, a_core_without_slabs_receives_later) {
    options.max_slabs_per_core = 64;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!go_on) (void)co_await delay(1s);
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    // Each may keep a mebibyte, all of them together have one.
    constexpr size_t size = 500'000;
    std::vector<size_t> unsent;
    for (size_t i = 0; i < 4; ++i) {
        client(i).send("POST / HTTP/1.1", "Host: a", "Content-Length: 500000", "", "");
        client(i).send_raw(std::string(size, 'a'));
        unsent.push_back(client(i).unsent());
    }
    EXPECT_LE(here().slabs().in_use(), 64u);
    go_on = true;
    advance(1s);
    for (size_t i = 0; i < 4; ++i) client(i).send_raw(std::string(unsent[i], 'a'));
    for (size_t i = 0; i < 4; ++i) client(i).receive_raw(ok("500000"));
}

CONFORMANCE(back_pressure, what_is_being_sent_is_kept_until_the_transport_gives_it_back) {
    std::optional<size_t> before, after;
    serve([&](request& asked, response& answered) -> task<> {
        const std::string piece(10'000, 'x');
        if (asked.path() == "/abort") {
            before = core::current()->slabs().in_use();
            victim_->abort(end_reason::aborted_by_app);
            after = core::current()->slabs().in_use();
            co_return;
        }
        victim_ = &asked.connection();
        while (co_await answered.body().write(piece)) {}
    });
    conversation& slow = new_client({.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    conversation& other = new_client();
    other.send("GET /abort HTTP/1.1", "Host: a", "", "");
    other.read_answer();
    ASSERT_TRUE(before && after);
    // The head of its request is given back, 64 KiB of its answer are not.
    EXPECT_GE(*after + 1, *before) << "memory of a send that is in flight was given away";
    EXPECT_EQ(ended_by(end_reason::aborted_by_app), 1u);
}

// HTTP/2 has no connection without a limit: its windows are numbers, and what its streams have
// written ahead has a cap together.
CONFORMANCE_SUITE_OVER(http1_back_pressure, slow_somebody, whole_settings);

CONFORMANCE(http1_back_pressure, no_limit_is_no_limit) {
    options.limits.max_request_buffer_size = std::nullopt;
    options.limits.max_response_buffer_size = std::nullopt;
    uint64_t written = 0;
    serve([&](request& asked, response& answered) -> task<> {
        (void)co_await delay(1s);
        answered.content_length(3'000'000);
        for (; written < 3'000'000; written += 100'000)
            (void)co_await answered.body().write(std::string(100'000, 'x'));
        (void)co_await asked.body().discard();
    });
    client().stop_reading();
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 3000000", "",
                  std::string(3'000'000, 'a'));
    EXPECT_EQ(client().unsent(), 0u);
    advance(1s);
    EXPECT_EQ(written, 3'000'000u);
    client().go_on_reading();
    client().read_head();
    EXPECT_EQ(client().read(3'000'000).size(), 3'000'000u);
}

}  // namespace
}  // namespace saker::test
