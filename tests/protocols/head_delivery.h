#pragma once
// Delivers a head to the parser whole, byte by byte or cut at seeded places, under each scanner,
// and always from bytes that end at a guard page. What came out is written down as text, so that
// two deliveries are compared by comparing strings, with a readable difference.

#include "protocols/http1/head_parser.h"
#include "tests/protocols/guarded_bytes.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tests {

inline std::vector<const scanner*> every_scanner() {
    std::vector<const scanner*> all{&scalar_scanner()};
    if (sse42_scanner() != nullptr) all.push_back(sse42_scanner());
    if (avx2_scanner() != nullptr) all.push_back(avx2_scanner());
    return all;
}

// Ends of the pieces, the last one is the size.
using cuts = std::vector<size_t>;

inline cuts whole(size_t size) { return {size}; }

inline cuts byte_by_byte(size_t size) {
    cuts ends;
    for (size_t i = 1; i <= size; ++i) ends.push_back(i);
    return ends;
}

inline cuts seeded_cuts(size_t size, unsigned seed) {
    std::mt19937 random(seed);
    cuts ends;
    for (int i = 0; i < 4 && size != 0; ++i) ends.push_back(random() % size + 1);
    ends.push_back(size);
    std::sort(ends.begin(), ends.end());
    return ends;
}

inline std::string describe(const request_head& head) {
    std::string text;
    text += std::string(head.method_text()) + " [" + std::string(name(head.method())) + "] " +
            std::string(head.target()) + " path=" + std::string(head.path()) +
            " query=" + std::string(head.query()) + (head.has_query() ? "?" : "") +
            " authority=" + std::string(head.authority()) +
            " form=" + std::to_string(static_cast<int>(head.form())) +
            " version=" + std::to_string(head.version_minor()) +
            " decode=" + std::to_string(head.path_needs_decoding()) +
            " length=" + (head.content_length() ? std::to_string(*head.content_length()) : "-") +
            " chunked=" + std::to_string(head.chunked()) +
            " keep_alive=" + std::to_string(head.keep_alive()) +
            " continue=" + std::to_string(head.expect_continue()) +
            " upgrade=" + std::to_string(head.upgrade_requested()) + "\n";
    for (size_t i = 0; i < head.field_count(); ++i) {
        text += std::string(head.name(i)) + "(" +
                std::to_string(static_cast<int>(head.fields()[i].id)) +
                "): " + std::string(head.value(i)) + "|\n";
    }
    return text;
}

struct delivery {
    head_result result;
    std::string text;  // of the head, when complete
};

// Stops at the first answer that is not incomplete, as a connection does.
inline delivery deliver(std::string_view bytes, const cuts& ends, const head_limits& limits = {},
                        const scanner& scan = best_scanner()) {
    head_parser parser(scan);
    request_head head;
    parser.reset();
    delivery out;
    for (const size_t end : ends) {
        const std::string_view piece = guarded().copy(bytes.substr(0, end));
        out.result = parser.parse(piece.data(), piece.size(), limits, head);
        if (out.result.status != head_status::incomplete) break;
    }
    if (out.result.status == head_status::complete) out.text = describe(head);
    return out;
}

inline std::string summary(const delivery& from) {
    return std::to_string(static_cast<int>(from.result.status)) + " " +
           std::string(name(from.result.reason)) + " " + std::to_string(from.result.size) + "\n" +
           from.text;
}

}  // namespace saker::tests
