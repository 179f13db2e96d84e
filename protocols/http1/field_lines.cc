// The walk over field lines: the scanner turns bytes into bits a window at a time, and every step
// is "the next bit that is set". The order of checks is the order of the bytes, so a line that is
// not complete yet is refused for the same reason as it would be later.

#include "protocols/http1/field_lines.h"

#include "protocols/http/field_value.h"

#include <bit>

namespace saker {
namespace {

constexpr uint32_t max_name_size = 0xffff;  // what a header_field can hold

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// The windows of one call to parse; positions only grow.
class window_walk {
public:
    window_walk(const scanner& scan, const char* data, size_t size) noexcept
        : scan_(scan), data_(data), size_(size) {}

    // Both give `size` where there is none.
    size_t name_stop(size_t from) noexcept { return next(from, window_.name_stop); }
    size_t value_stop(size_t from) noexcept { return next(from, window_.value_stop); }
    bool high_seen() const noexcept { return high_ != 0; }

private:
    size_t next(size_t from, const uint64_t (&words)[2]) noexcept {
        while (from < size_) {
            size_t offset = from - at_;
            if (offset >= scan_window_size) [[unlikely]] {
                scan_.window(data_, size_, from, window_);
                high_ |= window_.high;
                at_ = from;
                offset = 0;
            }
            const uint64_t bits = words[offset >> 6] >> (offset & 63);
            if (bits != 0) return from + static_cast<size_t>(std::countr_zero(bits));
            from = at_ + (offset & ~size_t{63}) + 64;
        }
        return size_;
    }

    const scanner& scan_;
    const char* data_;
    size_t size_;
    size_t at_ = ~size_t{0} - scan_window_size;  // no window yet: every offset is beyond it
    uint64_t high_ = 0;
    scan_window window_;
};

rejection_reason name_reason(char stop, bool first_of_line) noexcept {
    switch (stop) {
        case ' ':
        case '\t':
            return first_of_line ? rejection_reason::obsolete_line_folding
                                 : rejection_reason::invalid_request_header;
        case ':':
        case '\r': return rejection_reason::invalid_request_header;
        case '\n': return rejection_reason::bare_line_feed;
        default: return rejection_reason::invalid_characters_in_header_name;
    }
}

rejection_reason value_reason(char stop) noexcept {
    switch (stop) {
        case '\n': return rejection_reason::bare_line_feed;
        case '\0': return rejection_reason::malformed_request_invalid_headers;
        default: return rejection_reason::control_character_in_header_value;
    }
}

struct line_span {
    uint32_t name_at;
    uint32_t colon_at;
    uint32_t end;  // where the CR is
};

header_field make_field(const char* data, line_span line) noexcept {
    uint32_t begin = line.colon_at + 1;
    uint32_t end = line.end;
    while (begin < end && is_blank(data[begin])) ++begin;
    while (end > begin && is_blank(data[end - 1])) --end;
    const auto name_size = static_cast<uint16_t>(line.colon_at - line.name_at);
    const header_id id = find_header({data + line.name_at, name_size});
    return {line.name_at, begin, end - begin, name_size, id, 0};
}

lines_result rejected(rejection_reason reason) noexcept { return {lines_status::rejected, reason}; }

}  // namespace

void field_lines::start(uint32_t at) noexcept {
    stage_ = stage::line;
    high_seen_ = false;
    line_at_ = colon_at_ = cursor_ = at;
}

lines_result field_lines::parse(const char* data, size_t size, uint32_t max_count,
                                field_list& fields) noexcept {
    window_walk walk(*scan_, data, size);
    const auto pause = [&](stage at, size_t cursor) noexcept -> lines_result {
        stage_ = at;
        cursor_ = static_cast<uint32_t>(cursor);
        high_seen_ |= walk.high_seen();
        return {};
    };
    size_t at = cursor_;
    size_t line = line_at_;
    size_t colon = colon_at_;
    stage where = stage_;
    for (;;) {
        if (where == stage::line) {
            if (at == size) return pause(stage::line, at);
            if (data[at] == '\r') {
                if (at + 1 == size) return pause(stage::line, at);
                if (data[at + 1] != '\n') {
                    return rejected(rejection_reason::invalid_request_headers_no_crlf);
                }
                pause(stage::line, at + 2);
                return {lines_status::complete, rejection_reason::none};
            }
            if (fields.size() >= max_count) return rejected(rejection_reason::too_many_headers);
            line = at;
            line_at_ = static_cast<uint32_t>(at);
        }
        if (where != stage::value) {
            at = walk.name_stop(at);
            if (at == size) return pause(stage::name, at);
            if (data[at] != ':' || at == line) return rejected(name_reason(data[at], at == line));
            if (at - line > max_name_size) return rejected(rejection_reason::header_name_too_long);
            colon = at++;
            colon_at_ = static_cast<uint32_t>(colon);
        }
        at = walk.value_stop(at);
        if (at == size) return pause(stage::value, at);
        if (data[at] != '\r') return rejected(value_reason(data[at]));
        if (at + 1 == size) return pause(stage::value, at);
        if (data[at + 1] != '\n') return rejected(rejection_reason::bare_carriage_return);
        const header_field field = make_field(
            data,
            {static_cast<uint32_t>(line), static_cast<uint32_t>(colon), static_cast<uint32_t>(at)});
        if ((high_seen_ || walk.high_seen()) &&
            !is_valid_utf8({data + field.value_at, field.value_size})) {
            return rejected(rejection_reason::malformed_request_invalid_headers);
        }
        fields.add(field);
        at += 2;
        where = stage::line;
    }
}

}  // namespace saker
