// See response_head.h.

#include "protocols/http/response_head.h"

#include "protocols/http/characters.h"
#include "protocols/http/field_value.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace saker {
namespace {

bool equal_names(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [&](char x, char y) { return lower(x) == lower(y); });
}

uint64_t parse_length(std::string_view digits) {
    uint64_t value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9' || value > (UINT64_MAX >> 1) / 10)
            throw std::invalid_argument("Content-Length is a number of bytes");
        value = value * 10 + static_cast<uint64_t>(c - '0');
    }
    if (digits.empty()) throw std::invalid_argument("Content-Length is a number of bytes");
    return value;
}

void check(std::string_view name, std::string_view value) {
    if (!is_valid_field_name(name) || name.size() > UINT16_MAX)
        throw std::invalid_argument("a response header's name is not a token");
    if (!is_valid_field_value(value))
        throw std::invalid_argument("a response header's value has a control character in it");
}

}  // namespace

void response_head::clear() noexcept {
    status = 200;
    reason.clear();
    content_length.reset();
    close = false;
    text_.clear();
    lines_.clear();
    removed_size_ = 0;
    present_[0] = present_[1] = 0;
}

void response_head::replace(std::string_view name, std::string_view value) {
    check(name, value);
    const header_id id = find_header(name);
    if (take_special(id, value)) return;
    remove(id, name);
    append_line(id, name, value);
}

void response_head::add(std::string_view name, std::string_view value) {
    check(name, value);
    const header_id id = find_header(name);
    if (!take_special(id, value)) append_line(id, name, value);
}

void response_head::remove(std::string_view name) noexcept {
    const header_id id = find_header(name);
    if (id == header_id::content_length) content_length.reset();
    if (id == header_id::connection) close = false;
    remove(id, name);
}

// What the protocol itself has to understand.
bool response_head::take_special(header_id id, std::string_view value) {
    switch (id) {
        case header_id::content_length: content_length = parse_length(value); return true;
        case header_id::connection:
            if (!equal_names(value, "keep-alive")) close = true;
            return true;
        case header_id::transfer_encoding:
            throw std::invalid_argument("Transfer-Encoding is the server's to set");
        default: return false;
    }
}

void response_head::append_line(header_id id, std::string_view name, std::string_view value) {
    const size_t at = text_.size();
    text_.append(name).append(": ").append(value).append("\r\n");
    keep_line(id, name.size(), at);
}

void response_head::add_line(header_id id, std::string_view name, std::string_view whole) {
    const size_t at = text_.size();
    text_.append(whole);
    keep_line(id, name.size(), at);
}

void response_head::keep_line(header_id id, size_t name_size, size_t at) {
    lines_.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(text_.size() - at),
                      static_cast<uint16_t>(name_size), id});
    const auto bit = static_cast<size_t>(id);
    present_[bit >> 6] |= uint64_t{1} << (bit & 63);
}

void response_head::remove(header_id id, std::string_view name) noexcept {
    if (!has(id)) return;
    for (line& one : lines_) {
        if (one.size == 0 || one.id != id) continue;
        const std::string_view known(text_.data() + one.at, one.name_size);
        if (id == header_id::unknown && !equal_names(known, name)) continue;
        removed_size_ += one.size;
        one.size = 0;
    }
    if (id == header_id::unknown) return;
    const auto bit = static_cast<size_t>(id);
    present_[bit >> 6] &= ~(uint64_t{1} << (bit & 63));
}

char* response_head::write_lines(char* out) const noexcept {
    if (removed_size_ == 0) {
        if (!text_.empty()) std::memcpy(out, text_.data(), text_.size());
        return out + text_.size();
    }
    for (const line& one : lines_) {
        std::memcpy(out, text_.data() + one.at, one.size);
        out += one.size;
    }
    return out;
}

}  // namespace saker
