// Who may come in: totals, clients by prefix, and places that are waited for.

#include "core/connection/admission.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace saker::test {
namespace {

using verdict = admission::verdict;

struct counting_visitor final : admission::visitor {
    counting_visitor() noexcept
        : visitor([](visitor& self) noexcept { ++static_cast<counting_visitor&>(self).told; }) {}
    int told = 0;
};

struct admission_test : testing::Test {
    verdict admit(std::string_view address = "127.0.0.1:1") {
        admission::client* from = nullptr;
        const verdict found = door.admit(address, who, from);
        if (found == verdict::welcome) inside.push_back(from);
        return found;
    }
    void leave() {
        door.leave(inside.back());
        inside.pop_back();
    }
    ~admission_test() override {
        while (!inside.empty()) leave();
        door.forget(who);
    }
    server_limits limits;
    admission door;
    counting_visitor who;
    std::vector<admission::client*> inside;
};

TEST_F(admission_test, everybody_is_welcome_without_a_cap) {
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_EQ(door.open(), 1000u);
    EXPECT_FALSE(door.asks_address());
}

TEST_F(admission_test, one_more_than_the_cap_is_too_many) {
    limits.max_concurrent_connections = 2;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_EQ(admit(), verdict::too_many);
    EXPECT_EQ(door.open(), 2u);
    leave();
    EXPECT_EQ(admit(), verdict::welcome);
}

TEST_F(admission_test, who_waits_is_told_once_when_one_leaves) {
    limits.max_concurrent_connections = 1;
    limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_EQ(admit(), verdict::wait);
    EXPECT_EQ(who.told, 0);
    leave();
    EXPECT_EQ(who.told, 1);
    EXPECT_EQ(admit(), verdict::welcome);
    leave();
    EXPECT_EQ(who.told, 1);
}

TEST_F(admission_test, who_waits_longest_is_told_first) {
    limits.max_concurrent_connections = 1;
    limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::welcome);
    counting_visitor first, second, third;
    admission::client* from = nullptr;
    EXPECT_EQ(door.admit("", first, from), verdict::wait);
    EXPECT_EQ(door.admit("", second, from), verdict::wait);
    EXPECT_EQ(door.admit("", third, from), verdict::wait);
    door.forget(second);
    leave();
    EXPECT_EQ(first.told, 1);
    EXPECT_EQ(admit(), verdict::welcome);
    leave();
    EXPECT_EQ(second.told, 0) << "it was forgotten";
    EXPECT_EQ(third.told, 1);
}

TEST_F(admission_test, a_raised_cap_is_told_to_all_who_wait) {
    limits.max_concurrent_connections = 1;
    limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_EQ(admit(), verdict::wait);
    limits.max_concurrent_connections = std::nullopt;
    door.limit(limits);
    EXPECT_EQ(who.told, 1);
    EXPECT_EQ(admit(), verdict::welcome);
}

TEST_F(admission_test, a_lowered_cap_lets_those_stay_who_are_in) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(admit(), verdict::welcome);
    limits.max_concurrent_connections = 1;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::too_many);
    leave();
    leave();
    EXPECT_EQ(admit(), verdict::too_many);
    leave();
    EXPECT_EQ(admit(), verdict::welcome);
}

TEST_F(admission_test, a_client_is_all_addresses_with_its_prefix) {
    limits.max_connections_per_client = 2;
    limits.client_prefix_ipv4 = 24;
    limits.client_prefix_ipv6 = 64;
    door.limit(limits);
    EXPECT_TRUE(door.asks_address());
    EXPECT_EQ(admit("192.0.2.1:80"), verdict::welcome);
    EXPECT_EQ(admit("192.0.2.255:80"), verdict::welcome);
    EXPECT_EQ(admit("192.0.2.7:81"), verdict::too_many_of_client);
    EXPECT_EQ(admit("[::ffff:192.0.2.7]:81"), verdict::too_many_of_client) << "IPv4 over IPv6";
    EXPECT_EQ(admit("192.0.3.1:80"), verdict::welcome);
    EXPECT_EQ(admit("[2001:db8:0:1::1]:80"), verdict::welcome);
    EXPECT_EQ(admit("[2001:db8:0:1:ffff::2]:80"), verdict::welcome);
    EXPECT_EQ(admit("[2001:db8:0:1::3]:80"), verdict::too_many_of_client);
    EXPECT_EQ(admit("[2001:db8:0:2::1]:80"), verdict::welcome);
    EXPECT_EQ(admit("[fe80::1%eth0]:80"), verdict::welcome);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(admit("unix:"), verdict::welcome) << "nobody's";
    EXPECT_EQ(door.open(), 12u) << "who was refused takes no place";
}

