// Ends out of order: aborts from everywhere, exceptions, and what a transport still sends at that
// moment. The fixture finds out what is freed twice or not at all.

#include "tests/core/scripted_core.h"

#include <stdexcept>

namespace saker {
namespace {

using namespace std::chrono_literals;
using test::scripted_connections;

class connection_abort_test : public scripted_connections {
protected:
    // A delegate that writes `text` and returns.
    void serve_text(std::string_view text) {
        serve([text](core_connection& accepted) -> task<> {
            accepted.output().append(share::of_static(text));
            co_return;
        });
    }
    [[nodiscard]] bool open(socket_id id) { return io->at(id).open; }
};

TEST_F(connection_abort_test, an_abort_inside_the_delegate_resets) {
    serve([](core_connection& accepted) -> task<> {
        accepted.output().write("never seen");
        accepted.output().publish();
        accepted.abort(end_reason::aborted_by_app);
        EXPECT_TRUE(accepted.output_dead());
        EXPECT_TRUE(accepted.peer_gone());
        EXPECT_FALSE(co_await accepted.output().flush());
        EXPECT_FALSE(co_await accepted.input().read());
        EXPECT_EQ(accepted.input().error(), -ECONNABORTED);
        accepted.abort(end_reason::other_error);
    });
    const socket_id peer = connect();
    turn(2);
    EXPECT_TRUE(io->at(peer).was_reset);
    EXPECT_EQ(io->at(peer).sends, 0u);
    EXPECT_EQ(from->open_connections(), 0u);
    EXPECT_EQ(ended_by(end_reason::aborted_by_app), 1u);
}

TEST_F(connection_abort_test, an_abort_wakes_a_delegate_that_reads) {
    serve([](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read())
            accepted.input().advance(accepted.input().length());
    });
    const socket_id peer = connect();
    on_core([&] { last->abort(end_reason::aborted_by_app); });
    turn(2);
    EXPECT_TRUE(io->at(peer).was_reset);
    EXPECT_EQ(from->open_connections(), 0u);
}

TEST_F(connection_abort_test, an_abort_wakes_a_delegate_that_writes) {
    options.output = {4, 2};
    serve([](core_connection& accepted) -> task<> {
        do {
            accepted.output().write("12345678");
        } while (co_await accepted.output().flush());
    });
    connect();
    on_core([&] { last->abort(end_reason::aborted_by_app); });
    turn(2);
    EXPECT_EQ(from->open_connections(), 0u);
}

TEST_F(connection_abort_test, an_aborted_connection_lives_until_its_delegate_returns) {
    serve([](core_connection& accepted) -> task<> {
        co_await delay(1s);
        EXPECT_TRUE(accepted.output_dead());
        accepted.output().write("dropped");
        accepted.output().publish();
    });
    const socket_id peer = connect();
    on_core([&] { last->abort(end_reason::aborted_by_app); });
    turn(2);
    EXPECT_FALSE(open(peer));
    EXPECT_EQ(from->open_connections(), 1u);
    pass(1s);
    EXPECT_EQ(from->open_connections(), 0u);
}

TEST_F(connection_abort_test, an_abort_between_the_last_byte_and_its_answer_frees_once) {
    io->closes_by_hand = true;
    serve_text("unsent");
    const socket_id peer = connect();
    on_core([&] { last->abort(end_reason::aborted_by_app); });
    io->take_sent(peer);
    turn();
    io->finish_close(peer);
    turn();
    io->closes_by_hand = false;
    EXPECT_EQ(from->open_connections(), 0u);
}

// Promise 4: a send's memory is lent until it is answered. Were it given back at the abort, the
// next answer of the core would be written over it and be sent to the wrong peer.
TEST_F(connection_abort_test, the_bytes_of_an_aborted_send_stay_what_they_were) {
    serve([](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read()) {
            accepted.output().write(accepted.input().take(SIZE_MAX).text());
            accepted.output().publish();
        }
    });
    io->closes_by_hand = true;
    const socket_id aborted = connect();
    say(aborted, "for the first");
    on_core([&] { last->abort(end_reason::aborted_by_app); });
    turn();
    const socket_id other = connect();
    say(other, "for the other");
    EXPECT_EQ(io->sending(aborted), "for the first");
    io->closes_by_hand = false;
    take_all(other);
    peer_ends(other);
}

TEST_F(connection_abort_test, the_bytes_of_a_send_stay_when_the_reading_fails) {
    serve([](core_connection& accepted) -> task<> {
        co_await accepted.input().read();
        accepted.output().write(accepted.input().take(SIZE_MAX).text());
        accepted.output().publish();
        co_await accepted.input().read();
        accepted.output().write("dropped");
        co_await delay(1s);
    });
    const socket_id reset = connect();
    say(reset, "for the first");
    peer_ends(reset, -ECONNRESET);
    const socket_id other = connect();
    say(other, "for the other");
    EXPECT_EQ(io->sending(reset), "for the first");
    io->take_sent(reset);
    take_all(other);
    peer_ends(other);
    pass(1s);
    take_all(other);
    turn(2);
}

// ---- exceptions ----

TEST_F(connection_abort_test, an_exception_resets) {
    serve([](core_connection& accepted) -> task<> {
        accepted.output().write("never seen");
        co_await accepted.input().read();
        throw std::runtime_error("on purpose");
    });
    const socket_id peer = connect();
    say(peer, "?");
    turn(2);
    EXPECT_FALSE(open(peer));
    EXPECT_TRUE(io->at(peer).was_reset);
    EXPECT_EQ(ended_by(end_reason::unhandled_exception), 1u);
}

TEST_F(connection_abort_test, an_exception_after_the_abort_frees_too) {
    serve([](core_connection& accepted) -> task<> {
        accepted.abort(end_reason::aborted_by_app);
        co_await delay(1s);
        throw 1;
    });
    connect();
    turn(2);
    pass(1s);
    EXPECT_EQ(from->open_connections(), 0u);
}

TEST_F(connection_abort_test, an_exception_before_the_delegates_coroutine_resets_too) {
    serve([](core_connection& accepted) -> task<> {
        // No coroutine: it throws where it is called.
        if (!accepted.peer_gone()) throw std::runtime_error("on purpose");
        return [](core_connection&) -> task<> { co_return; }(accepted);
    });
    const socket_id peer = connect();
    turn(2);
    EXPECT_FALSE(open(peer));
    EXPECT_EQ(ended_by(end_reason::unhandled_exception), 1u);
}

}  // namespace
}  // namespace saker
