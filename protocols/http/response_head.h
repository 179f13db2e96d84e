#pragma once
// Status and fields of a response until it starts. Fields are kept as the lines that HTTP/1 sends,
// so that writing them is one copy; each knows its name and value for whoever needs them apart.
// What could split a response is refused where it comes in.

#include "protocols/http/header_names.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

class response_head {
public:
    void clear() noexcept;

    uint16_t status = 200;
    std::string reason;  // instead of the status' own; empty: that one
    std::optional<uint64_t> content_length;
    bool close = false;  // the application said Connection: close

    // Throw std::invalid_argument for a name that is no token, a value with control characters,
    // and for Transfer-Encoding, which is the protocol's. Content-Length and Connection are
    // understood and not kept.
    void replace(std::string_view name, std::string_view value);
    void add(std::string_view name, std::string_view value);
    void remove(std::string_view name) noexcept;
    // A line of the server's own, "Name: value\r\n", that is known to be good.
    void add_line(header_id id, std::string_view name, std::string_view whole);
    [[nodiscard]] bool has(header_id id) const noexcept {
        const auto bit = static_cast<size_t>(id);
        return (present_[bit >> 6] >> (bit & 63) & 1) != 0;
    }

    // All lines, each with its CRLF.
    [[nodiscard]] size_t lines_size() const noexcept { return text_.size() - removed_size_; }
    char* write_lines(char* out) const noexcept;
    // The same, name and value apart: `(header_id, std::string_view, std::string_view)`.
    template <class Action>
    void for_each(Action action) const {
        for (const line& one : lines_) {
            if (one.size == 0) continue;
            const std::string_view text(text_.data() + one.at, one.size);
            const size_t value_at = size_t{one.name_size} + 2;
            action(one.id, text.substr(0, one.name_size),
                   text.substr(value_at, text.size() - value_at - 2));
        }
    }

private:
    struct line {
        uint32_t at;
        uint32_t size;  // 0: removed
        uint16_t name_size;
        header_id id;
    };
    [[nodiscard]] bool take_special(header_id id, std::string_view value);
    void append_line(header_id id, std::string_view name, std::string_view value);
    void keep_line(header_id id, size_t name_size, size_t at);
    void remove(header_id id, std::string_view name) noexcept;

    std::string text_;
    std::vector<line> lines_;
    size_t removed_size_ = 0;
    uint64_t present_[2] = {0, 0};
};

}  // namespace saker
