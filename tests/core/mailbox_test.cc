// Letters arrive in the order in which each thread posted them, all of them, and who finds the box
// empty is told to wake the core.

#include "core/reactor/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace saker {
namespace {

struct numbered final : letter {
    numbered(std::vector<std::pair<int, int>>& in, int from, int of) noexcept
        : letter(note), arrived(in), sender(from), number(of) {}
    std::vector<std::pair<int, int>>& arrived;
    const int sender, number;
    static void note(letter& delivered) noexcept {
        auto& self = static_cast<numbered&>(delivered);
        self.arrived.emplace_back(self.sender, self.number);
        delete &self;
    }
};

TEST(mailbox, delivers_in_the_order_of_posting) {
    mailbox box;
    std::vector<std::pair<int, int>> arrived;
    EXPECT_TRUE(box.empty());
    EXPECT_TRUE(box.post(*new numbered(arrived, 0, 0))) << "the core has to be woken";
    for (int i = 1; i < 5; ++i) EXPECT_FALSE(box.post(*new numbered(arrived, 0, i)));
    EXPECT_FALSE(box.empty());
    box.deliver_all();
    EXPECT_TRUE(box.empty());
    ASSERT_EQ(arrived.size(), 5u);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(arrived[static_cast<size_t>(i)].second, i);
    EXPECT_TRUE(box.post(*new numbered(arrived, 0, 9)));
    box.deliver_all();
}

TEST(mailbox, what_is_posted_during_the_delivery_waits_for_the_next_one) {
    struct again final : letter {
        explicit again(mailbox& to) noexcept : letter(post_again), box(to) {}
        mailbox& box;
        int delivered = 0;
        static void post_again(letter& arrived) noexcept {
            auto& self = static_cast<again&>(arrived);
            ++self.delivered;
            if (self.delivered < 3) {
                EXPECT_TRUE(self.box.post(self));
            }
        }
    };
    mailbox box;
    again one(box);
    box.post(one);
    for (int turn = 1; turn <= 3; ++turn) {
        box.deliver_all();
        EXPECT_EQ(one.delivered, turn);
    }
    EXPECT_TRUE(box.empty());
}

TEST(mailbox, loses_nothing_of_many_threads_and_keeps_the_order_of_each) {
    constexpr int threads = 4, letters = 5000;
    mailbox box;
    std::vector<std::pair<int, int>> arrived;
    arrived.reserve(threads * letters);
    std::vector<std::thread> senders;
    for (int sender = 0; sender < threads; ++sender) {
        senders.emplace_back([&, sender] {
            for (int i = 0; i < letters; ++i) box.post(*new numbered(arrived, sender, i));
        });
    }
    while (arrived.size() < threads * letters) {
        if (box.empty()) std::this_thread::yield();
        box.deliver_all();
    }
    for (std::thread& one : senders) one.join();
    EXPECT_TRUE(box.empty());
    int next[threads] = {};
    for (const auto& [sender, number] : arrived) EXPECT_EQ(number, next[sender]++);
}

}  // namespace
}  // namespace saker
