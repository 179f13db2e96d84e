// How connections end in order: the peer's end before, behind and in the middle of things, resets,
// what is waited for when the delegate has returned, and ends that are asked for. The fixture finds
// out what is freed twice or not at all.

#include "tests/core/scripted_core.h"

namespace saker {
namespace {

using namespace std::chrono_literals;
using test::scripted_connections;

class connection_end_test : public scripted_connections {
protected:
    // A delegate that reads and drops everything.
    void serve_reader() {
        serve([](core_connection& accepted) -> task<> {
            while (co_await accepted.input().read())
                accepted.input().advance(accepted.input().length());
        });
    }
    // A delegate that writes `text` and returns.
    void serve_text(std::string_view text) {
        serve([text](core_connection& accepted) -> task<> {
            accepted.output().append(share::of_static(text));
            co_return;
        });
    }
    [[nodiscard]] bool open(socket_id id) { return io->at(id).open; }
};

// ---- the peer's end ----

TEST_F(connection_end_test, an_end_before_any_byte_is_an_end) {
    bool news = true;
    serve([&](core_connection& accepted) -> task<> {
        news = co_await accepted.input().read();
        EXPECT_EQ(accepted.input().error(), 0);
        EXPECT_TRUE(accepted.peer_gone());
        accepted.ends_by(end_reason::client_closed);
    });
    const socket_id peer = connect();
    peer_ends(peer);
    EXPECT_FALSE(news);
    turn(2);
    EXPECT_FALSE(open(peer));
    EXPECT_FALSE(io->at(peer).was_reset);
    EXPECT_EQ(ended_by(end_reason::client_closed), 1u);
}

TEST_F(connection_end_test, bytes_before_the_end_are_read_before_it) {
    std::vector<size_t> lengths;
    serve([&](core_connection& accepted) -> task<> {
        pipe& in = accepted.input();
        for (;;) {
            const bool news = co_await in.read();
            lengths.push_back(in.length());
            if (!news) break;
            in.advance(0, in.length());
        }
    });
    const socket_id peer = connect();
    io->say(peer, "half");
    turn();
    peer_ends(peer);
    EXPECT_EQ(lengths, (std::vector<size_t>{4, 4}));
}

TEST_F(connection_end_test, a_peer_that_has_ended_its_side_still_gets_its_answer) {
    serve([](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read())
            accepted.input().advance(accepted.input().length());
        accepted.output().write("late answer");
    });
    const socket_id peer = connect();
    say(peer, "question");
    peer_ends(peer);
    EXPECT_EQ(io->sending(peer), "late answer");
    EXPECT_TRUE(open(peer));
    take_all(peer);
    turn();
    EXPECT_EQ(io->at(peer).sent, "late answer");
    EXPECT_FALSE(open(peer));
    EXPECT_FALSE(io->at(peer).was_reset);
}

TEST_F(connection_end_test, who_waits_for_the_peers_end_is_told_once) {
    int told = 0;
    serve([&](core_connection& accepted) -> task<> {
        accepted.when_peer_gone({[](void* count) noexcept { ++*static_cast<int*>(count); }, &told});
        co_await delay(1s);
        accepted.abort(end_reason::aborted_by_app);
    });
    peer_ends(connect());
    EXPECT_EQ(told, 1);
    pass(2s);
    EXPECT_EQ(told, 1);
}

// ---- resets ----

TEST_F(connection_end_test, a_reset_ends_both_pipes_with_its_reason) {
    bool flushed = true;
    int error = 0;
    serve([&](core_connection& accepted) -> task<> {
        co_await accepted.input().read();
        error = accepted.input().error();
        accepted.output().write("to nobody");
        flushed = co_await accepted.output().flush();
    });
    const socket_id peer = connect();
    peer_ends(peer, -ECONNRESET);
    turn(2);
    EXPECT_EQ(error, -ECONNRESET);
    EXPECT_FALSE(flushed);
    EXPECT_EQ(io->at(peer).sends, 0u);
    EXPECT_EQ(ended_by(end_reason::connection_reset), 1u);
}

TEST_F(connection_end_test, a_reset_while_sending_wakes_the_writer) {
    options.output = {4, 2};
    bool flushed = true;
    serve([&](core_connection& accepted) -> task<> {
        accepted.output().write("123456");
        flushed = co_await accepted.output().flush();
    });
    const socket_id peer = connect();
    io->end(peer, -ECONNRESET);
    io->fail_send(peer, -EPIPE);
    turn(3);
    EXPECT_FALSE(flushed);
    EXPECT_FALSE(open(peer));
    EXPECT_EQ(ended_by(end_reason::connection_reset), 1u);
}

TEST_F(connection_end_test, a_send_that_fails_first_ends_the_reading_too) {
    int error = 0;
    serve([&](core_connection& accepted) -> task<> {
        accepted.output().write("123456");
        accepted.output().publish();
        while (co_await accepted.input().read()) accepted.input().advance(1);
        error = accepted.input().error();
    });
    const socket_id peer = connect();
    io->fail_send(peer, -EPIPE);
    turn(3);
    EXPECT_EQ(error, -EPIPE);
    EXPECT_FALSE(open(peer));
    EXPECT_EQ(ended_by(end_reason::connection_reset), 1u);
}

TEST_F(connection_end_test, another_error_is_a_transport_error) {
    serve_reader();
    peer_ends(connect(), -EIO);
    turn(2);
    EXPECT_EQ(ended_by(end_reason::transport_error), 1u);
}

TEST_F(connection_end_test, a_failed_send_after_the_delegate_has_returned_ends_it) {
    serve_text("unsent");
    const socket_id peer = connect();
    io->fail_send(peer, -ECONNRESET);
    turn(2);
    EXPECT_FALSE(open(peer));
    EXPECT_EQ(from->open_connections(), 0u);
    EXPECT_EQ(ended_by(end_reason::connection_reset), 1u);
}

// ---- the delegate's end ----

TEST_F(connection_end_test, what_was_written_is_sent_then_the_end_is_said_then_awaited) {
    serve_text("good bye");
    const socket_id peer = connect();
    EXPECT_EQ(io->at(peer).outputs_ended, 0);
    take_all(peer);
    turn();
    EXPECT_EQ(io->at(peer).sent, "good bye");
    EXPECT_EQ(io->at(peer).outputs_ended, 1);
    EXPECT_TRUE(open(peer)) << "a close would reset what the peer has not read yet";
    peer_ends(peer);
    turn();
    EXPECT_FALSE(open(peer));
    EXPECT_FALSE(io->at(peer).was_reset);
    EXPECT_EQ(ended_by(end_reason::application_completed), 1u);
}

TEST_F(connection_end_test, the_end_is_said_once_where_nothing_was_written) {
    serve([](core_connection&) -> task<> { co_return; });
    const socket_id peer = connect();
    turn(2);
    EXPECT_EQ(io->at(peer).outputs_ended, 1);
    peer_ends(peer);
}

TEST_F(connection_end_test, a_peer_that_expects_the_end_is_not_lingered_for) {
    serve([](core_connection& accepted) -> task<> {
        accepted.peer_expects_end();
        accepted.output().write("Connection: close");
        co_return;
    });
    const socket_id peer = connect();
    take_all(peer);
    turn();
    EXPECT_FALSE(open(peer));
    EXPECT_FALSE(io->at(peer).was_reset);
    EXPECT_EQ(io->at(peer).outputs_ended, 0);
}

TEST_F(connection_end_test, lingering_takes_five_seconds_at_most) {
    serve_text("good bye");
    const socket_id peer = connect();
    take_all(peer);
    turn();
    pass(4900ms);
    EXPECT_TRUE(open(peer));
    pass(200ms);
    turn();
    EXPECT_FALSE(open(peer));
    EXPECT_FALSE(io->at(peer).was_reset);
    EXPECT_EQ(ended_by(end_reason::application_completed), 1u);
}

TEST_F(connection_end_test, lingering_discards_sixty_four_mebibytes_at_most) {
    serve_text("good bye");
    const socket_id peer = connect();
    take_all(peer);
    const std::string slab(slab_pool::slab_size, 'x');
    for (int i = 0; i < 4096; ++i) say(peer, slab);
    EXPECT_TRUE(open(peer));
    EXPECT_LE(home.slabs().in_use(), 2u) << "what is discarded is not kept";
    say(peer, "x");
    turn();
    EXPECT_FALSE(open(peer));
    EXPECT_TRUE(io->at(peer).was_reset);
}

TEST_F(connection_end_test, a_reset_while_lingering_ends_it) {
    serve_text("good bye");
    const socket_id peer = connect();
    take_all(peer);
    peer_ends(peer, -ECONNRESET);
    turn();
    EXPECT_FALSE(open(peer));
    EXPECT_EQ(from->open_connections(), 0u);
}

TEST_F(connection_end_test, a_peer_that_does_not_take_the_rest_is_reset_in_time) {
    serve_text("unsent");
    const socket_id peer = connect();
    pass(4900ms);
    EXPECT_TRUE(open(peer));
    pass(200ms);
    turn();
    EXPECT_FALSE(open(peer));
    EXPECT_TRUE(io->at(peer).was_reset);
    EXPECT_EQ(ended_by(end_reason::min_response_data_rate), 1u);
}

TEST_F(connection_end_test, the_rest_may_take_as_long_as_240_bytes_a_second_do) {
    static const std::string text(2400, 'x');
    serve_text(text);
    const socket_id peer = connect();
    pass(9900ms);
    EXPECT_TRUE(open(peer));
    pass(200ms);
    turn();
    EXPECT_FALSE(open(peer));
}

// ---- an end that is asked for ----

TEST_F(connection_end_test, an_idle_connection_is_told_to_end_after_a_quarter_of_a_second) {
    serve([](core_connection& accepted) -> task<> {
        accepted.waits_for_request(true);
        EXPECT_FALSE(co_await accepted.input().read());
        EXPECT_EQ(accepted.expired(), deadline::idle_close);
        EXPECT_TRUE(accepted.close_requested());
    });
    const socket_id peer = connect();
    on_core([&] { from->request_close_all(end_reason::app_shutdown); });
    pass(248ms);
    EXPECT_EQ(io->at(peer).outputs_ended, 0);
    pass(8ms);
    EXPECT_EQ(io->at(peer).outputs_ended, 1);
    peer_ends(peer);
    turn();
    EXPECT_EQ(ended_by(end_reason::app_shutdown), 1u);
}

TEST_F(connection_end_test, a_busy_connection_is_asked_and_left_alone) {
    bool woken = false;
    serve([&](core_connection& accepted) -> task<> {
        co_await accepted.input().read();
        woken = true;
    });
    const socket_id peer = connect();
    on_core([&] { last->request_close(end_reason::app_shutdown); });
    pass(10s);
    EXPECT_FALSE(woken);
    EXPECT_TRUE(last->close_requested());
    peer_ends(peer);
}

TEST_F(connection_end_test, the_reason_of_an_asked_end_is_kept) {
    serve_reader();
    const socket_id peer = connect();
    on_core([&] { last->request_close(end_reason::request_limit_reached); });
    peer_ends(peer);
    turn(2);
    EXPECT_EQ(ended_by(end_reason::request_limit_reached), 1u);
}

TEST_F(connection_end_test, an_end_that_is_asked_for_while_lingering_does_not_stop_the_linger) {
    serve([](core_connection& accepted) -> task<> {
        accepted.waits_for_request(true);
        co_return;
    });
    const socket_id peer = connect();
    turn();
    on_core([&] { from->request_close_all(end_reason::app_shutdown); });
    pass(5100ms);
    turn();
    EXPECT_FALSE(open(peer));
}

}  // namespace
}  // namespace saker
