// The eight promises of transport.h, asked of every transport. Each of these tests has a mutation
// in mutations/: a change of one line in a transport that makes it fail.

#include "tests/support/every_transport.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class promises : public over_every_transport {
protected:
    std::string text_;
};

// Writes down that it was answered.
template <class Operation, char Letter>
struct noting final : Operation {
    explicit noting(std::string& to)
        : Operation([](operation& op) noexcept { static_cast<noting&>(op).order += Letter; }),
          order(to) {}
    std::string& order;
};

// 1. An answer never arrives inside the call that asked; answers come from `wait`, in order.

TEST_P(promises, an_answer_never_arrives_inside_the_call_that_asked) {
    const auto p = connect();
    const socket_id id = accept_one();
    p->say("ready before anyone asks");
    turns(3);
    asked<receive_operation> receiving;
    asked<send_operation> sending;
    asked<close_operation> closing;
    std::string text = "text";
    buffer piece{text.data(), text.size()};
    sending.pieces = {&piece, 1};
    io->receive(id, receiving);
    io->send(id, sending);
    EXPECT_TRUE(receiving.in_flight && sending.in_flight);
    run_until([&] { return receiving.answers == 1 && sending.answers == 1; });
    EXPECT_EQ(receiving.data.text(), "ready before anyone asks");
    io->close(id, closing);
    EXPECT_TRUE(closing.in_flight);
    run_until([&] { return closing.answers == 1; });
}

// 2. One question, one answer. Reading ahead is bounded.

TEST_P(promises, one_question_has_one_answer) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> op;
    io->receive(id, op);
    p->say("one");
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.data.text(), "one");
    p->say("two");
    p->end();
    turns(5);
    EXPECT_EQ(op.answers, 1);  // nobody has asked again
    EXPECT_EQ(op.data.text(), "one");
    op.data = {};
    io->receive(id, op);
    run_until([&] { return op.answers == 2; });
    EXPECT_EQ(op.data.text(), "two");
    op.data = {};
    EXPECT_EQ(receive(id, text_), 0);
    close(id);
}

TEST_P(promises, who_does_not_ask_is_not_read_for) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> op;
    io->receive(id, op);
    p->say("first");
    run_until([&] { return op.answers == 1; });
    op.data = {};
    const std::string part(1 << 20, 'x');
    size_t said = 0;
    for (int i = 0; i < 200; ++i) {
        said += p->say(part);
        turn(milliseconds(1));
    }
    EXPECT_LT(said, part.size() * 100);  // the kernels' buffers, and a bound
    EXPECT_LE(pool.in_use(), slabs_at_rest + 80);
    std::string heard;
    while (heard.size() < said) ASSERT_GT(receive(id, heard), 0);
    EXPECT_EQ(heard, std::string(said, 'x'));
    close(id);
}

// 3. Received bytes are in slabs that are chosen when they arrive.

TEST_P(promises, a_quiet_connection_holds_no_buffer) {
    constexpr int count = 300;
    std::vector<std::unique_ptr<peer>> peers;
    std::vector<socket_id> ids;
    std::vector<asked<receive_operation>> receiving(count);
    for (int i = 0; i < count; ++i) {
        peers.push_back(connect());
        ids.push_back(accept_one());
        io->receive(ids.back(), receiving[static_cast<size_t>(i)]);
    }
    turns(3);
    EXPECT_EQ(pool.in_use(), slabs_at_rest);
    peers[7]->say("bytes");
    run_until([&] { return receiving[7].answers == 1; });
    EXPECT_EQ(receiving[7].data.text(), "bytes");
    receiving[7].data = {};
    for (const socket_id id : ids) close(id);
    EXPECT_EQ(pool.in_use(), slabs_at_rest);
}

TEST_P(promises, where_no_slab_is_free_the_answer_waits_until_one_is) {
    const auto p = connect();
    const socket_id id = accept_one();
    std::vector<share> hoard;
    asked<receive_operation> op;
    pool.cap(0);
    // What the transport holds for arrivals is used up first.
    p->say("x");
    io->receive(id, op);
    for (;;) {
        for (int i = 0; i < 5 && op.answers == 0; ++i) turn(milliseconds(1));
        if (op.answers == 0) break;
        op.answers = 0;
        hoard.push_back(std::move(op.data));
        p->say("x");
        io->receive(id, op);
        ASSERT_LE(hoard.size(), 5000u);
    }
    EXPECT_TRUE(op.in_flight);
    pool.cap(4096);
    hoard.clear();
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, 1);
    op.data = {};
    close(id);
}

