// A listener: one accept after another, a pause where descriptors have run out, and the end of it
// all, which comes once and when nothing is left.

#include "tests/core/scripted_core.h"

namespace saker {
namespace {

using namespace std::chrono_literals;
using test::scripted_connections;

class listener_test : public scripted_connections {
protected:
    void serve_until_end() {
        serve([](core_connection& accepted) -> task<> { co_await accepted.input().read(); });
    }
    void count_overs() {
        from->when_over({[](void* count) noexcept { ++*static_cast<int*>(count); }, &overs});
    }
    [[nodiscard]] bool accepting() { return io->at(listening).accepting != nullptr; }
    int overs = 0;
};

TEST_F(listener_test, accepts_one_after_another) {
    serve_until_end();
    const socket_id first = connect();
    const socket_id second = connect();
    EXPECT_EQ(from->open_connections(), 2u);
    EXPECT_EQ(home.counts().connections_accepted.value(), 2u);
    EXPECT_EQ(home.counts().connections_open.value(), 2u);
    peer_ends(first);
    peer_ends(second);
    turn(2);
    EXPECT_EQ(from->open_connections(), 0u);
    EXPECT_TRUE(accepting());
}

TEST_F(listener_test, a_process_full_of_files_accepts_again_after_fifty_milliseconds) {
    serve_until_end();
    for (const int error : {-EMFILE, -ENFILE, -ENOBUFS, -ENOMEM}) {
        io->fail_accept(listening, error);
        turn();
        EXPECT_FALSE(accepting());
        pass(48ms);
        EXPECT_FALSE(accepting());
        pass(8ms);
        EXPECT_TRUE(accepting());
    }
}

TEST_F(listener_test, a_connection_that_was_gone_before_it_was_accepted_is_passed_over) {
    serve_until_end();
    for (const int error : {-ECONNABORTED, -EPROTO, -EINTR}) {
        io->fail_accept(listening, error);
        turn();
        EXPECT_TRUE(accepting());
    }
}

TEST_F(listener_test, an_error_that_may_stay_is_not_asked_for_at_once) {
    serve_until_end();
    io->fail_accept(listening, -EINVAL);
    turn();
    EXPECT_FALSE(accepting()) << "it would spin";
    pass(52ms);
    EXPECT_TRUE(accepting());
}

TEST_F(listener_test, is_over_when_it_accepts_no_more_and_the_last_connection_is_gone) {
    serve_until_end();
    count_overs();
    const socket_id peer = connect();
    on_core([&] { from->stop_accepting(); });
    turn(2);
    EXPECT_EQ(overs, 0);
    EXPECT_FALSE(from->over());
    peer_ends(peer);
    turn(2);
    EXPECT_EQ(overs, 1);
    EXPECT_TRUE(from->over());
}

TEST_F(listener_test, is_over_without_any_connection) {
    serve_until_end();
    count_overs();
    on_core([&] { from->stop_accepting(); });
    turn(2);
    EXPECT_EQ(overs, 1);
}

TEST_F(listener_test, stops_while_it_waits_for_files) {
    serve_until_end();
    io->fail_accept(listening, -EMFILE);
    turn();
    on_core([&] { from->stop_accepting(); });
    pass(100ms);
    EXPECT_TRUE(from->over());
}

TEST_F(listener_test, a_connection_that_was_accepted_during_the_stop_is_served_and_asked_to_end) {
    bool asked = false;
    serve([&](core_connection& accepted) -> task<> {
        co_await accepted.input().read();
        asked = accepted.close_requested();
    });
    io->closes_by_hand = true;
    io->accept_one(listening);
    on_core([&] {
        from->stop_accepting();
        from->request_close_all(end_reason::app_shutdown);
    });
    io->closes_by_hand = false;
    turn();
    ASSERT_EQ(from->open_connections(), 1u);
    peer_ends(io->id_at(1));
    turn(2);
    EXPECT_TRUE(from->over());
    EXPECT_TRUE(asked);
}

TEST_F(listener_test, aborts_all) {
    serve_until_end();
    for (int i = 0; i < 10; ++i) connect();
    on_core([&] { from->abort_all(end_reason::app_shutdown_timeout); });
    turn(2);
    EXPECT_EQ(from->open_connections(), 0u);
    EXPECT_EQ(ended_by(end_reason::app_shutdown_timeout), 10u);
}

// The delegates of a chat wake each other: the end of one frees another one while all are aborted.
TEST_F(listener_test, a_connection_may_end_while_another_one_is_aborted) {
    std::vector<continuation> sleepers;
    struct sleep {
        std::vector<continuation>& among;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) {
            among.push_back(continuation::of(waiting));
        }
        void await_resume() const noexcept {}
    };
    serve([&](core_connection& accepted) -> task<> {
        if (accepted.from().open_connections() > 1) co_return co_await sleep{sleepers};
        while (co_await accepted.input().read()) {}
        for (const continuation& one : sleepers) one.run(one.context);
    });
    connect();
    connect();
    core_connection* const second = last;
    connect();
    on_core([&] { second->abort(end_reason::aborted_by_app); });
    turn(2);
    EXPECT_EQ(from->open_connections(), 3u);
    on_core([&] { from->abort_all(end_reason::app_shutdown_timeout); });
    turn(2);
    EXPECT_EQ(from->open_connections(), 0u);
}

TEST_F(listener_test, serves_a_socket_that_was_connected_elsewhere) {
    serve_until_end();
    on_core([&] { EXPECT_EQ(from->adopt(7), 0); });
    EXPECT_EQ(from->open_connections(), 1u);
    peer_ends(io->id_at(1));
    turn(2);
    EXPECT_EQ(from->open_connections(), 0u);
}

}  // namespace
}  // namespace saker
