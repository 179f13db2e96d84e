// See http2_frames.h.

#include "tests/support/http2_frames.h"

#include <algorithm>
#include <array>

namespace saker::test::http2 {
namespace {

std::string padding_of(uint8_t size) { return std::string(size, '\0'); }

std::string bytes_of(const dependency& of) {
    return number(of.on | (of.exclusive ? 0x80000000U : 0U), 4) + static_cast<char>(of.weight);
}

std::string shown_flags(const frame& of) {
    constexpr std::pair<uint8_t, std::string_view> names[] = {
        {end_headers, "END_HEADERS"}, {padded, "PADDED"}, {with_priority, "PRIORITY"}};
    const bool acks = of.kind == type::settings || of.kind == type::ping;
    std::string text = of.has(1) ? (acks ? ", ACK" : ", END_STREAM") : "";
    for (const auto& [flag, name] : names) {
        if (of.has(flag)) text += ", " + std::string(name);
    }
    return text;
}

}  // namespace

std::string_view name_of(type kind) {
    constexpr std::string_view names[] = {"DATA",          "HEADERS",      "PRIORITY", "RST_STREAM",
                                          "SETTINGS",      "PUSH_PROMISE", "PING",     "GOAWAY",
                                          "WINDOW_UPDATE", "CONTINUATION"};
    const auto index = static_cast<size_t>(kind);
    if (kind == type::priority_update) return "PRIORITY_UPDATE";
    return index < std::size(names) ? names[index] : "a frame of another type";
}

std::string_view name_of(setting_id id) {
    switch (id) {
        case setting_id::header_table_size: return "HEADER_TABLE_SIZE";
        case setting_id::enable_push: return "ENABLE_PUSH";
        case setting_id::max_concurrent_streams: return "MAX_CONCURRENT_STREAMS";
        case setting_id::initial_window_size: return "INITIAL_WINDOW_SIZE";
        case setting_id::max_frame_size: return "MAX_FRAME_SIZE";
        case setting_id::max_header_list_size: return "MAX_HEADER_LIST_SIZE";
        case setting_id::enable_connect_protocol: return "ENABLE_CONNECT_PROTOCOL";
        case setting_id::no_rfc7540_priorities: return "NO_RFC7540_PRIORITIES";
    }
    return "another setting";
}

std::string_view name_of_error(uint32_t code) {
    constexpr std::string_view names[] = {"NO_ERROR",
                                          "PROTOCOL_ERROR",
                                          "INTERNAL_ERROR",
                                          "FLOW_CONTROL_ERROR",
                                          "SETTINGS_TIMEOUT",
                                          "STREAM_CLOSED",
                                          "FRAME_SIZE_ERROR",
                                          "REFUSED_STREAM",
                                          "CANCEL",
                                          "COMPRESSION_ERROR",
                                          "CONNECT_ERROR",
                                          "ENHANCE_YOUR_CALM",
                                          "INADEQUATE_SECURITY",
                                          "HTTP_1_1_REQUIRED"};
    return code < std::size(names) ? names[code] : "another code";
}

std::string shown(const frame& of) {
    std::string text = std::string(name_of(of.kind)) + '(' + std::to_string(of.stream) +
                       shown_flags(of) + ") " + std::to_string(of.payload.size()) + " bytes";
    if (of.kind == type::rst_stream && of.payload.size() == 4)
        text += ' ' + std::string(name_of_error(number_in(of.payload, 0)));
    if (of.kind == type::goaway && of.payload.size() >= 8)
        text += " last " + std::to_string(number_in(of.payload, 0)) + ' ' +
                std::string(name_of_error(number_in(of.payload, 4))) + ' ' + of.payload.substr(8);
    if (of.kind == type::window_update && of.payload.size() == 4)
        text += " by " + std::to_string(number_in(of.payload, 0));
    return text;
}

std::string number(uint64_t value, size_t bytes) {
    std::string text(bytes, '\0');
    for (size_t i = bytes; i-- > 0; value >>= 8) text[i] = static_cast<char>(value & 0xff);
    return text;
}

uint32_t number_in(std::string_view bytes, size_t at, size_t size) {
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

std::string header_of(type kind, uint8_t flags, uint32_t stream, size_t length) {
    return number(length, 3) + static_cast<char>(kind) + static_cast<char>(flags) +
           number(stream, 4);
}

std::string frame_of(type kind, uint8_t flags, uint32_t stream, std::string_view payload) {
    return header_of(kind, flags, stream, payload.size()).append(payload);
}

std::string with_reserved_bit(std::string frame) {
    frame[5] = static_cast<char>(frame[5] | '\x80');
    return frame;
}

std::string data(uint32_t stream, std::string_view bytes, uint8_t flags) {
    return frame_of(type::data, flags, stream, bytes);
}

std::string padded_data(uint32_t stream, std::string_view bytes, uint8_t padding, uint8_t flags) {
    return frame_of(type::data, flags | padded, stream,
                    static_cast<char>(padding) + std::string(bytes) + padding_of(padding));
}

std::string headers(uint32_t stream, std::string_view block, uint8_t flags) {
    return frame_of(type::headers, flags | end_headers, stream, block);
}

std::string headers_begin(uint32_t stream, std::string_view block, uint8_t flags) {
    return frame_of(type::headers, flags, stream, block);
}

std::string continuation(uint32_t stream, std::string_view block, uint8_t flags) {
    return frame_of(type::continuation, flags, stream, block);
}

std::string headers_in_parts(uint32_t stream, std::string_view block, size_t each, uint8_t flags) {
    std::string all;
    bool first = true;
    do {
        const std::string_view part = block.substr(0, each);
        block.remove_prefix(part.size());
        const uint8_t last = block.empty() ? end_headers : none;
        all += first ? headers_begin(stream, part, flags | last) : continuation(stream, part, last);
        first = false;
    } while (!block.empty());
    return all;
}

std::string padded_headers(uint32_t stream, std::string_view block, uint8_t padding,
                           uint8_t flags) {
    return frame_of(type::headers, flags | padded | end_headers, stream,
                    static_cast<char>(padding) + std::string(block) + padding_of(padding));
}

std::string headers_with_priority(uint32_t stream, const dependency& of, std::string_view block,
                                  uint8_t flags) {
    return frame_of(type::headers, flags | with_priority | end_headers, stream,
                    bytes_of(of).append(block));
}

std::string priority(uint32_t stream, const dependency& of) {
    return frame_of(type::priority, none, stream, bytes_of(of));
}

std::string rst_stream(uint32_t stream, uint32_t code) {
    return frame_of(type::rst_stream, none, stream, number(code, 4));
}

std::string settings(const setting_values& values) {
    std::string payload;
    for (const auto& [id, value] : values)
        payload += number(static_cast<uint16_t>(id), 2) + number(value, 4);
    return frame_of(type::settings, none, 0, payload);
}

std::string settings_ack() { return frame_of(type::settings, ack, 0, {}); }

std::string ping(std::string_view eight_bytes, uint8_t flags) {
    return frame_of(type::ping, flags, 0, eight_bytes);
}

std::string goaway(uint32_t last_stream, uint32_t code, std::string_view text) {
    return frame_of(type::goaway, none, 0, (number(last_stream, 4) + number(code, 4)).append(text));
}

std::string window_update(uint32_t stream, uint32_t by) {
    return frame_of(type::window_update, none, stream, number(by, 4));
}

std::string push_promise(uint32_t stream, uint32_t promised, std::string_view block) {
    return frame_of(type::push_promise, end_headers, stream, number(promised, 4).append(block));
}

std::string priority_update(uint32_t of_stream, std::string_view field) {
    return frame_of(type::priority_update, none, 0, number(of_stream, 4).append(field));
}

std::string times(size_t count, std::string_view frame) {
    std::string all;
    all.reserve(count * frame.size());
    while (count-- > 0) all += frame;
    return all;
}

setting_values settings_in(const frame& of) {
    setting_values values;
    for (size_t at = 0; at + 6 <= of.payload.size(); at += 6)
        values.emplace_back(static_cast<setting_id>(number_in(of.payload, at, 2)),
                            number_in(of.payload, at + 2));
    return values;
}

}  // namespace saker::test::http2
