#pragma once
// The assertion that is kept in release builds: a broken promise of the engine or of its caller
// ends the process with the place and the rule that was broken. `SAKER_DEBUG_ASSERT` is the one
// for checks that cost something on a hot path; it is gone where NDEBUG is defined.

namespace saker::detail {
[[noreturn]] void assertion_failed(const char* rule, const char* file, int line) noexcept;
}  // namespace saker::detail

#define SAKER_ASSERT(condition, rule) \
    ((condition) ? void() : ::saker::detail::assertion_failed(rule, __FILE__, __LINE__))

#ifdef NDEBUG
#define SAKER_DEBUG_ASSERT(condition, rule) ((void)0)
#else
#define SAKER_DEBUG_ASSERT(condition, rule) SAKER_ASSERT(condition, rule)
#endif
