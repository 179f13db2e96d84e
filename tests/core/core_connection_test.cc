// A connection's two pumps: what comes is read, what is written leaves once a turn, and each side
// waits for the one that is behind. Every answer of the transport is given by hand.

#include "tests/core/scripted_core.h"

#include <set>

namespace saker {
namespace {

using namespace std::chrono_literals;
using test::scripted_connections;

using core_connection_test = scripted_connections;

std::string take_text(pipe& from) {
    std::string text;
    while (const share next = from.take(SIZE_MAX)) text += next.text();
    return text;
}

TEST_F(core_connection_test, bytes_reach_the_delegate_in_order) {
    std::string read;
    serve([&](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read()) read += take_text(accepted.input()) + '|';
    });
    const socket_id peer = connect();
    say(peer, "one");
    say(peer, "two");
    EXPECT_EQ(read, "one|two|");
    EXPECT_EQ(home.counts().bytes_received.value(), 6u);
    peer_ends(peer);
}

TEST_F(core_connection_test, small_pieces_share_a_slab_while_nobody_reads) {
    bool go_on = false;
    serve([&](core_connection& accepted) -> task<> {
        while (!go_on) {
            accepted.input().advance(0, accepted.input().length());
            co_await accepted.input().read();
        }
        EXPECT_EQ(accepted.input().front().text(), std::string(100, 'x') + "y");
    });
    const socket_id peer = connect();
    for (int i = 0; i < 100; ++i) say(peer, "x");
    EXPECT_LE(home.slabs().in_use(), 2u);
    go_on = true;
    say(peer, "y");
    peer_ends(peer);
}

TEST_F(core_connection_test, a_reader_that_is_behind_stops_the_asking_until_it_is_at_half) {
    options.input = {8, 4};
    serve([&](core_connection&) -> task<> { co_await delay(1s); });
    const socket_id peer = connect();
    say(peer, "1234567");
    EXPECT_NE(io->at(peer).receiving, nullptr);
    say(peer, "8");
    EXPECT_EQ(io->at(peer).receiving, nullptr);
    on_core([&] { last->input().advance(3); });
    EXPECT_EQ(io->at(peer).receiving, nullptr);
    on_core([&] { last->input().advance(1); });
    EXPECT_NE(io->at(peer).receiving, nullptr);
    peer_ends(peer);
    pass(1s);
}

TEST_F(core_connection_test, a_reader_that_wants_more_than_the_threshold_gets_it) {
    options.input = {8, 4};
    std::string line;
    serve([&](core_connection& accepted) -> task<> {
        pipe& in = accepted.input();
        for (;;) {
            co_await in.read();
            if (in.completed() || in.front().text().find('\n') != std::string_view::npos) break;
            in.advance(0, in.length());
        }
        line = take_text(in);
    });
    const socket_id peer = connect();
    say(peer, "a line of more than");
    ASSERT_NE(io->at(peer).receiving, nullptr) << "it waits for bytes that nobody asks for";
    say(peer, " eight bytes\n");
    EXPECT_EQ(line, "a line of more than eight bytes\n");
    peer_ends(peer);
}

TEST_F(core_connection_test, what_is_written_in_a_turn_leaves_in_one_send) {
    serve([&](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read()) {
            take_text(accepted.input());
            accepted.output().write("hello, ");
            accepted.output().publish();
            accepted.output().write("world");
            accepted.output().publish();
        }
    });
    const socket_id peer = connect();
    say(peer, "?");
    EXPECT_EQ(io->at(peer).sends, 1u);
    EXPECT_EQ(io->at(peer).pieces, 1u);
    EXPECT_EQ(io->sending(peer), "hello, world");
    EXPECT_TRUE(io->at(peer).unhurried);
    take_all(peer);
    EXPECT_EQ(home.counts().bytes_sent.value(), 12u);
    peer_ends(peer);
}

TEST_F(core_connection_test, what_is_written_during_a_send_leaves_behind_it) {
    serve([&](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read()) {
            accepted.output().append(accepted.input().take(SIZE_MAX));
            accepted.output().publish();
        }
    });
    const socket_id peer = connect();
    say(peer, "one");
    say(peer, "two");
    say(peer, "three");
    EXPECT_EQ(io->at(peer).sends, 1u);
    io->take_sent(peer);
    turn();
    EXPECT_EQ(io->sending(peer), "twothree");
    take_all(peer);
    EXPECT_EQ(io->at(peer).sent, "onetwothree");
    peer_ends(peer);
}

TEST_F(core_connection_test, a_send_has_up_to_64_pieces) {
    static const std::string text(200, 'x');
    serve([&](core_connection& accepted) -> task<> {
        pipe& out = accepted.output();
        for (size_t count : {size_t{2}, size_t{3}, size_t{64}, size_t{65}, size_t{200}}) {
            co_await accepted.input().read();
            take_text(accepted.input());
            for (size_t i = 0; i < count; ++i)
                out.append(share::of_static(std::string_view(text).substr(i, 1)));
            out.publish();
        }
        while (co_await accepted.input().read()) take_text(accepted.input());
    });
    const socket_id peer = connect();
    const std::pair<size_t, size_t> sends_and_last[] = {{1, 2}, {1, 3}, {1, 64}, {2, 1}, {4, 8}};
    for (const auto& [sends, last_pieces] : sends_and_last) {
        io->at(peer).sends = 0;
        say(peer, "?");
        take_all(peer);
        EXPECT_EQ(io->at(peer).sends, sends);
        EXPECT_EQ(io->at(peer).pieces, last_pieces);
    }
    EXPECT_EQ(io->at(peer).sent.size(), 2u + 3 + 64 + 65 + 200);
    peer_ends(peer);
}