TEST_F(admission_test, a_client_that_leaves_may_come_again) {
    limits.max_connections_per_client = 1;
    door.limit(limits);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(admit(), verdict::welcome);
        EXPECT_EQ(admit(), verdict::too_many_of_client);
        leave();
    }
}

TEST_F(admission_test, an_upgraded_connection_frees_its_place_and_stays_its_clients) {
    limits.max_concurrent_connections = 1;
    limits.max_concurrent_upgraded_connections = 1;
    limits.max_connections_per_client = 2;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_TRUE(door.upgrade());
    door.leave_place();
    admission::client* const upgraded = inside.back();
    inside.pop_back();
    EXPECT_EQ(door.open(), 0u);
    EXPECT_EQ(door.upgraded(), 1u);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_FALSE(door.upgrade());
    leave();
    limits.max_concurrent_connections = std::nullopt;
    door.limit(limits);
    EXPECT_EQ(admit(), verdict::welcome);
    EXPECT_EQ(admit(), verdict::too_many_of_client);
    door.leave_upgraded(upgraded);
    EXPECT_EQ(door.upgraded(), 0u);
    EXPECT_EQ(admit(), verdict::welcome);
}

TEST(client_prefix, has_the_bits_that_were_asked_for) {
    const auto same = [](std::string_view a, std::string_view b, uint32_t bits) {
        const auto first = prefix_of(a, bits, bits), second = prefix_of(b, bits, bits);
        EXPECT_TRUE(first && second);
        return first == second;
    };
    EXPECT_TRUE(same("10.0.0.0:1", "10.0.0.1:2", 31));
    EXPECT_FALSE(same("10.0.0.0:1", "10.0.0.1:2", 32));
    EXPECT_TRUE(same("10.0.0.0:1", "10.127.255.255:2", 9));
    EXPECT_FALSE(same("10.0.0.0:1", "10.128.0.0:2", 9));
    EXPECT_TRUE(same("[2001:db8::]:1", "[2001:db8:0:0:ffff::]:1", 64));
    EXPECT_FALSE(same("[2001:db8::]:1", "[2001:db8::1]:1", 128));
    EXPECT_FALSE(same("1.2.3.4:1", "[102:304::]:1", 32)) << "another family";
    for (const char* wrong :
         {"", "unix:", "unix:/run/x", "[::1", "1.2.3:80", "[1.2.3.4]:80", "[]:1"})
        EXPECT_FALSE(prefix_of(wrong, 32, 64)) << wrong;
}

TEST_F(admission_test, threads_that_come_and_go_never_pass_the_cap_nor_lose_a_place) {
    constexpr int threads = 4, rounds = 2000;
    limits.max_concurrent_connections = 2;
    limits.at_max_concurrent_connections = connection_limit_action::stop_accepting;
    door.limit(limits);
    struct waiting_visitor final : admission::visitor {
        waiting_visitor() noexcept
            : visitor([](visitor& self) noexcept {
                  static_cast<waiting_visitor&>(self).told.store(true);
              }) {}
        std::atomic<bool> told = false;
    };
    std::atomic<int> within = 0, most = 0;
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) {
        all.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                waiting_visitor me;
                admission::client* from = nullptr;
                while (door.admit("127.0.0.1:1", me, from) == verdict::wait) {
                    while (!me.told.exchange(false)) std::this_thread::yield();
                }
                const int here = within.fetch_add(1) + 1;
                for (int before = most; here > before;)
                    if (most.compare_exchange_weak(before, here)) break;
                within.fetch_sub(1);
                door.leave(from);
            }
        });
    }
    for (std::thread& one : all) one.join();
    EXPECT_LE(most, 2);
    EXPECT_EQ(door.open(), 0u);
}

}  // namespace
}  // namespace saker::test
