// The three limits of a head at the boundary: one below, exactly, one above, under every delivery.
// Also that nothing behind a limit can change the answer.

#include "tests/protocols/head_delivery.h"

#include <gtest/gtest.h>

namespace saker::tests {
namespace {

rejection_reason reason_of(std::string_view bytes, const head_limits& limits) {
    const delivery first = deliver(bytes, whole(bytes.size()), limits);
    EXPECT_EQ(summary(deliver(bytes, byte_by_byte(bytes.size()), limits)), summary(first));
    for (unsigned seed = 0; seed < 16; ++seed) {
        EXPECT_EQ(summary(deliver(bytes, seeded_cuts(bytes.size(), seed), limits)), summary(first));
    }
    EXPECT_NE(first.result.status, head_status::incomplete);
    return first.result.reason;
}

TEST(head_limits, request_line_with_its_crlf) {
    const std::string line = "GET /" + std::string(100, 'a') + " HTTP/1.1\r\n";
    const std::string bytes = line + "Host: a\r\n\r\n";
    const auto size = static_cast<uint32_t>(line.size());
    EXPECT_EQ(reason_of(bytes, {size - 1, 1000, 10}), rejection_reason::request_line_too_long);
    EXPECT_EQ(reason_of(bytes, {size, 1000, 10}), rejection_reason::none);
    EXPECT_EQ(reason_of(bytes, {size + 1, 1000, 10}), rejection_reason::none);
}

TEST(head_limits, request_line_with_the_empty_lines_before_it) {
    const std::string line = "\r\n\r\nGET / HTTP/1.1\r\n";
    const auto size = static_cast<uint32_t>(line.size());
    EXPECT_EQ(reason_of(line + "Host: a\r\n\r\n", {size, 100, 10}), rejection_reason::none);
    EXPECT_EQ(reason_of(line + "Host: a\r\n\r\n", {size - 1, 100, 10}),
              rejection_reason::request_line_too_long);
    std::string nothing;
    for (int i = 0; i < 50; ++i) nothing += "\r\n";
    EXPECT_EQ(reason_of(nothing, {100, 100, 10}), rejection_reason::request_line_too_long);
}

TEST(head_limits, what_lies_behind_the_limit_is_not_seen) {
    const head_limits limits{20, 20, 10};
    EXPECT_EQ(reason_of("GET /aaaaaaaaaaaaaaaa\x01\n", limits),
              rejection_reason::request_line_too_long);
    EXPECT_EQ(reason_of("GET /aaaaaaaaaaaaaa\x01", limits),
              rejection_reason::invalid_request_target);
    EXPECT_EQ(reason_of("GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaa\x01", limits),
              rejection_reason::headers_exceed_max_total_size);
    EXPECT_EQ(reason_of("GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaa\x01", limits),
              rejection_reason::control_character_in_header_value);
}

TEST(head_limits, total_size_of_the_fields_with_the_final_crlf) {
    for (const size_t length : {1u, 50u, 500u, 5000u}) {
        const std::string fields = "Host: a\r\nA: " + std::string(length, 'b') + "\r\n\r\n";
        const std::string bytes = "GET / HTTP/1.1\r\n" + fields;
        const auto size = static_cast<uint32_t>(fields.size());
        EXPECT_EQ(reason_of(bytes, {100, size - 1, 10}),
                  rejection_reason::headers_exceed_max_total_size);
        EXPECT_EQ(reason_of(bytes, {100, size, 10}), rejection_reason::none);
        EXPECT_EQ(reason_of(bytes, {100, size + 1, 10}), rejection_reason::none);
    }
}

TEST(head_limits, count_of_the_fields) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 1; i < 50; ++i) bytes += "A" + std::to_string(i) + ": b\r\n";
    bytes += "\r\n";
    EXPECT_EQ(reason_of(bytes, {100, 10000, 49}), rejection_reason::too_many_headers);
    EXPECT_EQ(reason_of(bytes, {100, 10000, 50}), rejection_reason::none);
    EXPECT_EQ(reason_of(bytes, {100, 10000, 51}), rejection_reason::none);
}

TEST(head_limits, a_name_that_a_field_cannot_hold) {
    const std::string bytes = "GET / HTTP/1.1\r\n" + std::string(65536, 'a') + ": b\r\n\r\n";
    const delivery out = deliver(bytes, whole(bytes.size()), {100, 100000, 10});
    EXPECT_EQ(out.result.reason, rejection_reason::header_name_too_long);
    const std::string shorter = "GET / HTTP/1.0\r\n" + std::string(65535, 'a') + ": b\r\n\r\n";
    EXPECT_EQ(deliver(shorter, whole(shorter.size()), {100, 100000, 10}).result.status,
              head_status::complete);
}

TEST(head_limits, trailers_get_what_the_head_left) {
    head_parser parser;
    request_head head;
    parser.reset();
    const std::string_view bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    ASSERT_EQ(parser.parse(bytes.data(), bytes.size(), {}, head).status, head_status::complete);
    const head_limits left = head.remaining({100, 20, 3});
    EXPECT_EQ(left.max_request_headers_total_size, 20u - 11u + 2u);
    EXPECT_EQ(left.max_request_header_count, 2u);
}

TEST(head_limits, an_absolute_target_may_override_the_host_where_that_is_allowed) {
    constexpr std::string_view bytes = "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n";
    head_parser parser;
    request_head head;
    parser.reset();
    EXPECT_EQ(parser.parse(bytes.data(), bytes.size(), {}, head).reason,
              rejection_reason::invalid_host_header);
    head_limits limits;
    limits.allow_host_header_override = true;
    parser.reset();
    EXPECT_EQ(parser.parse(bytes.data(), bytes.size(), limits, head).status, head_status::complete);
    EXPECT_EQ(head.authority(), "a");
}

}  // namespace
}  // namespace saker::tests
