#pragma once
// Field lines, from their first byte to the empty line that ends them: the part which request heads
// and trailer sections share. Resumable like head_parser, in time linear in the bytes however they
// are cut. Every line is a token, a colon, a value without control characters (obs-text is UTF-8)
// and CRLF; there is no folding.

#include "protocols/http/field_list.h"
#include "protocols/http/rejection.h"
#include "protocols/http1/scan/scan.h"

#include <cstddef>
#include <cstdint>

namespace saker {

class field_lines {
public:
    explicit field_lines(const scanner& scan = best_scanner()) noexcept : scan_(&scan) {}

    // The first line begins at this offset of the data that `parse` will be given.
    void start(uint32_t at) noexcept { cursor_ = {lines_cursor::stage::line, false, at, at, at}; }

    // `size` is already cut to the limit of bytes: the caller knows what an incomplete section at
    // the limit means. More than `max_count` fields in the list are refused here.
    lines_result parse(const char* data, size_t size, uint32_t max_count,
                       field_list& fields) noexcept {
        const lines_result result = scan_->lines(cursor_, {data, size}, max_count, fields);
        fields.identify(data);
        return result;
    }

    // Behind the final CRLF, once complete.
    uint32_t end() const noexcept { return cursor_.at; }

private:
    const scanner* scan_;
    lines_cursor cursor_;
};

}  // namespace saker
