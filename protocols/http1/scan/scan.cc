// The choice among the scanners. It is made once, from what the processor says; every other file
// only sees the table of functions.

#include "protocols/http1/scan/scan.h"

namespace saker {

const scanner& best_scanner() noexcept {
    static const scanner* const best = [] {
        if (const scanner* avx2 = avx2_scanner()) return avx2;
        if (const scanner* sse42 = sse42_scanner()) return sse42;
        return &scalar_scanner();
    }();
    return *best;
}

}  // namespace saker
