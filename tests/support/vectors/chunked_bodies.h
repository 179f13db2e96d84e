#pragma once
// Chunked bodies: good ones with what they decode to, and refused ones with the reason; among the
// latter the shapes of CVE-2025-55315 (a line end inside an extension which two readers see apart).

#include "protocols/http/rejection.h"

#include <string_view>

namespace saker::vectors {

struct good_chunked_body {
    std::string_view bytes;
    std::string_view data;
    size_t trailer_count = 0;
};

inline constexpr good_chunked_body good_chunked_bodies[] = {
    {"0\r\n\r\n", ""},
    {"5\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"5\r\nHello\r\n7\r\n, world\r\n0\r\n\r\n", "Hello, world"},
    {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
    {"a\r\n0123456789\r\n00000000\r\n\r\n", "0123456789"},
    {"00000005\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
    {"5;a\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"5;a=b\r\nHello\r\n0;c=d\r\n\r\n", "Hello"},
    {"5 ; a = b ; c\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"5\t;\ta\t=\tb\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"5;a=\"b c;\\\"=\"\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"5;a=\"\" ;b\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"5;a=\"\xc3\xa4\"\r\nHello\r\n0\r\n\r\n", "Hello"},
    {"0\r\nA: b\r\n\r\n", "", 1},
    {"1\r\nx\r\n0\r\nA: b\r\nDigest: c\r\nA: d\r\n\r\n", "x", 3},
};

struct rejected_chunked_body {
    std::string_view bytes;
    rejection_reason reason;
};

using enum rejection_reason;

inline constexpr rejected_chunked_body rejected_chunked_bodies[] = {
    {"\r\n", bad_chunk_size_data},
    {";a\r\n", bad_chunk_size_data},
    {" 5\r\n", bad_chunk_size_data},
    {"+5\r\n", bad_chunk_size_data},
    {"-5\r\n", bad_chunk_size_data},
    {"0x5\r\n", bad_chunk_size_data},
    {"g\r\n", bad_chunk_size_data},
    {"5\n", bad_chunk_size_data},
    {"5\rH", bad_chunk_size_data},
    {"5,\r\n", bad_chunk_size_data},
    {"000000005\r\n", bad_chunk_size_data},
    {"80000000\r\n", chunk_size_too_large},
    {"FFFFFFFF\r\n", chunk_size_too_large},
    {"5\r\nHello0\r\n", bad_chunk_suffix},
    {"5\r\nHello\n0\r\n\r\n", bad_chunk_suffix},
    {"5\r\nHello\r0\r\n\r\n", bad_chunk_suffix},
    {"5\r\nHello!\r\n", bad_chunk_suffix},
    {"2\r\nHello\r\n", bad_chunk_suffix},

    // CVE-2025-55315 and its kin.
    {"2;\nxx\r\n4a\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;\rxx\r\n4a\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a\nxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a\rxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a\r\rxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a=\"\n\"\r\nxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a=\"\r\n\"\r\nxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a=\"\\\n\"\r\nxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"2;a=\"\\\r\n\"\r\nxx\r\n0\r\n\r\n", bad_chunk_extension},
    {"0;a\nGET / HTTP/1.1\r\n\r\n", bad_chunk_extension},

    {"5;\r\nHello\r\n", bad_chunk_extension},
    {"5 \r\nHello\r\n", bad_chunk_extension},
    {"5;a \r\nHello\r\n", bad_chunk_extension},
    {"5;a=\r\nHello\r\n", bad_chunk_extension},
    {"5;a=b \r\nHello\r\n", bad_chunk_extension},
    {"5;=b\r\nHello\r\n", bad_chunk_extension},
    {"5;a=b=c\r\nHello\r\n", bad_chunk_extension},
    {"5;a b\r\nHello\r\n", bad_chunk_extension},
    {"5 a\r\nHello\r\n", bad_chunk_extension},
    {"5;a=\"b\"c\r\nHello\r\n", bad_chunk_extension},
    {"5;a\x01\r\nHello\r\n", bad_chunk_extension},
    {"5;a=\"\x7f\"\r\nHello\r\n", bad_chunk_extension},
    {"5;\xc3\xa4\r\nHello\r\n", bad_chunk_extension},

    {"0\r\nA\r\n\r\n", invalid_request_header},
    {"0\r\nA : b\r\n\r\n", invalid_request_header},
    {"0\r\n A: b\r\n\r\n", obsolete_line_folding},
    {"0\r\nA: b\r\n c\r\n\r\n", obsolete_line_folding},
    {"0\r\nA: b\n\r\n", bare_line_feed},
    {"0\r\n\n", bare_line_feed},
    {"0\r\nA: b\rc\r\n\r\n", bare_carriage_return},
    {"0\r\n\r\r\n", invalid_request_headers_no_crlf},
    {"0\r\nA(: b\r\n\r\n", invalid_characters_in_header_name},
    {"0\r\nA: \x02\r\n\r\n", control_character_in_header_value},
    {"0\r\nContent-Length: 5\r\n\r\n", forbidden_trailer_field},
    {"0\r\nTransfer-Encoding: chunked\r\n\r\n", forbidden_trailer_field},
    {"0\r\nHost: a\r\n\r\n", forbidden_trailer_field},
};

}  // namespace saker::vectors
