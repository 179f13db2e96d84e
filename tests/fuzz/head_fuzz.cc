// The head parser under libFuzzer. The first bytes choose limits and cuts, the rest is the head.
// Every scanner and every cut must give the answer of the whole, at every prefix, and what is
// accepted must keep the promises that the rest of the server builds on.

#include "protocols/http/characters.h"
#include "protocols/http/field_value.h"
#include "protocols/http/target.h"
#include "protocols/http1/head_parser.h"

#include <algorithm>
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

// Exactly as long as the text, so that the address sanitizer sees a byte read too far.
std::unique_ptr<char[]> exact_copy(std::string_view text) {
    std::unique_ptr<char[]> copy(new char[text.size()]);
    std::memcpy(copy.get(), text.data(), text.size());
    return copy;
}

struct answer {
    head_result result;
    std::vector<std::string> words;

    bool operator==(const answer& other) const {
        return result.status == other.result.status && result.reason == other.result.reason &&
               result.size == other.result.size && words == other.words;
    }
};

std::vector<std::string> words_of(const request_head& head) {
    std::vector<std::string> words{std::string(head.method_text()), std::string(head.target()),
                                   std::string(head.path()), std::string(head.query()),
                                   std::string(head.authority())};
    for (size_t i = 0; i < head.field_count(); ++i) {
        words.emplace_back(head.name(i));
        words.emplace_back(head.value(i));
    }
    const unsigned flags = head.keep_alive() | head.chunked() << 1 | head.has_query() << 2 |
                           head.path_needs_decoding() << 3 | head.upgrade_requested() << 4 |
                           head.expect_continue() << 5 | head.version_minor() << 6;
    words.push_back(std::to_string(flags));
    words.push_back(head.content_length() ? std::to_string(*head.content_length()) : "-");
    return words;
}

void check_promises(std::string_view bytes, const request_head& head, const head_limits& limits) {
    check(head.size() <= bytes.size());
    check(bytes.substr(0, head.size()).ends_with("\r\n\r\n"));
    check(head.field_count() <= limits.max_request_header_count);
    check(head.fields_size() <= limits.max_request_headers_total_size);
    check(is_token(head.method_text()));
    check(!head.target().empty() && all_class(head.target(), target_character));
    check(head.form() == target_form::authority || head.form() == target_form::asterisk ||
          head.path().starts_with('/'));
    check(head.path_needs_decoding() == needs_decoding(head.path()));
    check(is_valid_host(head.host()));
    check(!(head.chunked() && head.has(header_id::content_length)));
    check(head.chunked() == head.has(header_id::transfer_encoding));
    for (size_t i = 0; i < head.field_count(); ++i) {
        check(is_token(head.name(i)));
        check(is_valid_field_value(head.value(i)) && is_valid_utf8(head.value(i)));
        check(head.fields()[i].id == find_header(head.name(i)));
        check(trim_blanks(head.value(i)).size() == head.value(i).size());
    }
    std::string path(head.path());
    path.resize(decode_path(path, path.data()).size);
    check(path.empty() || path[0] == '/');
    check(path.find("/../") == std::string::npos && path.find("/./") == std::string::npos);
}

answer parse(std::string_view bytes, const std::vector<size_t>& ends, const head_limits& limits,
             const scanner& scan) {
    head_parser parser(scan);
    request_head head;
    parser.reset();
    answer out;
    for (const size_t end : ends) {
        const auto copy = exact_copy(bytes.substr(0, end));
        out.result = parser.parse(copy.get(), end, limits, head);
        if (out.result.status == head_status::complete) {
            check_promises({copy.get(), end}, head, limits);
            out.words = words_of(head);
        }
        if (out.result.status != head_status::incomplete) break;
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    constexpr size_t choices = 6;
    if (size < choices) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + choices, size - choices);
    const head_limits limits{data[0] < 128 ? 8192u : data[0] - 100u,
                             data[1] < 128 ? 32768u : data[1] - 100u,
                             data[2] < 128 ? 100u : data[2] - 128u};
    std::vector<size_t> cuts;
    for (size_t i = 3; i < choices; ++i) cuts.push_back(bytes.size() * data[i] / 255);
    cuts.push_back(bytes.size());
    std::sort(cuts.begin(), cuts.end());
    const answer whole = parse(bytes, {bytes.size()}, limits, scalar_scanner());
    for (const scanner* scan : {&scalar_scanner(), sse42_scanner(), avx2_scanner()}) {
        if (scan == nullptr) continue;
        check(parse(bytes, {bytes.size()}, limits, *scan) == whole);
        check(parse(bytes, cuts, limits, *scan) == whole);
        // The answer at a prefix does not depend on what was given before it.
        const std::vector<size_t> early(cuts.begin(), cuts.end() - 1);
        const answer prefix = parse(bytes, {early.back()}, limits, *scan);
        check(parse(bytes, early, limits, *scan) == prefix);
        check(prefix.result.status == head_status::incomplete || prefix == whole);
    }
    return 0;
}
