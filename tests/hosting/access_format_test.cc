// Lines of an access log: what a reader of each format expects, and that no peer can forge one.

#include "hosting/diagnostics/access_format.h"

#include "protocols/http/field_value.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace saker::diagnostics {
namespace {

using namespace std::chrono_literals;

access_record plain() {
    access_record of;
    of.when = 784111777s + 123ms;  // Sun, 06 Nov 1994 08:49:37 GMT
    of.duration = 1234567ns;
    of.client = "127.0.0.1:50000";
    of.id = "0HN0000000001:0000000A";
    of.method = "GET";
    of.target = "/a/b?c=d";
    of.protocol = "HTTP/1.1";
    of.scheme = "https";
    of.host = "example.org";
    of.referer = "http://example.com/";
    of.user_agent = "curl/8.1 (x; y)";
    of.route = "/a/{x}";
    of.status = 200;
    of.bytes = 13;
    return of;
}

access_record refused() {
    access_record of;
    of.when = 784111777s;
    of.client = "[::1]:50000";
    of.line = "GET /\x1b[2J \"HTTP/1.1\"";
    of.status = 400;
    of.error = "invalid_request_line";
    return of;
}

std::string line_of(access_format format, const access_record& of) {
    std::string out;
    append_access_line(out, format, of);
    return out;
}

TEST(access_format, ncsa_is_apaches_combined_format) {
    EXPECT_EQ(line_of(access_format::ncsa, plain()),
              "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a/b?c=d HTTP/1.1\" 200 13 "
              "\"http://example.com/\" \"curl/8.1 (x; y)\"\n");
    EXPECT_EQ(line_of(access_format::ncsa, refused()),
              "::1 - - [06/Nov/1994:08:49:37 +0000] \"GET /\\x1B[2J \\\"HTTP/1.1\\\"\" 400 - "
              "\"-\" \"-\"\n");
}

TEST(access_format, w3c_has_the_fields_that_its_directives_name) {
    const std::string header = access_header(access_format::w3c, 784111777s);
    EXPECT_TRUE(
        header.starts_with("#Software: Saker\n#Version: 1.0\n"
                           "#Start-Date: 1994-11-06 08:49:37\n#Fields: date time c-ip "))
        << header;
    EXPECT_EQ(line_of(access_format::w3c, plain()),
              "1994-11-06 08:49:37 127.0.0.1 50000 GET /a/b c=d 200 13 1.234 HTTP/1.1 example.org "
              "curl/8.1+(x;+y) http://example.com/\n");
    EXPECT_EQ(line_of(access_format::w3c, refused()),
              "1994-11-06 08:49:37 ::1 50000 - - - 400 0 0.000 - - - -\n");
    const auto words = [](const std::string& text) {
        return std::count(text.begin(), text.end(), ' ');
    };
    const std::string fields = header.substr(header.find("#Fields: ") + 9);
    EXPECT_EQ(words(fields), words(line_of(access_format::w3c, plain())));
}

TEST(access_format, json_is_one_object_a_line) {
    EXPECT_EQ(line_of(access_format::json, plain()),
              "{\"time\":\"1994-11-06T08:49:37.123Z\",\"status\":200,\"bytes\":13,"
              "\"duration_ms\":1.234,\"client\":\"127.0.0.1:50000\","
              "\"id\":\"0HN0000000001:0000000A\",\"method\":\"GET\",\"target\":\"/a/b?c=d\","
              "\"protocol\":\"HTTP/1.1\",\"scheme\":\"https\",\"host\":\"example.org\","
              "\"route\":\"/a/{x}\","
              "\"user_agent\":\"curl/8.1 (x; y)\",\"referer\":\"http://example.com/\"}\n");
    EXPECT_EQ(line_of(access_format::json, refused()),
              "{\"time\":\"1994-11-06T08:49:37.000Z\",\"status\":400,\"bytes\":0,"
              "\"duration_ms\":0.000,\"client\":\"[::1]:50000\","
              "\"error\":\"invalid_request_line\","
              "\"line\":\"GET /\\u001b[2J \\\"HTTP/1.1\\\"\"}\n");
}

TEST(access_format, a_client_of_a_unix_socket_has_no_address) {
    access_record of = plain();
    of.client = "unix:";
    EXPECT_TRUE(line_of(access_format::ncsa, of).starts_with("- - - ["));
    EXPECT_NE(line_of(access_format::w3c, of).find(" - - GET "), std::string::npos);
}

// What clients have tried with logs: other lines, other fields, terminals, formulas, encodings.
std::vector<std::string> nasty() {
    std::vector<std::string> all = {
        "a\r\n127.0.0.1 - - [x] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"",
        "\" 200 1 \"-\" \"admin\"",
        "\",\"status\":200,\"x\":\"",
        "\\",
        "\\\"",
        "\\u0022",
        "\x1b]0;title\x07\x1b[2J",
        "\xc2\x9b"
        "31m",  // CSI of the second set of controls
        "\x9b"
        "31m",  // the same as one byte: no UTF-8
        "\xe2\x80\xae"
        "gnp.exe",                       // right to left
        "\xe2\x80\xa8{\"a\":1}",         // a line separator
        "\xef\xbb\xbf",                  // a byte order mark
        "\xc0\xaf\xed\xa0\x80\xf5\x80",  // overlong, a surrogate, too large
        "\xff\xfe",
        "a b\tc",
        "#Fields: x",
        "%00%0a",
        std::string("\0x", 2),
        "\x7f",
        "=cmd|'/c calc'!A0",
        "\xF0\x9F\xA6\x85",
        std::string(100'000, 'a'),
        std::string(100'000, '\xff'),
    };
    for (int byte = 0; byte < 256; ++byte) all.emplace_back(3, static_cast<char>(byte));
    return all;
}

std::vector<access_record> records_with(std::string_view text) {
    std::vector<access_record> all;
    for (std::string_view access_record::*const member :
         {&access_record::method, &access_record::target, &access_record::host,
          &access_record::referer, &access_record::user_agent, &access_record::route}) {
        all.push_back(plain());
        all.back().*member = text;
    }
    all.push_back(refused());
    all.back().line = text;
    return all;
}

// Quoted fields of a line, and what is between them; nothing where a quote is not ended.
size_t quoted_fields(std::string_view line) {
    size_t count = 0;
    bool inside = false;
    for (size_t i = 0; i < line.size(); ++i) {
        if (inside && line[i] == '\\') {
            ++i;
        } else if (line[i] == '"') {
            inside = !inside;
            count += inside;
        }
    }
    return inside ? 0 : count;
}

TEST(access_format, what_cannot_be_seen_is_shown) {
    access_record of = plain();
    of.user_agent = "\xf3\xa0\x81\x81 \xe1\xa0\x8e \xef\xbf\xb9 \xe2\x80\xae \xF0\x9F\xA6\x85";
    EXPECT_NE(line_of(access_format::json, of)
                  .find("\"\\udb40\\udc41 \\u180e \\ufff9 \\u202e \xF0\x9F\xA6\x85\""),
              std::string::npos);
}

TEST(access_format, nobody_forges_a_line) {
    for (const std::string& text : nasty()) {
        for (const access_record& of : records_with(text)) {
            for (const auto format :
                 {access_format::ncsa, access_format::w3c, access_format::json}) {
                const std::string line = line_of(format, of);
                EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << line;
                EXPECT_EQ(line.back(), '\n');
                EXPECT_LT(line.size(), 120'000u);
                const bool harmless =
                    std::all_of(line.begin(), line.end() - 1, [&](unsigned char c) {
                        return c >= 0x20 && c != 0x7f &&
                               (c < 0x80 || format == access_format::json);
                    });
                EXPECT_TRUE(harmless) << line;
            }
        }
    }
}

TEST(access_format, nobody_ends_a_field) {
    for (const std::string& text : nasty()) {
        for (const access_record& of : records_with(text)) {
            EXPECT_EQ(quoted_fields(line_of(access_format::ncsa, of)), 3u) << text;
            const std::string w3c = line_of(access_format::w3c, of);
            EXPECT_EQ(std::count(w3c.begin(), w3c.end(), ' '), 13) << w3c;
        }
    }
}

// A strict reader of strings in JSON: false where the object is none.
bool is_flat_object(std::string_view text) {
    const auto string = [&] {
        if (!text.starts_with('"')) return false;
        for (text.remove_prefix(1); !text.empty(); text.remove_prefix(1)) {
            if (text.front() == '"') return text.remove_prefix(1), true;
            if (static_cast<unsigned char>(text.front()) < 0x20) return false;
            if (text.front() != '\\') continue;
            text.remove_prefix(1);
            if (text.starts_with('u')) {
                const auto hex = text.substr(1, 4);
                if (hex.size() != 4 || hex.find_first_not_of("0123456789abcdef") != hex.npos)
                    return false;
            } else if (!text.starts_with('"') && !text.starts_with('\\')) {
                return false;
            }
        }
        return false;
    };
    if (!text.starts_with('{')) return false;
    do {
        text.remove_prefix(1);
        if (!string() || !text.starts_with(':')) return false;
        text.remove_prefix(1);
        if (text.starts_with('"')) {
            if (!string()) return false;
        } else {
            text.remove_prefix(std::min(text.find_first_not_of("0123456789."), text.size()));
        }
    } while (text.starts_with(','));
    return text == "}\n";
}

TEST(access_format, json_is_always_json_and_utf8) {
    for (const std::string& text : nasty()) {
        for (const access_record& of : records_with(text)) {
            const std::string line = line_of(access_format::json, of);
            EXPECT_TRUE(is_flat_object(line)) << line;
            EXPECT_TRUE(is_valid_utf8(line)) << line;
            for (const std::string_view hidden : {"\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8"})
                EXPECT_EQ(line.find(hidden), std::string::npos) << line;
        }
    }
    access_record bird = plain();
    bird.user_agent = "\xF0\x9F\xA6\x85";
    EXPECT_NE(line_of(access_format::json, bird).find("\xF0\x9F\xA6\x85"), std::string::npos);
}

}  // namespace
}  // namespace saker::diagnostics
