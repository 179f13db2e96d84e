#pragma once
// A WebSocket over a stream of HTTP/2 (RFC 8441) whose every message comes back, frame by frame:
// enough for a browser, or a proxy that speaks HTTP/1.1 to its client, to find that the way is
// open. Frames of up to 64 KiB; over HTTP/1.1 it is refused.

#include <saker/saker.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first frame of what has come, unmasked, as a server says it; empty where it is not whole yet.
// What it was is taken away.
inline std::string take_websocket_frame(std::string& heard) {
    const auto at = [&](size_t i) { return static_cast<uint8_t>(heard[i]); };
    if (heard.size() < 6) return {};
    size_t size = at(1) & 0x7f, head = 2;
    if (size == 126) {
        size = size_t{at(2)} << 8 | at(3);
        head = 4;
    }
    if (heard.size() < head + 4 + size) return {};
    std::string said = heard.substr(0, head);
    said[1] = static_cast<char>(at(1) & 0x7f);
    for (size_t i = 0; i < size; ++i)
        said += static_cast<char>(at(head + 4 + i) ^ at(head + i % 4));
    heard.erase(0, head + 4 + size);
    return said;
}

inline saker::task<> websocket_echo(saker::request& asked, saker::response& answer) {
    saker::connection* const own =
        asked.requested_protocol() == "websocket" ? answer.upgrade("websocket") : nullptr;
    if (own == nullptr) {
        answer.status(400);
        co_return;
    }
    std::string heard;
    while (co_await own->input().read()) {
        while (!own->input().empty()) {
            const std::string_view piece = own->input().front().text();
            heard.append(piece);
            own->input().advance(piece.size());
        }
        for (;;) {
            const std::string said = take_websocket_frame(heard);
            if (said.empty()) break;
            if (!own->output().write(said)) co_return;
            if (!co_await own->output().flush()) co_return;
            if ((said[0] & 0x0f) == 8) co_return;
        }
    }
}
