// Longer conversations over every transport: half-closes and resets, one who talks all the time,
// and cores that run out of slabs.

#include "tests/support/every_transport.h"

#include <cerrno>
#include <string>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::milliseconds;

class conversations : public over_every_transport {};

// Half-closes and resets, both ways.

TEST_P(conversations, a_peer_that_has_said_all_still_hears) {
    const auto p = connect();
    const socket_id id = accept_one();
    p->say("question");
    p->end();
    std::string heard;
    EXPECT_EQ(receive(id, heard), 8);
    EXPECT_EQ(receive(id, heard), 0);
    EXPECT_EQ(send(id, "answer"), 6);
    EXPECT_EQ(hear(*p, 6), "answer");
    close(id);
}

TEST_P(conversations, who_has_ended_output_still_receives) {
    const auto p = connect();
    const socket_id id = accept_one();
    EXPECT_EQ(send(id, "that is all"), 11);
    io->end_output(id);
    EXPECT_EQ(hear(*p, 100), "that is all");
    EXPECT_TRUE(p->ended());
    p->say("thanks");
    std::string heard;
    EXPECT_EQ(receive(id, heard), 6);
    EXPECT_EQ(heard, "thanks");
    close(id);
}

TEST_P(conversations, output_may_end_while_a_receive_is_in_flight) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> op;
    io->receive(id, op);
    turns(2);
    io->end_output(id);
    run_until([&] { return p->take().empty() && p->ended(); });
    p->say("bye");
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.data.text(), "bye");
    op.data = {};
    close(id);
}

TEST_P(conversations, a_close_with_reset_is_heard_as_one) {
    for (const bool receiving : {false, true}) {
        const auto p = connect();
        const socket_id id = accept_one();
        asked<receive_operation> op;
        if (receiving) io->receive(id, op);
        turns(2);
        close(id, true);
        EXPECT_EQ(op.answers, receiving ? 1 : 0);
        run_until([&] { return p->take().empty() && (p->was_reset() || p->ended()); });
        EXPECT_TRUE(p->was_reset());
    }
}

TEST_P(conversations, a_close_without_reset_is_an_end) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> op;
    io->receive(id, op);
    turns(2);
    close(id);
    run_until([&] { return p->take().empty() && (p->was_reset() || p->ended()); });
    EXPECT_FALSE(p->was_reset());
}

TEST_P(conversations, a_reset_in_the_middle_of_a_send_ends_it) {
    const auto p = connect();
    const socket_id id = accept_one();
    std::string big(64 << 20, 'x');
    buffer piece{big.data(), big.size()};
    asked<send_operation> op;
    op.pieces = {&piece, 1};
    io->send(id, op);
    turns(10);
    EXPECT_EQ(op.answers, 0);
    p->vanish();
    run_until([&] { return op.answers == 1; });
    EXPECT_TRUE(op.result == -EPIPE || op.result == -ECONNRESET) << op.result;
    close(id);
}

// Fairness.

TEST_P(conversations, one_who_is_always_answered_does_not_keep_out_the_others) {
    const auto busy_peer = connect(), known_peer = connect(), fresh_peer = connect();
    const socket_id busy = accept_one(), known = accept_one(), fresh = accept_one();
    asked<receive_operation> on_known, on_fresh;
    io->receive(known, on_known);
    turns(2);  // the kernel has been told of this one
    asked<send_operation> sending;
    std::string text = "x";
    buffer piece{};
    io->receive(fresh, on_fresh);
    for (int i = 0; i < 100 && (on_known.answers == 0 || on_fresh.answers == 0); ++i) {
        if (!sending.in_flight) {
            piece = {text.data(), text.size()};
            sending.pieces = {&piece, 1};
            io->send(busy, sending);
        }
        turn();
        busy_peer->take();
        if (i == 10) known_peer->say("one"), fresh_peer->say("two");
    }
    EXPECT_EQ(on_known.data.text(), "one");
    EXPECT_EQ(on_fresh.data.text(), "two");
    run_until([&] { return !sending.in_flight; });
    on_known.data = {};
    on_fresh.data = {};
    for (const socket_id id : {busy, known, fresh}) close(id);
}

// Slabs.

TEST_P(conversations, a_core_without_slabs_goes_on_when_they_are_back) {
    constexpr size_t count = 60;
    std::vector<std::unique_ptr<peer>> peers;
    std::vector<socket_id> ids;
    std::vector<asked<receive_operation>> receiving(count);
    for (size_t i = 0; i < count; ++i) {
        peers.push_back(connect());
        ids.push_back(accept_one());
        io->receive(ids[i], receiving[i]);
    }
    turns(2);
    pool.cap(pool.in_use() + 4);
    const std::string text = noise(100'000);
    std::vector<std::string> heard(count);
    std::vector<size_t> said(count);
    run_until([&] {
        bool all = true;
        for (size_t i = 0; i < count; ++i) {
            said[i] += peers[i]->say(std::string_view(text).substr(said[i]));
            if (!receiving[i].in_flight) {
                heard[i] += receiving[i].data.text();
                receiving[i].data = {};
                if (heard[i].size() < text.size()) io->receive(ids[i], receiving[i]);
            }
            all = all && heard[i].size() == text.size();
        }
        return all;
    });
    for (const std::string& one : heard) EXPECT_TRUE(one == text);
    for (const socket_id id : ids) close(id);
}

TEST_P(conversations, a_socket_without_a_slab_can_be_closed) {
    const auto p = connect();
    const socket_id id = accept_one();
    pool.cap(0);
    std::vector<share> hoard;
    asked<receive_operation> op;
    do {
        if (op.answers == 1) hoard.push_back(std::move(op.data));
        op.answers = 0;
        p->say("x");
        io->receive(id, op);
        for (int i = 0; i < 5 && op.answers == 0; ++i) turn(milliseconds(1));
    } while (op.answers == 1);
    asked<close_operation> closing;
    io->close(id, closing);
    run_until([&] { return closing.answers == 1; });
    EXPECT_EQ(op.result, -ECANCELED);
    pool.cap(4096);
    hoard.clear();
    turns(2);
    const auto q = connect();
    const socket_id next = accept_one();
    q->say("hello");
    std::string heard;
    EXPECT_EQ(receive(next, heard), 5);
    close(next);
}

TEST_P(conversations, an_upload_is_received_in_order_by_one_who_asks_now_and_then) {
    const auto p = connect();
    const socket_id id = accept_one();
    const std::string text = noise(8 << 20);
    size_t said = 0;
    std::string heard;
    asked<receive_operation> op;
    int turn_number = 0;
    run_until([&] {
        said += p->say(std::string_view(text).substr(said));
        if (!op.in_flight && op.answers > 0) {
            EXPECT_GT(op.result, 0);
            heard += op.data.text();
            op.data = {};
            op.answers = 0;
        }
        // A burst may be read ahead, as long as it is one of those that the kernel had slabs for.
        EXPECT_LE(pool.in_use(), 2 * slabs_at_rest + 64);
        // At full speed, then with pauses in which nobody asks.
        const bool asks = heard.size() < text.size() / 2 || ++turn_number % 3 == 0;
        if (!op.in_flight && asks && heard.size() < text.size()) io->receive(id, op);
        return heard.size() == text.size();
    });
    EXPECT_TRUE(heard == text);
    close(id);
}

EVERY_TRANSPORT(conversations);

}  // namespace
}  // namespace saker::test
