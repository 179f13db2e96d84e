// What the network in memory promises to those who test with it: cuts, orders and failures that a
// seed repeats, time that stands still, and back-pressure in both directions.

#include "transports/memory/memory_network.h"

#include "tests/support/every_transport.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::steady_clock;

class memory_network_test : public testing::Test {
protected:
    void open(memory_options options = {}) {
        network = std::make_unique<memory_network>(std::move(options));
        std::string error;
        io = network->make(pool, error);
        ASSERT_EQ(io->listen(where, listener), 0);
    }
    void turn() {
        operation_queue answered;
        io->wait(answered, steady_clock::now());
        while (operation* const op = answered.pop()) op->on_complete(*op);
    }
    socket_id accept_one() {
        asked<accept_operation> op;
        io->accept(listener, op);
        turn();
        EXPECT_EQ(op.answers, 1);
        return op.accepted;
    }
    void close(socket_id id) {
        asked<close_operation> op;
        io->close(id, op);
        while (op.answers == 0) turn();
    }
    // The sizes of the receives that `text` is cut into.
    std::vector<int> cuts_of(std::string_view text) {
        memory_peer p = network->connect(where.port);
        const socket_id id = accept_one();
        p.say(text);
        p.end();
        std::vector<int> sizes;
        std::string heard;
        asked<receive_operation> op;
        for (;;) {
            io->receive(id, op);
            while (op.in_flight) turn();
            if (op.result <= 0) break;
            sizes.push_back(op.result);
            heard += op.data.text();
            op.data = {};
        }
        EXPECT_EQ(heard, text);
        close(id);
        return sizes;
    }

    strict_slab_pool pool{64};
    std::unique_ptr<memory_network> network;
    std::unique_ptr<transport> io;
    endpoint where;
    socket_id listener;
};

TEST_F(memory_network_test, a_delivery_is_whole_or_byte_by_byte_or_as_the_seed_says) {
    open();
    EXPECT_EQ(cuts_of("hello"), std::vector<int>{5});
    open({.delivery = memory_options::cut::byte_by_byte});
    EXPECT_EQ(cuts_of("hello"), (std::vector<int>{1, 1, 1, 1, 1}));
    const std::string text(500, 'x');
    std::vector<std::vector<int>> seen;
    for (const uint64_t seed : {7u, 7u, 8u}) {
        open({.delivery = memory_options::cut::seeded, .seed = seed});
        seen.push_back(cuts_of(text));
    }
    EXPECT_EQ(seen[0], seen[1]);
    EXPECT_NE(seen[0], seen[2]);
}

TEST_F(memory_network_test, who_does_not_read_lets_sends_wait) {
    open();
    memory_peer p = network->connect(where.port);
    const socket_id id = accept_one();
    p.reading(false);
    std::string text = "text";
    buffer piece{text.data(), text.size()};
    asked<send_operation> op;
    op.pieces = {&piece, 1};
    io->send(id, op);
    for (int i = 0; i < 10; ++i) turn();
    EXPECT_EQ(op.answers, 0);
    EXPECT_EQ(p.hear(), "");
    p.reading(true);
    turn();
    EXPECT_EQ(op.answers, 1);
    EXPECT_EQ(p.hear(), "text");
    close(id);
    EXPECT_TRUE(p.ended());
}

TEST_F(memory_network_test, the_window_bounds_both_directions) {
    open({.window = 10});
    memory_peer p = network->connect(where.port);
    EXPECT_EQ(p.say("0123456789abc"), 10u);
    EXPECT_EQ(p.say("x"), 0u);
    const socket_id id = accept_one();
    std::string text(25, 'y');
    buffer piece{text.data(), text.size()};
    asked<send_operation> op;
    op.pieces = {&piece, 1};
    io->send(id, op);
    turn();
    EXPECT_EQ(p.hear().size(), 10u);
    turn();
    EXPECT_EQ(p.hear().size(), 10u);
    EXPECT_EQ(op.answers, 0);
    turn();
    EXPECT_EQ(op.result, 25);
    close(id);
    EXPECT_TRUE(p.was_reset());  // it had said something that was not received
}

TEST_F(memory_network_test, the_nth_question_fails) {
    for (uint64_t nth = 1; nth <= 4; ++nth) {
        open();
        network->fail(nth, nth == 1 ? -EMFILE : -ECONNRESET);
        memory_peer p = network->connect(where.port);
        p.say("hello");
        asked<accept_operation> accepting;
        io->accept(listener, accepting);
        turn();
        EXPECT_EQ(accepting.result, nth == 1 ? -EMFILE : 0);
        if (nth == 1) continue;
        asked<receive_operation> receiving;
        io->receive(accepting.accepted, receiving);
        turn();
        EXPECT_EQ(receiving.result, nth == 2 ? -ECONNRESET : 5);
        std::string text = "text";
        buffer piece{text.data(), text.size()};
        asked<send_operation> sending;
        sending.pieces = {&piece, 1};
        io->send(accepting.accepted, sending);
        turn();
        EXPECT_EQ(sending.result, nth == 4 ? 4 : -ECONNRESET);  // a broken connection stays broken
        EXPECT_EQ(network->has_failed(), nth != 4);
        EXPECT_EQ(network->asked(), 3u);
        receiving.data = {};
        close(accepting.accepted);
    }
}

