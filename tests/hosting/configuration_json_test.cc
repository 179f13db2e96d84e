// Settings files as .NET reads them: what is allowed beyond JSON, how values become texts, and
// where each mistake is and what would be right. The sentences are the contract.

#include "hosting/configuration/json_source.h"

#include <gtest/gtest.h>

namespace saker {
namespace {

// "key = value" lines, "<null>" for null; or the mistakes as "line:column: what".
std::string read(std::string_view text) {
    std::string all;
    const json_reading reading = read_json(std::string(text));
    for (const json_value& one : reading.values)
        all += (all.empty() ? "" : "\n") + one.key + " = " + (one.is_null ? "<null>" : one.value);
    for (const auto& [where, what] : reading.mistakes)
        all += (all.empty() ? "" : "\n") + std::to_string(where.line) + ':' +
               std::to_string(where.column) + ": " + what;
    return all;
}

TEST(configuration_json, sections_and_arrays_are_joined_by_colons) {
    EXPECT_EQ(read(R"({"a":{"b":{"c":"1"}},"d":["x",{"e":"y"},["z"]]})"),
              "a:b:c = 1\nd:0 = x\nd:1:e = y\nd:2:0 = z");
}

TEST(configuration_json, values_are_the_texts_that_dotnet_makes_of_them) {
    EXPECT_EQ(read(R"({"a":true,"b":false,"c":1.50,"d":1e3,"e":null,"f":[],"g":{},"h":""})"),
              "a = True\nb = False\nc = 1.50\nd = 1e3\ne = <null>\nf = \ng = <null>\nh = ");
    EXPECT_EQ(read("{\"a\":-0.5E+2 ,\"b\":\"\\u00e4\\ud83d\\ude00\\\\\\/\\t\"}"),
              "a = -0.5E+2\nb = \xc3\xa4\xf0\x9f\x98\x80\\/\t");
}

TEST(configuration_json, comments_trailing_commas_and_a_mark_are_allowed) {
    EXPECT_EQ(
        read("\xef\xbb\xbf// first\n{ /* a \n * b */ \"a\": [1, 2, ], // c\n \"b\": \"// no /* "
             "comment */\",\n}\n/* end */ // end"),
        "a:0 = 1\na:1 = 2\nb = // no /* comment */");
    EXPECT_EQ(read("{\"a\":1/**/}"), "a = 1");
}

TEST(configuration_json, each_value_knows_its_line_and_column) {
    const json_reading reading = read_json("{\n  \"a\": 1,\n /* x\n */ \"b\": [\n\t2]\n}");
    ASSERT_EQ(reading.values.size(), 2u);
    EXPECT_EQ(reading.values[0].where.line, 2u);
    EXPECT_EQ(reading.values[0].where.column, 3u);
    EXPECT_EQ(reading.values[1].where.line, 5u);
    EXPECT_EQ(reading.values[1].where.column, 2u);
}

TEST(configuration_json, sections_that_come_twice_are_put_together) {
    EXPECT_EQ(read(R"({"a":{"b":1},"A":{"c":2},"a:d":3})"), "a:b = 1\nA:c = 2\na:d = 3");
}

TEST(configuration_json, keys_that_come_twice_are_told_with_both_lines) {
    EXPECT_EQ(read("{\"a\":{\"b\":1},\n\"A\":{\"B\":2}}"),
              "2:6: A duplicate key 'A:B' was found; it is on line 1 already");
    EXPECT_EQ(read("{\"a:b\":1,\"a\":{\"b\":2},\"c\":1,\"c\":2}"),
              "1:15: A duplicate key 'a:b' was found; it is on line 1 already\n"
              "1:28: A duplicate key 'c' was found; it is on line 1 already");
}

TEST(configuration_json, mistakes_say_where_what_was_found_and_what_is_expected) {
    struct {
        std::string_view text, mistake;
    } const table[] = {
        {"", "1:1: the file is empty; expected a JSON object, {} at least"},
        {" \n// only a comment\n", "3:1: the file is empty; expected a JSON object, {} at least"},
        {"[1]", "1:1: found '['; expected '{': the file is one JSON object"},
        {"1", "1:1: found '1'; expected '{': the file is one JSON object"},
        {"{", "1:2: found the end of the file; expected '}': the object is not closed"},
        {"{\"a\":[1", "1:8: found the end of the file; expected ']': the array is not closed"},
        {"{\"a\"", "1:5: found the end of the file; expected '}': the object is not closed"},
        {"{,}", "1:2: found ','; expected a key in double quotes or '}'"},
        {"{\"a\":1,,}", "1:8: found ','; expected a key in double quotes"},
        {"{\"a\":[,]}", "1:7: found ','; expected a value or ']'"},
        {"{\"a\":[1,,]}", "1:9: found ','; expected a value"},
        {"{\"a\":}", "1:6: found '}'; expected a value"},
        {"{\"a\" 1}", "1:6: found '1'; expected ':' between the key and its value"},
        {"{\"a\":1 \"b\":2}", "1:8: found '\"'; expected ',' or '}' behind the value"},
        {"{\"a\":[1}", "1:8: found '}'; expected ',' or ']' behind the value"},
        {"{\"a\":1]", "1:7: found ']'; expected ',' or '}' behind the value"},
        {"{a:1}", "1:2: found 'a'; expected a key in double quotes or '}'"},
        {"{'a':1}", "1:2: found '''; expected a key in double quotes or '}'"},
        {"{\"a\":'x'}", "1:6: found '''; expected a value"},
        {"{\"a\":1}\nx", "2:1: found 'x'; expected nothing behind the object's '}'"},
        {"{\"a\":1}{}", "1:8: found '{'; expected nothing behind the object's '}'"},
        {"{\"a\":01}", "1:6: a number does not begin with the zero of 01"},
        {"{\"a\":-}", "1:7: found '}'; expected a digit"},
        {"{\"a\":1.}", "1:8: found '}'; expected a digit"},
        {"{\"a\":1e}", "1:8: found '}'; expected a digit"},
        {"{\"a\":1x}", "1:7: found 'x'; expected ',' or the end of what is open behind the number"},
        {"{\"a\":tru}",
         "1:6: found 't'; expected a value: a text in double quotes, a number, true, false or "
         "null"},
        {"{\"a\":True}", "1:6: found 'T'; expected a value"},
        {"{\"a\":nulls}",
         "1:10: found 's'; expected ',' or the end of what is open behind the word"},
        {"{\"a\":\"x", "1:6: the text is not closed by a quote"},
        {"{\"a\":\"x\ny\"}", "1:6: the text is not closed by a quote before the end of its line"},
        {"{\"a\":\"x\ty\"}",
         "1:8: the control character 0x09 stands in a text; expected an escape such as \\t or "
         "\\u0001"},
        {"{\"a\":\"C:\\dir\"}",
         "1:9: found an unknown escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX "
         "(a "
         "backslash itself is \\\\)"},
        {"{\"a\":\"\\u12g4\"}", "1:11: found 'g'; expected four hexadecimal digits behind \\u"},
        {"{\"a\":\"\\ud800\"}", "1:7: a high surrogate stands alone"},
        {"{\"a\":\"\\ud800\\u0041\"}", "1:7: a high surrogate stands alone"},
        {"{\"a\":\"\\udc00\"}", "1:7: a low surrogate stands alone"},
        {"{\"a\":\"\xff\"}", "1:7: the byte 0xFF is not UTF-8"},
        {"{\"a\":\"\xc0\xaf\"}", "1:7: the byte 0xC0 is not UTF-8"},
        {"{\"a\":\"\xed\xa0\x80\"}", "1:7: the byte 0xED is not UTF-8"},
        {"\xff\xfe{", "1:1: the file is UTF-16; expected UTF-8"},
        {"\xef\xbb\xbf{\"a\" 1}", "1:6: found '1'; expected ':' between the key and its value"},
        {"{\"a\":1} // \xff", "1:12: the byte 0xFF is not UTF-8"},
        {"{\"a\":\xc3\xa4}", "1:6: found '\xc3\xa4'; expected a value"},
        {"{\"a\":1} /* x", "1:9: the comment is not closed by '*/'"},
        {"{\"a\":/1}", "1:6: found '/'; expected a value"},
        {std::string_view("{\"a\":1}\0", 8),
         "1:8: found '\\x00'; expected nothing behind the object's '}'"},
    };
    for (const auto& [text, mistake] : table) EXPECT_EQ(read(text), mistake) << text;
}

TEST(configuration_json, depth_has_an_end) {
    const auto nested = [](size_t deep) {
        return "{\"a\":" + std::string(deep - 1, '[') + std::string(deep - 1, ']') + "}";
    };
    EXPECT_EQ(read_json(nested(deepest_json)).mistakes.size(), 0u);
    EXPECT_EQ(read(nested(deepest_json + 1)), "1:69: objects and arrays are nested deeper than 64");
    EXPECT_EQ(read_json(nested(100'000)).mistakes.size(), 1u);
}

}  // namespace
}  // namespace saker
