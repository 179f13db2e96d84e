// Paths, queries, hosts and absolute targets by table. The rows of the path are Kestrel's: decoded
// once, %2F kept, invalid UTF-8 kept encoded, then dot segments removed.

#include "protocols/http/target.h"

#include "tests/protocols/guarded_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace saker::tests {
namespace {

struct path_row {
    std::string_view raw;
    std::string_view decoded;
};

constexpr path_row paths[] = {
    {"/", "/"},
    {"/a/b", "/a/b"},
    {"/%41%62", "/Ab"},
    {"/%2F", "/%2F"},
    {"/%2f%2F", "/%2f%2F"},
    {"/%252F", "/%2F"},
    {"/%2541", "/%41"},
    {"/%20", "/ "},
    {"/%", "/%"},
    {"/%4", "/%4"},
    {"/%4G", "/%4G"},
    {"/%%41", "/%A"},
    {"/%C3%A4", "/\xc3\xa4"},
    {"/%c3%a4x", "/\xc3\xa4x"},
    {"/%E2%82%AC", "/\xe2\x82\xac"},
    {"/%F0%9F%98%80", "/\xf0\x9f\x98\x80"},
    {"/%C3", "/%C3"},
    {"/%C3%41", "/%C3A"},
    {"/%C3%", "/%C3%"},
    {"/%A4", "/%A4"},
    {"/%C0%AF", "/%C0%AF"},
    {"/%C1%81", "/%C1%81"},
    {"/%E0%80%AF", "/%E0%80%AF"},
    {"/%ED%A0%80", "/%ED%A0%80"},
    {"/%F4%90%80%80", "/%F4%90%80%80"},
    {"/%F5%80%80%80", "/%F5%80%80%80"},
    {"/%FF%FE", "/%FF%FE"},
    {"/%E2%82%C3%A4", "/%E2%82\xc3\xa4"},
    {"/.", "/"},
    {"/..", "/"},
    {"/./", "/"},
    {"/../", "/"},
    {"/a/.", "/a/"},
    {"/a/..", "/"},
    {"/a/./b", "/a/b"},
    {"/a/../b", "/b"},
    {"/a/b/../../c", "/c"},
    {"/a/../../../b", "/b"},
    {"/a/b/c/./../../g", "/a/g"},
    {"/a//../b", "/a/b"},
    {"/a/...", "/a/..."},
    {"/.a", "/.a"},
    {"/..a/b", "/..a/b"},
    {"/a./b", "/a./b"},
    {"/%2e%2e/a", "/a"},
    {"/a/%2E/b", "/a/b"},
    {"/a/.%2e/b", "/b"},
    {"/a%2F../b", "/a%2F../b"},
    {"/a/..%2Fb", "/a/..%2Fb"},
    {"//", "//"},
    {"//..", "/"},
};

std::string decoded(std::string_view raw) {
    std::string out(raw.size(), 'x');
    const decoded_path path = decode_path(guarded().copy(raw), out.data());
    EXPECT_EQ(path.reason, rejection_reason::none) << raw;
    return out.substr(0, path.size);
}

TEST(target, decodes_paths) {
    for (const auto& [raw, expected] : paths) {
        EXPECT_EQ(decoded(raw), expected) << raw;
        std::string in_place(raw);
        in_place.resize(decode_path(in_place, in_place.data()).size);
        EXPECT_EQ(in_place, expected) << raw;
        EXPECT_TRUE(needs_decoding(raw) || raw == expected) << raw;
    }
}

TEST(target, refuses_an_encoded_nul) {
    for (const std::string_view raw : {"/%00", "/a%00b", "/%41%00"}) {
        std::string out(raw.size(), 'x');
        EXPECT_EQ(decode_path(raw, out.data()).reason, rejection_reason::invalid_request_target);
    }
}

TEST(target, knows_when_a_path_is_used_where_it_lies) {
    EXPECT_FALSE(needs_decoding("/plaintext"));
    EXPECT_FALSE(needs_decoding("/a.b/c.d"));
    EXPECT_FALSE(needs_decoding(""));
    EXPECT_TRUE(needs_decoding("/a/.b"));
    EXPECT_TRUE(needs_decoding("/a%"));
}

TEST(target, splits_queries) {
    std::string found;
    std::string_view rest = guarded().copy("a=b&&c&=d&e=f=g&h=");
    for (query_pair pair; next_query_pair(rest, pair);) {
        found += "[" + std::string(pair.name) + "|" + std::string(pair.value) + "]";
    }
    EXPECT_EQ(found, "[a|b][c|][|d][e|f=g][h|]");
}

TEST(target, decodes_query_text) {
    const std::string_view raw = "a+b%20c%2F%C3%A4%zz%4";
    std::string out(raw.size(), 'x');
    out.resize(decode_query_text(guarded().copy(raw), out.data()));
    EXPECT_EQ(out, "a b c/\xc3\xa4%zz%4");
}

TEST(target, validates_hosts) {
    for (const std::string_view good : {"", "a", "A.b-c_d~", "1.2.3.4", "a:1", "a:0123456789",
                                        "[::]", "[::1]", "[::1]:1", "[fe80::1.2.3.4]", "!$&'()"}) {
        EXPECT_TRUE(is_valid_host(guarded().copy(good))) << good;
    }
    for (const std::string_view bad :
         {":",    ":80", "a:",     "a:b",    "a:1:2",  "a b",     "a/b",    "a@b",
          "a%41", "a,b", "a;b",    "a*b",    "a+b",    "a=b",     "[",      "[]",
          "[:]",  "[::", "[::1]:", "[::1]a", "[g::1]", "[::1]:a", "a[::1]", "\xc3\xa4"}) {
        EXPECT_FALSE(is_valid_host(guarded().copy(bad))) << bad;
    }
}

TEST(target, compares_hosts_with_authorities) {
    EXPECT_TRUE(host_equals_authority("a", "A", false));
    EXPECT_TRUE(host_equals_authority("a:80", "a", false));
    EXPECT_TRUE(host_equals_authority("a", "a:80", false));
    EXPECT_TRUE(host_equals_authority("a:443", "a", true));
    EXPECT_TRUE(host_equals_authority("a:81", "a:81", false));
    EXPECT_FALSE(host_equals_authority("a:443", "a", false));
    EXPECT_FALSE(host_equals_authority("a:80", "a", true));
    EXPECT_FALSE(host_equals_authority("a:81", "a", false));
    EXPECT_FALSE(host_equals_authority("", "a", false));
}

TEST(target, splits_absolute_targets) {
    const absolute_target full = split_absolute("hTTps://a.b:8443/c/d?e?f");
    EXPECT_TRUE(full.valid && full.https && full.has_query);
    EXPECT_EQ(full.authority, "a.b:8443");
    EXPECT_EQ(full.path, "/c/d");
    EXPECT_EQ(full.query, "e?f");
    EXPECT_EQ(split_absolute("http://a").path, "");
    EXPECT_EQ(split_absolute("http://a?b").query, "b");
    for (const std::string_view bad : {"http:/a", "http//a", "ftp://a", "http://", "http:///a", "a",
                                       "", "http://u:p@a/", "http://?a", "://a"}) {
        EXPECT_FALSE(split_absolute(bad).valid) << bad;
    }
}

}  // namespace
}  // namespace saker::tests
