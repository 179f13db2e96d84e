// See small_block.h. The block and its bytes are one piece of the pool.

#include "core/memory/small_block.h"

#include "core/memory/block_pool.h"

#include <new>

namespace saker {

share make_small_block(size_t capacity) {
    void* const memory = block_pool::current()->allocate(sizeof(block) + capacity);
    auto* const made = new (memory) block;
    made->memory = static_cast<std::byte*>(memory) + sizeof(block);
    made->size = static_cast<uint32_t>(capacity);
    made->references = 1;
    made->release = [](block& over) noexcept {
        block_pool::current()->release(&over, sizeof(block) + over.size);
    };
    return share::adopt(*made, 0, 0);
}

}  // namespace saker
