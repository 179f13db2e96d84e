// A stream that becomes another protocol's (extended CONNECT, RFC 8441): bytes both ways under the
// windows of HTTP/2, and each way in which it ends. Other streams go on beside it.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

class tunnels : public served_http2 {
protected:
    // "/echo" gives back what comes, and "bye"; "/short" says "hi" and ends; "/large" sends much;
    // "/deaf" does not read until it is told to. Others are answered.
    void begin() {
        serve([this](request& asked, response& answered) { return answer(asked, answered); });
        client().start();
    }
    void open(uint32_t stream, std::string_view path) {
        client().headers(stream, request_of("CONNECT", path, {{":protocol", "websocket"}}));
        client().receive_headers(stream, 200);
    }
    bool may_read_ = false;
    bool ended_ = false;
    int error_ = 0;
    size_t taken_ = 0;

private:
    task<> answer(request& asked, response& answered) {
        const std::string path(asked.path());
        connection* const own = asked.can_upgrade() ? answered.upgrade("websocket") : nullptr;
        if (own == nullptr) {
            if (asked.can_upgrade()) answered.status(503);  // 200 would promise it
            co_return hello(asked, answered);
        }
        pipe& in = own->input();
        if (path == "/short") co_return static_cast<void>(own->output().write("hi"));
        if (path == "/large") {
            const std::string piece(10'000, 'x');
            for (int i = 0; i < 30 && co_await own->output().flush(); ++i)
                own->output().write(piece);
        }
        while (path == "/deaf" && !may_read_) (void)co_await delay(1s);
        while (co_await in.read()) {
            taken_ += in.length();
            if (path == "/echo") {
                while (share piece = in.take(in.length())) own->output().append(std::move(piece));
                if (!co_await own->output().flush()) break;
            } else {
                in.advance(in.length());
            }
        }
        error_ = in.error();
        ended_ = true;
        if (path == "/echo") own->output().write("bye");
    }
};
HTTP2_SUITE_OF(http2_upgrade, tunnels);
// What takes megabytes is not cut into bytes.
CONFORMANCE_SUITE_OVER(http2_upgrade_whole, tunnels, whole_http2_settings);

// What a handler leaves unread is given back, and once.
CONFORMANCE(http2_upgrade_whole, gives_back_the_window_of_what_nobody_has_read) {
    serve([](request& asked, response& answered) -> task<> {
        connection* const own = asked.can_upgrade() ? answered.upgrade("websocket") : nullptr;
        if (asked.path() == "/read") {
            (void)co_await asked.body().discard();
            co_return hello(asked, answered);
        }
        (void)co_await delay(own != nullptr ? 1s : 1h);
    });
    client().start();
    constexpr int64_t shared = 1024 * 1024;
    int64_t left = shared;
    for (const uint32_t stream : {1u, 3u}) {
        open(stream, "/");
        for (int i = 0; i < 40; ++i) client().data(stream, std::string(16'000, 'x'));
        left -= 40 * 16'000;
        client().settle();
        advance(1s);
        client().receive_data(stream, "", end_stream);
        client().receive_reset(stream, error_code::no_error);
        left += static_cast<int64_t>(client().granted(0));
        ASSERT_LE(left, shared) << "more than there is";
        ASSERT_GT(left, shared / 2);
    }
    client().headers(101, post());
    for (; left > 600'000; left -= 16'000) client().data(101, std::string(16'000, 'x'));
    client().headers(103, post());
    for (; left > 16'000; left -= 16'000) client().data(103, std::string(16'000, 'x'));
    client().headers(105, post({}, "/read"));
    client().data(105, "x", end_stream);
    client().receive_answer(105, "hello");
    EXPECT_LE(client().granted(0), 1u) << "nobody has read the rest";
    client().reset(101);
    client().reset(103);
}

CONFORMANCE(http2_upgrade, carries_bytes_both_ways) {
    begin();
    open(1, "/echo");
    for (const std::string_view text : {"a", "bc", "\x81\x05hello"}) {
        client().data(1, text);
        client().receive_data(1, text);
    }
    client().get(3);
    client().receive_answer(3, "hello");
    client().data(1, "", end_stream);
    client().receive_data(1, "bye", end_stream);
    EXPECT_TRUE(ended_);
    EXPECT_EQ(error_, 0);
    client().get(5);
    client().receive_answer(5, "hello");
}

CONFORMANCE(http2_upgrade, takes_what_came_with_the_request) {
    begin();
    client().send(headers(1, block(request_of("CONNECT", "/echo", {{":protocol", "websocket"}}))),
                  data(1, "early"), data(1, "", end_stream));
    client().receive_headers(1, 200);
    client().receive_data(1, "earlybye", end_stream);
}

CONFORMANCE(http2_upgrade, may_be_ended_by_the_handler) {
    begin();
    open(1, "/short");
    client().receive_data(1, "hi", end_stream);
    client().settle();
    if (client().has_heard(1)) client().receive_reset(1, error_code::no_error);
    client().data(1, "too late", end_stream);
    client().receive_nothing();
    client().get(3);
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_upgrade, may_be_reset_by_the_client) {
    begin();
    open(1, "/echo");
    client().data(1, "a");
    client().receive_data(1, "a");
    client().reset(1);
    client().receive_nothing();
    EXPECT_TRUE(ended_);
    EXPECT_NE(error_, 0) << "no orderly end";
    client().get(3);
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_upgrade, ends_with_its_connection) {
    begin();
    open(1, "/echo");
    client().vanish();
    settle();
    EXPECT_TRUE(ended_);
    EXPECT_NE(error_, 0);
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(http2_upgrade, keeps_to_the_clients_windows) {
    begin();
    open(1, "/large");
    std::string all = client().read_data(1);
    EXPECT_EQ(all.size(), 65'535u);
    client().get(3, "/");
    client().receive_headers(3, 200);  // its body waits for the connection's window
    client().send(window_update(0, 10));
    client().settle();
    all += client().read_data(1);
    const std::string other = client().read_data(3);
    client().send(window_update(0, 1'000'000), window_update(1, 1'000'000));
    all += client().read_data(1);
    EXPECT_EQ(all.size(), 300'000u);
    EXPECT_EQ(other + client().read_data(3), "hello");
    client().data(1, "", end_stream);
    client().receive_data(1, "", end_stream);
}

CONFORMANCE(http2_upgrade, gives_windows_back_only_as_the_handler_reads) {
    begin();
    open(1, "/deaf");
    std::string all;
    for (int i = 0; i < 48; ++i) all += data(1, std::string(16'384, 'b'));
    client().send(all);
    client().receive_nothing();
    EXPECT_EQ(client().granted(1), 0u);
    client().get(3);
    client().receive_answer(3, "hello");
    may_read_ = true;
    advance(1s);
    EXPECT_EQ(taken_, 786'432u);
    EXPECT_GE(client().granted(1), 786'432u / 2);
    client().data(1, "", end_stream);
    client().receive_data(1, "", end_stream);
}

CONFORMANCE(http2_upgrade, is_one_of_as_many_as_there_may_be) {
    options.limits.max_concurrent_upgraded_connections = 1;
    begin();
    open(1, "/echo");
    client().headers(3, request_of("CONNECT", "/echo", {{":protocol", "websocket"}}));
    client().receive_headers(3, 503);
    client().receive_data(3, "hello", end_stream);
    client().receive_reset(3, error_code::no_error);
    client().data(1, "", end_stream);
    client().receive_data(1, "bye", end_stream);
    open(5, "/echo");
    client().data(5, "", end_stream);
    client().receive_data(5, "bye", end_stream);
}

CONFORMANCE(http2_upgrade, holds_a_stop_until_it_ends) {
    begin();
    open(1, "/echo");
    host().begin_stop();
    advance(20s);
    client().settle();
    EXPECT_FALSE(client().gone());
    client().data(1, "late");
    client().receive_data(1, "late");
    client().data(1, "", end_stream);
    client().receive_data(1, "bye", end_stream);
    client().settle();
    while (client().has_heard(0)) (void)client().next_of(0);
    client().receive_end();
}

// ---- the room that streams share ----

// Where nothing else decides how much a client that does not read is written.
std::vector<setting> in_memory() { return {{"memory", delivery::whole}}; }
CONFORMANCE_SUITE_OVER(http2_upgrade_room, served_http2, in_memory);

// What was not flushed counts neither against it nor for it.
CONFORMANCE(http2_upgrade_room, is_as_large_behind_tunnels_that_did_not_flush) {
    static const std::string large(200'000, 'y');
    size_t written = 0;
    serve([&](request& asked, response& answered) -> task<> {
        connection* const own = asked.can_upgrade() ? answered.upgrade("websocket") : nullptr;
        if (own != nullptr) {
            own->output().write(std::string(50'000, 'x'));
            if (asked.path() == "/abort") own->abort(end_reason::aborted_by_app);
            co_return;
        }
        for (size_t i = 0; i < large.size(); i += 10'000) {
            if (!co_await answered.body().write(std::string_view(large).substr(i, 10'000))) break;
            written += 10'000;
        }
    });
    const auto written_to = [&](http2_client& one) {
        one.wire().stop_reading();
        const size_t before = written;
        for (uint32_t stream = 101; stream < 300; stream += 2) one.get(stream);
        settle();
        one.ignore();
        one.vanish();
        settle();
        return written - before;
    };
    const auto begin = [&](http2_client& one) -> http2_client& {
        one.start({{setting_id::initial_window_size, largest_window}});
        one.window_update(0, largest_window - 65'535);
        one.settle();
        return one;
    };
    const size_t usual = written_to(begin(new_client()));
    EXPECT_GT(usual, 1'000'000u);
    EXPECT_LT(usual, 4'000'000u);
    for (const std::string path : {"/end", "/abort"}) {
        SCOPED_TRACE(path);
        http2_client& other = begin(new_client());
        for (uint32_t stream = 1; stream < 60; stream += 2) {
            other.headers(stream, request_of("CONNECT", path, {{":protocol", "websocket"}}));
            if (path == "/abort") {
                other.receive_reset(stream, error_code::internal_error);
                continue;
            }
            other.receive_headers(stream, 200);
            EXPECT_EQ(other.read_body(stream).size(), 50'000u);
            other.receive_reset(stream, error_code::no_error);
        }
        EXPECT_EQ(written_to(other), usual);
    }
}

}  // namespace
}  // namespace saker::test