// 4. A send is answered once and whole, or with an error.

TEST_P(promises, a_send_is_answered_once_and_whole) {
    const auto p = connect();
    const socket_id id = accept_one();
    std::string big(8 << 20, '\0');
    for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 7 + i / 251);
    const std::string sent = big;
    buffer pieces[] = {{big.data(), 3}, {big.data() + 3, big.size() - 3}};
    asked<send_operation> op;
    op.pieces = pieces;
    io->send(id, op);
    turns(20);
    EXPECT_EQ(op.answers, 0);  // the kernels' buffers are full, and it is not whole
    EXPECT_EQ(hear(*p, big.size()), sent);
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, static_cast<int32_t>(big.size()));
    turns(3);
    EXPECT_EQ(op.answers, 1);
    close(id);
}

TEST_P(promises, a_send_to_one_who_has_gone_is_an_error) {
    const auto p = connect();
    const socket_id id = accept_one();
    p->vanish();
    turns(2);
    int32_t result = 0;
    for (int i = 0; i < 100 && result >= 0; ++i) result = send(id, "anybody there?");
    EXPECT_TRUE(result == -EPIPE || result == -ECONNRESET) << result;
    close(id);
}

// 5. The end is seen even when it came with the last bytes.

TEST_P(promises, the_end_is_seen_even_when_it_came_with_the_last_bytes) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> op;
    io->receive(id, op);  // asked before they come: the kernel has spoken of this socket already
    turns(3);
    p->say("last");
    p->end();
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.data.text(), "last");
    op.data = {};
    io->receive(id, op);
    run_until([&] { return op.answers == 2; });
    EXPECT_EQ(op.result, 0);
    EXPECT_TRUE(op.data.empty());
    EXPECT_EQ(receive(id, text_), 0);  // and again, for who asks again
    close(id);
}

TEST_P(promises, the_end_that_was_there_before_anyone_asked_is_seen) {
    const auto p = connect();
    p->say("last");
    p->end();
    const socket_id id = accept_one();
    EXPECT_EQ(receive(id, text_), 4);
    EXPECT_EQ(receive(id, text_), 0);
    EXPECT_EQ(text_, "last");
    close(id);
}

TEST_P(promises, a_vanished_peer_is_an_error_or_an_end_never_silence) {
    for (const bool asked_before : {true, false}) {
        const auto p = connect();
        const socket_id id = accept_one();
        asked<receive_operation> op;
        if (asked_before) io->receive(id, op);
        turns(3);
        p->vanish();
        turns(2);
        if (!asked_before) io->receive(id, op);
        run_until([&] { return op.answers == 1; });
        EXPECT_TRUE(op.result == 0 || op.result == -ECONNRESET) << op.result;
        close(id);
    }
}

// 6. `close` answers everything in flight first, then itself.

TEST_P(promises, closing_answers_what_was_in_flight_first_and_then_itself) {
    const auto p = connect();
    const socket_id id = accept_one();
    std::string order;
    noting<receive_operation, 'r'> receiving{order};
    noting<send_operation, 's'> sending{order};
    noting<close_operation, 'c'> closing{order};
    std::string big(64 << 20, 'x');
    buffer piece{big.data(), big.size()};
    sending.pieces = {&piece, 1};
    io->receive(id, receiving);
    io->send(id, sending);
    turns(5);
    EXPECT_EQ(order, "");
    io->close(id, closing);
    run_until([&] { return order.size() == 3; });
    EXPECT_EQ(order.back(), 'c') << order;
    EXPECT_EQ(receiving.result, -ECANCELED);
    EXPECT_EQ(sending.result, -ECANCELED);
    EXPECT_EQ(closing.result, 0);
    EXPECT_EQ(order.size(), 3u);
}

TEST_P(promises, what_was_asked_in_the_same_turn_as_the_close_is_answered_before_it) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> receiving;
    asked<close_operation> closing;
    io->receive(id, receiving);
    io->close(id, closing);
    run_until([&] { return closing.answers == 1; });
    EXPECT_EQ(receiving.answers, 1);
    EXPECT_EQ(receiving.result, -ECANCELED);
    EXPECT_EQ(hear(*p, 1), "");
    EXPECT_TRUE(p->ended());
}

TEST_P(promises, closing_a_listener_cancels_its_accept) {
    asked<accept_operation> accepting;
    io->accept(listener, accepting);
    turns(3);
    close(listener);
    EXPECT_EQ(accepting.answers, 1);
    EXPECT_EQ(accepting.result, -ECANCELED);
}

