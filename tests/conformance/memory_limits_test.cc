// What a peer can make the server hold: caps with names, whatever many clients do at once.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

constexpr size_t slab = slab_pool::slab_size;

// In clear: without slabs there is no handshake, which is not what this is about.
CONFORMANCE_SUITE_OVER(memory_limits, served, clear_whole_settings);

// Answers that wait, and requests that wait behind them: more than a gigabyte, were there no cap.
CONFORMANCE(memory_limits, clients_that_send_and_never_read_are_held_in_the_slabs_of_the_core) {
    // Descriptors are few; and of HTTP/2's streams each client has a hundred.
    const size_t clients = !in_memory() ? 100 : over_http2() ? 300 : 2000;
    options.max_slabs_per_core = 512;
    options.limits.max_request_buffer_size = 1024 * 1024;
    network_options.window = 16 * 1024;
    serve([](request&, response& answered) -> task<> {
        answered.content_length(1'000'000);
        const std::string piece(10'000, 'x');
        for (int i = 0; i < 100; ++i)
            if (!co_await answered.body().write(piece)) co_return;
    });
    std::string many;
    for (int i = 0; i < (over_http2() ? 150 : 4000); ++i)
        many += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t i = 0; i < clients; ++i) {
        conversation& greedy = new_client({.receive_buffer = 4096, .greets = false});
        greedy.stop_reading();
        greedy.send_raw(many);
        EXPECT_LE(here().slabs().in_use(), 512u);
    }
    settle();
    const uint64_t all = open_connections() + ended_by(end_reason::out_of_memory);
    // Who has failed may have a handler that is about to leave.
    EXPECT_GE(all, clients);
    EXPECT_LE(all, clients + (over_http2() ? 1 : 0));
    // They are ended for not reading, and the slabs are free for others.
    advance(400s);
    EXPECT_EQ(open_connections(), 0u);
    EXPECT_LE(here().slabs().in_use(), 512u / 4 + 8) << "what a transport has ready for receives";
}

CONFORMANCE(memory_limits, where_slabs_are_scarce_nobody_reads_ahead_and_everybody_is_served) {
    options.max_slabs_per_core = 256;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (asked.path() == "/slow" && !go_on) (void)co_await delay(1s);
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    // Each might have a mebibyte, which is 64 slabs: four of them would have all.
    for (size_t i = 0; i < 16; ++i) {
        client(i).send("POST /slow HTTP/1.1", "Host: a", "Content-Length: 20000000", "", "");
        client(i).send_raw(std::string(1'000'000, 'a'));
    }
    EXPECT_LT(here().slabs().in_use(), 256u) << "some are left for others";
    conversation& other = new_client();
    other.send("POST / HTTP/1.1", "Host: a", "Content-Length: 200000", "", "");
    other.send_raw(std::string(200'000, 'b'));
    other.receive_raw(ok("200000"));
    go_on = true;
    advance(1s);
    for (size_t i = 0; i < 16; ++i) client(i).vanish();
}

CONFORMANCE(memory_limits, no_buffer_for_answers_sends_each_write_before_the_next) {
    options.limits.max_response_buffer_size = 0;
    size_t most = 0;
    serve([&](request& asked, response& answered) -> task<> {
        for (int i = 0; i < 5; ++i) {
            if (!co_await answered.body().write("abc")) co_return;
            most = std::max(most, asked.connection().output().length());
        }
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "");
    client().receive_chunks({"abc", "abc", "abc", "abc", "abc"});
    client().receive("0", "", "");
    // Frames wait for the end of the turn.
    EXPECT_EQ(most, over_http2() ? 9 + 3 : 0u);
}

// ---- heads of HTTP/1.1 that come in parts ----

CONFORMANCE_SUITE_WHOLE(http1_memory_limits);

CONFORMANCE(http1_memory_limits, a_head_that_comes_slowly_holds_no_slab) {
    constexpr size_t clients = 200;
    serve(hello);
    const size_t at_rest = here().slabs().in_use();
    for (size_t i = 0; i < clients; ++i) client(i).send_raw("GET / HTTP/1.1\r\nHost: a\r\nX: ");
    for (size_t i = 0; i < clients; ++i) client(i).send_raw("abc");
    EXPECT_LE(here().slabs().in_use(), at_rest + 16) << "what the transport has for receives";
    for (size_t i = 0; i < clients; ++i) {
        client(i).send_raw("\r\n\r\n");
        client(i).receive_raw(ok("hello"));
    }
}

CONFORMANCE(http1_memory_limits, what_follows_a_head_that_came_in_parts_is_not_lost) {
    serve([](request& asked, response& answered) -> task<> {
        const auto text = co_await asked.body().text();
        answered.shared(std::make_shared<const std::string>(*text));
    });
    client().send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-");
    client().send_raw(
        "Length: 5\r\n\r\nfirstPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nse");
    client().receive_raw(ok("first"));
    client().send_raw("condGET / HT");
    client().receive_raw(ok("second"));
    client().send_raw("TP/1.1\r\nHost: a\r\n\r\n");
    client().receive_raw(ok(""));
}

}  // namespace
}  // namespace saker::test
