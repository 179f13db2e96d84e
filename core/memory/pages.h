#pragma once
// Whole pages from the operating system, for the pools: mapped when needed, zeroed, given back.

#include <cstddef>

namespace saker::pages {

// Null where the system has none. `alignment` is a power of two, at least a page.
[[nodiscard]] void* map(size_t size, size_t alignment) noexcept;
void unmap(void* memory, size_t size) noexcept;
// The memory stays mapped, its contents need not: the system may have the pages.
void forget(void* memory, size_t size) noexcept;
// What this thread's heap keeps for later goes back to the system: glibc's, or mimalloc's where the
// program has it. Takes milliseconds.
void give_heap_back() noexcept;

}  // namespace saker::pages