TEST_P(promises, what_was_sent_before_a_close_is_delivered) {
    const auto p = connect();
    const socket_id id = accept_one();
    EXPECT_EQ(send(id, "farewell"), 8);
    close(id);
    EXPECT_EQ(hear(*p, 100), "farewell");
    EXPECT_TRUE(p->ended());
}

// 7. A slot used again hears nothing of its past.

TEST_P(promises, a_slot_used_again_hears_nothing_of_its_past) {
    std::vector<uint32_t> slots;
    for (int i = 0; i < 200; ++i) {
        const auto p = connect();
        const socket_id id = accept_one();
        slots.push_back(id.slot);
        asked<receive_operation> receiving;
        if (i % 2 == 0) io->receive(id, receiving);
        if (i % 3 == 0) turn();
        p->say("unread");
        if (i % 4 == 0) p->vanish();
        close(id);
        EXPECT_NE(receiving.answers, i % 2);
    }
    const auto p = connect();
    const socket_id id = accept_one();
    EXPECT_NE(std::find(slots.begin(), slots.end(), id.slot), slots.end());
    asked<receive_operation> op;
    io->receive(id, op);
    turns(5);
    EXPECT_EQ(op.answers, 0);
    p->say("mine");
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.data.text(), "mine");
    op.data = {};
    close(id);
}

// 8. `wake` ends a `wait` from any thread, now or the next one.

TEST_P(promises, wake_ends_a_wait_that_is_under_way) {
    for (int i = 0; i < 3; ++i) {
        const auto before = steady_clock::now();
        std::thread waker([&] {
            // Nothing tells that a thread sleeps in the kernel; too early is the next test's case.
            std::this_thread::sleep_for(milliseconds(10));
            io->wake();
        });
        turn(milliseconds(5000));
        waker.join();
        EXPECT_LT(steady_clock::now() - before, milliseconds(2500)) << i;
    }
}

TEST_P(promises, wake_ends_the_next_wait) {
    for (int i = 0; i < 3; ++i) {
        std::thread([&] { io->wake(); }).join();
        io->wake();  // several are one
        const auto before = steady_clock::now();
        turn(milliseconds(5000));
        EXPECT_LT(steady_clock::now() - before, milliseconds(2500)) << i;
    }
}

TEST_P(promises, wake_is_heard_again_after_it_came_among_much_else) {
    constexpr size_t count = 30;
    std::vector<std::unique_ptr<peer>> peers;
    std::vector<socket_id> ids;
    std::vector<asked<receive_operation>> receiving(count);
    for (size_t i = 0; i < count; ++i) {
        peers.push_back(connect());
        ids.push_back(accept_one());
    }
    for (int round = 0; round < 5; ++round) {
        for (size_t i = 0; i < count; ++i) io->receive(ids[i], receiving[i]);
        turns(2);
        for (const auto& one : peers) one->say("x");
        io->wake();  // where there is room for few events, this one finds none
        run_until([&] {
            return std::none_of(receiving.begin(), receiving.end(),
                                [](const auto& one) { return one.in_flight; });
        });
        for (auto& one : receiving) one.data = {};
        turns(2);
        io->wake();
        const auto before = steady_clock::now();
        turn(milliseconds(5000));
        EXPECT_LT(steady_clock::now() - before, milliseconds(2500)) << round;
    }
    for (const socket_id id : ids) close(id);
}

TEST_P(promises, what_was_written_before_a_wake_is_seen_after_the_wait) {
    // For the thread sanitizer, and for a wake that comes while another is being dealt with.
    constexpr int count = 3000;
    std::atomic<int> written = 0;
    std::thread writer([&] {
        for (int i = 1; i <= count; ++i) {
            written.store(i, std::memory_order_relaxed);
            io->wake();
            if (i % 16 == 0) std::this_thread::yield();
        }
    });
    const auto limit = steady_clock::now() + std::chrono::seconds(20);
    while (written.load(std::memory_order_relaxed) < count && steady_clock::now() < limit)
        turn(milliseconds(10'000));
    writer.join();
    EXPECT_LT(steady_clock::now(), limit);
}

TEST_P(promises, a_wait_lasts_until_its_time_and_not_much_longer) {
    turns(3);
    const auto before = steady_clock::now();
    while (steady_clock::now() < before + milliseconds(30)) turn(milliseconds(30));
    EXPECT_LT(steady_clock::now() - before, milliseconds(1500));
}

EVERY_TRANSPORT(promises);

}  // namespace
}  // namespace saker::test