TEST_F(core_connection_test, a_writer_that_is_ahead_waits_until_the_peer_has_taken_half) {
    options.output = {8, 4};
    int written = 0;
    serve([&](core_connection& accepted) -> task<> {
        pipe& out = accepted.output();
        for (; written < 6; ++written) {
            out.write("1234");
            if (!co_await out.flush()) break;
        }
    });
    const socket_id peer = connect();
    EXPECT_EQ(written, 1);
    EXPECT_EQ(io->sending(peer), "12341234");
    EXPECT_FALSE(io->at(peer).unhurried) << "a writer waits for this answer";
    io->take_sent(peer);
    turn();
    EXPECT_EQ(written, 3);
    take_all(peer);
    EXPECT_EQ(written, 6);
    EXPECT_EQ(io->at(peer).sent.size(), 24u);
    peer_ends(peer);
}

TEST_F(core_connection_test, no_slab_left_is_told_to_who_writes) {
    std::vector<share> hoard;
    bool written = true;
    serve([&](core_connection& accepted) -> task<> {
        home.text().let_go();
        while (true) {
            share next = home.slabs().take();
            if (next.owner() == nullptr) break;
            hoard.push_back(std::move(next));
        }
        written = accepted.output().write("hello");
        hoard.clear();
        co_return;
    });
    const socket_id peer = connect();
    EXPECT_FALSE(written);
    peer_ends(peer);
}

TEST_F(core_connection_test, names_are_known_while_the_socket_is_open) {
    serve([&](core_connection& accepted) -> task<> {
        while (co_await accepted.input().read()) take_text(accepted.input());
        EXPECT_EQ(accepted.local_address(), "here:1");
        EXPECT_EQ(accepted.remote_address(), "there:1");
        accepted.abort(end_reason::aborted_by_app);
        co_await delay(1s);
        EXPECT_EQ(accepted.remote_address(), "");
    });
    const socket_id peer = connect();
    peer_ends(peer);
    pass(2s);
}

TEST_F(core_connection_test, an_id_is_thirteen_digits_of_base_32_and_nobody_elses) {
    std::set<std::string> ids;
    serve([&](core_connection& accepted) -> task<> {
        ids.insert(accepted.id());
        EXPECT_EQ(accepted.id(), accepted.id());
        co_await accepted.input().read();
    });
    for (int i = 0; i < 40; ++i) peer_ends(connect());
    EXPECT_EQ(ids.size(), 40u);
    for (const std::string& id : ids) {
        EXPECT_EQ(id.size(), 13u);
        EXPECT_EQ(id.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUV"), std::string::npos);
    }
}

// ---- deadlines ----

TEST_F(core_connection_test, a_deadline_that_passes_wakes_the_reader_once) {
    std::vector<deadline> passed;
    serve([&](core_connection& accepted) -> task<> {
        accepted.arm(deadline::keep_alive, 100ms);
        while (!accepted.input().completed()) {
            co_await accepted.input().read();
            passed.push_back(accepted.expired());
        }
    });
    const socket_id peer = connect();
    pass(99ms);
    EXPECT_TRUE(passed.empty());
    pass(1ms);
    pass(1s);
    EXPECT_EQ(passed, std::vector{deadline::keep_alive});
    peer_ends(peer);
    EXPECT_EQ(passed.back(), deadline::none);
}

TEST_F(core_connection_test, arming_replaces_the_deadline_to_earlier_and_to_later) {
    deadline passed = deadline::none;
    serve([&](core_connection& accepted) -> task<> {
        accepted.arm(deadline::keep_alive, 10s);
        accepted.arm(deadline::request_headers, 1s);
        accepted.arm(deadline::request_drain, 2s);
        while (!accepted.input().completed()) {
            co_await accepted.input().read();
            passed = accepted.expired();
        }
    });
    const socket_id peer = connect();
    pass(1500ms);
    EXPECT_EQ(passed, deadline::none);
    pass(600ms);
    EXPECT_EQ(passed, deadline::request_drain);
    peer_ends(peer);
}

TEST_F(core_connection_test, a_disarmed_deadline_does_not_pass) {
    bool woken = false;
    serve([&](core_connection& accepted) -> task<> {
        accepted.arm(deadline::keep_alive, 1s);
        accepted.disarm();
        while (!accepted.input().completed()) {
            co_await accepted.input().read();
            woken = true;
        }
    });
    const socket_id peer = connect();
    pass(2s);
    EXPECT_FALSE(woken);
    peer_ends(peer);
}

TEST_F(core_connection_test, a_deadline_is_kept_for_a_delegate_that_waits_for_something_else) {
    deadline passed = deadline::none;
    serve([&](core_connection& accepted) -> task<> {
        accepted.arm(deadline::request_drain, 1s);
        co_await delay(3s);
        passed = accepted.expired();
        EXPECT_EQ(accepted.expired(), deadline::none) << "it is told once";
    });
    const socket_id peer = connect();
    pass(1s);
    pass(3s);
    EXPECT_EQ(passed, deadline::request_drain);
    peer_ends(peer);
}

}  // namespace
}  // namespace saker
