#pragma once
// What the system knows of this process.

namespace saker::diagnostics {

// In seconds since 1970; 0 where the system does not tell.
[[nodiscard]] double process_start_time() noexcept;

}  // namespace saker::diagnostics
