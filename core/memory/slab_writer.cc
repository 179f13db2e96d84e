// The rare part of slab_writer: a new slab when the last one is full.

#include "core/memory/slab_writer.h"

namespace saker {

std::byte* slab_writer::renew() noexcept {
    rest();
    if (slab_.owner() != nullptr && used_ == 0) return next();
    slab_ = {};  // first, so that the pool may hand the same one out again
    slab_ = pool_.take();
    if (slab_.owner() == nullptr) return nullptr;
    slab_.extend(slab_pool::slab_size);
    used_ = 0;
    return next();
}

}  // namespace saker
