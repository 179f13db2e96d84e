#pragma once
// Field lines, from their first byte to the empty line that ends them: the part which request heads
// and trailer sections share. Resumable like head_parser, in time linear in the bytes however they
// are cut. Every line is a token, a colon, a value without control characters (obs-text is UTF-8)
// and CRLF; there is no folding.

#include "protocols/http/field_list.h"
#include "protocols/http/rejection.h"
#include "protocols/http1/scan.h"

#include <cstddef>
#include <cstdint>

namespace saker {

enum class lines_status : uint8_t { incomplete, complete, rejected };

struct lines_result {
    lines_status status = lines_status::incomplete;
    rejection_reason reason = rejection_reason::none;
};

class field_lines {
public:
    explicit field_lines(const scanner& scan = best_scanner()) noexcept : scan_(&scan) {}

    // The first line begins at this offset of the data that `parse` will be given.
    void start(uint32_t at) noexcept;

    // `size` is already cut to the limit of bytes: the caller knows what an incomplete section at
    // the limit means. More than `max_count` fields in the list are refused here.
    lines_result parse(const char* data, size_t size, uint32_t max_count,
                       field_list& fields) noexcept;

    // Behind the final CRLF, once complete.
    uint32_t end() const noexcept { return cursor_; }

private:
    enum class stage : uint8_t { line, name, value };

    const scanner* scan_;
    stage stage_ = stage::line;
    bool high_seen_ = false;  // a byte above 0x7f in the lines so far
    uint32_t line_at_ = 0;    // the name's first byte
    uint32_t colon_at_ = 0;
    uint32_t cursor_ = 0;  // where the search goes on
};

}  // namespace saker
