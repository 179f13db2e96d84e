// The end of a process whose promises are broken: one line that says which and where, then abort.

#include <saker/assert.h>

#include <cstdio>
#include <cstdlib>

namespace saker::detail {

void assertion_failed(const char* rule, const char* file, int line) noexcept {
    std::fprintf(stderr, "saker: broken promise: %s (%s:%d)\n", rule, file, line);
    std::abort();
}

}  // namespace saker::detail
