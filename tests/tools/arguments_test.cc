// The command's flags, its guesses at what was meant, its JSON and its reading of a cgroup's quota.
// Compiled with tools/saker/{arguments,json,examine}.cc (tests/tools/CMakeLists.txt).

#include "tools/saker/arguments.h"
#include "tools/saker/examine.h"
#include "tools/saker/json.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace saker::tool {
namespace {

using outcome = reading::outcome;

class arguments_test : public testing::Test {
protected:
    std::string read(std::vector<std::string_view> given) {
        const reading read = read_arguments(given, flags_);
        if (read.what == outcome::help) return "help";
        return read.what == outcome::run ? "run" : read.mistake;
    }
    std::string urls_;
    unsigned cores_ = 0;
    bool pin_ = true;
    std::vector<flag> flags_ = {
        {"--urls", "URLS", "what to listen on",
         [this](std::string_view text) { return urls_ = text, std::string(); }},
        {"--cores", "N", "threads", number_into(cores_, 0, 64)},
        {"--no-pin", "", "no pinning",
         [this](std::string_view) { return pin_ = false, std::string(); }},
    };
};

TEST_F(arguments_test, reads_both_forms_and_switches) {
    EXPECT_EQ(read({"--urls", "http://a", "--cores=3", "--no-pin"}), "run");
    EXPECT_EQ(urls_, "http://a");
    EXPECT_EQ(cores_, 3u);
    EXPECT_FALSE(pin_);
    EXPECT_EQ(read({"--urls=http://a/?x=y", "--cores", "1", "--cores", "2"}), "run");
    EXPECT_EQ(urls_, "http://a/?x=y");
    EXPECT_EQ(cores_, 2u);
    EXPECT_EQ(read({}), "run");
}

TEST_F(arguments_test, help_wins_over_what_comes_after_it) {
    EXPECT_EQ(read({"--help", "--nonsense"}), "help");
    EXPECT_EQ(read({"--cores", "1", "-h"}), "help");
}

TEST_F(arguments_test, an_unknown_flag_gets_the_nearest_one) {
    EXPECT_EQ(read({"--url", "x"}), "unknown flag '--url', did you mean --urls?");
    EXPECT_EQ(read({"--croes=1"}), "unknown flag '--croes', did you mean --cores?");
    EXPECT_EQ(read({"--nopin"}), "unknown flag '--nopin', did you mean --no-pin?");
    EXPECT_EQ(read({"--hlep"}), "unknown flag '--hlep', did you mean --help?");
    EXPECT_EQ(read({"--certificate"}), "unknown flag '--certificate'");
    EXPECT_EQ(read({"-x"}), "unknown flag '-x'");
}

TEST_F(arguments_test, values_are_where_they_belong) {
    EXPECT_EQ(read({"--cores"}), "--cores needs a value: --cores N");
    EXPECT_EQ(read({"--cores", "--no-pin"}), "--cores needs a value: --cores N");
    EXPECT_EQ(read({"--no-pin=1"}), "--no-pin takes no value");
    EXPECT_EQ(read({"serve"}), "unexpected argument 'serve'");
    EXPECT_EQ(read({"http://x"}), "unexpected argument 'http://x', did you mean --urls http://x?");
}

TEST_F(arguments_test, a_wrong_value_is_told_with_what_is_valid) {
    for (const std::string_view wrong : {"x", "", "1x", "65", "-1", "99999999999999999999"})
        EXPECT_EQ(read({"--cores", wrong}),
                  "--cores is '" + std::string(wrong) + "'; valid is a number from 0 to 64");
}

TEST_F(arguments_test, flags_are_described_in_columns) {
    EXPECT_EQ(describe(flags_),
              "  --urls URLS  what to listen on\n"
              "  --cores N    threads\n"
              "  --no-pin     no pinning\n");
    const std::string about(100, 'x');
    const std::string both = "some words " + about;
    const std::array<flag, 1> one = {flag{"--a", "", both, {}}};
    EXPECT_EQ(describe(one), "  --a  some words\n       " + about + '\n');
}

TEST(nearest, guesses_what_is_near_and_nothing_else) {
    const std::vector<std::string_view> known = {"serve", "doctor", "version"};
    EXPECT_EQ(nearest("sevre", known), "serve");
    EXPECT_EQ(nearest("docter", known), "doctor");
    EXPECT_EQ(nearest("vers", known), "version");
    EXPECT_EQ(nearest("banana", known), "");
    EXPECT_EQ(nearest("", known), "");
}

TEST(parse_size, has_units_of_1024) {
    EXPECT_EQ(parse_size("0"), 0u);
    EXPECT_EQ(parse_size("64K"), 65536u);
    EXPECT_EQ(parse_size("3m"), 3u << 20);
    EXPECT_EQ(parse_size("2G"), uint64_t{2} << 30);
    for (const char* wrong : {"", "K", "-1", "1T", "1 K", "99999999999999999G", "1.5M"})
        EXPECT_EQ(parse_size(wrong), std::nullopt) << wrong;
}

TEST(quota, is_read_as_processors) {
    EXPECT_DOUBLE_EQ(processors_of_quota("200000 100000"), 2);
    EXPECT_DOUBLE_EQ(processors_of_quota("50000 100000"), 0.5);
    for (const char* none : {"max 100000", "", "100000", "1 0", "x y"})
        EXPECT_DOUBLE_EQ(processors_of_quota(none), 0) << none;
}

TEST(json, escapes_what_it_must) {
    const auto json = [](std::string_view text) {
        std::string made;
        append_json(made, text);
        return made;
    };
    EXPECT_EQ(json("plain"), "\"plain\"");
    EXPECT_EQ(json("a\"b\\c\r\n\t\x01\x7f"), "\"a\\\"b\\\\c\\u000d\\u000a\\u0009\\u0001\\u007f\"");
    EXPECT_EQ(json("gr\xc3\xbc\xc3\x9f"), "\"gr\xc3\xbc\xc3\x9f\"");
    EXPECT_EQ(json("\xff"), "\"\\u00ff\"");
    EXPECT_EQ(json("</script>"), "\"\\u003c/script>\"");
}

TEST(json, objects_close_themselves) {
    std::string text;
    {
        json_object whole(text);
        whole.text("a", "b");
        whole.key("in");
        { json_object(text).number("n", 1); }
        whole.number("m", 2);
    }
    EXPECT_EQ(text, R"({"a":"b","in":{"n":1},"m":2})");
}

}  // namespace
}  // namespace saker::tool
