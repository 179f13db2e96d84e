#pragma once
// Counted memory. All bytes of sockets lie in *blocks* (a slab of a core's pool, or memory lent by
// the application); a *share* is a counted part of a block. Counts are plain integers: a share
// lives and dies on the core it came from, which debug builds check.

#include <saker/assert.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace saker {

// A piece of what is sent. Laid out as an iovec, so that POSIX transports pass it on as it is.
struct buffer {
    void* data;
    size_t size;
};

// Memory with a count of the shares that see it. Its owner is told when the last one is gone.
struct block {
    using release_function = void(block&) noexcept;

    std::byte* memory = nullptr;
    uint32_t size = 0;
    uint32_t references = 0;
    release_function* release = nullptr;
};

// A counted part of a block; or, with no block, a part of memory that outlives the server
// (a string literal). Copying is spelt `cut`, so that nobody shares by accident.
class share {
public:
    share() noexcept = default;
    // Takes over one reference that the caller holds.
    static share adopt(block& whole, size_t from, size_t size) noexcept {
        return share(&whole, whole.memory + from, size);
    }
    // Memory that is never freed or changed while the server lives.
    static share of_static(std::string_view text) noexcept {
        return share(nullptr, reinterpret_cast<std::byte*>(const_cast<char*>(text.data())),
                     text.size());
    }

    share(share&& other) noexcept { swap(other); }
    share& operator=(share&& other) noexcept {
        share(std::move(other)).swap(*this);
        return *this;
    }
    ~share() {
        if (block_ != nullptr) drop();
    }

    // Another share of `size` bytes from `from` on: the same memory, seen twice.
    [[nodiscard]] share cut(size_t from, size_t size) const noexcept {
        SAKER_DEBUG_ASSERT(from + size <= size_, "a cut lies within its share");
        if (block_ != nullptr) ++block_->references;
        return share(block_, data_ + from, size);
    }
    void drop_front(size_t size) noexcept {
        SAKER_DEBUG_ASSERT(size <= size_, "no more is dropped than there is");
        data_ += size;
        size_ -= static_cast<uint32_t>(size);
    }
    void shorten_to(size_t size) noexcept {
        SAKER_DEBUG_ASSERT(size <= size_, "shortening does not lengthen");
        size_ = static_cast<uint32_t>(size);
    }

    // The memory behind the share that nobody else sees: empty unless this is the only share.
    [[nodiscard]] std::span<std::byte> spare() const noexcept {
        if (block_ == nullptr || block_->references != 1) return {};
        std::byte* const end = data_ + size_;
        return {end, static_cast<size_t>(block_->memory + block_->size - end)};
    }
    // `size` bytes behind the share have been written (into `spare`, or by the block's owner).
    void extend(size_t size) noexcept { size_ += static_cast<uint32_t>(size); }

    [[nodiscard]] std::span<std::byte> bytes() const noexcept { return {data_, size_}; }
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(data_), size_};
    }
    [[nodiscard]] std::byte* data() const noexcept { return data_; }
    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] const block* owner() const noexcept { return block_; }
    explicit operator bool() const noexcept { return size_ != 0; }

private:
    share(block* owner, std::byte* data, size_t size) noexcept
        : data_(data), size_(static_cast<uint32_t>(size)), block_(owner) {}
    void swap(share& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(block_, other.block_);
    }
    void drop() noexcept {
        SAKER_DEBUG_ASSERT(block_->references > 0, "a share is dropped once");
        if (--block_->references == 0) block_->release(*block_);
    }

    std::byte* data_ = nullptr;
    uint32_t size_ = 0;
    block* block_ = nullptr;
};

// Where a transport gets the memory that received bytes are put into. One a core; that core's
// thread only.
class slab_pool {
public:
    static constexpr size_t slab_size = 16 * 1024;

    // An empty share at the front of a whole slab (its `spare` is all of it); a share without a
    // block where the pool's cap is reached or the system has no memory: try again later.
    [[nodiscard]] virtual share take() noexcept = 0;
    // Slabs that can be had at once or by growing.
    [[nodiscard]] virtual size_t available() const noexcept = 0;
    // Most of them are in use: nobody should take one ahead of need.
    [[nodiscard]] virtual bool scarce() const noexcept { return false; }

protected:
    ~slab_pool() = default;
};

}  // namespace saker
