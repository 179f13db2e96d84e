#pragma once
// Frames of HTTP/2 (RFC 9113) as bytes: lawful ones, and with any type, flags, stream and length
// that nobody's library would write. `frame` is what was read; functions write what is to be sent.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker::test::http2 {

inline constexpr std::string_view connection_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr size_t frame_header_size = 9;
inline constexpr uint32_t largest_window = 0x7fffffff;

enum class type : uint8_t {
    data = 0,
    headers = 1,
    priority = 2,
    rst_stream = 3,
    settings = 4,
    push_promise = 5,
    ping = 6,
    goaway = 7,
    window_update = 8,
    continuation = 9,
    priority_update = 16,  // RFC 9218
};

// ---- flags ----
inline constexpr uint8_t none = 0;
inline constexpr uint8_t end_stream = 0x1;
inline constexpr uint8_t ack = 0x1;
inline constexpr uint8_t end_headers = 0x4;
inline constexpr uint8_t padded = 0x8;
inline constexpr uint8_t with_priority = 0x20;

enum class setting_id : uint16_t {
    header_table_size = 1,
    enable_push = 2,
    max_concurrent_streams = 3,
    initial_window_size = 4,
    max_frame_size = 5,
    max_header_list_size = 6,
    enable_connect_protocol = 8,
    no_rfc7540_priorities = 9,
};
using setting_value = std::pair<setting_id, uint32_t>;
using setting_values = std::vector<setting_value>;

struct frame {
    type kind = type::data;
    uint8_t flags = 0;
    uint32_t stream = 0;
    std::string payload;

    [[nodiscard]] bool has(uint8_t flag) const { return (flags & flag) != 0; }
    friend bool operator==(const frame&, const frame&) = default;
};

[[nodiscard]] std::string_view name_of(type);
[[nodiscard]] std::string_view name_of(setting_id);
// "NO_ERROR"
[[nodiscard]] std::string_view name_of_error(uint32_t code);
// "HEADERS(1, END_STREAM|END_HEADERS) 14 bytes"
[[nodiscard]] std::string shown(const frame&);

// ---- numbers, big-endian ----
[[nodiscard]] std::string number(uint64_t value, size_t bytes);
[[nodiscard]] uint32_t number_in(std::string_view bytes, size_t at, size_t size = 4);

// ---- any frame at all ----
[[nodiscard]] std::string header_of(type, uint8_t flags, uint32_t stream, size_t length);
[[nodiscard]] std::string frame_of(type, uint8_t flags, uint32_t stream, std::string_view payload);
// A frame whose first 31 bits of the stream are these, with the reserved bit.
[[nodiscard]] std::string with_reserved_bit(std::string frame);

// ---- each of them; flags are added to what the frame needs ----

[[nodiscard]] std::string data(uint32_t stream, std::string_view bytes, uint8_t flags = none);
// Padded by so many bytes, the field of the length not counted.
[[nodiscard]] std::string padded_data(uint32_t stream, std::string_view bytes, uint8_t padding,
                                      uint8_t flags = none);
// With END_HEADERS unless it is cut.
[[nodiscard]] std::string headers(uint32_t stream, std::string_view block, uint8_t flags = none);
[[nodiscard]] std::string headers_begin(uint32_t stream, std::string_view block,
                                        uint8_t flags = none);
[[nodiscard]] std::string continuation(uint32_t stream, std::string_view block,
                                       uint8_t flags = none);
// A head in HEADERS and CONTINUATION of `each` bytes at most.
[[nodiscard]] std::string headers_in_parts(uint32_t stream, std::string_view block, size_t each,
                                           uint8_t flags = none);
[[nodiscard]] std::string padded_headers(uint32_t stream, std::string_view block, uint8_t padding,
                                         uint8_t flags = none);

// RFC 7540's priority, which RFC 9113 has deprecated.
struct dependency {
    uint32_t on = 0;
    uint8_t weight = 15;  // one less
    bool exclusive = false;
};
[[nodiscard]] std::string headers_with_priority(uint32_t stream, const dependency&,
                                                std::string_view block, uint8_t flags = none);
[[nodiscard]] std::string priority(uint32_t stream, const dependency&);

[[nodiscard]] std::string rst_stream(uint32_t stream, uint32_t code);
[[nodiscard]] std::string settings(const setting_values&);
[[nodiscard]] std::string settings_ack();
[[nodiscard]] std::string ping(std::string_view eight_bytes = "12345678", uint8_t flags = none);
[[nodiscard]] std::string goaway(uint32_t last_stream, uint32_t code, std::string_view text = {});
[[nodiscard]] std::string window_update(uint32_t stream, uint32_t by);
[[nodiscard]] std::string push_promise(uint32_t stream, uint32_t promised, std::string_view block);
// On stream 0, of that stream.
[[nodiscard]] std::string priority_update(uint32_t of_stream, std::string_view field);

// `frame` so many times.
[[nodiscard]] std::string times(size_t count, std::string_view frame);

// What a SETTINGS frame says.
[[nodiscard]] setting_values settings_in(const frame&);

}  // namespace saker::test::http2
