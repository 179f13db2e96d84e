// Longer conversations over every transport: half-closes, resets, peers that read slowly, sends of
// many pieces, sends that nobody waits for, and cores that run out of slabs.

#include "tests/support/every_transport.h"

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::milliseconds;

class conversations : public over_every_transport {};

// Bytes that are found out when one is missing or out of place: a block whose length is no
// multiple of anything, again and again.
std::string noise(size_t size) {
    static const std::string block = [] {
        std::string bytes(65'521, '\0');
        uint32_t state = 1;
        for (char& one : bytes)
            one = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        return bytes;
    }();
    std::string text;
    while (text.size() < size) text.append(block, 0, size - text.size());
    return text;
}

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

// Sends.

TEST_P(conversations, sixty_four_mebibytes_reach_a_slow_reader) {
    const auto p = connect();
    const socket_id id = accept_one();
    const std::string sent = noise(64 << 20);
    std::string lent = sent;
    buffer piece{lent.data(), lent.size()};
    asked<send_operation> op;
    op.pieces = {&piece, 1};
    io->send(id, op);
    std::string heard;
    for (int i = 0; heard.size() < sent.size() && i < 100'000; ++i) {
        turn();
        if (i % 8 == 0) heard += p->take();
    }
    EXPECT_TRUE(heard == sent);
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, 64 << 20);
    close(id);
}

TEST_P(conversations, many_pieces_and_empty_ones_leave_in_order) {
    for (const bool unhurried : {false, true}) {
        for (const size_t count : {size_t{2}, size_t{64}, size_t{65}, size_t{1000}, size_t{5000}}) {
            const auto p = connect();
            const socket_id id = accept_one();
            std::string text = noise(count * 7);
            const std::string sent = text;
            std::vector<buffer> pieces = {{nullptr, 0}};
            for (size_t i = 0; i < count; ++i) {
                pieces.push_back({text.data() + i * 7, 7});
                if (i % 5 == 0) pieces.push_back({nullptr, 0});
            }
            pieces.push_back({nullptr, 0});
            asked<send_operation> op;
            op.pieces = pieces;
            op.unhurried = unhurried;
            io->send(id, op);
            EXPECT_EQ(hear(*p, sent.size()), sent);
            turn(milliseconds(1));
            EXPECT_EQ(op.answers, 1);
            EXPECT_EQ(op.result, static_cast<int32_t>(sent.size()));
            close(id);
        }
    }
}

TEST_P(conversations, a_send_of_nothing_is_answered) {
    const auto p = connect();
    const socket_id id = accept_one();
    EXPECT_EQ(send(id, ""), 0);
    asked<send_operation> op;
    io->send(id, op);
    EXPECT_EQ(op.answers, 0);
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, 0);
    EXPECT_EQ(send(id, "something"), 9);
    EXPECT_EQ(hear(*p, 9), "something");
    close(id);
}

// Sends that nobody waits for.

TEST_P(conversations, an_unhurried_send_is_answered_with_the_next_thing_there_is_to_say) {
    const auto p = connect();
    const socket_id id = accept_one();
    asked<receive_operation> receiving;
    asked<send_operation> sending;
    sending.unhurried = true;
    std::string sent;
    for (int i = 0; i < 100; ++i) {
        std::string text = "answer " + std::to_string(i) + ';';
        buffer piece{text.data(), text.size()};
        sending.pieces = {&piece, 1};
        sent += text;
        io->send(id, sending);
        if (!receiving.in_flight) io->receive(id, receiving);
        turn();  // it is on its way, whether or not it has been answered
        p->say("next");
        run_until([&] { return !receiving.in_flight && !sending.in_flight; });
        EXPECT_EQ(sending.result, static_cast<int32_t>(text.size()));
        receiving.data = {};
    }
    EXPECT_EQ(sending.answers, 100);
    EXPECT_EQ(hear(*p, sent.size()), sent);
    close(id);
}

