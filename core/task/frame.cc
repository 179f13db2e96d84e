// Where coroutine frames come from: the pool of the core that the thread is, the heap elsewhere.
// Each frame remembers which, sixteen bytes before its beginning.

#include "core/memory/block_pool.h"

#include <saker/task.h>

#include <new>

namespace saker::detail {
namespace {

struct alignas(16) frame_header {
    block_pool* pool;
};

}  // namespace

void* allocate_frame(size_t size) {
    block_pool* const pool = block_pool::current();
    const size_t whole = size + sizeof(frame_header);
    void* const memory = pool != nullptr ? pool->allocate(whole) : ::operator new(whole);
    return new (memory) frame_header{pool} + 1;
}

void free_frame(void* frame, size_t size) noexcept {
    frame_header* const header = static_cast<frame_header*>(frame) - 1;
    if (header->pool == nullptr) return ::operator delete(header);
    SAKER_DEBUG_ASSERT(header->pool == block_pool::current(), "a task ends on its core");
    header->pool->release(header, size + sizeof(frame_header));
}

}  // namespace saker::detail
