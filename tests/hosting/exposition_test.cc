// The text format: what is written is what a strict reader reads, whatever a label holds.

#include "hosting/diagnostics/exposition.h"

#include "tests/support/exposition.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace saker::diagnostics {
namespace {

using namespace std::chrono_literals;

std::string written(std::string_view value) {
    std::string out;
    add_label(out, "route", value);
    return out;
}

constexpr auto bounds = bounds_in_milliseconds(5, 10, 25);

TEST(exposition, labels_are_escaped) {
    EXPECT_EQ(written("plain"), "route=\"plain\"");
    EXPECT_EQ(written("a\"b\\c\nd"), "route=\"a\\\"b\\\\c\\nd\"");
    EXPECT_EQ(written("\xC3\xA9"), "route=\"\xC3\xA9\"");
    EXPECT_EQ(written("a\xFF\x80z"), "route=\"a\xEF\xBF\xBD\xEF\xBF\xBDz\"") << "no UTF-8";
}

TEST(exposition, whatever_a_label_holds_is_read_back) {
    for (int first = 0; first < 256; ++first) {
        for (const char second : {'"', '\\', 'n', '\n', 'x'}) {
            const std::string value = {static_cast<char>(first), second};
            std::string out;
            write_family(out, "m", "gauge", "help");
            write_sample(out, {"m"}, written(value), uint64_t{1});
            const test::exposition read = test::read_exposition(out);
            EXPECT_TRUE(read.mistakes.empty()) << first << ": " << read.mistakes.front();
            const std::string expected = first < 128 ? value : std::string("\xEF\xBF\xBD") + second;
            EXPECT_EQ(read.exactly("m", {{"route", expected}}), 1) << first;
        }
    }
}

TEST(exposition, numbers_are_the_shortest_that_read_back) {
    std::string out;
    write_sample(out, {"a"}, {}, uint64_t{18'446'744'073'709'551'615u});
    write_sample(out, {"a"}, "b=\"c\"", 0.1);
    EXPECT_EQ(out, "a 18446744073709551615\na{b=\"c\"} 0.1\n");
}

TEST(exposition, a_histogram_is_cumulative_and_in_seconds) {
    histogram<bounds> one, other;
    one.add(5ms);
    one.add(5ms + 1ns, 2);
    other.add(1s);
    histogram_sum sum(bounds);
    EXPECT_TRUE(sum.empty());
    sum.add(one);
    sum.add(other);
    EXPECT_EQ(sum.count(), 4u);
    std::string out;
    sum.write(out, "h", "x=\"y\"");
    EXPECT_EQ(out,
              "h_bucket{x=\"y\",le=\"0.005\"} 1\n"
              "h_bucket{x=\"y\",le=\"0.01\"} 3\n"
              "h_bucket{x=\"y\",le=\"0.025\"} 3\n"
              "h_bucket{x=\"y\",le=\"+Inf\"} 4\n"
              "h_sum{x=\"y\"} 1.015000002\n"
              "h_count{x=\"y\"} 4\n");
}

TEST(exposition, the_reader_of_these_tests_is_strict) {
    const auto refused = [](std::string_view text) {
        return !test::read_exposition(text).mistakes.empty();
    };
    const std::string head = "# HELP a b\n# TYPE a gauge\n";
    EXPECT_FALSE(refused(head + "a{x=\"1\"} 2\n"));
    for (const std::string_view wrong :
         {"a{x=\"1\"} 2", "a 1\na 1\n", "a{x=\"1\",x=\"2\"} 2\n", "a{x=\"1} 2\n", "b 1\n",
          "a{x=\"\"} 1\n", "a  1\n", "a{x=\"\\t\"} 1\n", "a 1 1\n", "a_total 1\n", "\n"})
        EXPECT_TRUE(refused(head + std::string(wrong))) << wrong;
    EXPECT_TRUE(refused("# HELP a b\n# TYPE a counter\na 1\n")) << "a counter without _total";
    EXPECT_TRUE(refused("# TYPE a gauge\na 1\n")) << "no help";
    const std::string histogram = "# HELP h b\n# TYPE h histogram\n";
    EXPECT_FALSE(refused(histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"));
    EXPECT_TRUE(refused(histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n"));
    EXPECT_TRUE(refused(histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n"));
    EXPECT_TRUE(
        refused(histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"));
}

}  // namespace
}  // namespace saker::diagnostics
