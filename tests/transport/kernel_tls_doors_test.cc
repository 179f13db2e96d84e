// The doors for a kernel that encrypts, without one: a prepared socket is served as any other, and
// what a transport has read ahead of the asker is never overlooked.

#include "tests/support/every_transport.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <string>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::milliseconds;

class kernel_tls_doors : public over_every_transport {
protected:
    // A connection that may be encrypted from now on; false where the transport cannot have that.
    [[nodiscard]] bool prepared(peer_options how = {}) {
        there = connect(how);
        id = accept_one();
        const bool can = io->prepare_to_encrypt(id);
        EXPECT_EQ(can, !in_memory()) << "a transport over a kernel's sockets can";
        return can;
    }
    // All of it arrives, and is answered once.
    void expect_sent(std::vector<buffer> pieces, const std::string& text, bool unhurried) {
        asked<send_operation> op;
        op.pieces = pieces;
        op.unhurried = unhurried;
        io->send(id, op);
        std::string heard;
        int number = 0;
        run_until([&] {
            if (++number % 4 == 0) heard += there->take();
            return op.answers > 0 && heard.size() >= text.size();
        });
        EXPECT_TRUE(heard == text) << heard.size();
        turns(2);
        EXPECT_EQ(op.answers, 1);
        EXPECT_EQ(op.result, static_cast<int32_t>(text.size()));
    }

    std::unique_ptr<peer> there;
    socket_id id;
};

TEST_P(kernel_tls_doors, sends_are_answered_once_and_whole) {
    if (!prepared({.receive_buffer = 4096})) return close(id);
    for (const bool unhurried : {false, true}) {
        for (const size_t size : {size_t{1}, size_t{200'000}, size_t{4} << 20}) {
            std::string text = noise(size);
            expect_sent({{text.data(), text.size()}}, noise(size), unhurried);
        }
    }
    close(id);
}

TEST_P(kernel_tls_doors, sends_of_many_pieces_leave_in_order) {
    if (!prepared({.receive_buffer = 4096})) return close(id);
    for (const bool unhurried : {false, true}) {
        std::string text = noise(300 * 2000);
        std::vector<buffer> pieces;
        for (size_t at = 0; at < text.size(); at += 2000) {
            pieces.push_back({text.data() + at, 2000});
            if (at % 3 == 0) pieces.push_back({nullptr, 0});
        }
        expect_sent(pieces, noise(text.size()), unhurried);
    }
    close(id);
}

TEST_P(kernel_tls_doors, sends_that_nobody_waits_for_and_that_do_not_fit_arrive_whole) {
    if (!prepared({.receive_buffer = 4096})) return close(id);
    const std::string part = noise(200'000);
    std::string sent, heard;
    for (int i = 0; i < 60; ++i) {
        std::string text = part;
        buffer piece{text.data(), text.size()};
        asked<send_operation> op;
        op.unhurried = true;
        op.pieces = {&piece, 1};
        io->send(id, op);
        sent += part;
        for (int t = 0; t < 3 && op.in_flight; ++t) turn(milliseconds(1));
        run_until([&] {
            if (op.in_flight) heard += there->take();
            return op.answers == 1;
        });
        EXPECT_EQ(op.result, 200'000);
    }
    heard += hear(*there, sent.size() - heard.size());
    EXPECT_TRUE(heard == sent) << heard.size();
    close(id);
}

TEST_P(kernel_tls_doors, a_send_and_a_close_at_once) {
    if (!prepared({.receive_buffer = 4096})) return close(id);
    std::string text = noise(size_t{24} << 20);
    buffer piece{text.data(), text.size()};
    asked<send_operation> sending;
    asked<close_operation> closing;
    sending.pieces = {&piece, 1};
    io->send(id, sending);
    turn();
    io->close(id, closing);
    run_until([&] { return closing.answers == 1; });
    EXPECT_EQ(sending.answers, 1);
    EXPECT_EQ(sending.result, -ECANCELED);
}

// What the asker has not got is in the kernel, all of it, where the transport says so.
TEST_P(kernel_tls_doors, what_was_read_ahead_is_not_overlooked) {
    if (!prepared()) return close(id);
    std::string all, heard;
    size_t agreed = 0, refused = 0;
    const auto ask = [&](const receive_operation& op) {
        if (!io->prepare_to_decrypt(id, op)) return ++refused;
        int there_still = 0, here_already = 0;
        EXPECT_EQ(ioctl(dynamic_cast<socket_peer&>(*there).fd(), SIOCOUTQNSD, &there_still), 0);
        EXPECT_EQ(ioctl(io->native(id), FIONREAD, &here_already), 0);
        EXPECT_EQ(static_cast<size_t>(there_still + here_already), all.size() - heard.size());
        return ++agreed;
    };
    for (const size_t size : {10u, 40'000u, 10u, 150'000u, 150'000u, 150'000u, 10u, 3000u}) {
        const std::string part = noise(size);
        asked<receive_operation> op;
        io->receive(id, op);
        ask(op);
        for (size_t said = 0; said < size || heard.size() < all.size();) {
            const size_t more = there->say(std::string_view(part).substr(said));
            all.append(part, said, more);
            said += more;
            operation_queue answered;
            io->wait(answered, std::chrono::steady_clock::now() + milliseconds(1));
            if (op.in_flight) ask(op);  // answered perhaps, but not delivered
            while (operation* const one = answered.pop()) one->on_complete(*one);
            if (op.in_flight) continue;
            heard += op.data.text();
            op.data = {};
            ask(op);
            io->receive(id, op);
            ask(op);
        }
        there->say("!");
        all += '!';
        run_until([&] { return !op.in_flight; });
        heard += op.data.text();
        op.data = {};
    }
    EXPECT_TRUE(heard == all);
    EXPECT_GT(agreed, 0u);
    EXPECT_GT(refused, 0u);
    close(id);
}

TEST_P(kernel_tls_doors, a_prepared_socket_hears_as_before) {
    if (!prepared()) return close(id);
    const asked<receive_operation> idle;
    ASSERT_TRUE(io->prepare_to_decrypt(id, idle));
    std::string heard;
    for (int i = 0; i < 10; ++i) {
        there->say("ping");
        EXPECT_EQ(receive(id, heard), 4);
        EXPECT_EQ(send(id, "pong"), 4);
        EXPECT_EQ(hear(*there, 4), "pong");
    }
    there->say("and bye");
    there->end();
    EXPECT_EQ(receive(id, heard), 7);
    EXPECT_EQ(receive(id, heard), 0);
    EXPECT_EQ(receive(id, heard), 0);
    close(id);
}

EVERY_TRANSPORT(kernel_tls_doors);

}  // namespace
}  // namespace saker::test
