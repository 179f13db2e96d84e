// Heads and header blocks that break the rules of a connection: names, values, pseudo-headers, what
// belongs to a connection, sizes, and HPACK itself.

#include "tests/support/broken_rules.h"

namespace saker::test {
namespace {

using namespace http2;
using enum error_code;

HTTP2_SUITE_OF(http2_head_errors, connection_errors);

CONFORMANCE(http2_head_errors, of_names) {
    expect_heads({get("/", {{"X-Capital", "a"}}), get("/", {{"x Y", "a"}}), get("/", {{"", "a"}}),
                  get("/", {{"x\n", "a"}}), get("/", {{"x:y", "a"}}),
                  get("/", {{std::string("x\0", 2), "a"}}), get("/", {{"x\xc3\xa4", "a"}}),
                  get("/", {{"x\x7f", "a"}}), get("/", {{"x(", "a"}})},
                 protocol_error, end_reason::invalid_request_headers);
}

CONFORMANCE(http2_head_errors, of_values) {
    expect_heads({get("/", {{"x", "a\r\nb: c"}}), get("/", {{"x", "a\nb"}}),
                  get("/", {{"x", "a\rb"}}), get("/", {{"x", std::string("a\0b", 3)}}),
                  get("/", {{"x", " a"}}), get("/", {{"x", "a\t"}}), get("/", {{"x", "a\x7f"}}),
                  get("/", {{"x", "a\x01"}}), get("/\x7f"), get("/?\x01"), get("/a\r\nb: c")},
                 protocol_error, end_reason::invalid_request_headers);
}

CONFORMANCE(http2_head_errors, of_pseudo_headers) {
    fields late = get();
    late.insert(late.begin(), {"x", "y"});
    fields between = get();
    between.insert(between.begin() + 2, {"x", "y"});
    expect_heads({late, between, get("/", {{":status", "200"}}), get("/", {{":unknown", "a"}}),
                  get("/", {{":", "a"}}), get("/", {{":method", "GET"}}),
                  get("/", {{":path", "/"}}), get("/", {{":scheme", "http"}}),
                  get("/", {{":authority", "a"}}), get("/", {{":Path", "/"}})},
                 protocol_error, end_reason::invalid_request_headers);
}

CONFORMANCE(http2_head_errors, of_fields_that_are_a_connections) {
    expect_heads(
        {get("/", {{"connection", "close"}}), get("/", {{"connection", ""}}),
         get("/", {{"keep-alive", "timeout=5"}}), get("/", {{"proxy-connection", "keep-alive"}}),
         get("/", {{"transfer-encoding", "chunked"}}), get("/", {{"upgrade", "h2c"}}),
         get("/", {{"te", "gzip"}}), get("/", {{"te", "trailers, gzip"}})},
        protocol_error, end_reason::invalid_request_headers);
}

// aspnetcore#67584, #68743: what is in a table is looked at again.
CONFORMANCE(http2_head_errors, of_fields_that_come_out_of_the_table) {
    const std::string head = block(get());
    const auto both = [&](const std::string& first, const std::string& second) {
        return headers(7, head + first, end_stream) + headers(9, head + second, end_stream);
    };
    const std::string again = hpack::indexed(hpack::first_dynamic);
    expect_each({
        {"a name from the static table", headers(7, head + hpack::literal(57, "chunked")),
         protocol_error, end_reason::invalid_request_headers},
        {"put in by a request that was refused for it",
         both(hpack::incremental("connection", "close"), again), protocol_error,
         end_reason::invalid_request_headers},
        {"a value with a line feed behind a name of the table",
         both(hpack::incremental("x", "good"), hpack::literal(hpack::first_dynamic, "a\nb")),
         protocol_error, end_reason::invalid_request_headers},
        {"te behind a name of the table",
         both(hpack::incremental("te", "trailers"), hpack::literal(hpack::first_dynamic, "gzip")),
         protocol_error, end_reason::invalid_request_headers},
    });
}

CONFORMANCE(http2_head_errors, of_heads_that_are_twice_too_large) {
    fields many;
    for (int i = 0; i < 201; ++i) many.push_back({"x", "y"});
    const std::string large(30'000, 'v');
    const fields three = {{"x", large}, {"y", large}, {"z", large}};
    expect_each({
        {"more than 64 KiB", headers_in_parts(7, block(get("/", three)), 16'384, end_stream),
         protocol_error, end_reason::max_request_headers_total_size_exceeded},
        {"more than 200 fields", headers(7, block(get("/", many)), end_stream), protocol_error,
         end_reason::max_request_header_count_exceeded},
        {"in trailers, more than 64 KiB", headers_in_parts(3, block(three), 16'384, end_stream),
         protocol_error, end_reason::max_request_headers_total_size_exceeded},
        {"in trailers, more than 200 fields", headers(3, block(many), end_stream), protocol_error,
         end_reason::max_request_header_count_exceeded},
        {"a value of more than 32 KiB",
         headers_in_parts(7, block(get("/", {{"x", std::string(32'769, 'v')}})), 16'384,
                          end_stream),
         compression_error, end_reason::error_reading_headers},
    });
}

// ---- HPACK ----

CONFORMANCE(http2_head_errors, of_header_blocks) {
    const std::string head = block(get());
    constexpr auto why = end_reason::error_reading_headers;
    const auto bad = [&](const std::string& more) { return headers(7, head + more, end_stream); };
    expect_each({
        {"index 0", bad(hpack::indexed(0)), compression_error, why},
        {"an index beyond the tables", bad(hpack::indexed(hpack::first_dynamic)), compression_error,
         why},
        {"a name beyond the tables", bad(hpack::literal(hpack::first_dynamic, "a")),
         compression_error, why},
        {"a table larger than it may be", headers(7, hpack::table_size(4097) + head, end_stream),
         compression_error, why},
        {"another table behind a field", bad(hpack::table_size(0)), compression_error, why},
        {"a name that is cut", bad(std::string("\0\x05xy", 4)), compression_error, why},
        {"a value that is cut", bad(std::string("\0\x01x\x05yz", 6)), compression_error, why},
        {"an index that is cut", bad("\xff"), compression_error, why},
        {"an index beyond all numbers", bad("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
         compression_error, why},
        {"Huffman codes with the end in them", bad(std::string("\0\x01x\x84\xff\xff\xff\xff", 8)),
         compression_error, why},
        {"Huffman codes with a byte of padding", bad(std::string("\0\x01x\x82\x1f\xff", 6)),
         compression_error, why},
        {"Huffman codes padded by zeros", bad(std::string("\0\x01x\x81\x18", 5)), compression_error,
         why},
        {"in trailers", headers(3, hpack::indexed(0), end_stream), compression_error, why},
        {"an index one beyond what another head has put in",
         headers(7, hpack::incremental("x", "y"), end_stream) +
             headers(9, hpack::indexed(hpack::first_dynamic + 1), end_stream),
         compression_error, why},
    });
}

}  // namespace
}  // namespace saker::test
