// Small pieces of memory by size class: each boundary, reuse, the way back to the system, and a
// random crowd whose pieces must keep what was written into them.

#include "core/memory/block_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>
#include <vector>

namespace saker {
namespace {

constexpr size_t chunk_size = 64 * 1024;

struct held_piece {
    void* memory;
    size_t size;
    unsigned char mark;

    void write() const { std::memset(memory, mark, size); }
    [[nodiscard]] bool intact() const {
        const auto* bytes = static_cast<const unsigned char*>(memory);
        for (size_t i = 0; i < size; ++i)
            if (bytes[i] != mark) return false;
        return true;
    }
};

TEST(block_pool, every_size_fits_and_is_aligned_to_16) {
    block_pool pool;
    for (size_t size = 0; size <= block_pool::largest + 64; size += size < 64 ? 1 : 7) {
        void* const piece = pool.allocate(size);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % 16, 0u) << size;
        std::memset(piece, 0xab, size);
        pool.release(piece, size);
    }
}

// Neighbours of every size from one byte below a boundary to one above: none reaches into another.
TEST(block_pool, neighbours_do_not_overlap_at_the_boundaries_of_classes) {
    block_pool pool;
    std::vector<held_piece> held;
    for (size_t boundary = 32; boundary <= block_pool::largest; boundary += 32) {
        for (const size_t size : {boundary - 1, boundary, boundary + 1}) {
            for (int twice = 0; twice < 2; ++twice) {
                held.push_back(
                    {pool.allocate(size), size, static_cast<unsigned char>(held.size())});
                held.back().write();
            }
        }
    }
    for (const held_piece& one : held) EXPECT_TRUE(one.intact()) << one.size;
    for (const held_piece& one : held) pool.release(one.memory, one.size);
    EXPECT_EQ(pool.pieces_in_use(), 0u);
}

TEST(block_pool, a_piece_wastes_a_quarter_of_itself_at_most) {
    for (size_t size = 32; size <= block_pool::largest; size += 31) {
        block_pool pool;
        std::vector<void*> pieces;
        while (pool.chunks() <= 1) pieces.push_back(pool.allocate(size));
        const size_t in_a_chunk = pieces.size() - 1;
        EXPECT_GE(in_a_chunk * size, chunk_size * 70 / 100 - 2 * size) << size;
        for (void* piece : pieces) pool.release(piece, size);
    }
}

TEST(block_pool, a_piece_that_came_back_is_used_next) {
    block_pool pool;
    void* const first = pool.allocate(100);
    void* const second = pool.allocate(100);
    pool.release(first, 100);
    EXPECT_EQ(pool.allocate(128), first) << "of the same class";
    pool.release(first, 128);
    pool.release(second, 100);
}

TEST(block_pool, what_is_bigger_than_the_largest_comes_from_the_heap) {
    block_pool pool;
    void* const big = pool.allocate(block_pool::largest + 1);
    EXPECT_EQ(pool.chunks(), 0u);
    EXPECT_EQ(pool.pieces_in_use(), 0u);
    pool.release(big, block_pool::largest + 1);
    void* const largest = pool.allocate(block_pool::largest);
    EXPECT_EQ(pool.chunks(), 1u);
    pool.release(largest, block_pool::largest);
}

TEST(block_pool, trim_gives_chunks_back_of_which_nothing_is_in_use) {
    block_pool pool;
    std::vector<void*> pieces;
    while (pool.chunks() < 5) pieces.push_back(pool.allocate(512));
    void* const last = pieces.back();
    pieces.pop_back();
    for (void* piece : pieces) pool.release(piece, 512);
    EXPECT_EQ(pool.chunks(), 5u);
    pool.trim();
    EXPECT_EQ(pool.chunks(), 1u);
    std::memset(last, 1, 512);
    pool.release(last, 512);
    pool.trim();
    EXPECT_EQ(pool.chunks(), 0u);
    pool.release(pool.allocate(512), 512);
}

TEST(block_pool, keeps_what_a_random_crowd_writes) {
    block_pool pool;
    std::mt19937 random(11);
    std::vector<held_piece> held;
    for (int i = 0; i < 100'000; ++i) {
        const auto dice = random() % 1000;
        if (dice < 500 || held.empty()) {
            const size_t size = 1 + random() % (random() % 8 == 0 ? 5000 : 600);
            held.push_back({pool.allocate(size), size, static_cast<unsigned char>(i)});
            held.back().write();
        } else if (dice < 998) {
            std::swap(held[random() % held.size()], held.back());
            ASSERT_TRUE(held.back().intact());
            pool.release(held.back().memory, held.back().size);
            held.pop_back();
        } else {
            pool.trim();
        }
    }
    size_t small = 0;
    std::set<void*> different;
    for (const held_piece& one : held) {
        small += one.size <= block_pool::largest;
        different.insert(one.memory);
        EXPECT_TRUE(one.intact());
    }
    EXPECT_EQ(different.size(), held.size());
    EXPECT_EQ(pool.pieces_in_use(), small);
    for (const held_piece& one : held) pool.release(one.memory, one.size);
    pool.trim();
    EXPECT_EQ(pool.chunks(), 0u);
}

TEST(block_pool, is_known_to_its_thread_only_while_it_is_made_current) {
    EXPECT_EQ(block_pool::current(), nullptr);
    block_pool pool;
    block_pool::make_current(&pool);
    EXPECT_EQ(block_pool::current(), &pool);
    block_pool::make_current(nullptr);
    EXPECT_EQ(block_pool::current(), nullptr);
}

}  // namespace
}  // namespace saker
