#pragma once
// What a head means once its bytes are known to be well-formed: the form of the target, and at the
// end of the fields the host, the length of the body and the fate of the connection. This is where
// request smuggling is refused: anything that two readers could frame differently.

#include "protocols/http/rejection.h"
#include "protocols/http1/request_head.h"

namespace saker {

class head_framing {
public:
    explicit head_framing(request_head& head, bool allow_host_override = false) noexcept
        : head_(head), allow_host_override_(allow_host_override) {}

    // After the request line. The head is bound.
    rejection_reason decide_target() noexcept;
    // After the fields. The head is bound.
    rejection_reason decide_fields() noexcept;

private:
    rejection_reason decide_absolute() noexcept;
    rejection_reason decide_length() noexcept;
    rejection_reason decide_transfer_coding() noexcept;
    rejection_reason decide_host() noexcept;
    void decide_connection() noexcept;

    request_head& head_;
    const bool allow_host_override_;
};

}  // namespace saker
