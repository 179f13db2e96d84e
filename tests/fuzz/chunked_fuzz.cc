// The chunked decoder under libFuzzer. The first bytes choose cuts, the rest is the body: whatever
// the cuts, the same data, the same trailers, the same end or the same reason. What is accepted is
// encoded again and must decode to itself.

#include "protocols/http/characters.h"
#include "protocols/http1/chunked.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace saker;

void check(bool good) {
    if (!good) std::abort();
}

struct answer {
    chunk_status status = chunk_status::need_more;
    rejection_reason reason = rejection_reason::none;
    size_t consumed = 0;
    std::string data;
    std::vector<std::string> trailers;

    bool operator==(const answer&) const = default;
};

void take_step(const chunk_step& step, std::string_view piece, answer& out) {
    check(step.consumed <= piece.size());
    check(step.data.size() <= step.consumed);
    check(step.status != chunk_status::data || !step.data.empty());
    check(step.data.empty() || step.data.data() + step.data.size() == piece.data() + step.consumed);
    check((step.status == chunk_status::rejected) == (step.reason != rejection_reason::none));
    out.status = step.status;
    out.reason = step.reason;
    out.data += step.data;
    out.consumed += step.consumed;
}

answer decode(std::string_view bytes, const std::vector<size_t>& ends, const head_limits& limits) {
    chunked_decoder decoder;
    decoder.reset(limits);
    answer out;
    for (const size_t end : ends) {
        const std::string_view text = bytes.substr(out.consumed, end - out.consumed);
        const std::unique_ptr<char[]> copy(new char[text.size()]);
        std::memcpy(copy.get(), text.data(), text.size());
        std::string_view piece(copy.get(), text.size());
        do {
            const chunk_step step = decoder.next(piece);
            take_step(step, piece, out);
            piece.remove_prefix(step.consumed);
        } while (out.status == chunk_status::data);
        if (out.status != chunk_status::need_more) break;
        check(piece.empty());
    }
    if (out.status == chunk_status::rejected) out.consumed = 0;
    if (out.status != chunk_status::complete) return out;
    for (size_t i = 0; i < decoder.trailers().size(); ++i) {
        check(is_token(decoder.trailers().name(i)));
        out.trailers.emplace_back(decoder.trailers().name(i));
        out.trailers.emplace_back(decoder.trailers().value(i));
    }
    return out;
}

void check_round_trip(const answer& from) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", from.data.size());
    std::string text = from.data.empty() ? "" : size + from.data + "\r\n";
    text += "0\r\n";
    for (size_t i = 0; i < from.trailers.size(); i += 2) {
        text += from.trailers[i] + ": " + from.trailers[i + 1] + "\r\n";
    }
    text += "\r\n";
    const answer again = decode(text, {text.size()}, {0, 1u << 24, 1u << 20});
    check(again.status == chunk_status::complete && again.consumed == text.size());
    check(again.data == from.data && again.trailers == from.trailers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t choices = 5;
    if (size < choices) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + choices, size - choices);
    const head_limits limits{0, data[0] < 128 ? 32768u : data[0] - 126u,
                             data[1] < 128 ? 100u : data[1] - 128u};
    std::vector<size_t> cuts;
    for (size_t i = 2; i < choices; ++i) cuts.push_back(bytes.size() * data[i] / 255);
    cuts.push_back(bytes.size());
    std::sort(cuts.begin(), cuts.end());
    std::vector<size_t> each;
    for (size_t i = 1; i <= bytes.size(); ++i) each.push_back(i);
    if (each.empty()) each.push_back(0);
    const answer whole = decode(bytes, {bytes.size()}, limits);
    check(decode(bytes, cuts, limits) == whole);
    check(decode(bytes, each, limits) == whole);
    if (whole.status == chunk_status::complete) check_round_trip(whole);
    return 0;
}
