// See block_pool.h. Chunks are aligned to their size, so that a piece finds its chunk by a mask.

#include "core/memory/block_pool.h"

#include "core/memory/pages.h"

#include <saker/assert.h>

#include <bit>
#include <new>

namespace saker {
namespace {

constinit thread_local block_pool* pool_of_this_thread = nullptr;

constexpr size_t fine_doublings = 10;  // bits of fine_limit
// Four steps a doubling above the fine classes.
constexpr size_t steps_a_doubling = 4;

}  // namespace

block_pool* block_pool::current() noexcept { return pool_of_this_thread; }
void block_pool::make_current(block_pool* pool) noexcept { pool_of_this_thread = pool; }

size_t block_pool::class_of(size_t size) noexcept {
    if (size <= fine_limit) return fine_class(size);
    const auto doubling = static_cast<size_t>(std::bit_width(size - 1)) - 1;  // 10 for 1025..2048
    const size_t step = (size_t{1} << doubling) / steps_a_doubling;
    const size_t within = (size - 1 - (size_t{1} << doubling)) / step;
    return fine_classes + (doubling - fine_doublings) * steps_a_doubling + within;
}

size_t block_pool::size_of(size_t size_class) noexcept {
    if (size_class < fine_classes) return (size_class + 1) * fine_step;
    const size_t above = size_class - fine_classes;
    const size_t base = fine_limit << (above / steps_a_doubling);
    return base + (above % steps_a_doubling + 1) * (base / steps_a_doubling);
}

block_pool::chunk& block_pool::home_of(void* piece) noexcept {
    return *reinterpret_cast<chunk*>(reinterpret_cast<uintptr_t>(piece) & ~(chunk_size - 1));
}

block_pool::~block_pool() {
    SAKER_ASSERT(in_use_ == 0, "every piece is back before its pool goes");
    trim();
}

void* block_pool::allocate_from_chunk(size_t size) {
    if (size > largest) return ::operator new(size);
    const size_t size_class = class_of(size);
    chunk* from = with_free_[size_class];
    if (from == nullptr) from = &grow(size_class);
    ++from->used;
    ++in_use_;
    void* taken = from->free;
    if (from->free != nullptr) {
        from->free = from->free->next;
    } else {
        taken = from->fresh;
        from->fresh += size_of(size_class);
    }
    std::byte* const end = reinterpret_cast<std::byte*>(from) + chunk_size;
    if (from->free == nullptr && from->fresh + size_of(size_class) > end) unlink(*from);
    return taken;
}

void block_pool::release_to_chunk(void* returned, size_t size) noexcept {
    if (size > largest) return ::operator delete(returned);
    chunk& home = home_of(returned);
    SAKER_DEBUG_ASSERT(home.size_class == class_of(size), "a piece goes back as what it was");
    home.free = new (returned) piece{home.free};
    --home.used;
    --in_use_;
    if (!home.listed) link(home);
}

void block_pool::trim() noexcept {
    for (size_t i = 0; i < fine_classes; ++i) {
        shelf& near = shelves_[i];
        while (piece* const left = near.first) {
            near.first = left->next;
            ++in_use_;  // as release_to_chunk counts it
            release_to_chunk(left, size_of(i));
        }
        near.count = 0;
    }
    for (chunk* list : with_free_) {
        for (chunk* one = list; one != nullptr;) {
            chunk* const next = one->next;
            if (one->used == 0) {
                unlink(*one);
                pages::unmap(one, chunk_size);
                --chunk_count_;
            }
            one = next;
        }
    }
}

block_pool::chunk& block_pool::grow(size_t size_class) {
    void* const memory = pages::map(chunk_size, chunk_size);
    if (memory == nullptr) throw std::bad_alloc();
    chunk& fresh = *new (memory) chunk;
    fresh.size_class = static_cast<uint16_t>(size_class);
    fresh.fresh = static_cast<std::byte*>(memory) + (sizeof(chunk) + 63) / 64 * 64;
    link(fresh);
    ++chunk_count_;
    return fresh;
}

// At the front: what was used last is still in the cache.
void block_pool::link(chunk& added) noexcept {
    chunk*& front = with_free_[added.size_class];
    added.previous = nullptr;
    added.next = front;
    if (front != nullptr) front->previous = &added;
    front = &added;
    added.listed = true;
}

void block_pool::unlink(chunk& removed) noexcept {
    if (removed.previous != nullptr) {
        removed.previous->next = removed.next;
    } else {
        with_free_[removed.size_class] = removed.next;
    }
    if (removed.next != nullptr) removed.next->previous = removed.previous;
    removed.next = removed.previous = nullptr;
    removed.listed = false;
}

}  // namespace saker
