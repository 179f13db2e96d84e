#pragma once
// A transport's sockets, by slot. Slots stay where they are in memory; one that is used again has
// a new generation, so that whoever still holds the old id is found out. The lowest free slot is
// used next, and chunks of which no slot is used go back to the system but for one, so that memory
// returns after a crowd has left.

#include <saker/transport.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace saker {

template <class Slot>
class socket_table {
public:
    // A fresh slot, default-initialised.
    [[nodiscard]] socket_id add() noexcept {
        while (first_free_ < chunks_.size() && chunks_[first_free_].free == 0) ++first_free_;
        if (first_free_ == chunks_.size()) chunks_.emplace_back();
        chunk& into = chunks_[first_free_];
        if (into.slots == nullptr) {
            into.slots = std::make_unique<entry[]>(slots_a_chunk);
            for (uint32_t i = 0; i < slots_a_chunk; ++i) into.slots[i].generation = into.generation;
        } else if (into.free == all_free) {
            --empty_chunks_;
        }
        const auto at = static_cast<uint32_t>(std::countr_zero(into.free));
        into.free &= into.free - 1;
        ++used_;
        return {static_cast<uint32_t>(first_free_) * slots_a_chunk + at, into.slots[at].generation};
    }
    // The slot is empty again, and its id is nobody's from here on.
    void remove(uint32_t index) noexcept {
        chunk& from = chunks_[index / slots_a_chunk];
        entry& old = entry_at(index);
        old.slot = Slot{};
        from.generation = std::max(from.generation, ++old.generation);
        --used_;
        from.free |= uint64_t{1} << (index % slots_a_chunk);
        first_free_ = std::min<size_t>(first_free_, index / slots_a_chunk);
        if (from.free != all_free) return;
        empty_chunks_ == 0 ? void(++empty_chunks_) : from.slots.reset();
    }

    [[nodiscard]] bool holds(socket_id id) const noexcept {
        const size_t in = id.slot / slots_a_chunk;
        return in < chunks_.size() && chunks_[in].slots != nullptr &&
               entry_at(id.slot).generation == id.generation;
    }
    [[nodiscard]] Slot& operator[](socket_id id) noexcept {
        SAKER_ASSERT(holds(id), "a socket is used between its answer and its close");
        return entry_at(id.slot).slot;
    }
    [[nodiscard]] const Slot& operator[](socket_id id) const noexcept {
        SAKER_ASSERT(holds(id), "a socket is used between its answer and its close");
        return entry_at(id.slot).slot;
    }
    // By index alone, for a transport's own lists of slots that it knows to be in use.
    [[nodiscard]] Slot& at(uint32_t index) noexcept { return entry_at(index).slot; }
    [[nodiscard]] socket_id id_of(uint32_t index) const noexcept {
        return {index, entry_at(index).generation};
    }

    [[nodiscard]] size_t used() const noexcept { return used_; }
    // Calls `action` with the index and the slot of each that is used.
    template <class Action>
    void for_each(Action action) noexcept {
        for (size_t c = 0; c < chunks_.size(); ++c) {
            for (uint64_t left = ~chunks_[c].free; left != 0; left &= left - 1) {
                const auto at = static_cast<uint32_t>(std::countr_zero(left));
                action(static_cast<uint32_t>(c) * slots_a_chunk + at, chunks_[c].slots[at].slot);
            }
        }
    }

private:
    static constexpr uint32_t slots_a_chunk = 64;
    struct entry {
        Slot slot{};
        uint32_t generation = 1;
    };

    static constexpr uint64_t all_free = ~uint64_t{0};
    struct chunk {
        std::unique_ptr<entry[]> slots;  // null while no slot is used
        uint64_t free = all_free;        // a bit a slot
        uint32_t generation = 1;         // no slot of it was ever used with this one or a later one
    };

    entry& entry_at(uint32_t index) const noexcept {
        return chunks_[index / slots_a_chunk].slots[index % slots_a_chunk];
    }

    std::vector<chunk> chunks_;
    size_t first_free_ = 0;    // no chunk before it has a free slot
    size_t empty_chunks_ = 0;  // that have memory and no slot in use: one at most
    size_t used_ = 0;
};

}  // namespace saker
