// The slabs of a core: growth by chunks to the cap, and the way back to the system.

#include "core/memory/core_slab_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace saker {
namespace {

constexpr size_t chunk = core_slab_pool::slabs_a_chunk;

std::vector<share> take(core_slab_pool& from, size_t count) {
    std::vector<share> taken;
    while (taken.size() < count) taken.push_back(from.take());
    return taken;
}

TEST(core_slab_pool, holds_nothing_until_a_slab_is_taken) {
    core_slab_pool pool(chunk);
    EXPECT_EQ(pool.mapped(), 0u);
    EXPECT_EQ(pool.available(), chunk);
}

TEST(core_slab_pool, a_slab_is_an_empty_share_with_16_kib_behind_it) {
    core_slab_pool pool;
    share slab = pool.take();
    EXPECT_TRUE(slab.empty());
    ASSERT_EQ(slab.spare().size(), slab_pool::slab_size);
    std::memset(slab.spare().data(), 'x', slab.spare().size());
    EXPECT_EQ(reinterpret_cast<uintptr_t>(slab.spare().data()) % 4096, 0u);
}

TEST(core_slab_pool, no_two_slabs_overlap) {
    core_slab_pool pool(2 * chunk);
    const auto slabs = take(pool, 2 * chunk);
    std::set<const std::byte*> starts;
    for (const share& one : slabs) starts.insert(one.spare().data());
    ASSERT_EQ(starts.size(), 2 * chunk);
    const std::byte* before = nullptr;
    for (const std::byte* start : starts) {
        if (before != nullptr) {
            EXPECT_GE(start, before + slab_pool::slab_size);
        }
        before = start;
    }
}

TEST(core_slab_pool, grows_by_chunks_to_its_cap) {
    core_slab_pool pool(2 * chunk);
    auto slabs = take(pool, chunk);
    EXPECT_EQ(pool.mapped(), chunk);
    slabs.push_back(pool.take());
    EXPECT_EQ(pool.mapped(), 2 * chunk);
    while (slabs.size() < 2 * chunk) slabs.push_back(pool.take());
    EXPECT_EQ(pool.available(), 0u);
    EXPECT_EQ(pool.take().owner(), nullptr) << "exhaustion is told, not thrown";
    slabs.pop_back();
    EXPECT_EQ(pool.available(), 1u);
    EXPECT_NE(pool.take().owner(), nullptr);
}

TEST(core_slab_pool, a_cap_is_whole_chunks) {
    EXPECT_EQ(core_slab_pool(0).cap(), chunk);
    EXPECT_EQ(core_slab_pool(chunk + 1).cap(), 2 * chunk);
}

TEST(core_slab_pool, what_was_used_last_is_used_next) {
    core_slab_pool pool;
    auto slabs = take(pool, 3);
    const std::byte* const warm = slabs[1].data();
    slabs[1] = {};
    EXPECT_EQ(pool.take().data(), warm);
}

// A chunk that was full goes behind those that have room, so that it is not filled up again while
// it empties.
TEST(core_slab_pool, chunks_that_empty_are_used_last) {
    core_slab_pool pool(3 * chunk);
    auto first = take(pool, chunk);
    auto second = take(pool, chunk);
    auto third = take(pool, chunk / 2);
    first.resize(1);
    second.resize(1);
    const auto more = take(pool, chunk / 2);
    EXPECT_EQ(pool.in_use(), chunk + 2);
    first.clear();
    pool.trim();
    EXPECT_EQ(pool.mapped(), 3 * chunk) << "one idle chunk stays for the next burst";
    second.clear();
    pool.trim();
    EXPECT_EQ(pool.mapped(), 2 * chunk);
}

TEST(core_slab_pool, trim_gives_back_all_that_is_idle_but_one_chunk) {
    core_slab_pool pool(4 * chunk);
    auto slabs = take(pool, 4 * chunk);
    pool.trim();
    EXPECT_EQ(pool.mapped(), 4 * chunk);
    slabs.clear();
    pool.trim();
    EXPECT_EQ(pool.mapped(), chunk);
    pool.trim();
    EXPECT_EQ(pool.mapped(), chunk);
    EXPECT_EQ(pool.available(), 4 * chunk);
    slabs = take(pool, 4 * chunk);
    EXPECT_NE(slabs.back().owner(), nullptr);
}

TEST(core_slab_pool, counts_what_a_random_crowd_does) {
    core_slab_pool pool(8 * chunk);
    std::mt19937 random(7);
    std::vector<share> held;
    for (int i = 0; i < 20000; ++i) {
        const auto dice = random() % 100;
        if (dice < 52) {
            share taken = pool.take();
            ASSERT_EQ(taken.owner() == nullptr, held.size() == 8 * chunk);
            if (taken.owner() == nullptr) continue;
            std::memcpy(taken.spare().data(), &i, sizeof i);
            taken.extend(sizeof i);
            held.push_back(std::move(taken));
        } else if (dice < 99 && !held.empty()) {
            std::swap(held[random() % held.size()], held.back());
            held.pop_back();
        } else {
            pool.trim();
            if (dice == 99 && i % 3 == 0) held.resize(held.size() / 8);
        }
        ASSERT_EQ(pool.in_use(), held.size());
        ASSERT_EQ(pool.available(), 8 * chunk - held.size());
        ASSERT_GE(pool.mapped(), held.size());
    }
    std::set<std::string> texts;
    for (const share& one : held) texts.emplace(one.text());
    EXPECT_EQ(texts.size(), held.size()) << "a slab was handed out twice";
}

TEST(core_slab_pool_death_test, a_slab_that_outlives_its_pool_is_a_broken_promise) {
    EXPECT_DEATH(
        {
            share kept;
            core_slab_pool pool;
            kept = pool.take();
        },
        "every slab is back before its pool goes");
}

}  // namespace
}  // namespace saker
