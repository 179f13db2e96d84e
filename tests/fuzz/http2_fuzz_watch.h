#pragma once
// What the HTTP/2 fuzzer knows of anything that a server may say, whatever was said to it: frames
// of lawful sizes on lawful streams, heads that can be read, SETTINGS first; or plain HTTP/1.1 to
// who has not begun with the preface. And what a program is read with.

#include "tests/support/http2_frames.h"
#include "tests/support/http2_hpack.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace saker::fuzz {

inline void check(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

class frame_watch {
public:
    explicit frame_watch(size_t largest = 16'384) : largest_(largest) {
        reader_.allow_table(1 << 20);
    }

    void see(std::string_view bytes) {
        using namespace test::http2;
        if (in_clear_) return;
        left_ += bytes;
        if (first_ && left_.starts_with("HTTP/1.1")) in_clear_ = true;
        size_t at = 0;
        while (!in_clear_ && left_.size() - at >= frame_header_size) {
            const size_t length = number_in(left_, at, 3);
            check(length <= largest_, "no frame is too large");
            if (left_.size() - at - frame_header_size < length) break;
            look_at({static_cast<type>(left_[at + 3]), static_cast<uint8_t>(left_[at + 4]),
                     number_in(left_, at + 5), left_.substr(at + frame_header_size, length)});
            at += frame_header_size + length;
        }
        left_.erase(0, at);
    }
    [[nodiscard]] bool in_clear() const { return in_clear_; }
    [[nodiscard]] bool said_goaway() const { return said_goaway_; }

private:
    void look_at(const test::http2::frame& one) {
        using namespace test::http2;
        const bool on_connection = one.stream == 0;
        const size_t size = one.payload.size();
        check(!first_ || (one.kind == type::settings && !one.has(ack)), "SETTINGS are first");
        first_ = false;
        check(!in_head_ || one.kind == type::continuation, "nothing comes inside a head");
        switch (one.kind) {
            case type::settings:
                check(on_connection && size % 6 == 0 && (!one.has(ack) || size == 0), "SETTINGS");
                return;
            case type::data: return check(!on_connection && !one.has(padded), "DATA");
            case type::ping: return check(on_connection && size == 8, "PING");
            case type::goaway:
                said_goaway_ = true;
                return check(on_connection && size >= 8, "GOAWAY");
            case type::rst_stream: return check(!on_connection && size == 4, "RST_STREAM");
            case type::window_update:
                return check(size == 4 && number_in(one.payload, 0) != 0, "WINDOW_UPDATE");
            case type::headers:
                check(!on_connection && one.stream % 2 == 1, "HEADERS");
                block_.clear();
                break;
            case type::continuation: check(in_head_, "CONTINUATION"); break;
            default: check(false, "a frame that no server says");
        }
        block_ += one.payload;
        in_head_ = !one.has(end_headers);
        if (in_head_) return;
        const auto said = reader_.read(block_);
        check(said.has_value(), "a head can be read");
        for (const auto& [name, value] : *said) {
            check(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ \r\n") == std::string::npos &&
                      value.find_first_of("\r\n") == std::string::npos,
                  "a head is lawful");
        }
    }

    const size_t largest_;
    std::string left_, block_;
    test::http2::hpack_decoder reader_;
    bool first_ = true, in_clear_ = false, in_head_ = false, said_goaway_ = false;
};

// Bytes as numbers and texts; zero and nothing behind their end.
class program {
public:
    explicit program(std::string_view text) : left_(text) {}
    [[nodiscard]] bool over() const { return left_.empty(); }
    uint8_t byte() {
        if (left_.empty()) return 0;
        const auto first = static_cast<uint8_t>(left_.front());
        left_.remove_prefix(1);
        return first;
    }
    size_t word() {
        const size_t high = byte();
        return high << 8 | byte();
    }
    std::string_view text(size_t size) {
        const std::string_view now = left_.substr(0, size);
        left_.remove_prefix(now.size());
        return now;
    }
    // A byte that says how many, and those.
    std::string_view text() { return text(byte()); }

private:
    std::string_view left_;
};

}  // namespace saker::fuzz
