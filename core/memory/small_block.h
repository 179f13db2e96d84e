#pragma once
// A block of the core's block pool, for bytes that are too few to have a slab.

#include <saker/buffer.h>

#include <cstddef>

namespace saker {

// An empty share at the front of `capacity` bytes. On a core's thread; throws std::bad_alloc where
// the system has no memory.
[[nodiscard]] share make_small_block(size_t capacity);

}  // namespace saker
