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

}  // namespace
}  // namespace saker::test
