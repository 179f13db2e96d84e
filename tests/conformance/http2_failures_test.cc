// The n-th operation fails, for every n until a script of frames gets through; and memory that runs
// out. With whatever error the network ends a conversation, nothing crashes, nothing is kept, every
// handler ends, and the connection has a reason.

#include "tests/support/serve_http2.h"

#include <cerrno>
#include <utility>

namespace saker::test {
namespace {

using namespace http2;

class failing : public served_http2 {
protected:
    void SetUp() override {
        served_http2::SetUp();
        network_options.window = 30'000;
        script_ = std::string(connection_preface) +
                  settings({{setting_id::initial_window_size, 1'000'000}}) + settings_ack() +
                  window_update(0, 1'000'000);
    }
    template <class... Frames>
    void says(const Frames&... frames) {
        ((script_ += frames), ...);
    }
    // Every handler counts itself: it begins, and it ends.
    template <class H>
    void serve_counted(H answers) {
        serve([this, answers](request& asked, response& answered) -> task<> {
            ++begun_;
            co_await answers(asked, answered);
            ++ended_;
        });
    }
    void converse(const memory_peer& end_given) {
        memory_peer end = end_given;
        std::string_view script = script_;
        for (int quiet = 0; quiet < 4;) {
            const size_t said = end.say(script);
            script.remove_prefix(said);
            const uint64_t before = counts().bytes_sent.value();
            here().turn({});
            const bool moved =
                said > 0 || !end.hear().empty() || counts().bytes_sent.value() != before;
            quiet = moved ? 0 : quiet + 1;
        }
    }
    void run() {
        for (const int error : {-ECONNRESET, -ENOMEM, -EPIPE}) {
            bool failed = true;
            for (uint64_t nth = 1; failed; ++nth) {
                SCOPED_TRACE("operation " + std::to_string(nth) + ", error " +
                             std::to_string(error));
                network()->fail(nth, error);
                memory_peer end = network()->connect(port());
                converse(end);
                failed = network()->has_failed();
                network()->fail(0, 0);
                if (failed) advance(54ms);  // the listener's pause, if it was its accept
                end.vanish();
                settle();
                advance(1004ms);
                EXPECT_EQ(open_connections(), 0u);
                EXPECT_EQ(ended_by(end_reason::none), 0u);
                EXPECT_EQ(begun_, ended_) << "handlers";
                ASSERT_LT(nth, 500u);
            }
        }
        EXPECT_GT(begun_, 0u);
    }
    uint64_t begun_ = 0, ended_ = 0;

private:
    std::string script_;
};
CONFORMANCE_SUITE_OVER(http2_failures, failing, memory_settings);

CONFORMANCE(http2_failures, during_requests) {
    serve_counted([](request& asked, response& answered) -> task<> {
        hello(asked, answered);
        co_return;
    });
    for (uint32_t stream = 1; stream < 20; stream += 2)
        says(headers(stream, block(get()), end_stream));
    run();
}

CONFORMANCE(http2_failures, during_an_echo_with_trailers) {
    serve_counted([](request& asked, response& answered) -> task<> {
        co_await echo_streamed(asked, answered);
        if (answered.started() && !asked.body().failed()) answered.trailer("x", "y");
    });
    says(headers(1, block(post({{"expect", "100-continue"}}))), data(1, "hello"),
         headers(3, block(post())), data(3, std::string(16'000, 'b')), data(1, "world"),
         headers(1, block({{"x-sum", "5"}}), end_stream), data(3, "", end_stream));
    run();
}

CONFORMANCE(http2_failures, during_large_bodies_both_ways) {
    static const std::string large(200'000, 'x');
    serve_counted([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/whole") co_return answered.static_text(large);
        (void)co_await asked.body().discard();
        for (int i = 0; i < 20; ++i) {
            if (!co_await answered.body().write(large.substr(0, 10'000))) co_return;
        }
    });
    says(headers(1, block(get("/whole")), end_stream), headers(3, block(post())));
    for (int i = 0; i < 12; ++i) says(data(3, std::string(16'000, 'b')));
    says(data(3, "", end_stream));
    run();
}

CONFORMANCE(http2_failures, while_handlers_wait) {
    std::vector<responder> kept;
    serve_counted([&](request& asked, response& answered) -> task<> {
        if (asked.path() == "/defer") {
            kept.push_back(answered.defer());
        } else if (asked.path() == "/wait") {
            (void)co_await asked.until_aborted();
        } else {
            (void)co_await asked.body().text();
        }
    });
    says(headers(1, block(get("/defer")), end_stream), headers(3, block(get("/wait")), end_stream),
         headers(5, block(post())), data(5, "a"), headers(7, block(get("/wait")), end_stream),
         rst_stream(7, error_code::cancel));
    run();
    for (responder& one : kept) EXPECT_TRUE(one.aborted());
    kept.clear();
}

CONFORMANCE(http2_failures, of_streams_that_were_upgraded) {
    serve_counted([](request&, response& answered) -> task<> {
        connection* const own = answered.upgrade("echo");
        if (own == nullptr) co_return;
        pipe& in = own->input();
        while (co_await in.read()) {
            while (share piece = in.take(in.length())) own->output().append(std::move(piece));
            if (!co_await own->output().flush()) co_return;
        }
    });
    says(headers(1, block(request_of("CONNECT", "/", {{":protocol", "echo"}}))));
    for (int i = 0; i < 5; ++i) says(data(1, std::string(10'000, 'b')));
    says(headers(3, block(request_of("CONNECT", "/", {{":protocol", "echo"}}))), data(3, "a"),
         data(3, "", end_stream));
    run();
}

CONFORMANCE(http2_failures, behind_an_error_of_the_connection) {
    serve_counted([](request& asked, response& answered) -> task<> {
        (void)co_await asked.until_aborted();
        hello(asked, answered);
    });
    says(headers(1, block(get()), end_stream), headers(3, block(post())), data(3, "a"),
         window_update(0, 0), headers(5, block(get()), end_stream));
    run();
}

// ---- memory ----

class scarce : public served_http2 {};
CONFORMANCE_SUITE_OVER(http2_scarce_memory, scarce, whole_http2_settings);

CONFORMANCE(http2_scarce_memory, ends_who_takes_it_and_nobody_else_for_long) {
    options.max_slabs_per_core = 128;
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/other") co_return hello(asked, answered);
        const std::string piece(10'000, 'x');
        for (int i = 0; i < 100; ++i) {
            if (!co_await answered.body().write(piece)) co_return;
        }
    });
    for (size_t which = 0; which < 20; ++which) {
        http2_client& greedy = new_client({.receive_buffer = 4096});
        greedy.begin({{setting_id::initial_window_size, largest_window}});
        greedy.trust();
        greedy.send(settings_ack(), window_update(0, largest_window - 65'535));
        greedy.wire().stop_reading();
        for (uint32_t stream = 1; stream < 100; stream += 2) greedy.get(stream);
        EXPECT_LE(here().slabs().in_use(), 128u);
    }
    settle();
    advance(30s);
    for (size_t which = 0; which < 20; ++which) {
        client(which).wire().go_on_reading();
        client(which).vanish();
    }
    settle();
    advance(1004ms);
    expect_another_is_served();
    EXPECT_LE(here().slabs().in_use(), 48u);
}

CONFORMANCE(http2_scarce_memory, lets_bodies_wait) {
    options.max_slabs_per_core = 256;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (asked.path() == "/slow" && !go_on) (void)co_await delay(1s);
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    for (size_t which = 0; which < 16; ++which) {
        http2_client& here_is = client(which);
        here_is.begin();
        here_is.trust();
        here_is.send(settings_ack(), headers(1, block(post({}, "/slow"))));
        for (int i = 0; i < 40; ++i) here_is.data(1, std::string(16'000, 'b'));
    }
    EXPECT_LT(here().slabs().in_use(), 256u) << "some are left for others";
    go_on = true;
    advance(1004ms);
    for (size_t which = 0; which < 16; ++which) {
        client(which).ignore();
        client(which).vanish();
    }
    settle();
    expect_another_is_served();
}

// Windows that it opens, answers to pings and the rest of its bodies are there, and nobody reads.
CONFORMANCE(http2_scarce_memory, is_not_held_against_who_is_not_listened_to) {
    options.max_slabs_per_core = 256;
    options.limits.http2.keep_alive_ping_delay = 2s;
    options.limits.http2.keep_alive_ping_timeout = 3s;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        if (asked.path() == "/echo") co_return co_await echo_streamed(asked, answered);
        if (asked.path() == "/other") co_return hello(asked, answered);
        while (!go_on) (void)co_await delay(1s);
        (void)co_await asked.body().discard();
    });
    http2_client& victim = client(0);
    victim.start();
    for (size_t which = 1; which < 16; ++which) {
        http2_client& greedy = client(which);
        greedy.begin();
        greedy.trust();
        greedy.send(settings_ack(), headers(1, block(post())));
        for (int i = 0; i < 40; ++i) greedy.data(1, std::string(16'000, 'b'));
    }
    ASSERT_TRUE(here().slabs().scarce());
    victim.headers(1, post({}, "/echo"));
    size_t heard = 0;
    for (int i = 0; i < 25; ++i) victim.data(1, std::string(16'000, 'v'));
    victim.receive_headers(1, 200);
    for (int seconds = 0; seconds < 20; ++seconds) {
        const size_t more = victim.read_data(1).size();
        heard += more;
        if (more > 0) {
            const auto opened = static_cast<uint32_t>(more);
            victim.send_bytes(window_update(0, opened) + window_update(1, opened));
        }
        while (victim.has_heard(0)) {
            const frame came = victim.next_of(0);
            ASSERT_EQ(name_of(came.kind), "PING") << shown(came) << " after " << seconds << " s";
            victim.send_bytes(ping(came.payload, ack));
        }
        advance(1s);
    }
    EXPECT_LT(heard, 25u * 16'000u) << "it has waited";
    go_on = true;
    advance(1s);
    victim.send_bytes(data(1, "", end_stream));
    for (int i = 0; i < 100 && heard < 25u * 16'000u; ++i) {
        const size_t more = victim.read_data(1).size();
        heard += more;
        advance(100ms);
        if (more == 0) continue;
        const auto opened = static_cast<uint32_t>(more);
        victim.send_bytes(window_update(0, opened) + window_update(1, opened));
    }
    EXPECT_EQ(heard, 25u * 16'000u);
    settle();
    for (size_t which = 0; which < 16; ++which) {
        client(which).wire().vanish();
        client(which).ignore();
    }
    settle();
}

// Who takes the memory so that nobody is listened to is not pardoned for ever.
CONFORMANCE(http2_scarce_memory, is_given_back_by_who_keeps_it_with_shut_windows) {
    options.max_slabs_per_core = 256;
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/echo") co_return co_await echo_streamed(asked, answered);
        hello(asked, answered);
    });
    for (size_t which = 0; which < 16; ++which) {
        http2_client& greedy = client(which);
        greedy.begin({{setting_id::initial_window_size, 0}});
        greedy.trust();
        greedy.send(settings_ack(), headers(1, block(post({}, "/echo"))));
        for (int i = 0; i < 40; ++i) greedy.data(1, std::string(16'000, 'b'));
    }
    ASSERT_TRUE(here().slabs().scarce());
    for (int seconds = 0; seconds < 50; ++seconds) advance(1s);
    // A record of TLS that finds no slab for its plaintext ends its connection at once.
    EXPECT_EQ(ended_by(end_reason::min_response_data_rate) + ended_by(end_reason::out_of_memory),
              16u);
    EXPECT_GE(ended_by(end_reason::min_response_data_rate), over_tls() ? 8u : 16u);
    EXPECT_FALSE(here().slabs().scarce());
    settle();
    for (size_t which = 0; which < 16; ++which) {
        client(which).wire().vanish();
        client(which).ignore();
    }
    settle();
    expect_another_is_served();
}

}  // namespace
}  // namespace saker::test