TEST_F(memory_network_test, a_wait_returns_at_once_and_time_moves_when_it_is_told_to) {
    steady_time now = steady_clock::now();
    open({.when_idle = [&](steady_time until) { now = until; }});
    const steady_time tomorrow = steady_clock::now() + std::chrono::hours(24);
    operation_queue answered;
    const auto before = steady_clock::now();
    io->wait(answered, tomorrow);
    EXPECT_LT(steady_clock::now() - before, std::chrono::seconds(5));
    EXPECT_EQ(now, tomorrow);
}

TEST_F(memory_network_test, answers_come_in_an_order_that_the_seed_repeats) {
    const auto order_with = [&](uint64_t seed) {
        open({.seed = seed, .shuffled = true});
        std::vector<memory_peer> peers;
        std::vector<socket_id> ids;
        for (int i = 0; i < 20; ++i) {
            peers.push_back(network->connect(where.port));
            asked<accept_operation> op;
            io->accept(listener, op);
            while (op.in_flight) turn();
            ids.push_back(op.accepted);
        }
        std::vector<asked<receive_operation>> receiving(ids.size());
        for (size_t i = 0; i < ids.size(); ++i) {
            io->receive(ids[i], receiving[i]);
            peers[i].say("x");
        }
        std::vector<size_t> order;
        operation_queue answered;
        while (order.size() < ids.size()) {
            io->wait(answered, {});
            while (operation* const op = answered.pop())
                order.push_back(static_cast<size_t>(static_cast<asked<receive_operation>*>(op) -
                                                    receiving.data()));
        }
        for (auto& one : receiving) one.data = {};
        for (const socket_id id : ids) close(id);
        return order;
    };
    const auto first = order_with(1);
    EXPECT_EQ(first, order_with(1));
    EXPECT_NE(first, order_with(2));
    EXPECT_FALSE(std::is_sorted(first.begin(), first.end()));
}

TEST_F(memory_network_test, listeners_on_one_port_take_turns) {
    open();
    EXPECT_FALSE(network->connect(uint16_t{1}).connected());
    socket_id second;
    endpoint same = where;
    EXPECT_EQ(io->listen(same, second), -EADDRINUSE);
    endpoint shared;
    shared.reuse_port = true;
    socket_id a, b;
    ASSERT_EQ(io->listen(shared, a), 0);
    ASSERT_EQ(io->listen(shared, b), 0);
    asked<accept_operation> on_a, on_b;
    io->accept(a, on_a);
    io->accept(b, on_b);
    memory_peer p = network->connect(shared.port);
    turn();
    EXPECT_EQ(on_a.answers + on_b.answers, 1);
    memory_peer q = network->connect(shared.port);
    turn();
    EXPECT_EQ(on_a.answers + on_b.answers, 2);
    EXPECT_TRUE(p.accepted() && q.accepted());
    EXPECT_EQ(io->names(on_a.accepted).local, "127.0.0.1:" + std::to_string(shared.port));
}

TEST_F(memory_network_test, a_peer_on_another_thread_is_heard) {
    open({.sleeps = true});
    std::thread client([&] {
        memory_peer p = network->connect(where.port);
        p.say("ping");
        EXPECT_TRUE(p.wait(steady_clock::now() + std::chrono::seconds(10)));
        EXPECT_EQ(p.hear(), "pong");
        p.end();
    });
    const auto ask_and_run = [&](auto& op) {
        operation_queue answered;
        while (op.answers == 0) {
            io->wait(answered, steady_clock::now() + std::chrono::seconds(10));
            while (operation* const one = answered.pop()) one->on_complete(*one);
        }
    };
    asked<accept_operation> accepting;
    io->accept(listener, accepting);
    ask_and_run(accepting);
    asked<receive_operation> receiving;
    io->receive(accepting.accepted, receiving);
    ask_and_run(receiving);
    EXPECT_EQ(receiving.data.text(), "ping");
    receiving.data = {};
    std::string text = "pong";
    buffer piece{text.data(), text.size()};
    asked<send_operation> sending;
    sending.pieces = {&piece, 1};
    io->send(accepting.accepted, sending);
    ask_and_run(sending);
    client.join();
}

}  // namespace
}  // namespace saker::test
