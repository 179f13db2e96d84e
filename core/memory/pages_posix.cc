// Pages by mmap. An alignment above a page is had by mapping more and cutting both ends off.

#include "core/memory/pages.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

// Only there where the program is linked with mimalloc, which keeps what is freed until it is asked
// for more: an idle thread never does.
extern "C" __attribute__((weak)) void mi_collect(bool force) noexcept;
// Only there where leaks are looked for: what is kept in these pages is no leak.
extern "C" __attribute__((weak)) void __lsan_register_root_region(const void* begin, size_t size);
extern "C" __attribute__((weak)) void __lsan_unregister_root_region(const void* begin, size_t size);

namespace saker::pages {

void* map(size_t size, size_t alignment) noexcept {
    const size_t wanted = size + alignment;
    void* const mapped =
        mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    const auto start = reinterpret_cast<uintptr_t>(mapped);
    const uintptr_t aligned = (start + alignment - 1) & ~(alignment - 1);
    if (aligned > start) munmap(mapped, aligned - start);
    const uintptr_t end = start + wanted;
    if (end > aligned + size) munmap(reinterpret_cast<void*>(aligned + size), end - aligned - size);
    auto* const memory = reinterpret_cast<void*>(aligned);
    if (__lsan_register_root_region != nullptr) __lsan_register_root_region(memory, size);
    return memory;
}

void unmap(void* memory, size_t size) noexcept {
    if (__lsan_unregister_root_region != nullptr) __lsan_unregister_root_region(memory, size);
    munmap(memory, size);
}

void forget(void* memory, size_t size) noexcept { madvise(memory, size, MADV_DONTNEED); }

void give_heap_back() noexcept {
    if (mi_collect != nullptr) return mi_collect(true);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace saker::pages
