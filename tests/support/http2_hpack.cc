// See http2_hpack.h.

#include "tests/support/http2_hpack.h"

#include <nghttp2/nghttp2.h>

namespace saker::test::http2 {
namespace {

// RFC 7541, appendix A; the first one has index 1.
constexpr std::pair<std::string_view, std::string_view> static_table[] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};

nghttp2_nv pair_of(const field& of) {
    // Read only, whatever the type says.
    auto* const name = reinterpret_cast<uint8_t*>(const_cast<char*>(of.name.data()));
    auto* const value = reinterpret_cast<uint8_t*>(const_cast<char*>(of.value.data()));
    return {name, value, of.name.size(), of.value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

std::string shown(const fields& all) {
    std::string text;
    for (const auto& [name, value] : all) text += name + ": " + value + '\n';
    return text;
}

// ---- by hand ----

namespace hpack {

std::string integer(uint64_t value, int prefix, uint8_t pattern) {
    const uint64_t most = (uint64_t{1} << prefix) - 1;
    if (value < most) return {static_cast<char>(pattern | value)};
    std::string bytes{static_cast<char>(pattern | most)};
    for (value -= most; value >= 128; value >>= 7)
        bytes += static_cast<char>(0x80 | (value & 0x7f));
    return bytes + static_cast<char>(value);
}

std::string text(std::string_view of) { return text_of_length(of.size(), of); }

std::string text_of_length(uint64_t length, std::string_view of) {
    return integer(length, 7).append(of);
}

std::string indexed(uint64_t index) { return integer(index, 7, 0x80); }

std::string literal(std::string_view name, std::string_view value) {
    return '\0' + text(name) + text(value);
}

std::string literal(uint64_t name_index, std::string_view value) {
    return integer(name_index, 4) + text(value);
}

std::string never_indexed(std::string_view name, std::string_view value) {
    return '\x10' + text(name) + text(value);
}

std::string incremental(std::string_view name, std::string_view value) {
    return '\x40' + text(name) + text(value);
}

std::string incremental(uint64_t name_index, std::string_view value) {
    return integer(name_index, 6, 0x40) + text(value);
}

std::string table_size(uint64_t size) { return integer(size, 5, 0x20); }

std::optional<uint64_t> static_index(std::string_view name, std::string_view value) {
    for (size_t i = 0; i < std::size(static_table); ++i) {
        const auto& [own, its_value] = static_table[i];
        if (own == name && its_value == value && !value.empty()) return i + 1;
    }
    return std::nullopt;
}

std::optional<uint64_t> static_index(std::string_view name) {
    for (size_t i = 0; i < std::size(static_table); ++i) {
        if (static_table[i].first == name) return i + 1;
    }
    return std::nullopt;
}

}  // namespace hpack

std::string block(const fields& all) {
    std::string bytes;
    for (const auto& [name, value] : all) {
        if (const auto whole = hpack::static_index(name, value))
            bytes += hpack::indexed(*whole);
        else if (const auto named = hpack::static_index(name))
            bytes += hpack::literal(*named, value);
        else
            bytes += hpack::literal(name, value);
    }
    return bytes;
}

// ---- by nghttp2 ----

struct hpack_encoder::state {
    nghttp2_hd_deflater* of = nullptr;
    ~state() { nghttp2_hd_deflate_del(of); }
};

hpack_encoder::hpack_encoder(size_t table_size) : state_(std::make_unique<state>()) {
    nghttp2_hd_deflate_new(&state_->of, table_size);
}

hpack_encoder::~hpack_encoder() = default;

std::string hpack_encoder::block(const fields& all) {
    std::vector<nghttp2_nv> pairs;
    for (const field& one : all) pairs.push_back(pair_of(one));
    std::string bytes(nghttp2_hd_deflate_bound(state_->of, pairs.data(), pairs.size()), '\0');
    const auto size = nghttp2_hd_deflate_hd(state_->of, reinterpret_cast<uint8_t*>(bytes.data()),
                                            bytes.size(), pairs.data(), pairs.size());
    bytes.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return bytes;
}

struct hpack_decoder::state {
    nghttp2_hd_inflater* of = nullptr;
    ~state() { nghttp2_hd_inflate_del(of); }
};

hpack_decoder::hpack_decoder() : state_(std::make_unique<state>()) {
    nghttp2_hd_inflate_new(&state_->of);
}

hpack_decoder::~hpack_decoder() = default;

std::optional<fields> hpack_decoder::read(std::string_view block) {
    fields found;
    const auto* at = reinterpret_cast<const uint8_t*>(block.data());
    for (size_t left = block.size();;) {
        nghttp2_nv pair{};
        int flags = 0;
        const auto taken = nghttp2_hd_inflate_hd2(state_->of, &pair, &flags, at, left, 1);
        if (taken < 0) return std::nullopt;
        at += taken;
        left -= static_cast<size_t>(taken);
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0)
            found.push_back({{reinterpret_cast<char*>(pair.name), pair.namelen},
                             {reinterpret_cast<char*>(pair.value), pair.valuelen}});
        if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && left == 0) return std::nullopt;
    }
    nghttp2_hd_inflate_end_headers(state_->of);
    return found;
}

void hpack_decoder::allow_table(size_t size) {
    nghttp2_hd_inflate_change_table_size(state_->of, size);
}

size_t hpack_decoder::table_size() const {
    return nghttp2_hd_inflate_get_dynamic_table_size(state_->of);
}

// ---- requests ----

fields request_fields(std::string_view method, std::string_view path, const fields& more,
                      std::string_view scheme) {
    fields all = {{":method", std::string(method)},
                  {":scheme", std::string(scheme)},
                  {":authority", "a"},
                  {":path", std::string(path)}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace saker::test::http2
