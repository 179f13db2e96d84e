// Texts as values: .NET's grammars, and the words for what is near.

#include "hosting/configuration/values.h"

#include <saker/limits.h>

#include <gtest/gtest.h>

#include <array>

namespace saker {
namespace {

using namespace std::chrono_literals;

std::string time_of(std::string_view text) {
    const auto time = parse_time_span(text);
    return time ? format_time_span(*time) : time.error().text();
}

TEST(configuration_values, time_spans_are_dotnets) {
    struct {
        std::string_view text, shown;
    } const table[] = {
        {"00:02:10", "00:02:10"},
        {"0:0:5", "00:00:05"},
        {"10:20", "10:20:00"},
        {"1.02:03", "1.02:03:00"},
        {"1.02:03:04.5", "1.02:03:04.500"},
        {"1:02:03:04.5", "1.02:03:04.500"},
        {"00:00:00.001", "00:00:00.001"},
        {"00:00:00.0000001", "00:00:00.001"},
        {"00:00:00.1234567", "00:00:00.124"},
        {"-00:00:05", "-00:00:05"},
        {"-00:00:00.001", "Infinite"},
        {"infinite", "Infinite"},
        {"23:59:59", "23:59:59"},
        {"10675199.00:00:00", "10675199.00:00:00"},
    };
    for (const auto& [text, shown] : table) EXPECT_EQ(time_of(text), shown) << text;
    EXPECT_EQ(*parse_time_span("00:02:10"), 130s);
}

TEST(configuration_values, what_dotnet_would_take_for_days_is_refused_with_the_remedy) {
    EXPECT_NE(time_of("130").find("a number alone is days in .NET"), std::string::npos);
    EXPECT_NE(time_of("24:00:00").find("hours up to 23"), std::string::npos);
    EXPECT_NE(time_of("24:00:00").find("\"1.00:00:00\" is a day"), std::string::npos);
}

TEST(configuration_values, what_is_no_time_span_is_told) {
    for (const char* text : {"", "x", "1.5", "00:00:05.", ":05", "5:", "00:00:00.12345678", "30s",
                             "00:00:00:00:01", "+00:00:01", "00 :00", "--00:01", "1..2", "-"})
        EXPECT_NE(time_of(text).find("a time such as \"00:02:10\""), std::string::npos) << text;
    EXPECT_EQ(time_of("00:60:00"), "minutes and seconds up to 59");
    EXPECT_EQ(time_of("00:00:60"), "minutes and seconds up to 59");
    EXPECT_EQ(time_of("10675200.00:00:00"), "at most 10675199 days");
}

TEST(configuration_values, truth_and_reals) {
    EXPECT_EQ(parse_truth("TRUE"), true);
    EXPECT_EQ(parse_truth("False"), false);
    for (const char* text : {"", "1", "yes", "truth"}) EXPECT_FALSE(parse_truth(text)) << text;
    EXPECT_EQ(parse_real("0.5"), 0.5);
    EXPECT_EQ(parse_real("1e3"), 1000);
    for (const char* text : {"", "x", "inf", "nan", "1e999", "1 "}) EXPECT_FALSE(parse_real(text));
}

TEST(configuration_values, the_nearest_word_is_found_whatever_its_case) {
    constexpr std::array<std::string_view, 3> known = {"MaxRequestBodySize", "MaxRequestLineSize",
                                                       "KeepAliveTimeout"};
    EXPECT_EQ(nearest("MaxRequestBodySze", known), "MaxRequestBodySize");
    EXPECT_EQ(nearest("keepalivetimeuot", known), "KeepAliveTimeout");
    EXPECT_EQ(nearest("banana", known), "");
    EXPECT_EQ(nearest(std::string(10'000, 'x'), known), "");
}

}  // namespace
}  // namespace saker
