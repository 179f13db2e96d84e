// The head parser against tables of raw bytes: what is accepted and how it is understood, what is
// refused and why. Every vector is delivered whole, byte by byte and at seeded cuts, under each
// scanner, from bytes that end at a guard page.

#include "protocols/http1/head_parser.h"

#include "tests/protocols/head_delivery.h"
#include "tests/support/vectors/rejected_heads.h"
#include "tests/support/vectors/requests.h"

#include <gtest/gtest.h>

namespace saker::tests {
namespace {

// The answer, once it is known to be the same for every delivery.
delivery deliver_everyhow(std::string_view bytes, const head_limits& limits = {}) {
    const delivery first = deliver(bytes, whole(bytes.size()), limits, scalar_scanner());
    for (const scanner* scan : every_scanner()) {
        const auto same = [&](const cuts& ends, std::string_view how) {
            EXPECT_EQ(summary(deliver(bytes, ends, limits, *scan)), summary(first))
                << how << " under " << scan->name << ": " << bytes.substr(0, 200);
        };
        same(whole(bytes.size()), "whole");
        same(byte_by_byte(bytes.size()), "byte by byte");
        for (unsigned seed = 0; seed < 8; ++seed) same(seeded_cuts(bytes.size(), seed), "cut");
    }
    return first;
}

void expect_rejected(std::string_view bytes, rejection_reason reason) {
    const delivery out = deliver_everyhow(bytes);
    EXPECT_EQ(name(out.result.reason), name(reason)) << bytes;
    const bool refused = out.result.status == head_status::rejected;
    EXPECT_EQ(refused, reason != rejection_reason::none) << bytes;
}

struct parsed {
    explicit parsed(std::string_view text) : bytes(text) {
        deliver_everyhow(bytes);
        head_parser parser;
        parser.reset();
        result = parser.parse(bytes.data(), bytes.size(), {}, head);
        EXPECT_EQ(result.status, head_status::complete) << name(result.reason) << ": " << bytes;
    }
    std::string bytes;
    request_head head;
    head_result result;
};

TEST(head_parser, refuses_request_lines) {
    for (const auto& [bytes, reason] : vectors::rejected_request_lines) {
        expect_rejected(bytes, reason);
    }
}

TEST(head_parser, refuses_fields) {
    for (const auto& [bytes, reason] : vectors::rejected_fields) {
        expect_rejected("GET / HTTP/1.1\r\n" + std::string(bytes), reason);
    }
}

TEST(head_parser, refuses_fields_far_behind_the_first_windows) {
    const std::string padding = "Padding: " + std::string(300, 'p') + "\r\n";
    for (const auto& [bytes, reason] : vectors::rejected_fields) {
        if (bytes.starts_with(" ")) continue;
        expect_rejected("GET / HTTP/1.1\r\n" + padding + std::string(bytes), reason);
    }
}

// Cut behind the bad byte, it is no longer in any block when the line ends.
TEST(head_parser, remembers_a_byte_that_is_not_utf8) {
    expect_rejected("GET / HTTP/1.1\r\nHost: a\r\nA: \xff" + std::string(300, 'a') + "\r\n\r\n",
                    rejection_reason::malformed_request_invalid_headers);
}

TEST(head_parser, refuses_heads) {
    for (const auto& [bytes, reason] : vectors::rejected_heads) expect_rejected(bytes, reason);
}

TEST(head_parser, understands_plaintext) {
    const parsed request(vectors::plaintext_techempower);
    EXPECT_EQ(request.head.method(), method::get);
    EXPECT_EQ(request.head.path(), "/plaintext");
    EXPECT_EQ(request.head.form(), target_form::origin);
    EXPECT_EQ(request.head.host(), "tfb-server:8080");
    EXPECT_EQ(request.head.field_count(), 3u);
    EXPECT_EQ(request.head.value(header_id::connection), "keep-alive");
    EXPECT_TRUE(request.head.keep_alive());
    EXPECT_FALSE(request.head.has_body());
    EXPECT_FALSE(request.head.path_needs_decoding());
    EXPECT_EQ(request.result.size, vectors::plaintext_techempower.size());
    EXPECT_EQ(request.head.size(), vectors::plaintext_techempower.size());
}

TEST(head_parser, understands_a_browser) {
    const parsed request(vectors::browser_headers);
    EXPECT_EQ(request.head.path(), "/search");
    EXPECT_EQ(request.head.query(), "q=server+engine&hl=en");
    EXPECT_EQ(request.head.value(header_id::sec_fetch_dest), "document");
    EXPECT_EQ(request.head.value(header_id::accept_language), "en-GB,en;q=0.9");
    EXPECT_EQ(request.head.field_count(), 13u);
    for (size_t i = 0; i < request.head.field_count(); ++i) {
        EXPECT_NE(request.head.fields()[i].id, header_id::unknown) << request.head.name(i);
    }
}

TEST(head_parser, stops_at_the_end_of_the_first_head) {
    const std::string text = vectors::pipelined_16();
    head_parser parser;
    request_head head;
    size_t at = 0;
    int count = 0;
    for (; at < text.size(); ++count) {
        parser.reset();
        const std::string_view rest = guarded().copy(std::string_view(text).substr(at));
        const head_result result = parser.parse(rest.data(), rest.size(), {}, head);
        ASSERT_EQ(result.status, head_status::complete);
        ASSERT_EQ(head.path(), "/plaintext");
        at += result.size;
    }
    EXPECT_EQ(count, 16);
}

TEST(head_parser, skips_empty_lines_before_the_request_line) {
    const parsed request("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(request.head.method(), method::get);
    EXPECT_EQ(request.head.path(), "/");
    EXPECT_EQ(request.head.fields_size(), 11u);
}

TEST(head_parser, knows_when_a_request_has_started) {
    head_parser parser;
    request_head head;
    parser.reset();
    EXPECT_EQ(parser.parse("\r\n", 2, {}, head).status, head_status::incomplete);
    EXPECT_FALSE(parser.started());
    EXPECT_EQ(parser.parse("\r\nG", 3, {}, head).status, head_status::incomplete);
    EXPECT_TRUE(parser.started());
    EXPECT_FALSE(parser.in_fields());
    const std::string_view line = "\r\nGET / HTTP/1.1\r\n";
    EXPECT_EQ(parser.parse(line.data(), line.size(), {}, head).status, head_status::incomplete);
    EXPECT_TRUE(parser.in_fields());
}

TEST(head_parser, knows_every_method) {
    for (size_t i = 1; i < method_count; ++i) {
        const auto expected = static_cast<method>(i);
        const bool connect = expected == method::connect;
        const std::string text = std::string(name(expected)) + (connect ? " a:1" : " /") +
                                 " HTTP/1.1\r\nHost: " + (connect ? "a:1" : "a") + "\r\n\r\n";
        EXPECT_EQ(parsed(text).head.method(), expected) << text;
    }
    for (const std::string text :
         {"get", "GETS", "G", "DELETE_", "OPTIONSX", "!#$%&'*+-.^_`|~09"}) {
        const parsed request(text + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(request.head.method(), method::custom) << text;
        EXPECT_EQ(request.head.method_text(), text);
    }
}

TEST(head_parser, understands_the_forms_of_a_target) {
    const parsed absolute("GET http://a:80/b/../c?d HTTP/1.1\r\nHost: A\r\n\r\n");
    EXPECT_EQ(absolute.head.form(), target_form::absolute);
    EXPECT_EQ(absolute.head.authority(), "a:80");
    EXPECT_EQ(absolute.head.path(), "/b/../c");
    EXPECT_EQ(absolute.head.query(), "d");
    EXPECT_TRUE(absolute.head.path_needs_decoding());
    EXPECT_EQ(parsed("GET HTTP://a HTTP/1.1\r\nHost: a:80\r\n\r\n").head.path(), "/");
    EXPECT_EQ(parsed("GET https://a?b HTTP/1.1\r\nHost: a:443\r\n\r\n").head.query(), "b");
    EXPECT_EQ(parsed("GET http://a/ HTTP/1.0\r\n\r\n").head.authority(), "a");
    const parsed authority("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
    EXPECT_EQ(authority.head.form(), target_form::authority);
    EXPECT_EQ(authority.head.authority(), "[::1]:443");
    EXPECT_EQ(authority.head.path(), "");
    const parsed asterisk("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(asterisk.head.form(), target_form::asterisk);
    EXPECT_EQ(asterisk.head.path(), "");
    const parsed question("GET /a?b?c/. HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(question.head.query(), "b?c/.");
    EXPECT_FALSE(question.head.path_needs_decoding());
    EXPECT_TRUE(parsed("GET /? HTTP/1.1\r\nHost: a\r\n\r\n").head.has_query());
    EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").head.has_query());
}

TEST(head_parser, sees_what_needs_decoding_wherever_it_lies) {
    for (size_t pad = 0; pad < 140; ++pad) {
        const std::string path = "/" + std::string(pad, 'a');
        const std::string end = " HTTP/1.1\r\nHost: a\r\n\r\n";
        EXPECT_FALSE(parsed("GET " + path + ".x" + end).head.path_needs_decoding() && pad != 0);
        EXPECT_TRUE(parsed("GET " + path + "/." + end).head.path_needs_decoding()) << pad;
        EXPECT_TRUE(parsed("GET " + path + "%41" + end).head.path_needs_decoding()) << pad;
        const parsed query("GET " + path + "?%/." + end);
        EXPECT_FALSE(query.head.path_needs_decoding()) << pad;
        EXPECT_EQ(query.head.path(), path);
    }
}

TEST(head_parser, decides_the_length_of_the_body) {
    const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(parsed(post + "\r\n").head.content_length(), std::nullopt);
    EXPECT_EQ(parsed(post + "Content-Length: 0\r\n\r\n").head.content_length(), 0u);
    EXPECT_EQ(parsed(post + "Content-Length:\t007 \r\n\r\n").head.content_length(), 7u);
    EXPECT_EQ(parsed(post + "Content-Length: 9223372036854775807\r\n\r\n").head.content_length(),
              9223372036854775807u);
    EXPECT_TRUE(parsed(post + "Transfer-Encoding: chunked\r\n\r\n").head.chunked());
    EXPECT_TRUE(parsed(post + "transfer-ENCODING:  ChunKed \r\n\r\n").head.chunked());
    EXPECT_EQ(parsed("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n").head.content_length(), 1u);
    EXPECT_FALSE(parsed("GET / HTTP/1.0\r\n\r\n").head.has_body());
}

TEST(head_parser, decides_what_becomes_of_the_connection) {
    const std::string http11 = "GET / HTTP/1.1\r\nHost: a\r\n";
    const std::string http10 = "GET / HTTP/1.0\r\n";
    EXPECT_TRUE(parsed(http11 + "\r\n").head.keep_alive());
    EXPECT_FALSE(parsed(http11 + "Connection: close\r\n\r\n").head.keep_alive());
    EXPECT_FALSE(parsed(http11 + "Connection: x, Close ,y\r\n\r\n").head.keep_alive());
    EXPECT_FALSE(parsed(http11 + "Connection: x\r\nConnection: close\r\n\r\n").head.keep_alive());
    EXPECT_FALSE(parsed(http11 + "Connection: keep-alive, close\r\n\r\n").head.keep_alive());
    EXPECT_TRUE(parsed(http11 + "Connection: closed\r\n\r\n").head.keep_alive());
    EXPECT_FALSE(parsed(http10 + "\r\n").head.keep_alive());
    EXPECT_TRUE(parsed(http10 + "Connection: Keep-Alive\r\n\r\n").head.keep_alive());
    EXPECT_TRUE(parsed(http11 + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                    .head.upgrade_requested());
    EXPECT_FALSE(parsed(http11 + "Upgrade: websocket\r\n\r\n").head.upgrade_requested());
    EXPECT_FALSE(parsed(http11 + "Connection: upgrade\r\n\r\n").head.upgrade_requested());
    EXPECT_TRUE(parsed(http11 + "Expect: 100-Continue\r\n\r\n").head.expect_continue());
    EXPECT_FALSE(parsed(http11 + "Expect: 200\r\n\r\n").head.expect_continue());
    EXPECT_FALSE(parsed(http10 + "Expect: 100-continue\r\n\r\n").head.expect_continue());
}

TEST(head_parser, trims_values_and_keeps_their_inside) {
    const parsed request(
        "GET / HTTP/1.1\r\nHost:a\r\nA: \t b \t c \t\r\nB:\r\nC: \t \r\nD: "
        "\xc3\xa4\xe2\x82\xac\r\n\r\n");
    EXPECT_EQ(request.head.host(), "a");
    EXPECT_EQ(request.head.value(1), "b \t c");
    EXPECT_EQ(request.head.value(2), "");
    EXPECT_EQ(request.head.value(3), "");
    EXPECT_EQ(request.head.value(4), "\xc3\xa4\xe2\x82\xac");
}

TEST(head_parser, finds_repeated_and_unknown_fields) {
    const parsed request(
        "GET / HTTP/1.1\r\nAccept: 1\r\nX-Mine: 2\r\nHost: a\r\naccept: 3\r\nACCEPT: 4\r\n\r\n");
    const field_list& fields = request.head.fields();
    size_t i = fields.find(header_id::accept);
    EXPECT_EQ(fields.value(i), "1");
    i = fields.find_next(header_id::accept, i);
    EXPECT_EQ(fields.value(i), "3");
    i = fields.find_next(header_id::accept, i);
    EXPECT_EQ(fields.value(i), "4");
    EXPECT_EQ(fields.find_next(header_id::accept, i), field_list::none);
    EXPECT_EQ(fields.find("x-mine"), 1u);
    EXPECT_EQ(fields.find("hOST"), 2u);
    EXPECT_EQ(fields.find("x-yours"), field_list::none);
    EXPECT_EQ(fields.find(header_id::cookie), field_list::none);
}

TEST(head_parser, forgets_the_request_before) {
    head_parser parser;
    request_head head;
    const std::string_view first =
        "POST http://a/?b HTTP/1.0\r\nContent-Length: 5\r\nHost: a\r\n\r\n";
    const std::string_view second = "GET /c HTTP/1.1\r\nHost: b\r\n\r\n";
    parser.reset();
    parser.parse(first.data(), first.size(), {}, head);
    parser.reset();
    parser.parse(second.data(), second.size(), {}, head);
    EXPECT_EQ(describe(head), deliver(second, whole(second.size())).text);
}

TEST(head_parser, takes_hosts_as_kestrel_does) {
    for (const std::string host : {"", "a", "a.b", "a:80", "a:99999", "127.0.0.1", "[::1]", "[::]",
                                   "[::1]:80", "[1:2::3.4.5.6]:1", "!$&'()-._~"}) {
        EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").head.host(), host);
    }
    for (const char c : std::string("*+,;=%/\\\"<>?@[]^`{|}#")) {
        expect_rejected("GET / HTTP/1.1\r\nHost: a" + std::string(1, c) + "b\r\n\r\n",
                        rejection_reason::invalid_host_header);
    }
}

}  // namespace
}  // namespace saker::tests
