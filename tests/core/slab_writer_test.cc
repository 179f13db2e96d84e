// What a core itself writes lies densely in one slab, one share behind the other.

#include "core/memory/slab_writer.h"
#include "tests/support/strict_slab_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace saker {
namespace {

using test::strict_slab_pool;

share write(slab_writer& to, std::string_view text) {
    std::byte* const room = to.reserve(text.size());
    EXPECT_NE(room, nullptr);
    std::memcpy(room, text.data(), text.size());
    return to.commit(text.size());
}

TEST(slab_writer, takes_a_slab_when_there_is_something_to_write) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    EXPECT_EQ(pool.in_use(), 0u);
    const share text = write(writer, "hello");
    EXPECT_EQ(text.text(), "hello");
    EXPECT_EQ(pool.in_use(), 1u);
}

TEST(slab_writer, shares_lie_densely_behind_each_other) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    const share first = write(writer, "one");
    const share second = write(writer, "two");
    EXPECT_EQ(first.data() + 3, second.data());
    EXPECT_EQ(pool.in_use(), 1u);
}

TEST(slab_writer, what_was_reserved_and_not_committed_is_given_again) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    std::byte* const room = writer.reserve(100);
    EXPECT_EQ(writer.reserve(50), room);
}

TEST(slab_writer, a_share_that_ends_at_the_reserved_bytes_is_continued) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    share last = write(writer, "one");
    std::memcpy(writer.reserve(3), "two", 3);
    ASSERT_TRUE(writer.continues(last));
    writer.commit_to(last, 3);
    EXPECT_EQ(last.text(), "onetwo");
    const share other = write(writer, "three");
    EXPECT_FALSE(writer.continues(last));
    EXPECT_TRUE(writer.continues(other));
    EXPECT_FALSE(writer.continues(share::of_static("x")));
    EXPECT_FALSE(writer.continues({}));
}

TEST(slab_writer, a_full_slab_is_followed_by_another) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    const share first = write(writer, std::string(slab_pool::slab_size - 10, 'x'));
    share second = write(writer, "more than ten");
    EXPECT_NE(first.owner(), second.owner());
    EXPECT_EQ(pool.in_use(), 2u);
    EXPECT_EQ(write(writer, std::string(slab_pool::slab_size, 'y')).size(), slab_pool::slab_size);
}

TEST(slab_writer, starts_over_between_turns_where_nobody_sees_the_slab) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    share text = write(writer, "sent");
    const std::byte* const begin = text.data();
    writer.rest();
    EXPECT_NE(writer.reserve(1), begin) << "somebody still sees it";
    text = {};
    writer.rest();
    EXPECT_EQ(writer.reserve(1), begin);
}

TEST(slab_writer, a_full_slab_that_nobody_sees_is_used_again) {
    strict_slab_pool pool(1);
    slab_writer writer(pool);
    for (int i = 0; i < 100; ++i) write(writer, std::string(10'000, 'x'));
    EXPECT_EQ(pool.most(), 1u);
}

TEST(slab_writer, tells_exhaustion_and_gets_over_it) {
    strict_slab_pool pool(1);
    slab_writer writer(pool);
    share kept = write(writer, std::string(slab_pool::slab_size, 'x'));
    EXPECT_EQ(writer.reserve(1), nullptr);
    EXPECT_EQ(writer.reserve(1), nullptr);
    EXPECT_EQ(kept.text(), std::string(slab_pool::slab_size, 'x'));
    kept = {};
    EXPECT_NE(writer.reserve(1), nullptr);
}

TEST(slab_writer, lets_go_of_its_slab) {
    strict_slab_pool pool;
    slab_writer writer(pool);
    share text = write(writer, "hello");
    writer.let_go();
    EXPECT_EQ(pool.in_use(), 1u);
    EXPECT_EQ(text.text(), "hello");
    text = {};
    EXPECT_EQ(pool.in_use(), 0u);
    EXPECT_EQ(write(writer, "again").text(), "again");
}

}  // namespace
}  // namespace saker
