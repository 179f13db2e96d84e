#pragma once
// Small pieces of memory of one core, by size class: connections, coroutine frames, pipe segments.
// A piece comes from and goes back to a free list of its 64 KiB chunk; a chunk of which nothing is
// in use goes back to the system in `trim`, so that memory returns after a crowd has left.
// That core's thread only.

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace saker {

class block_pool {
public:
    static constexpr size_t largest = 4096;  // bigger pieces come from the heap

    block_pool() noexcept = default;
    ~block_pool();
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;

    // Aligned to 16. Throws std::bad_alloc where the system has no memory.
    [[nodiscard]] void* allocate(size_t size) {
        if (size <= fine_limit) [[likely]] {
            shelf& near = shelves_[fine_class(size)];
            if (piece* const taken = near.first) [[likely]] {
                near.first = taken->next;
                --near.count;
                ++in_use_;
                return taken;
            }
        }
        return allocate_from_chunk(size);
    }
    // `size` is what was asked for.
    void release(void* returned, size_t size) noexcept {
        if (size <= fine_limit) [[likely]] {
            shelf& near = shelves_[fine_class(size)];
            if (near.count < most_on_shelf) [[likely]] {
                near.first = new (returned) piece{near.first};
                ++near.count;
                --in_use_;
                return;
            }
        }
        release_to_chunk(returned, size);
    }
    void trim() noexcept;

    [[nodiscard]] size_t chunks() const noexcept { return chunk_count_; }
    [[nodiscard]] size_t pieces_in_use() const noexcept { return in_use_; }

    // The pool of the core that this thread is; null on other threads.
    static block_pool* current() noexcept;
    static void make_current(block_pool* pool) noexcept;

private:
    static constexpr size_t chunk_size = 64 * 1024;
    static constexpr size_t fine_step = 32, fine_classes = 32;
    static constexpr size_t fine_limit = fine_step * fine_classes;
    struct piece {
        piece* next;
    };
    // Pieces that were used last, at hand without looking at their chunks.
    struct shelf {
        piece* first = nullptr;
        uint32_t count = 0;
    };
    static constexpr uint32_t most_on_shelf = 256;
    static constexpr size_t fine_class(size_t size) noexcept {
        return (size + (size == 0) - 1) / fine_step;
    }
    struct chunk {
        chunk* next = nullptr;  // in the list of its class
        chunk* previous = nullptr;
        piece* free = nullptr;
        uint32_t used = 0;
        uint16_t size_class = 0;
        bool listed = false;         // has a free piece
        std::byte* fresh = nullptr;  // pieces from here on were never used
    };
    // 32, 64, 96, ... 1024 by 32: connections and frames fit closely; then 1280, 1536, ... 4096.
    static constexpr size_t class_count = fine_classes + 8;
    static size_t class_of(size_t size) noexcept;
    static size_t size_of(size_t size_class) noexcept;
    static chunk& home_of(void* piece) noexcept;

    void* allocate_from_chunk(size_t size);
    void release_to_chunk(void* returned, size_t size) noexcept;
    chunk& grow(size_t size_class);
    void link(chunk&) noexcept;
    void unlink(chunk&) noexcept;

    std::array<shelf, fine_classes> shelves_{};
    std::array<chunk*, class_count> with_free_{};
    size_t chunk_count_ = 0;
    size_t in_use_ = 0;
};

}  // namespace saker
