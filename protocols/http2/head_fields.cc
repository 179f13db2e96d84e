// See head_fields.h.

#include "protocols/http2/head_fields.h"

#include "protocols/http/characters.h"
#include "protocols/http/field_value.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace saker::http2 {
namespace {

constexpr size_t most_kept = 1024;

constexpr connection_fault malformed{error_code::protocol_error,
                                     end_reason::invalid_request_headers};

// A token without capitals. Most names are known, and good.
bool is_lower_case_name(std::string_view name) noexcept {
    for (const char c : name) {
        if (!is_class(c, token_character) || (c >= 'A' && c <= 'Z')) return false;
    }
    return !name.empty();
}

// All bytes from 0x20 to 0x7e: eight at a time, as most values are.
bool is_plain(std::string_view value) noexcept {
    constexpr uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    while (value.size() >= 8) {
        uint64_t word;
        std::memcpy(&word, value.data(), 8);
        const uint64_t below = (word - ones * 0x20) & ~word;  // < 0x20
        const uint64_t del = ((word ^ ones * 0x7f) - ones) & ~(word ^ ones * 0x7f);
        if (((below | del | word) & high) != 0) return false;
        value.remove_prefix(8);
    }
    for (const char c : value) {
        if (c < 0x20 || c == 0x7f) return false;
    }
    return true;
}

bool is_good_value(std::string_view value) noexcept {
    if (value.empty()) return true;
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    if (blank(value.front()) || blank(value.back())) return false;
    if (is_plain(value)) return true;
    return is_valid_field_value(value) && is_valid_utf8(value);
}

// RFC 9113 8.2.2: of a connection, where there is none of its own.
bool is_connection_specific(header_id id, std::string_view value) noexcept {
    switch (id) {
        case header_id::connection:
        case header_id::keep_alive:
        case header_id::proxy_connection:
        case header_id::transfer_encoding:
        case header_id::upgrade: return true;
        case header_id::te: return value != "trailers";
        default: return false;
    }
}

}  // namespace

void head_fields::begin(bool trailers) noexcept {
    text_.clear();
    crumbs_.clear();
    fields_.clear();
    size_ = count_ = 0;
    seen_ = 0;
    std::fill(std::begin(values_), std::end(values_), range{});
    trailers_ = trailers;
    regular_ = too_large_ = too_many_ = false;
}

void head_fields::clear() noexcept {
    begin(false);
    if (text_.capacity() > most_kept) text_.shrink_to_fit();
    if (crumbs_.capacity() > most_kept) crumbs_.shrink_to_fit();
}

uint32_t head_fields::keep(std::string_view text) {
    const auto at = static_cast<uint32_t>(text_.size());
    text_.append(text);
    return at;
}

connection_fault head_fields::add(std::string_view name, std::string_view value,
                                  const field_limits& limits) noexcept {
    if (name.size() > std::min<size_t>(limits.field_size, UINT16_MAX) ||
        value.size() > limits.field_size)
        return {error_code::compression_error, end_reason::error_reading_headers};
    const size_t size = size_t{size_} + name.size() + value.size();
    if (size > size_t{limits.total_size} * 2)
        return {error_code::protocol_error, end_reason::max_request_headers_total_size_exceeded};
    size_ = static_cast<uint32_t>(size);
    too_large_ |= size > limits.total_size;
    if (!is_good_value(value)) return malformed;
    if (name.starts_with(':')) return add_pseudo(name, value);
    regular_ = true;
    if (++count_ > size_t{limits.count} * 2)
        return {error_code::protocol_error, end_reason::max_request_header_count_exceeded};
    too_many_ |= count_ > limits.count;
    const header_id id = find_header(name);
    if (!is_lower_case_name(name) || is_connection_specific(id, value)) return malformed;
    if (too_large_ || too_many_) return {};
    if (id == header_id::cookie && fields_.has(id)) {
        if (crumbs_.empty())
            crumbs_ = std::string(text_, fields_[fields_.find(id)].value_at,
                                  fields_[fields_.find(id)].value_size);
        crumbs_.append("; ").append(value);
        return {};
    }
    header_field field{};
    field.name_at = keep(name);
    field.name_size = static_cast<uint16_t>(name.size());
    field.value_at = keep(value);
    field.value_size = static_cast<uint32_t>(value.size());
    field.id = id;
    fields_.append_identified(field);
    return {};
}

connection_fault head_fields::add_pseudo(std::string_view name, std::string_view value) {
    constexpr std::string_view names[] = {":method", ":scheme", ":authority", ":path", ":protocol"};
    if (trailers_ || regular_) return malformed;
    for (size_t i = 0; i < std::size(names); ++i) {
        if (name != names[i]) continue;
        const uint8_t mask = bit(static_cast<pseudo>(i));
        if ((seen_ & mask) != 0) return malformed;
        seen_ |= mask;
        values_[i] = {keep(value), static_cast<uint32_t>(value.size())};
        return {};
    }
    return malformed;
}

void head_fields::replace_host() {
    const range authority = values_[static_cast<size_t>(pseudo::authority)];
    if (fields_.has(header_id::host))
        return fields_.move_value(fields_.find(header_id::host), authority.at, authority.size);
    header_field field{};
    field.value_at = authority.at;
    field.value_size = authority.size;
    field.name_at = keep("host");
    field.name_size = 4;
    field.id = header_id::host;
    fields_.append_identified(field);
}

void head_fields::finish() noexcept {
    if (!crumbs_.empty())
        fields_.move_value(fields_.find(header_id::cookie), keep(crumbs_),
                           static_cast<uint32_t>(crumbs_.size()));
    fields_.bind(text_.data());
}

}  // namespace saker::http2
