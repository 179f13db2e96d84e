// Sends over every transport: large ones to slow readers, many pieces, none at all, and those that
// nobody waits for.

#include "tests/support/every_transport.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::milliseconds;

class sends : public over_every_transport {};

TEST_P(sends, sixty_four_mebibytes_reach_a_slow_reader) {
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

TEST_P(sends, many_pieces_and_empty_ones_leave_in_order) {
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

TEST_P(sends, a_send_of_nothing_is_answered) {
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

TEST_P(sends, an_unhurried_send_is_answered_with_the_next_thing_there_is_to_say) {
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

TEST_P(sends, an_unhurried_send_that_does_not_fit_arrives_whole) {
    const auto p = connect({.receive_buffer = 4096});
    const socket_id id = accept_one();
    const std::string part = noise(200'000);
    std::string sent, heard;
    int waited = 0;
    for (int i = 0; i < 60; ++i) {
        std::string text = part;
        buffer pieces[] = {{text.data(), 1000}, {text.data() + 1000, text.size() - 1000}};
        asked<send_operation> op;
        op.unhurried = true;
        op.pieces = std::span(pieces).subspan(i % 2 == 0 ? 0 : 1);
        const std::string_view whole = std::string_view(part).substr(i % 2 == 0 ? 0 : 1000);
        sent += whole;
        io->send(id, op);
        for (int t = 0; t < 3 && op.in_flight; ++t) turn(milliseconds(1));
        waited += op.in_flight ? 1 : 0;  // the buffers are full
        run_until([&] {
            if (op.in_flight) heard += p->take();
            return op.answers == 1;
        });
        EXPECT_EQ(op.result, static_cast<int32_t>(whole.size()));
    }
    EXPECT_GT(waited, 0);
    heard += hear(*p, sent.size() - heard.size());
    EXPECT_TRUE(heard == sent);
    close(id);
}

TEST_P(sends, unhurried_sends_that_do_not_fit_in_many_sockets_at_once) {
    constexpr size_t count = 12, rounds = 5;
    const std::string part = noise(200'000);
    std::vector<std::unique_ptr<peer>> peers;
    std::vector<socket_id> ids;
    std::array<std::string, count> texts, heard;
    std::array<buffer, count> pieces;
    std::array<size_t, count> asks{};
    std::vector<asked<send_operation>> sending(count);
    for (size_t i = 0; i < count; ++i) {
        peers.push_back(connect());
        ids.push_back(accept_one());
        const int small = 4096;
        if (io->native(ids[i]) >= 0)
            setsockopt(io->native(ids[i]), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        texts[i] = part;
    }
    int turn_number = 0;
    run_until([&] {
        bool all = true;
        for (size_t i = 0; i < count; ++i) {
            if (turn_number % 4 == 3) heard[i] += peers[i]->take();
            all = all && heard[i].size() == rounds * part.size();
            if (sending[i].in_flight || asks[i] == rounds) continue;
            pieces[i] = {texts[i].data(), texts[i].size()};
            sending[i].pieces = {&pieces[i], 1};
            sending[i].unhurried = true;
            io->send(ids[i], sending[i]);
            ++asks[i];
        }
        ++turn_number;
        return all;
    });
    for (size_t i = 0; i < count; ++i) {
        for (size_t at = 0; at < rounds * part.size(); at += part.size())
            EXPECT_EQ(heard[i].compare(at, part.size(), part), 0);
        run_until([&] { return !sending[i].in_flight; });
        close(ids[i]);
    }
}

TEST_P(sends, an_unhurried_send_to_one_who_has_gone_is_an_error) {
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

TEST_P(sends, an_unhurried_send_and_a_close_in_one_turn) {
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

TEST_P(sends, hundreds_of_unhurried_sends_in_one_turn) {
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

EVERY_TRANSPORT(sends);

}  // namespace
}  // namespace saker::test
