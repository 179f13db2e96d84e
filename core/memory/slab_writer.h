#pragma once
// Memory for what a core itself writes: heads of responses, small bodies. All connections of the
// core write behind each other into one slab, so that a turn's answers lie densely; each gets a
// share of what it wrote. That core's thread only.

#include <saker/buffer.h>

#include <cstddef>

namespace saker {

class slab_writer {
public:
    explicit slab_writer(slab_pool& pool) noexcept : pool_(pool) {}

    // `size` (at most a slab) contiguous bytes; null where there is no slab. The next call may give
    // the same bytes again: `commit` keeps what was written.
    [[nodiscard]] std::byte* reserve(size_t size) noexcept {
        if (slab_.owner() == nullptr || slab_pool::slab_size - used_ < size) return renew();
        return next();
    }
    [[nodiscard]] share commit(size_t size) noexcept {
        share written = slab_.cut(used_, size);
        used_ += size;
        return written;
    }
    // What `commit` would, for a share that ends where the reserved bytes begin: no new share.
    void commit_to(share& last, size_t size) noexcept {
        last.extend(size);
        used_ += size;
    }
    [[nodiscard]] bool continues(const share& last) const noexcept {
        return last.owner() != nullptr && last.owner() == slab_.owner() &&
               last.data() + last.size() == slab_.data() + used_;
    }
    // Between turns: starts over where nobody sees the slab any more, and lets go of it when idle.
    void rest() noexcept {
        if (slab_.owner() != nullptr && slab_.owner()->references == 1) used_ = 0;
    }
    void let_go() noexcept { slab_ = {}; }

private:
    [[nodiscard]] std::byte* next() const noexcept { return slab_.data() + used_; }
    [[nodiscard]] std::byte* renew() noexcept;

    slab_pool& pool_;
    share slab_;  // all of the slab; `used_` bytes of it are written
    size_t used_ = 0;
};

}  // namespace saker
