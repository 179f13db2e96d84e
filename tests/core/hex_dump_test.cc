// Kestrel's format, byte by byte: lines copied from its own log.

#include "core/connection/hex_dump.h"

#include <gtest/gtest.h>

#include <string>

namespace saker {
namespace {

std::string dumped(std::string_view bytes) {
    std::string out;
    append_hex_dump(out, "ReadAsync", bytes);
    return out;
}

TEST(hex_dump, of_nothing_is_its_name) { EXPECT_EQ(dumped(""), "ReadAsync[0]"); }

TEST(hex_dump, of_a_request_is_kestrels) {
    EXPECT_EQ(dumped("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              "ReadAsync[35]\n"
              "47 45 54 20 2F 20 48 54  54 50 2F 31 2E 31 0D 0A   GET / HT TP/1.1..\n"
              "48 6F 73 74 3A 20 6C 6F  63 61 6C 68 6F 73 74 0D   Host: lo calhost.\n"
              "0A 0D 0A                                           ...");
}

TEST(hex_dump, text_begins_where_it_begins_whatever_the_length) {
    for (size_t size = 1; size <= 16; ++size) {
        const std::string text = dumped(std::string(size, 'x'));
        const std::string line = text.substr(text.find('\n') + 1);
        EXPECT_EQ(line.find('x'), 51u) << size;
        EXPECT_EQ(line.substr(0, 2), "78");
        EXPECT_EQ(line.size(), 51 + size + (size >= 8)) << size;
    }
}

TEST(hex_dump, shows_no_byte_that_a_terminal_would_obey) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    for (const char c : dumped(all)) EXPECT_TRUE(c == '\n' || (c >= 0x20 && c < 0x7f));
    EXPECT_NE(dumped("\x1b\x9b\x7f").find("1B 9B 7F "), std::string::npos);
    EXPECT_TRUE(dumped("\x1b\x9b\x7f").ends_with("  ..."));
}

}  // namespace
}  // namespace saker
