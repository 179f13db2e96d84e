// What the client of the conformance tests says and reads: header blocks that it writes by hand,
// against nghttp2 and RFC 7541's examples; and frames, byte by byte.

#include "tests/support/http2_frames.h"
#include "tests/support/http2_hpack.h"
#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

using namespace http2;

std::string bytes_of(std::string_view digits) {
    std::string bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return bytes;
}

// ---- header blocks ----

TEST(http2_blocks, integers_are_those_of_rfc_7541_c1) {
    EXPECT_EQ(hex(hpack::integer(10, 5)), "0A");
    EXPECT_EQ(hex(hpack::integer(1337, 5)), "1F9A0A");
    EXPECT_EQ(hex(hpack::integer(42, 8)), "2A");
    EXPECT_EQ(hex(hpack::integer(31, 5)), "1F00");
    EXPECT_EQ(hex(hpack::integer(127, 7, 0x80)), "FF00");
}

TEST(http2_blocks, literals_are_those_of_rfc_7541_c2) {
    EXPECT_EQ(hex(hpack::incremental("custom-key", "custom-header")),
              "400A637573746F6D2D6B65790D637573746F6D2D686561646572");
    EXPECT_EQ(hex(hpack::literal(4, "/sample/path")), "040C2F73616D706C652F70617468");
    EXPECT_EQ(hex(hpack::never_indexed("password", "secret")),
              "100870617373776F726406736563726574");
    EXPECT_EQ(hex(hpack::indexed(2)), "82");
}

TEST(http2_blocks, requests_are_those_of_rfc_7541_c3) {
    const std::string first = hpack::indexed(2) + hpack::indexed(6) + hpack::indexed(4) +
                              hpack::incremental(1, "www.example.com");
    EXPECT_EQ(hex(first), "828684410F7777772E6578616D706C652E636F6D");
    const std::string second = hpack::indexed(2) + hpack::indexed(6) + hpack::indexed(4) +
                               hpack::indexed(hpack::first_dynamic) +
                               hpack::incremental(24, "no-cache");
    EXPECT_EQ(hex(second), "828684BE58086E6F2D6361636865");
    hpack_decoder reads;
    ASSERT_TRUE(reads.read(first));
    const auto found = reads.read(second);
    ASSERT_TRUE(found);
    EXPECT_EQ(shown(*found),
              ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n"
              "cache-control: no-cache\n");
    EXPECT_EQ(reads.table_size(), 110u);
}