TEST_P(conversations, an_unhurried_send_that_does_not_fit_arrives_whole) {
    const auto p = connect({.receive_buffer = 4096});
    const socket_id id = accept_one();
    const std::string part = noise(200'000);
    std::string sent, heard;
    for (int i = 0; i < 40; ++i) {
        std::string text = part;
        buffer pieces[] = {{text.data(), 1000}, {text.data() + 1000, text.size() - 1000}};
        asked<send_operation> op;
        op.unhurried = true;
        op.pieces = std::span(pieces).subspan(i % 2 == 0 ? 0 : 1);
        sent += i % 2 == 0 ? part : part.substr(1000);
        io->send(id, op);
        run_until([&] {
            if (i > 20 || op.answers == 0) heard += p->take();
            return op.answers == 1;
        });
        EXPECT_GT(op.result, 100'000);
    }
    heard += hear(*p, sent.size() - heard.size());
    EXPECT_TRUE(heard == sent);
    close(id);
}

TEST_P(conversations, an_unhurried_send_to_one_who_has_gone_is_an_error) {
    const auto p = connect();
    const socket_id id = accept_one();
    p->vanish();
    turns(2);
    int32_t result = 0;
    for (int i = 0; i < 100 && result >= 0; ++i) {
        asked<receive_operation> something_to_say;
        asked<send_operation> op;
        std::string text = "anybody there?";
        buffer piece{text.data(), text.size()};
        op.pieces = {&piece, 1};
        op.unhurried = true;
        io->send(id, op);
        io->receive(id, something_to_say);
        run_until([&] { return op.answers == 1 && something_to_say.answers == 1; });
        result = op.result;
    }
    EXPECT_TRUE(result == -EPIPE || result == -ECONNRESET) << result;
    close(id);
}

TEST_P(conversations, an_unhurried_send_and_a_close_in_one_turn) {
    // What fits is delivered, and told as sent; either way it is answered before the close.
    for (const size_t size : {size_t{10}, size_t{100'000}, size_t{24} << 20}) {
        for (const bool receives : {false, true}) {
            const auto p = connect();
            const socket_id id = accept_one();
            asked<receive_operation> receiving;
            if (receives) io->receive(id, receiving);
            turns(2);
            std::string text = noise(size);
            const std::string sent = text;
            buffer piece{text.data(), text.size()};
            asked<send_operation> sending;
            asked<close_operation> closing;
            sending.pieces = {&piece, 1};
            sending.unhurried = true;
            io->send(id, sending);
            turn();
            io->close(id, closing);
            run_until([&] { return closing.answers == 1; });
            EXPECT_EQ(sending.answers, 1);
            EXPECT_EQ(receiving.answers, receives ? 1 : 0);
            const std::string heard = hear(*p, size + 1);
            EXPECT_TRUE(heard == sent.substr(0, heard.size()));
            EXPECT_TRUE(sending.result == -ECANCELED || heard.size() == sent.size());
            EXPECT_TRUE(sending.result == 10 || size != 10);
        }
    }
}

TEST_P(conversations, hundreds_of_unhurried_sends_in_one_turn) {
    constexpr size_t count = 400;
    std::vector<std::unique_ptr<peer>> peers;
    std::vector<socket_id> ids;
    std::array<std::string, count> texts;
    std::array<buffer, count> pieces;
    std::vector<asked<send_operation>> sending(count);
    for (size_t i = 0; i < count; ++i) {
        peers.push_back(connect());
        ids.push_back(accept_one());
        texts[i] = std::string(1000 + i, static_cast<char>('a' + i % 26));
        pieces[i] = {texts[i].data(), texts[i].size()};
        sending[i].pieces = {&pieces[i], 1};
        sending[i].unhurried = true;
    }
    for (size_t i = 0; i < count; ++i) io->send(ids[i], sending[i]);
    run_until([&] {
        size_t answered = 0;
        for (const auto& one : sending) answered += one.answers == 1 && one.result > 0;
        return answered == count;
    });
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(hear(*peers[i], texts[i].size()), texts[i]);
    for (const socket_id id : ids) close(id);
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
    const std::string text = noise(4 << 20);
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
