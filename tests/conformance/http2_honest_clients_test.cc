// Clients that do much, and nothing wrong, are not taken for attackers: what real ones do, many
// times over and without any time in between.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE_WHOLE(http2_honest_clients);

// Any size, as the path says.
void serve_size(request& asked, response& answered) {
    const size_t size = std::stoul("0" + std::string(asked.path().substr(1)));
    answered.shared(std::make_shared<const std::string>(size, 'x'));
}

CONFORMANCE(http2_honest_clients, may_ask_thousands_of_times) {
    serve(hello);
    client().start();
    for (uint32_t stream = 1; stream < 6000; stream += 2) {
        client().get(stream);
        client().receive_answer(stream, "hello");
        client().send(window_update(0, 5));
    }
    EXPECT_EQ(counts().requests.value(), 3000u);
}

CONFORMANCE(http2_honest_clients, may_ask_as_much_at_once_as_they_are_allowed) {
    serve(hello);
    client().start({{setting_id::initial_window_size, largest_window}});
    client().window_update(0, largest_window - 65'535);
    const std::string head = block(get());
    uint32_t stream = 1;
    for (int round = 0; round < 30; ++round) {
        std::string all;
        for (uint32_t i = 0; i < 100; ++i) all += headers(stream + 2 * i, head, end_stream);
        client().send_bytes(all);
        for (uint32_t i = 0; i < 100; ++i) client().receive_answer(stream + 2 * i, "hello");
        stream += 200;
    }
}

CONFORMANCE(http2_honest_clients, may_give_windows_back_frame_by_frame) {
    serve(serve_size);
    client().start();
    client().get(1, "/10000000");
    client().receive_headers(1, 200);
    size_t all = 0;
    while (all < 10'000'000) {
        const frame came = client().next_of(1);
        ASSERT_EQ(name_of(came.kind), "DATA") << "after " << all;
        all += came.payload.size();
        const auto size = static_cast<uint32_t>(came.payload.size());
        if (size > 0) client().send(window_update(0, size), window_update(1, size));
    }
    EXPECT_EQ(all, 10'000'000u);
}

// As BDP probes of gRPC are.
CONFORMANCE(http2_honest_clients, may_ping_with_each_frame_of_an_answer) {
    serve(serve_size);
    client().start();
    client().get(1, "/2000000");
    client().receive_headers(1, 200);
    size_t all = 0;
    while (all < 2'000'000) {
        const frame came = client().next_of(1);
        ASSERT_EQ(name_of(came.kind), "DATA") << "after " << all;
        all += came.payload.size();
        const auto size = static_cast<uint32_t>(came.payload.size());
        client().send(window_update(0, size), window_update(1, size), http2::ping());
        client().receive_ping_ack();
    }
}

CONFORMANCE(http2_honest_clients, may_talk_in_small_pieces) {
    serve(echo_streamed);
    client().start({{setting_id::initial_window_size, 1'000'000}});
    client().window_update(0, 1'000'000);
    client().headers(1, post());
    client().data(1, "first");
    client().receive_headers(1, 200);
    client().receive_data(1, "first");
    for (int i = 0; i < 3000; ++i) {
        client().data(1, "a message");
        client().receive_data(1, "a message");
    }
    client().data(1, "", end_stream);
    client().receive_data(1, "", end_stream);
}

CONFORMANCE(http2_honest_clients, may_send_a_large_body_in_small_frames) {
    serve([](request& asked, response& answered) -> task<> {
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().start();
    client().headers(1, post());
    for (int i = 0; i < 2000; ++i) client().data(1, std::string(100, 'b'));
    client().data(1, "", end_stream);
    client().receive_answer(1, "200000");
}

CONFORMANCE(http2_honest_clients, may_send_small_frames_of_a_body_that_is_read_later) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1s));
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().start();
    client().headers(1, post());
    std::string all;
    for (int i = 0; i < 500; ++i) all += data(1, std::string(100, 'b'));
    client().send(all, data(1, "", end_stream));
    advance(1004ms);
    client().receive_answer(1, "50000");
}

CONFORMANCE(http2_honest_clients, may_cancel_a_page_of_requests_now_and_then) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/wait") (void)co_await asked.until_aborted();
        hello(asked, answered);
    });
    client().start();
    uint32_t stream = 1;
    for (int page = 0; page < 10; ++page) {  // somebody clicks through pages of pictures
        const uint32_t first = stream;
        for (int i = 0; i < 50; ++i, stream += 2) client().get(stream, "/wait");
        for (uint32_t i = first; i < stream; i += 2) client().reset(i);
        client().get(stream);
        client().receive_answer(stream, "hello");
        stream += 2;
        advance(3s);
    }
}

CONFORMANCE(http2_honest_clients, may_ask_for_a_page_with_priorities) {
    serve(serve_size);
    client().start({{setting_id::initial_window_size, 1'000'000}});
    client().window_update(0, 100'000'000);
    uint32_t stream = 1;
    for (int page = 0; page < 20; ++page) {
        std::string all;
        const uint32_t first = stream;
        for (int i = 0; i < 60; ++i, stream += 2)
            all += priority_update(stream, "u=" + std::to_string(i % 8) + ", i") +
                   headers(stream, block(get("/2000")), end_stream);
        client().send_bytes(all);
        for (uint32_t i = first; i < stream; i += 2) {
            client().receive_headers(i, 200);
            EXPECT_EQ(client().read_body(i).size(), 2000u);
        }
    }
}

CONFORMANCE(http2_honest_clients, may_be_answered_with_errors_many_times) {
    route("GET", "/", hello);
    serve_routes();
    client().start();
    for (uint32_t stream = 1; stream < 4000; stream += 2) {
        client().get(stream, "/not-there");
        client().receive_headers(stream, 404);
        (void)client().read_body(stream);
    }
}

CONFORMANCE(http2_honest_clients, may_send_bodies_that_nobody_reads) {
    serve(hello);
    client().start();
    for (uint32_t stream = 1; stream < 2000; stream += 2) {
        client().post(stream, "not read");
        client().receive_answer(stream, "hello");
    }
}

CONFORMANCE(http2_honest_clients, may_ping_every_second_for_an_hour) {
    options.limits.keep_alive_timeout = infinite;
    serve(hello);
    client().start();
    for (int i = 0; i < 3600; ++i) {
        client().send(http2::ping(), priority_update(1, "u=1"));
        client().receive_ping_ack();
        pass_time(1s);
    }
}

}  // namespace
}  // namespace saker::test