TEST(http2_blocks, huffman_codes_of_rfc_7541_c4_are_read) {
    hpack_decoder reads;
    const auto found = reads.read(bytes_of("828684418cf1e3c2e5f23a6ba0ab90f4ff"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->back(), (field{":authority", "www.example.com"}));
}

TEST(http2_blocks, every_entry_of_the_static_table_is_where_nghttp2_has_it) {
    hpack_decoder reads;
    for (uint64_t index = 1; index < hpack::first_dynamic; ++index) {
        const auto found = reads.read(hpack::indexed(index));
        ASSERT_TRUE(found) << index;
        const auto& [name, value] = found->front();
        const auto own =
            value.empty() ? hpack::static_index(name) : hpack::static_index(name, value);
        EXPECT_EQ(own, index) << name << ": " << value;
    }
    EXPECT_FALSE(hpack::static_index("x"));
    EXPECT_FALSE(hpack::static_index(":method", "PUT"));
}

TEST(http2_blocks, what_is_written_by_hand_is_read_by_nghttp2) {
    const fields all = request_fields("PUT", "/a?b=c",
                                      {{"cookie", "a=b"},
                                       {"x-empty", ""},
                                       {"x-long", std::string(300, 'x')},
                                       {"accept-encoding", "gzip, deflate"},
                                       {"user-agent", "me"}},
                                      "https");
    hpack_decoder reads;
    const auto found = reads.read(block(all));
    ASSERT_TRUE(found);
    EXPECT_EQ(shown(*found), shown(all));
    EXPECT_EQ(reads.table_size(), 0u) << "nothing was indexed";
}

TEST(http2_blocks, what_nghttp2_writes_is_read_with_its_table) {
    hpack_encoder writes;
    hpack_decoder reads;
    const fields all = request_fields("GET", "/", {{"x-mine", "some value"}});
    const std::string first = writes.block(all);
    const std::string second = writes.block(all);
    EXPECT_LT(second.size(), first.size());
    for (const std::string& each : {first, second}) {
        const auto found = reads.read(each);
        ASSERT_TRUE(found);
        EXPECT_EQ(shown(*found), shown(all));
    }
    EXPECT_GT(reads.table_size(), 0u);
}

TEST(http2_blocks, what_cannot_be_read_is_said) {
    const std::string bad[] = {
        hpack::indexed(0),
        hpack::indexed(hpack::first_dynamic),
        hpack::literal(hpack::first_dynamic, "a"),
        hpack::table_size(4097),
        std::string("\0", 1) + hpack::text_of_length(100, "short") + hpack::text("a"),
        std::string("\x00\x81\xff", 3),  // Huffman: EOS' first bits as more than padding
        "\x82\x3f\xe1\x1f",              // a change of the table's size behind a field
        std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
    };
    for (const std::string& each : bad) {
        hpack_decoder reads;
        EXPECT_FALSE(reads.read(each)) << hex(each);
    }
}

// ---- frames ----

// "type and flags", "stream", "payload" as the bytes of a frame.
std::string wire(std::string_view type_and_flags, std::string_view stream,
                 std::string_view payload = {}) {
    const std::string length = hex(number(payload.size() / 2, 3));
    return length + std::string(type_and_flags) + std::string(stream) + std::string(payload);
}

TEST(http2_frames, have_the_bytes_of_rfc_9113) {
    EXPECT_EQ(hex(settings({{setting_id::initial_window_size, 65'535}})),
              wire("0400", "00000000", "00040000FFFF"));
    EXPECT_EQ(hex(settings_ack()), "000000040100000000");
    EXPECT_EQ(hex(data(1, "ab", end_stream)), wire("0001", "00000001", "6162"));
    EXPECT_EQ(hex(padded_data(1, "ab", 2)), wire("0008", "00000001", "0261620000"));
    EXPECT_EQ(hex(headers(3, "\x82", end_stream)), wire("0105", "00000003", "82"));
    EXPECT_EQ(hex(padded_headers(3, "\x82", 1)), wire("010C", "00000003", "018200"));
    EXPECT_EQ(hex(headers_with_priority(3, {.on = 1, .weight = 255, .exclusive = true}, "\x82")),
              wire("0124", "00000003", "80000001FF82"));
    EXPECT_EQ(hex(headers_in_parts(1, "\x82\x86\x84", 2, end_stream)),
              wire("0101", "00000001", "8286") + wire("0904", "00000001", "84"));
    EXPECT_EQ(hex(priority(5, {.on = 3, .weight = 9})), wire("0200", "00000005", "0000000309"));
    EXPECT_EQ(hex(rst_stream(1, 8)), wire("0300", "00000001", "00000008"));
    EXPECT_EQ(hex(push_promise(1, 2, "\x82")), wire("0504", "00000001", "0000000282"));
    EXPECT_EQ(hex(ping("abcdefgh", ack)), wire("0601", "00000000", "6162636465666768"));
    EXPECT_EQ(hex(goaway(5, 11, "x")), wire("0700", "00000000", "000000050000000B78"));
    EXPECT_EQ(hex(window_update(0, largest_window)), wire("0800", "00000000", "7FFFFFFF"));
    EXPECT_EQ(hex(continuation(1, "", end_headers)), wire("0904", "00000001"));
    EXPECT_EQ(hex(priority_update(1, "u=0")), wire("1000", "00000000", "00000001753D30"));
    EXPECT_EQ(hex(header_of(type{0xff}, 0xff, 0xffffffff, 0xffffff)), "FFFFFFFFFFFFFFFFFF");
    EXPECT_EQ(hex(with_reserved_bit(rst_stream(1, 0))), wire("0300", "80000001", "00000000"));
    EXPECT_EQ(times(3, "ab"), "ababab");
}

TEST(http2_frames, are_shown_in_words) {
    EXPECT_EQ(shown({type::headers, end_stream | end_headers, 1, "\x82"}),
              "HEADERS(1, END_STREAM, END_HEADERS) 1 bytes");
    EXPECT_EQ(shown({type::goaway, none, 0, number(3, 4) + number(11, 4) + "why"}),
              "GOAWAY(0) 11 bytes last 3 ENHANCE_YOUR_CALM why");
    EXPECT_EQ(shown({type::ping, ack, 0, "12345678"}), "PING(0, ACK) 8 bytes");
}

}  // namespace
}  // namespace saker::test
