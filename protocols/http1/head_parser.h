#pragma once
// The HTTP/1 request head, from bytes to request_head. Resumable: it is given the bytes of the head
// from its first one each time, more of them and perhaps elsewhere, and goes on where it stopped;
// the answer does not depend on how the bytes were cut. It reads no byte beyond those given.
// Stricter than Kestrel where Kestrel is known to be lenient: CRLF only, token names, no control
// characters.

#include "protocols/http/rejection.h"
#include "protocols/http1/field_lines.h"
#include "protocols/http1/request_head.h"
#include "protocols/http1/scan/scan.h"

#include <cstddef>
#include <cstdint>

namespace saker {

enum class head_status : uint8_t { incomplete, complete, rejected };

struct head_result {
    head_status status = head_status::incomplete;
    rejection_reason reason = rejection_reason::none;  // none unless rejected
    uint32_t size = 0;                                 // of the whole head when complete, else 0
};

class head_parser {
public:
    explicit head_parser(const scanner& scan = best_scanner()) noexcept
        : scan_(&scan), fields_(scan) {}

    // Before each request.
    void reset() noexcept;

    // `data` is the first byte of the head (of the empty lines before it, if any); what was given
    // before is given again. `head` is the same object until the answer is not incomplete, is
    // cleared by the first call after reset, and is bound to `data` when the head is complete.
    // `size` may reach beyond the head, into a body or the next request.
    head_result parse(const char* data, size_t size, const head_limits& limits,
                      request_head& head) noexcept;

    // A byte of the request line itself has been seen: not only empty lines before it.
    bool started() const noexcept { return stage_ > stage::empty_lines; }
    // The request line is complete and good; what is missing are fields.
    bool in_fields() const noexcept { return stage_ == stage::fields; }

private:
    enum class stage : uint8_t { fresh, empty_lines, method, target, version, fields };

    rejection_reason parse_request_line(const char* data, size_t size, request_head& head) noexcept;
    rejection_reason skip_empty_lines(const char* data, size_t size) noexcept;
    rejection_reason parse_method(const char* data, size_t size, request_head& head) noexcept;
    rejection_reason parse_target(const char* data, size_t size, request_head& head) noexcept;
    rejection_reason parse_version(const char* data, size_t size, request_head& head) noexcept;

    const scanner* scan_;
    stage stage_ = stage::fresh;
    uint32_t cursor_ = 0;  // where the piece being read began
    field_lines fields_;
};

}  // namespace saker
