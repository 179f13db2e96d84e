// The chunked decoder against tables of bodies, good and bad, under every delivery; its bounds at
// the boundary; and that it stops exactly where the next request begins.

#include "protocols/http1/chunked.h"

#include "tests/protocols/head_delivery.h"
#include "tests/support/vectors/chunked_bodies.h"

#include <gtest/gtest.h>

namespace saker::tests {
namespace {

struct decoded {
    chunk_status status = chunk_status::need_more;
    rejection_reason reason = rejection_reason::none;
    size_t consumed = 0;
    std::string data;
    std::string trailers;

    bool operator==(const decoded&) const = default;
};

// Pieces do not overlap: each byte is given until it is consumed.
decoded decode(std::string_view bytes, const cuts& ends, const head_limits& limits = {}) {
    chunked_decoder decoder;
    decoder.reset(limits);
    decoded out;
    for (const size_t end : ends) {
        std::string_view piece = guarded().copy(bytes.substr(out.consumed, end - out.consumed));
        do {
            const chunk_step step = decoder.next(piece);
            EXPECT_TRUE(step.data.empty() ||
                        (step.data.data() >= piece.data() &&
                         step.data.data() + step.data.size() <= piece.data() + step.consumed));
            out.status = step.status;
            out.reason = step.reason;
            out.data += step.data;
            out.consumed += step.consumed;
            piece.remove_prefix(step.consumed);
        } while (out.status == chunk_status::data);
        if (out.status != chunk_status::need_more) break;
    }
    if (out.status == chunk_status::rejected) out.consumed = 0;  // promised for good bodies only
    for (size_t i = 0; decoder.complete() && i < decoder.trailers().size(); ++i) {
        const field_list& trailers = decoder.trailers();
        out.trailers += std::string(trailers.name(i)) + "=" + std::string(trailers.value(i)) + ";";
    }
    return out;
}

decoded decode_everyhow(std::string_view bytes, const head_limits& limits = {}) {
    const decoded first = decode(bytes, whole(bytes.size()), limits);
    EXPECT_EQ(decode(bytes, byte_by_byte(bytes.size()), limits), first) << bytes;
    for (unsigned seed = 0; seed < 16; ++seed) {
        EXPECT_EQ(decode(bytes, seeded_cuts(bytes.size(), seed), limits), first) << bytes;
    }
    return first;
}

TEST(chunked, decodes_good_bodies) {
    for (const auto& [bytes, data, trailer_count] : vectors::good_chunked_bodies) {
        const decoded out = decode_everyhow(bytes);
        EXPECT_EQ(out.status, chunk_status::complete) << name(out.reason) << ": " << bytes;
        EXPECT_EQ(out.data, data);
        EXPECT_EQ(out.consumed, bytes.size());
        const auto count = std::count(out.trailers.begin(), out.trailers.end(), ';');
        EXPECT_EQ(static_cast<size_t>(count), trailer_count);
    }
}

TEST(chunked, stops_where_the_next_request_begins) {
    for (const auto& [bytes, data, trailer_count] : vectors::good_chunked_bodies) {
        const std::string text = std::string(bytes) + "GET / HTTP/1.1\r\n\r\n";
        const decoded out = decode_everyhow(text);
        EXPECT_EQ(out.status, chunk_status::complete);
        EXPECT_EQ(out.consumed, bytes.size()) << bytes;
    }
}

TEST(chunked, wants_more_until_the_last_byte) {
    for (const auto& [bytes, data, trailer_count] : vectors::good_chunked_bodies) {
        for (size_t size = 0; size < bytes.size(); ++size) {
            const decoded out = decode(bytes.substr(0, size), whole(size));
            EXPECT_EQ(out.status, chunk_status::need_more) << bytes << " " << size;
        }
    }
}

TEST(chunked, refuses_bad_bodies) {
    for (const auto& [bytes, reason] : vectors::rejected_chunked_bodies) {
        const decoded out = decode_everyhow(bytes);
        EXPECT_EQ(out.status, chunk_status::rejected) << bytes;
        EXPECT_EQ(name(out.reason), name(reason)) << bytes;
    }
}

TEST(chunked, stays_refused) {
    chunked_decoder decoder;
    decoder.reset({});
    EXPECT_EQ(decoder.next("x").reason, rejection_reason::bad_chunk_size_data);
    EXPECT_EQ(decoder.next("0\r\n\r\n").reason, rejection_reason::bad_chunk_size_data);
    EXPECT_EQ(decoder.next("").status, chunk_status::rejected);
    decoder.reset({});
    EXPECT_EQ(decoder.next("0\r\n\r\n").status, chunk_status::complete);
}

TEST(chunked, keeps_trailers) {
    const decoded out = decode_everyhow("0\r\nA: b \r\nDigest:c\r\nA: \xc3\xa4\r\n\r\n");
    EXPECT_EQ(out.trailers, "A=b;Digest=c;A=\xc3\xa4;");
}

TEST(chunked, takes_the_largest_chunk) {
    chunked_decoder decoder;
    decoder.reset({});
    const chunk_step step = decoder.next("7FFFFFFF\r\nabc");
    EXPECT_EQ(step.status, chunk_status::data);
    EXPECT_EQ(step.data, "abc");
}

TEST(chunked, bounds_an_extension) {
    const auto body = [](size_t size) {
        return "1;" + std::string(size - 1, 'a') + "\r\nx\r\n0\r\n\r\n";
    };
    const size_t limit = chunked_decoder::max_extension_size;
    EXPECT_EQ(decode_everyhow(body(limit - 1)).status, chunk_status::complete);
    EXPECT_EQ(decode_everyhow(body(limit)).status, chunk_status::complete);
    EXPECT_EQ(decode_everyhow(body(limit + 1)).reason, rejection_reason::chunk_extension_too_large);
}

TEST(chunked, bounds_the_extensions_of_a_body) {
    std::string text;
    for (size_t i = 0; i < chunked_decoder::max_extensions_total / 128; ++i) {
        text += "1;" + std::string(127, 'a') + "\r\nx\r\n";
    }
    EXPECT_EQ(decode(text + "0\r\n\r\n", whole(text.size() + 5)).status, chunk_status::complete);
    EXPECT_EQ(decode(text + "0;a\r\n\r\n", whole(text.size() + 7)).reason,
              rejection_reason::chunk_extension_too_large);
}

TEST(chunked, bounds_the_trailers) {
    const std::string trailers = "A: b\r\nC: d\r\n\r\n";
    const auto size = static_cast<uint32_t>(trailers.size());
    const auto reason = [&](uint32_t total, uint32_t count) {
        return decode_everyhow("0\r\n" + trailers, {0, total, count}).reason;
    };
    EXPECT_EQ(reason(size - 1, 2), rejection_reason::headers_exceed_max_total_size);
    EXPECT_EQ(reason(size, 2), rejection_reason::none);
    EXPECT_EQ(reason(size + 1, 2), rejection_reason::none);
    EXPECT_EQ(reason(size, 1), rejection_reason::too_many_headers);
    EXPECT_EQ(reason(size, 3), rejection_reason::none);
    EXPECT_EQ(decode_everyhow("0\r\n\r\n", {0, 2, 0}).status, chunk_status::complete);
}

}  // namespace
}  // namespace saker::tests
