#pragma once
// The slabs that the kernel may fill next, each behind a number. They belong to nobody's
// connection until bytes arrive: a few hundred serve all of a core's.

#include "transports/io_uring/ring.h"

#include <saker/buffer.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace saker {

class slab_ring {
public:
    static constexpr uint16_t group = 0;
    static constexpr size_t most_slabs = 256;

    explicit slab_ring(slab_pool& pool) noexcept : pool_(pool) {}
    ~slab_ring();
    slab_ring(const slab_ring&) = delete;
    slab_ring& operator=(const slab_ring&) = delete;

    // Provides a quarter of what the pool can give, and no more than is of use. 0 or an errno,
    // negated.
    [[nodiscard]] int open(const ring&) noexcept;
    // Nothing may be in flight any more.
    void close(const ring&) noexcept;

    // Gives the kernel a slab for each that it has filled, as far as the pool has them.
    void refill() noexcept;
    // The slab that the kernel has filled with `size` bytes.
    [[nodiscard]] share take(uint16_t number, size_t size) noexcept;
    // Where nothing was received since the last call, but before it: the pages of the slabs that
    // the kernel has go back to the system. They are empty; it writes to them in `enter` alone.
    void tidy() noexcept;
    // What the kernel may put into that slab, and the one that it fills behind it.
    [[nodiscard]] size_t room_of(uint16_t number) const noexcept {
        return slabs_[number].spare().size();
    }
    [[nodiscard]] uint16_t behind(uint16_t number) const noexcept {
        return order_[(places_[number] + 1u) & (slabs_.size() - 1)];
    }
    // How many the kernel has.
    [[nodiscard]] size_t provided() const noexcept { return slabs_.size() - missing_.size(); }

private:
    slab_pool& pool_;
    io_uring_buf* ring_ = nullptr;
    uint16_t tail_ = 0;
    bool received_ = false;          // since the last `tidy`
    bool touched_ = false;           // since pages were given back
    std::vector<share> slabs_;       // by number
    std::vector<uint16_t> order_;    // the numbers as they lie in the ring
    std::vector<uint16_t> places_;   // and where each lies
    std::vector<uint16_t> missing_;  // numbers whose slab has been taken
};

}  // namespace saker
