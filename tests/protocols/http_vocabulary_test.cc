// The small tables: header names (every one found in any case, nothing else found), methods, status
// phrases, rejections, dates, field validation, UTF-8.

#include "protocols/http/characters.h"
#include "protocols/http/date.h"
#include "protocols/http/field_value.h"
#include "protocols/http/header_names.h"
#include "protocols/http/method.h"
#include "protocols/http/rejection.h"
#include "protocols/http/status.h"
#include "tests/protocols/guarded_bytes.h"

#include <gtest/gtest.h>

#include <cctype>
#include <ctime>
#include <set>
#include <string>

namespace saker::tests {
namespace {

std::string changed_case(std::string_view text, bool upper) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(upper ? std::toupper(c) : std::tolower(c));
    return out;
}

TEST(header_names, every_name_is_found_in_any_case) {
    for (size_t i = 1; i < header_id_count; ++i) {
        const auto id = static_cast<header_id>(i);
        const std::string_view known = header_name(id);
        EXPECT_EQ(find_header(guarded().copy(known)), id) << known;
        EXPECT_EQ(find_header(guarded().copy(changed_case(known, true))), id) << known;
        EXPECT_EQ(find_header(guarded().copy(changed_case(known, false))), id) << known;
    }
    EXPECT_EQ(header_name(header_id::content_type), "Content-Type");
    EXPECT_EQ(header_name(header_id::unknown), "");
}

// Any one byte changed to anything that is not the same letter: unknown, or another known name.
TEST(header_names, no_other_text_is_taken_for_a_name) {
    for (size_t i = 1; i < header_id_count; ++i) {
        const std::string known(header_name(static_cast<header_id>(i)));
        for (size_t at = 0; at < known.size(); ++at) {
            for (int c = 0; c < 256; ++c) {
                std::string other = known;
                other[at] = static_cast<char>(c);
                const header_id found = find_header(other);
                const bool same = equals_ignore_case(other, header_name(found));
                ASSERT_TRUE(found == header_id::unknown || same) << other;
            }
        }
        EXPECT_EQ(find_header(known + "s"), find_header(known + "S"));
        EXPECT_NE(find_header(known.substr(1)), static_cast<header_id>(i));
    }
    for (const std::string_view text : {"", "a", "X-Mine", "Content_Length", "Host "}) {
        EXPECT_EQ(find_header(guarded().copy(text)), header_id::unknown) << text;
    }
    EXPECT_EQ(find_header(std::string(1000, 'a')), header_id::unknown);
}

TEST(methods, names_and_words) {
    EXPECT_EQ(name(method::del), "DELETE");
    EXPECT_EQ(name(method::custom), "");
    EXPECT_EQ(find_method("DELETE"), method::del);
    EXPECT_EQ(find_method("OPTIONS"), method::options);
    EXPECT_EQ(find_method("get"), method::custom);
    EXPECT_EQ(find_method(""), method::custom);
    EXPECT_EQ(find_method("GET "), method::custom);
    EXPECT_EQ(find_method("OPTIONSS"), method::custom);
}

TEST(statuses, phrases) {
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(404), "Not Found");
    EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
    EXPECT_EQ(reason_phrase(299), "");
    EXPECT_EQ(reason_phrase(999), "");
}

TEST(rejections, every_reason_has_a_name_and_a_status) {
    std::set<std::string_view> names;
    for (size_t i = 0; i < rejection_reason_count; ++i) {
        const auto reason = static_cast<rejection_reason>(i);
        EXPECT_TRUE(names.insert(name(reason)).second) << name(reason);
        EXPECT_FALSE(reason_phrase(status_of(reason)).empty() && i != 0) << name(reason);
    }
    EXPECT_EQ(status_of(rejection_reason::unsupported_transfer_coding), 501);
    EXPECT_EQ(status_of(rejection_reason::request_line_too_long), 414);
    EXPECT_EQ(allowed_method(rejection_reason::connect_method_required), "CONNECT");
    EXPECT_FALSE(rejection{});
    EXPECT_EQ(reject(rejection_reason::too_many_headers).status, 431);
}

std::string date(int64_t seconds) {
    std::string out(http_date_size, 'x');
    format_http_date(seconds, out.data());
    return out;
}

TEST(dates, are_what_strftime_says) {
    EXPECT_EQ(date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(date(951782399), "Mon, 28 Feb 2000 23:59:59 GMT");
    EXPECT_EQ(date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
    EXPECT_EQ(date(253402300799), "Fri, 31 Dec 9999 23:59:59 GMT");
    for (int64_t at = 0; at < 253402300799; at += 86400 * 29 + 12345) {
        const auto seconds = static_cast<time_t>(at);
        tm parts;
        char expected[64];
        gmtime_r(&seconds, &parts);
        strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        ASSERT_EQ(date(at), expected);
    }
}

TEST(field_values, cannot_split_a_response) {
    using namespace std::string_view_literals;
    EXPECT_TRUE(is_valid_field_value("a\tb \xc3\xa4"));
    for (const std::string_view bad : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv, "\x1b"sv}) {
        EXPECT_FALSE(is_valid_field_value(bad));
        EXPECT_FALSE(is_valid_reason_phrase(bad));
    }
    EXPECT_TRUE(is_valid_field_name("X-A"));
    EXPECT_FALSE(is_valid_field_name(""));
    EXPECT_FALSE(is_valid_field_name("a b"));
    EXPECT_FALSE(is_valid_field_name("a:"));
}

// Against the definition: decode the number, then ask whether this is its shortest encoding.
TEST(utf8, three_byte_sequences_are_judged_right) {
    for (unsigned first = 0xe0; first < 0xf0; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const char bytes[] = {static_cast<char>(first), static_cast<char>(second), '\x80'};
            const unsigned code = (first & 15) << 12 | (second & 63) << 6;
            const bool good =
                (second & 0xc0) == 0x80 && code >= 0x800 && (code < 0xd800 || code > 0xdfff);
            ASSERT_EQ(is_valid_utf8({bytes, 3}), good) << first << " " << second;
        }
    }
}

TEST(utf8, edges) {
    EXPECT_TRUE(is_valid_utf8(""));
    EXPECT_TRUE(is_valid_utf8("plain text, longer than a word"));
    EXPECT_TRUE(is_valid_utf8("12345678\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
    for (const std::string_view bad : {"\x80", "\xc1\xbf", "\xc2", "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "12345678\xc2"}) {
        EXPECT_FALSE(is_valid_utf8(guarded().copy(bad)));
    }
}

}  // namespace
}  // namespace saker::tests
