// See core_slab_pool.h. A chunk is in the list `with_free_` exactly while it has a free slab; one
// that was full joins at the back, so that chunks which are emptying are the last to be used.

#include "core/memory/core_slab_pool.h"

#include "core/memory/pages.h"

#include <algorithm>
#include <new>

namespace saker {

core_slab_pool::core_slab_pool(size_t cap_slabs) noexcept
    : cap_((std::max<size_t>(cap_slabs, 1) + slabs_a_chunk - 1) / slabs_a_chunk * slabs_a_chunk) {}

core_slab_pool::~core_slab_pool() {
    SAKER_ASSERT(in_use_ == 0, "every slab is back before its pool goes");
    for (auto& one : chunks_) pages::unmap(one->memory, slab_size * slabs_a_chunk);
}

share core_slab_pool::take() noexcept {
    if (with_free_ == nullptr && !grow()) return {};
    chunk& from = *with_free_;
    slab& taken = *from.free;
    from.free = taken.next_free;
    ++from.used;
    ++in_use_;
    if (from.free == nullptr) unlink(from);
    taken.references = 1;
    return share::adopt(taken, 0, 0);
}

void core_slab_pool::give_back(block& returned) noexcept {
    slab& back = static_cast<slab&>(returned);
    chunk& home = *back.home;
    const bool was_full = home.free == nullptr;
    back.next_free = home.free;
    home.free = &back;
    --home.used;
    --home.pool->in_use_;
    if (was_full) home.pool->link(home);
}

bool core_slab_pool::grow() noexcept {
    if (mapped() >= cap_) return false;
    void* const memory = pages::map(slab_size * slabs_a_chunk, 4096);
    if (memory == nullptr) return false;
    std::unique_ptr<chunk> fresh(new (std::nothrow) chunk);
    if (fresh == nullptr) {
        pages::unmap(memory, slab_size * slabs_a_chunk);
        return false;
    }
    fresh->pool = this;
    fresh->memory = static_cast<std::byte*>(memory);
    for (size_t i = slabs_a_chunk; i-- > 0;) {
        slab& one = fresh->slabs[i];
        one.memory = fresh->memory + i * slab_size;
        one.size = slab_size;
        one.release = give_back;
        one.home = fresh.get();
        one.next_free = fresh->free;
        fresh->free = &one;
    }
    link(*fresh);
    chunks_.push_back(std::move(fresh));
    return true;
}

void core_slab_pool::trim() noexcept {
    size_t idle = 0;
    for (const auto& one : chunks_) idle += one->used == 0;
    if (idle <= 1) return;
    std::erase_if(chunks_, [&](const std::unique_ptr<chunk>& one) {
        if (one->used != 0 || idle <= 1) return false;
        --idle;
        unlink(*one);
        pages::unmap(one->memory, slab_size * slabs_a_chunk);
        return true;
    });
}

void core_slab_pool::link(chunk& added) noexcept {
    if (with_free_ == nullptr) {
        added.next = added.previous = &added;
        with_free_ = &added;
        return;
    }
    added.next = with_free_;
    added.previous = with_free_->previous;
    added.previous->next = &added;
    with_free_->previous = &added;
}

void core_slab_pool::unlink(chunk& removed) noexcept {
    if (removed.next == &removed) {
        with_free_ = nullptr;
    } else {
        removed.next->previous = removed.previous;
        removed.previous->next = removed.next;
        if (with_free_ == &removed) with_free_ = removed.next;
    }
    removed.next = removed.previous = nullptr;
}

}  // namespace saker
