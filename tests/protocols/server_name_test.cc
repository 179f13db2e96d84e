// Kestrel's order of what is configured for the name that a client asks for, by table.

#include "protocols/tls/server_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace saker::tests {
namespace {

using tls::server_name_index;

const std::vector<std::string> hosts = {
    "example.com", "*.example.com", "*.deep.example.com", "WWW.Example.Com", "*",
    "localhost",   "10.0.0.1",      "trailing.com.",      "*.localhost",     "unter_strich.com"};

TEST(server_name, the_longest_match_wins) {
    const struct {
        std::string name;
        size_t place;
    } rows[] = {
        {"example.com", 0},
        {"EXAMPLE.com", 0},
        {"a.example.com", 1},
        {"A.EXAMPLE.COM", 1},
        {"a.b.c.example.com", 1},
        {"deep.example.com", 1},
        {"a.deep.example.com", 2},
        {"a.b.deep.example.com", 2},
        {"notdeep.example.com", 1},
        {"www.example.com", 3},
        {"a.www.example.com", 1},
        {"notexample.com", 4},
        {"com", 4},
        {"", 4},
        {"localhost", 5},
        {"a.localhost", 8},
        {"xn--bcher-kva.example.com", 1},
        // An exact name is whatever was configured.
        {"10.0.0.1", 6},
        {"trailing.com.", 7},
        {"unter_strich.com", 9},
        // What is no name of a host matches no wildcard, but "*".
        {"a.example.com.", 4},
        {"a_b.example.com", 4},
        {"a..example.com", 4},
        {".example.com", 4},
        {".deep.example.com", 4},
        {std::string("a\0.example.com", 14), 4},
        {"a b.example.com", 4},
        {"\xc3\xbc.example.com", 4},
        {"*.example.com", 4},
        {"::1", 4},
        {"1.2.3.4", 4},
        {std::string(64, 'a') + ".example.com", 4},
        {std::string(63, 'a') + ".example.com", 1},
    };
    const auto made = server_name_index::of(hosts);
    ASSERT_TRUE(made) << made.error().text();
    for (const auto& row : rows) EXPECT_EQ(made->find(row.name), row.place) << row.name;
    std::string longest;
    while (longest.size() + 2 + 11 <= 253) longest += "a.";
    EXPECT_EQ(made->find(longest + "example.com"), 1u);
    EXPECT_EQ(made->find("aa." + longest + "example.com"), 4u);
}

TEST(server_name, without_an_asterisk_there_may_be_nothing) {
    const auto made = server_name_index::of({"example.com", "*.example.org"});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->find("other.com"), std::nullopt);
    EXPECT_EQ(made->find("example.org"), std::nullopt);
    EXPECT_EQ(made->find(".example.org"), std::nullopt);
    EXPECT_EQ(made->find("a.example.org."), std::nullopt);
    EXPECT_EQ(made->find(""), std::nullopt);
    EXPECT_EQ(made->find(std::string(100000, 'a')), std::nullopt);
    EXPECT_FALSE(made->empty());
    const auto none = server_name_index::of({});
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
    EXPECT_EQ(none->find("example.com"), std::nullopt);
}

TEST(server_name, one_asterisk_alone_is_everything) {
    const auto made = server_name_index::of({"*"});
    ASSERT_TRUE(made);
    EXPECT_FALSE(made->empty());
    EXPECT_EQ(made->find(""), 0u);
    EXPECT_EQ(made->find("example.com."), 0u);
}

TEST(server_name, thousands_are_all_found) {
    std::vector<std::string> many;
    for (int i = 0; i < 5000; ++i) {
        many.push_back("host" + std::to_string(i) + ".example.com");
        many.push_back("*.zone" + std::to_string(i) + ".example.com");
    }
    const auto made = server_name_index::of(many);
    ASSERT_TRUE(made);
    for (size_t i = 0; i < many.size(); i += 2) {
        EXPECT_EQ(made->find(many[i]), i);
        EXPECT_EQ(made->find('x' + many[i + 1].substr(1)), i + 1);
    }
}

TEST(server_name, hosts_that_match_nothing_are_mistakes) {
    const struct {
        std::string host, said;
    } rows[] = {
        {"", "The host '' of SNI is empty"},
        {"*example.com", "has an asterisk in the wrong place"},
        {"a.*.com", "has an asterisk in the wrong place"},
        {"*.*", "has an asterisk in the wrong place"},
        {"**", "has an asterisk in the wrong place"},
        {".example.com", "begins with a dot"},
        {"*.", "is no name: after \"*.\" come letters"},
        {"*.example.com.", "is no name"},
        {"*.a\nb", "The host '*.a\\x0ab' of SNI is no name"},
        {"*.1.2.3.4", "is no name"},
    };
    for (const auto& row : rows) {
        const auto made = server_name_index::of({"example.com", row.host});
        ASSERT_FALSE(made) << row.host;
        EXPECT_NE(made.error().text().find(row.said), std::string::npos) << made.error().text();
    }
    const auto twice =
        server_name_index::of({"a.com", "A.com", "*.a.com", "*.a.COM", "*", "*", ""});
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().messages.size(), 4u) << twice.error().text();
}

}  // namespace
}  // namespace saker::tests
