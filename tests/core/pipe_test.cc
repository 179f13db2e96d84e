// A pipe carries bytes in order, makes its writer wait and its reader wait, and counts what was
// consumed and examined.

#include "tests/core/pipe_fixture.h"

namespace saker {
namespace {

using test::pipe_test;

TEST_F(pipe_test, an_empty_one_holds_no_memory) {
    pipe empty(memory, options);
    EXPECT_TRUE(empty.empty());
    EXPECT_EQ(empty.front().size(), 0u);
    EXPECT_EQ(empty.take(10).size(), 0u);
    EXPECT_EQ(pieces_of(empty), 0u);
    empty.advance(0);
    EXPECT_EQ(blocks.pieces_in_use() + slabs.in_use(), 0u);
}

TEST_F(pipe_test, takes_out_what_was_put_in) {
    pipe one(memory, options);
    one.append(share::of_static("hello, "));
    one.append(share::of_static(""));
    one.write("world");
    EXPECT_EQ(one.length(), 12u);
    EXPECT_EQ(text_of(one), "hello, world");
    EXPECT_EQ(one.front().text(), "hello, ");
    EXPECT_EQ(one.take(5).text(), "hello");
    EXPECT_EQ(one.take(SIZE_MAX).text(), ", ");
    EXPECT_EQ(one.take(0).size(), 0u);
    EXPECT_EQ(one.take(5).text(), "world");
    EXPECT_TRUE(one.empty());
}

TEST_F(pipe_test, a_share_that_was_taken_outlives_the_pipe) {
    share taken;
    {
        pipe one(memory, options);
        one.append(received("0123456789"));
        taken = one.take(4);
    }
    EXPECT_EQ(taken.text(), "0123");
}

TEST_F(pipe_test, advance_crosses_segments) {
    pipe one(memory, options);
    for (const char* text : {"abc", "def", "ghi"}) one.append(share::of_static(text));
    one.advance(4);
    EXPECT_EQ(text_of(one), "efghi");
    one.advance(2);
    EXPECT_EQ(one.front().text(), "ghi");
    one.advance(3);
    EXPECT_TRUE(one.empty());
}

TEST_F(pipe_test, what_was_examined_is_no_news) {
    pipe one(memory, options);
    EXPECT_FALSE(one.has_news());
    one.append(share::of_static("abcdef"));
    EXPECT_TRUE(one.has_news());
    one.advance(2, 6);
    EXPECT_FALSE(one.has_news());
    int woken = 0;
    one.when_readable(counting(woken));
    one.publish();
    EXPECT_EQ(woken, 0);
    one.append(share::of_static("g"));
    EXPECT_EQ(woken, 0) << "it is not published yet";
    one.publish();
    one.publish();
    EXPECT_EQ(woken, 1);
    EXPECT_EQ(one.take(4).text(), "cdef");
    EXPECT_TRUE(one.has_news()) << "what was taken had been examined";
}

TEST_F(pipe_test, copies_from_anywhere) {
    pipe one(memory, options);
    for (const char* text : {"abc", "def", "ghi"}) one.append(share::of_static(text));
    EXPECT_EQ(text_of(one, 2), "cdefghi");
    EXPECT_EQ(text_of(one, 3), "defghi");
    EXPECT_EQ(text_of(one, 9), "");
    char some[4];
    EXPECT_EQ(one.copy_to(some, 1), 4u);
    EXPECT_EQ(std::string_view(some, 4), "bcde");
}

TEST_F(pipe_test, text_that_is_written_is_one_piece) {
    pipe one(memory, options);
    for (int i = 0; i < 10; ++i) one.write("0123456789");
    EXPECT_EQ(pieces_of(one), 1u);
    one.append(share::of_static("-"));
    one.write("behind");
    EXPECT_EQ(pieces_of(one), 3u);
}

TEST_F(pipe_test, what_two_pipes_write_in_turns_does_not_mix) {
    pipe one(memory, options), other(memory, options);
    for (int i = 0; i < 3; ++i) {
        one.write("one");
        other.write("other");
    }
    EXPECT_EQ(text_of(one), "oneoneone");
    EXPECT_EQ(text_of(other), "otherotherother");
    EXPECT_EQ(slabs.in_use(), 1u);
}

TEST_F(pipe_test, text_of_many_slabs_is_written_whole) {
    pipe one(memory, options);
    std::string text;
    while (text.size() < 50'000) text += std::to_string(text.size());
    EXPECT_TRUE(one.write(text));
    EXPECT_EQ(text_of(one), text);
}

TEST_F(pipe_test, no_slab_is_told_to_the_writer) {
    slabs.cap(0);
    pipe one(memory, options);
    EXPECT_FALSE(one.write("hello"));
    EXPECT_EQ(one.reserve(1), nullptr);
    EXPECT_TRUE(one.empty());
    slabs.cap(1);
    EXPECT_TRUE(one.write("hello"));
}

TEST_F(pipe_test, reserved_bytes_count_when_they_are_committed) {
    pipe one(memory, options);
    std::memcpy(one.reserve(100), "hello", 5);
    EXPECT_TRUE(one.empty());
    one.commit(5);
    one.commit(0);
    EXPECT_EQ(text_of(one), "hello");
}

TEST_F(pipe_test, small_pieces_that_were_received_are_put_together) {
    pipe one(memory, options);
    one.append_received(received("a"));
    for (int i = 0; i < 1000; ++i) one.append_received(received("b"));
    EXPECT_EQ(pieces_of(one), 1u);
    EXPECT_EQ(slabs.in_use(), 1u);
    EXPECT_EQ(text_of(one), "a" + std::string(1000, 'b'));
    one.append_received(received(std::string(4000, 'c')));
    EXPECT_EQ(pieces_of(one), 2u) << "a large piece is not copied";
}

TEST_F(pipe_test, a_small_part_of_a_slab_does_not_keep_the_slab) {
    pipe one(memory, options);
    for (int i = 0; i < 100; ++i) one.append(received("0123456789").cut(3, 1));
    EXPECT_EQ(one.length(), 100u);
    EXPECT_EQ(text_of(one), std::string(100, '3'));
    EXPECT_EQ(slabs.in_use(), 1u) << "that into which they were copied";
    // What is a quarter of its block is not worth it, nor is what keeps nothing.
    const share large = received(std::string(5000, 'x'));
    one.append(large.cut(0, 4999));
    one.append(share::of_static("static"));
    EXPECT_EQ(one.segment_count(), 3u);
}

TEST_F(pipe_test, a_small_part_is_kept_as_it_is_where_there_is_no_slab) {
    pipe one(memory, options);
    const share last = received("0123456789");
    std::vector<share> others;
    while (slabs.available() > 0) others.push_back(slabs.take());
    one.append(last.cut(2, 3));
    EXPECT_EQ(text_of(one), "234");
}

TEST_F(pipe_test, nothing_is_put_behind_a_piece_that_another_one_sees) {
    pipe one(memory, options);
    share slab = received("abcdef");
    const share behind = slab.cut(3, 3);
    slab.shorten_to(3);
    one.append_received(std::move(slab));
    one.append_received(received("xyz"));
    EXPECT_EQ(behind.text(), "def");
    EXPECT_EQ(text_of(one), "abcxyz");
}

TEST_F(pipe_test, gathers_as_many_pieces_as_there_is_room_for) {
    pipe one(memory, options);
    for (const char* text : {"abc", "def", "ghi"}) one.append(share::of_static(text));
    buffer pieces[2];
    const auto some = one.gather(pieces);
    EXPECT_EQ(some.pieces, 2u);
    EXPECT_EQ(some.bytes, 6u);
    EXPECT_EQ(std::string_view(static_cast<char*>(pieces[1].data), pieces[1].size), "def");
    EXPECT_EQ(one.length(), 9u) << "gathering takes nothing";
}

TEST_F(pipe_test, gathers_a_gibibyte_at_most) {
    constexpr size_t gibibyte = size_t{1} << 30;
    pipe one(memory, options);
    const char memory_that_nobody_reads = 'x';
    const std::string_view half(&memory_that_nobody_reads, gibibyte / 2 + 1);
    for (int i = 0; i < 3; ++i) one.append(share::of_static(half));
    buffer pieces[3];
    auto all = one.gather(pieces);
    EXPECT_EQ(all.pieces, 2u);
    EXPECT_EQ(all.bytes, gibibyte);
    EXPECT_EQ(pieces[1].size, gibibyte / 2 - 1);
    one.advance(all.bytes);
    all = one.gather(pieces);
    EXPECT_EQ(all.bytes, gibibyte / 2 + 3);
    EXPECT_EQ(all.pieces, 2u);
}

// ---- who waits for whom ----

TEST_F(pipe_test, a_writer_pauses_at_the_threshold_and_goes_on_at_half) {
    pipe one(memory, options);
    one.write("123456789012345");
    EXPECT_FALSE(one.should_pause());
    one.write("6");
    EXPECT_TRUE(one.should_pause());
    int woken = 0;
    one.when_room(counting(woken));
    one.advance(7);
    EXPECT_EQ(woken, 0);
    one.advance(1);
    EXPECT_EQ(woken, 1);
    one.advance(8);
    EXPECT_EQ(woken, 1);
}

TEST_F(pipe_test, a_writer_goes_on_when_its_bytes_are_taken) {
    pipe one(memory, options);
    one.write("1234567890123456");
    int woken = 0;
    one.when_room(counting(woken));
    EXPECT_EQ(one.take(8).size(), 8u);
    EXPECT_EQ(woken, 1);
}

TEST_F(pipe_test, what_was_examined_does_not_make_the_writer_wait) {
    pipe one(memory, options);
    one.write("1234567890123456");
    int woken = 0;
    one.when_room(counting(woken));
    one.advance(0, 16);
    EXPECT_EQ(woken, 1) << "the reader waits for more";
    EXPECT_FALSE(one.should_pause());
    one.write("1234567890123456");
    EXPECT_TRUE(one.should_pause());
}

TEST_F(pipe_test, the_end_wakes_the_reader_with_its_error) {
    pipe one(memory, options);
    int woken = 0;
    one.when_readable(counting(woken));
    one.complete(-104);
    one.complete(-32);
    EXPECT_EQ(woken, 1);
    EXPECT_TRUE(one.completed());
    EXPECT_EQ(one.error(), -104) << "the first one stays";
    EXPECT_TRUE(one.has_news());
}

TEST_F(pipe_test, bytes_before_the_end_are_there_behind_it) {
    pipe one(memory, options);
    one.write("last words");
    one.complete();
    EXPECT_EQ(text_of(one), "last words");
    EXPECT_EQ(one.error(), 0);
}

TEST_F(pipe_test, a_reader_that_goes_wakes_the_writer_and_drops_all) {
    pipe one(memory, options);
    one.append(received("1234567890123456"));
    int woken = 0;
    one.when_room(counting(woken));
    one.stop_reading();
    EXPECT_EQ(woken, 1);
    EXPECT_TRUE(one.empty());
    EXPECT_FALSE(one.should_pause());
    one.write("dropped");
    one.append(received("dropped"));
    one.append_received(received("dropped"));
    EXPECT_TRUE(one.empty());
}

TEST_F(pipe_test, a_reader_that_leaves_keeps_what_is_being_sent) {
    pipe one(memory, options);
    one.append(received("being sent"));
    one.leave();
    EXPECT_TRUE(one.reader_gone());
    EXPECT_EQ(text_of(one), "being sent");
    one.write("dropped");
    EXPECT_EQ(text_of(one), "being sent");
    one.stop_reading();
    EXPECT_TRUE(one.empty());
}

TEST_F(pipe_test, an_interrupt_wakes_the_reader_without_news) {
    pipe one(memory, options);
    one.interrupt();
    int woken = 0;
    one.when_readable(counting(woken));
    one.interrupt();
    one.interrupt();
    EXPECT_EQ(woken, 1);
    EXPECT_FALSE(one.has_news());
}

}  // namespace
}  // namespace saker
