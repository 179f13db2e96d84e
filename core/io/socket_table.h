#pragma once
// A transport's sockets, by slot. Slots stay where they are in memory; one that is used again has
// a new generation, so that whoever still holds the old id is found out. Grows by chunks, never
// shrinks: a slot costs what a transport keeps about a socket, and is used again first.

#include <saker/transport.h>

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
        if (free_.empty()) grow();
        const uint32_t index = free_.back();
        free_.pop_back();
        ++used_;
        return {index, entry_at(index).generation};
    }
    // The slot is empty again, and its id is nobody's from here on.
    void remove(uint32_t index) noexcept {
        entry& old = entry_at(index);
        old.slot = Slot{};
        ++old.generation;
        --used_;
        free_.push_back(index);
    }

    [[nodiscard]] bool holds(socket_id id) const noexcept {
        return id.slot < size() && entry_at(id.slot).generation == id.generation;
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
    [[nodiscard]] uint32_t size() const noexcept {
        return static_cast<uint32_t>(chunks_.size() * slots_a_chunk);
    }

private:
    static constexpr uint32_t slots_a_chunk = 64;
    struct entry {
        Slot slot{};
        uint32_t generation = 1;
    };

    entry& entry_at(uint32_t index) const noexcept {
        return chunks_[index / slots_a_chunk][index % slots_a_chunk];
    }
    void grow() noexcept {
        const uint32_t first = size();
        chunks_.push_back(std::make_unique<entry[]>(slots_a_chunk));
        free_.reserve(size());
        for (uint32_t i = slots_a_chunk; i-- > 0;) free_.push_back(first + i);
    }

    std::vector<std::unique_ptr<entry[]>> chunks_;
    std::vector<uint32_t> free_;  // the last one left is the next one used: it is warm
    size_t used_ = 0;
};

}  // namespace saker
