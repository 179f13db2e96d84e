// The grammar of addresses: what each text means, and the sentence that each mistake gets.

#include "hosting/address.h"

#include <gtest/gtest.h>

#include <net/if.h>

namespace saker {
namespace {

using kind = parsed_address::kind;

parsed_address parsed(std::string_view url) {
    auto address = parse_address(url);
    if (address) return std::move(*address);
    ADD_FAILURE() << url << ": " << address.error().text();
    return {.scheme = {}, .meaning = {}, .endpoints = {endpoint{}}, .text = {}};
}

std::string mistake(std::string_view url) {
    const auto address = parse_address(url);
    return address ? "none: " + address->text : address.error().text();
}

// What is bound, in order, and how the whole is shown.
std::string bound(std::string_view url) {
    std::string all;
    const parsed_address address = parsed(url);
    for (const endpoint& one : address.endpoints) {
        if (!all.empty()) all += ' ';
        all += display(one, address.scheme);
    }
    return all;
}

TEST(address, literal_ipv4) {
    const parsed_address address = parsed("http://127.0.0.1:8080");
    EXPECT_EQ(address.meaning, kind::one);
    ASSERT_EQ(address.endpoints.size(), 1u);
    EXPECT_EQ(address.endpoints[0].family, endpoint::kind::tcp4);
    EXPECT_EQ(address.endpoints[0].port, 8080);
    EXPECT_EQ(address.endpoints[0].address[0], 127);
    EXPECT_EQ(address.endpoints[0].address[3], 1);
    EXPECT_EQ(address.text, "http://127.0.0.1:8080");
}

TEST(address, literal_ipv6_is_shown_in_its_shortest_form) {
    EXPECT_EQ(bound("http://[0:0:0:0:0:0:0:1]:5000"), "http://[::1]:5000");
    EXPECT_FALSE(parsed("http://[::1]:5000").endpoints[0].dual_stack);
    EXPECT_EQ(bound("http://[2001:DB8::a]"), "http://[2001:db8::a]:80");
}

TEST(address, ipv6_any_takes_ipv4_too) {
    const parsed_address address = parsed("http://[::]:8080");
    EXPECT_EQ(address.meaning, kind::one);
    EXPECT_TRUE(address.endpoints[0].dual_stack);
}

TEST(address, scope_is_a_number_or_an_interface) {
    EXPECT_EQ(parsed("http://[fe80::1%7]:80").endpoints[0].scope_id, 7u);
    EXPECT_EQ(parsed("http://[fe80::1%257]:80").endpoints[0].scope_id, 7u);
    if (const uint32_t loopback = if_nametoindex("lo"); loopback != 0) {
        EXPECT_EQ(parsed("http://[fe80::1%lo]:80").endpoints[0].scope_id, loopback);
        EXPECT_EQ(bound("http://[fe80::1%25lo]:80"), "http://[fe80::1%lo]:80");
    }
    EXPECT_NE(mistake("http://[fe80::1%nosuch0]:80").find("no network interface 'nosuch0'"),
              std::string::npos);
}

TEST(address, localhost_is_both_loopbacks) {
    for (const char* url : {"http://localhost:5000", "HTTP://LOCALHOST:5000"}) {
        EXPECT_EQ(parsed(url).meaning, kind::loopback);
        EXPECT_EQ(bound(url), "http://127.0.0.1:5000 http://[::1]:5000");
        EXPECT_EQ(parsed(url).text, "http://localhost:5000");
    }
    EXPECT_EQ(parsed("http://app.localhost:5000").meaning, kind::loopback);
    EXPECT_EQ(parsed("http://app.localhost:5000").text, "http://app.localhost:5000");
}

TEST(address, stars_and_names_are_every_address) {
    for (const char* url : {"http://*:80", "http://+:80", "http://contoso.com:80", "http://*"}) {
        const parsed_address address = parsed(url);
        EXPECT_EQ(address.meaning, kind::any) << url;
        EXPECT_EQ(bound(url), "http://[::]:80 http://0.0.0.0:80") << url;
        EXPECT_TRUE(address.endpoints[0].dual_stack) << url;
        EXPECT_FALSE(address.endpoints[1].dual_stack) << url;
    }
}

TEST(address, unix_socket) {
    const parsed_address address = parsed("http://unix:/run/app.sock");
    EXPECT_EQ(address.meaning, kind::unix_socket);
    ASSERT_EQ(address.endpoints.size(), 1u);
    EXPECT_EQ(address.endpoints[0].family, endpoint::kind::unix_socket);
    EXPECT_EQ(address.endpoints[0].path, "/run/app.sock");
    EXPECT_EQ(address.text, "http://unix:/run/app.sock");
    EXPECT_EQ(parsed("http://unix:/run/App.sock:/").endpoints[0].path, "/run/App.sock");
    EXPECT_EQ(parsed("http://unix:80").meaning, kind::any);  // a host that is called unix
}

TEST(address, https_is_http_with_another_default_port) {
    EXPECT_EQ(parsed("https://127.0.0.1").scheme, address_scheme::https);
    EXPECT_EQ(bound("HTTPS://127.0.0.1"), "https://127.0.0.1:443");
    EXPECT_EQ(bound("https://[::1]:8443/"), "https://[::1]:8443");
    EXPECT_EQ(bound("https://*"), "https://[::]:443 https://0.0.0.0:443");
    EXPECT_EQ(parsed("https://localhost:5001").text, "https://localhost:5001");
    EXPECT_EQ(parsed("https://localhost:5001").meaning, kind::loopback);
    EXPECT_EQ(parsed("https://unix:/run/app.sock").text, "https://unix:/run/app.sock");
    EXPECT_EQ(parsed("https://unix:/run/app.sock").meaning, kind::unix_socket);
}

TEST(address, a_slash_at_the_end_is_nothing) {
    EXPECT_EQ(bound("http://127.0.0.1:8080/"), "http://127.0.0.1:8080");
    EXPECT_EQ(bound("http://[::1]/"), "http://[::1]:80");
}

TEST(address, port_zero_is_the_systems_choice) {
    EXPECT_EQ(parsed("http://127.0.0.1:0").endpoints[0].port, 0);
    EXPECT_EQ(parsed("http://*:0").endpoints[1].port, 0);
    EXPECT_EQ(mistake("http://localhost:0"),
              "Dynamic port binding is not supported when binding to localhost. You must either "
              "bind to 127.0.0.1:0 or [::1]:0, or both.");
}

TEST(address, tcp_is_for_raw_protocols) {
    EXPECT_EQ(parsed("tcp://127.0.0.1:7").scheme, address_scheme::tcp);
    EXPECT_EQ(parsed("tcp://*:7").text, "tcp://*:7");
    EXPECT_EQ(parsed("tcp://unix:/run/raw").text, "tcp://unix:/run/raw");
    EXPECT_NE(mistake("tcp://127.0.0.1").find("The port is missing"), std::string::npos);
}

TEST(address, mistakes_are_told_in_a_sentence) {
    struct {
        std::string_view url, part;
    } const table[] = {
        {"", "Invalid url: ''. It begins with http://"},
        {"127.0.0.1:80", "Invalid url: '127.0.0.1:80'. It begins with http://"},
        {"http://", "Invalid url: 'http://'. The host is missing"},
        {"http://:80", "The host is missing"},
        {"http://[]:80", "The host is missing"},
        {"http:///", "The host is missing"},
        {"ftp://localhost",
         "Unrecognized scheme in server address 'ftp://localhost'. Only 'http://', 'https://'"},
        {"httpss://localhost", "Unrecognized scheme in server address"},
        {"https://", "Invalid url: 'https://'. The host is missing"},
        {"https://localhost:0", "Dynamic port binding is not supported"},
        {"https://a/base", "A path base can only be configured by"},
        {"https://unix:run/k.sock", "unix socket path must be absolute: 'https://unix:run/k.sock'"},
        {"http://localhost:5000/base", "A path base can only be configured by"},
        {"http://unix:/run/k.sock:/base", "A path base can only be configured by"},
        {"http://unix:run/k.sock", "unix socket path must be absolute: 'http://unix:run/k.sock'"},
        {"http://unix:", "unix socket path must be absolute"},
        {"http://unix:/", "that of a file"},
        {"http://unix:/run/", "that of a file"},
        {"http://localhost:", "Invalid port: '', only numbers are allowed"},
        {"http://localhost:80a", "Invalid port: '80a', only numbers are allowed"},
        {"http://localhost:-1", "Invalid port: '-1', only numbers are allowed"},
        {"http://localhost: 80", "Invalid port: ' 80', only numbers are allowed"},
        {"http://localhost:65536", "Invalid port: '65536' is not between 0 and 65535"},
        {"http://localhost:99999999999999999999", "is not between 0 and 65535"},
        {"http://::1:80", "An IPv6 address is written in brackets"},
        {"http://[::1", "The bracket is not closed"},
        {"http://[::1]80", "After the bracket comes a colon"},
        {"http://[127.0.0.1]:80", "In brackets stands an IPv6 address"},
        {"http://127.0.0.300:80", "An IPv4 address has four numbers up to 255"},
        {"http://127.0.1:80", "An IPv4 address has four numbers"},
        {"http://a b:80", "The host is an address, localhost, * or a name"},
        {"http://a\nb:80", "'http://a\\x0ab:80'"},
        {"http://user@host:80", "The host is an address, localhost, * or a name"},
    };
    for (const auto& [url, part] : table)
        EXPECT_NE(mistake(url).find(part), std::string::npos) << url << " -> " << mistake(url);
}

// kestrel.md 1.8, rule by rule: what Kestrel does with the same text is in the comment.
TEST(address, is_stricter_than_kestrel_where_it_would_listen_on_what_nobody_meant) {
    struct {
        std::string_view url, part;
    } const table[] = {
        {"http://127.0.0.1: 80", "only numbers are allowed"},   // 80: int.TryParse trims
        {"http://127.0.0.1:80 ", "only numbers are allowed"},   // the same
        {"http://127.0.0.1:+80", "only numbers are allowed"},   // 80: a sign is a number's
        {"http://127.0.0.1:-80", "only numbers are allowed"},   // an exception at the bind
        {"http://127.0.0.1:99999", "not between 0 and 65535"},  // an exception at the bind
        {"http://*:80a", "only numbers are allowed"},         // host "*:80a", any address, port 80
        {"http://*:", "only numbers are allowed"},            // host "*:", any address, port 80
        {"http://127.0.0.1.:80", "four numbers up to 255"},   // a name: any address
        {"http://256.1.1.1:80", "four numbers up to 255"},    // a name: any address
        {"http://1:80", "four numbers up to 255"},            // a name: any address
        {"http://::1:80", "written in brackets"},             // a name: any address
        {"http://[::1:80", "The bracket is not closed"},      // a name: any address
        {"http://[localhost]:80", "stands an IPv6 address"},  // a name: any address
        {"http://*.contoso.com:80", "an address, localhost, *"},  // a name: any address
        {"http://a,b:80", "an address, localhost, *"},            // a name: any address
        {"http://unix:run/x.sock", "must be absolute"},           // a name: any address, port 80
        {"http://unix:/", "that of a file"},                      // fails at the bind
        {" http://*:80", "Unrecognized scheme"},                  // the same
    };
    for (const auto& [url, part] : table)
        EXPECT_NE(mistake(url).find(part), std::string::npos) << url << " -> " << mistake(url);
}

TEST(address, what_kestrel_takes_is_taken) {
    EXPECT_EQ(bound("HTTP://127.0.0.1:80"), "http://127.0.0.1:80");
    EXPECT_EQ(bound("http://127.0.0.1"), "http://127.0.0.1:80");
    EXPECT_EQ(bound("http://127.0.0.1:00080/"), "http://127.0.0.1:80");
    EXPECT_EQ(bound("http://a_b-c.d:80"), "http://[::]:80 http://0.0.0.0:80");
    EXPECT_EQ(bound("http://unix:/run/a b.sock:"), "http://unix:/run/a b.sock");
    EXPECT_EQ(bound("http://localhost.:80"), "http://[::]:80 http://0.0.0.0:80");
}

TEST(address, named_pipes_are_windows) {
    EXPECT_EQ(mistake("http://pipe:/name"),
              "Named pipes transport requires a Windows operating system: 'http://pipe:/name'. A "
              "unix socket is http://unix:/run/app.sock.");
}

TEST(address, the_path_of_a_unix_socket_has_an_end) {
    const std::string longest = "http://unix:/" + std::string(106, 'x');
    EXPECT_EQ(parsed(longest).endpoints[0].path.size(), 107u);
    EXPECT_NE(mistake(longest + 'x').find("at most 107 bytes"), std::string::npos);
}

TEST(address, a_handle_is_shown_by_its_number) {
    endpoint shown;
    shown.family = endpoint::kind::handle;
    shown.handle = 3;
    EXPECT_EQ(display(shown), "http://<handle 3>");
    EXPECT_EQ(display(shown, address_scheme::tcp), "tcp://<handle 3>");
}

}  // namespace
}  // namespace saker
