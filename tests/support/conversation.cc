// See conversation.h. "Nothing comes" is a number of turns in which the server had nothing to do.

#include "tests/support/conversation.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cstdio>

namespace saker::test {
namespace {

// What a failed comparison shows: control characters as escapes, a line a line.
std::string shown(std::string_view bytes) {
    std::string text;
    for (const char c : bytes.substr(0, 2000)) {
        if (c == '\r') {
            text += "\\r";
        } else if (c == '\n') {
            text += "\\n\n";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            text += "\\x";
            constexpr std::string_view digits = "0123456789abcdef";
            text += digits[static_cast<unsigned char>(c) >> 4];
            text += digits[static_cast<unsigned char>(c) & 15];
        } else {
            text += c;
        }
    }
    return bytes.size() > 2000 ? text + "..." : text;
}

// The value of a field, in heads that this server writes.
std::string_view value_of(std::string_view head, std::string_view name) {
    const size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string_view::npos) return {};
    const size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
}

}  // namespace

conversation::~conversation() = default;

bool conversation::turn_until(const std::function<bool()>& done) {
    gather();
    for (int quiet = 0; !done();) {
        quiet = turn() ? 0 : quiet + 1;
        if (quiet > server_.quiet_turns()) return false;
    }
    return true;
}

void conversation::settle() {
    turn_until([] { return false; });
}

std::string conversation::read(size_t size) {
    turn_until([&] { return heard_.size() >= size || was_reset(); });
    std::string taken = heard_.substr(0, size);
    heard_.erase(0, taken.size());
    return taken;
}

void conversation::receive_raw(std::string_view expected) {
    const std::string came = read(expected.size());
    if (came == expected) return;
    ADD_FAILURE() << "expected:\n"
                  << shown(expected) << "\ncame:\n"
                  << shown(came + heard_)
                  << (ended()       ? "\n(the end)"
                      : was_reset() ? "\n(reset)"
                                    : "\n(and no more)");
}

void conversation::receive_chunks(std::initializer_list<std::string_view> pieces) {
    std::string expected;
    for (const std::string_view one : pieces) {
        char size[20];
        std::snprintf(size, sizeof size, "%zx\r\n", one.size());
        expected.append(size).append(one).append("\r\n");
    }
    receive_raw(expected);
}

std::string conversation::read_head() {
    size_t end = std::string::npos;
    turn_until([&] {
        end = heard_.find("\r\n\r\n");
        return end != std::string::npos || was_reset();
    });
    return end == std::string::npos ? read(heard_.size()) : read(end + 4);
}

std::string conversation::read_answer() {
    const std::string head = read_head();
    if (const std::string_view size = value_of(head, "Content-Length"); !size.empty()) {
        size_t left = 0;
        std::from_chars(size.data(), size.data() + size.size(), left);
        return head + read(left);
    }
    if (value_of(head, "Transfer-Encoding").empty()) return head;
    turn_until([&] {
        const size_t end = heard_.find("\r\n0\r\n");
        return heard_.starts_with("0\r\n") || end != std::string::npos || was_reset();
    });
    return head + read(heard_.size());
}

std::string conversation::read_all() {
    turn_until([&] { return ended() || was_reset(); });
    return read(heard_.size());
}

void conversation::receive_nothing() {
    settle();
    EXPECT_EQ(shown(heard_), "");
    EXPECT_FALSE(ended());
    EXPECT_FALSE(was_reset());
}

void conversation::receive_end() {
    turn_until([&] { return ended() || was_reset(); });
    EXPECT_EQ(shown(heard_), "");
    EXPECT_TRUE(ended());
    EXPECT_FALSE(was_reset());
}

void conversation::receive_reset() {
    turn_until([&] { return ended() || was_reset(); });
    EXPECT_EQ(shown(heard_), "");
    EXPECT_TRUE(was_reset());
}

}  // namespace saker::test
