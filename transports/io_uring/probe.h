#pragma once
// Whether io_uring can be had here, and if not, why not and what to do about it.

#include <saker/transport.h>

#include <string>

namespace saker {

[[nodiscard]] transport_probe probe_io_uring();
// What a ring that could not be opened means: the error is a negated errno.
[[nodiscard]] transport_probe explain_io_uring_error(int error);

}  // namespace saker
