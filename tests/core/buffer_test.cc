// Shares: what they see, who counts them, and when their block is told that nobody is left.

#include <saker/buffer.h>

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace saker {
namespace {

// A block of 16 bytes that counts how often it was released.
struct counted_block : block {
    counted_block() {
        memory = reinterpret_cast<std::byte*>(bytes);
        size = sizeof bytes - 1;
        references = 1;
        release = [](block& gone) noexcept { ++static_cast<counted_block&>(gone).released; };
    }
    char bytes[17] = "0123456789abcdef";
    int released = 0;
};

TEST(share, the_last_one_releases_the_block) {
    counted_block memory;
    {
        const share whole = share::adopt(memory, 0, 16);
        {
            const share part = whole.cut(4, 3);
            EXPECT_EQ(part.text(), "456");
            EXPECT_EQ(memory.references, 2u);
        }
        EXPECT_EQ(memory.references, 1u);
        EXPECT_EQ(memory.released, 0);
    }
    EXPECT_EQ(memory.released, 1);
}

TEST(share, a_cut_outlives_what_it_was_cut_from) {
    counted_block memory;
    share whole = share::adopt(memory, 0, 16);
    const share part = whole.cut(10, 6);
    whole = {};
    EXPECT_EQ(memory.released, 0);
    EXPECT_EQ(part.text(), "abcdef");
}

TEST(share, a_cut_of_a_cut_counts_from_its_own_front) {
    counted_block memory;
    const share whole = share::adopt(memory, 2, 10);
    EXPECT_EQ(whole.cut(1, 5).cut(2, 3).text(), "567");
    EXPECT_EQ(whole.cut(10, 0).size(), 0u);
}

TEST(share, moving_hands_the_count_over) {
    counted_block memory;
    share first = share::adopt(memory, 0, 4);
    share second = std::move(first);
    EXPECT_EQ(memory.references, 1u);
    EXPECT_TRUE(first.empty());
    EXPECT_EQ(first.owner(), nullptr);
    first = std::move(second);
    EXPECT_EQ(first.text(), "0123");
    first = {};
    EXPECT_EQ(memory.released, 1);
}

TEST(share, moving_onto_another_releases_that_one) {
    counted_block kept, dropped;
    share holder = share::adopt(dropped, 0, 4);
    holder = share::adopt(kept, 0, 4);
    EXPECT_EQ(dropped.released, 1);
    EXPECT_EQ(kept.released, 0);
}

TEST(share, moving_onto_itself_keeps_it) {
    counted_block memory;
    share one = share::adopt(memory, 0, 4);
    share& same = one;
    one = std::move(same);
    EXPECT_EQ(one.text(), "0123");
    EXPECT_EQ(memory.references, 1u);
}

TEST(share, is_narrowed_from_both_ends) {
    counted_block memory;
    share one = share::adopt(memory, 0, 16);
    one.drop_front(4);
    one.shorten_to(3);
    EXPECT_EQ(one.text(), "456");
    one.drop_front(3);
    EXPECT_TRUE(one.empty());
    EXPECT_FALSE(static_cast<bool>(one));
    EXPECT_EQ(memory.released, 0) << "an empty share still counts";
}

TEST(share, the_only_one_may_write_behind_itself) {
    counted_block memory;
    share one = share::adopt(memory, 0, 4);
    ASSERT_EQ(one.spare().size(), 12u);
    std::memcpy(one.spare().data(), "xyz", 3);
    one.extend(3);
    EXPECT_EQ(one.text(), "0123xyz");
    EXPECT_EQ(one.spare().size(), 9u);
}

TEST(share, one_of_several_may_not_write) {
    counted_block memory;
    const share one = share::adopt(memory, 0, 4);
    const share other = one.cut(0, 2);
    EXPECT_TRUE(one.spare().empty());
    EXPECT_TRUE(other.spare().empty());
}

TEST(share, static_memory_is_counted_by_nobody) {
    const share text = share::of_static("hello");
    const share part = text.cut(1, 3);
    EXPECT_EQ(part.text(), "ell");
    EXPECT_EQ(part.owner(), nullptr);
    EXPECT_TRUE(text.spare().empty());
}

TEST(share, none_is_empty) {
    const share none;
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.text(), "");
    EXPECT_TRUE(none.bytes().empty());
    EXPECT_TRUE(none.spare().empty());
}

#ifndef NDEBUG
TEST(share_death_test, a_cut_beyond_its_share_is_a_broken_promise) {
    counted_block memory;
    const share one = share::adopt(memory, 0, 4);
    EXPECT_DEATH((void)one.cut(2, 3), "a cut lies within its share");
}
#endif

}  // namespace
}  // namespace saker
