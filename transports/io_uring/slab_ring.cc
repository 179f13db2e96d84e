// The tail of the ring lies in the reserved field of its first entry. (`io_uring_buf_ring` of the
// 6.1 headers puts its entries eight bytes off in C++, so it is not used.)

#include "transports/io_uring/slab_ring.h"

#include "core/memory/pages.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <utility>

namespace saker {

int slab_ring::open(const ring& with) noexcept {
    const size_t count = std::bit_floor(std::clamp<size_t>(pool_.available() / 4, 1, most_slabs));
    ring_ = static_cast<io_uring_buf*>(pages::map(most_slabs * sizeof(io_uring_buf), 4096));
    if (ring_ == nullptr) return -ENOMEM;
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uint64_t>(ring_);
    registration.ring_entries = static_cast<uint32_t>(count);
    registration.bgid = group;
    if (const int error = with.register_with(IORING_REGISTER_PBUF_RING, &registration, 1))
        return error;
    slabs_.resize(count);
    order_.resize(count);
    places_.resize(count);
    for (size_t number = count; number-- > 0;) missing_.push_back(static_cast<uint16_t>(number));
    refill();
    return 0;
}

void slab_ring::close(const ring& with) noexcept {
    if (ring_ == nullptr) return;
    io_uring_buf_reg registration{};
    registration.bgid = group;
    [[maybe_unused]] const int left =
        with.register_with(IORING_UNREGISTER_PBUF_RING, &registration, 1);
}

slab_ring::~slab_ring() {
    if (ring_ != nullptr) pages::unmap(ring_, most_slabs * sizeof(io_uring_buf));
}

void slab_ring::refill() noexcept {
    if (missing_.empty()) return;
    const size_t mask = slabs_.size() - 1;
    while (!missing_.empty()) {
        share fresh = pool_.take();
        const std::span<std::byte> room = fresh.spare();
        if (room.empty()) break;
        const uint16_t number = missing_.back();
        missing_.pop_back();
        places_[number] = static_cast<uint16_t>(tail_++ & mask);
        order_[places_[number]] = number;
        io_uring_buf& entry = ring_[places_[number]];
        entry.addr = reinterpret_cast<uint64_t>(room.data());
        entry.len = static_cast<uint32_t>(room.size());
        entry.bid = number;
        slabs_[number] = std::move(fresh);
    }
    std::atomic_ref(ring_[0].resv).store(tail_, std::memory_order_release);
}

share slab_ring::take(uint16_t number, size_t size) noexcept {
    SAKER_ASSERT(number < slabs_.size() && slabs_[number].owner() != nullptr,
                 "the kernel fills slabs that it was given");
    share filled = std::move(slabs_[number]);
    filled.extend(size);
    missing_.push_back(number);
    received_ = touched_ = true;
    return filled;
}

void slab_ring::tidy() noexcept {
    if (std::exchange(received_, false) || !touched_) return;
    touched_ = false;
    for (const share& one : slabs_) {
        if (one.owner() != nullptr) pages::forget(one.owner()->memory, one.owner()->size);
    }
}

}  // namespace saker
