// See pipe.h. Segments are links of a list, from the core's block pool: an empty pipe holds no
// memory, and adding or dropping one costs a few instructions.

#include <saker/pipe.h>

#include "core/memory/block_pool.h"
#include "core/memory/slab_writer.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace saker {

struct pipe::segment {
    share bytes;
    segment* next = nullptr;

    static void* operator new(size_t size) {
        block_pool* const pool = block_pool::current();
        SAKER_DEBUG_ASSERT(pool != nullptr, "a pipe is used on a core's thread");
        return pool->allocate(size);
    }
    static void operator delete(void* memory, size_t size) noexcept {
        block_pool::current()->release(memory, size);
    }
};

namespace {

// What is copied is at most this, and at most this part of the memory that a share would keep.
constexpr size_t most_copied = 4096, part_of_block = 4;

bool pins_much(const share& bytes) noexcept {
    return bytes.owner() != nullptr && bytes.size() <= most_copied &&
           bytes.size() * part_of_block <= bytes.owner()->size;
}

}  // namespace

void pipe::push(share bytes) {
    const size_t size = bytes.size();
    auto* const added = new segment{std::move(bytes)};  // may throw: nothing has changed then
    length_ += size;
    if (last_ != nullptr) {
        last_->next = added;
    } else {
        first_ = added;
    }
    last_ = added;
    ++count_;
}

void pipe::pop() noexcept {
    segment* const gone = first_;
    first_ = gone->next;
    if (first_ == nullptr) last_ = nullptr;
    delete gone;
    --count_;
}

void pipe::clear() noexcept {
    while (first_ != nullptr) pop();
    length_ = examined_ = 0;
}

void pipe::append(share bytes) {
    if (bytes.empty() || reader_gone_) return;
    if (pins_much(bytes) && write(bytes.text())) return;
    if (tap_ != nullptr) [[unlikely]]
        tap_->written(bytes.text());
    push(std::move(bytes));
}

void pipe::append_received(share bytes) {
    constexpr size_t small = 2048;
    if (bytes.empty() || reader_gone_) return;
    if (tap_ != nullptr) [[unlikely]]
        tap_->written(bytes.text());
    if (bytes.size() <= small && extend(bytes.text())) return;
    push(std::move(bytes));
}

bool pipe::extend(std::string_view bytes) noexcept {
    if (last_ == nullptr) return false;
    const auto room = last_->bytes.spare();
    if (room.size() < bytes.size()) return false;
    std::memcpy(room.data(), bytes.data(), bytes.size());
    last_->bytes.extend(bytes.size());
    length_ += bytes.size();
    return true;
}

bool pipe::write(std::string_view text) {
    while (!text.empty()) {
        const size_t size = std::min(text.size(), slab_pool::slab_size);
        char* const room = reserve(size);
        if (room == nullptr) return false;
        std::memcpy(room, text.data(), size);
        commit(size);
        text.remove_prefix(size);
    }
    return true;
}

char* pipe::reserve(size_t size) noexcept { return reinterpret_cast<char*>(memory_.reserve(size)); }

void pipe::commit(size_t size) {
    if (size == 0 || reader_gone_) return;
    if (tap_ != nullptr) [[unlikely]]
        tap_->written({reserve(size), size});
    if (last_ != nullptr && memory_.continues(last_->bytes)) {
        memory_.commit_to(last_->bytes, size);
        length_ += size;
    } else {
        push(memory_.commit(size));
    }
}

void pipe::complete(int error) noexcept {
    if (completed_) return;
    completed_ = true;
    error_ = static_cast<int16_t>(error);
    if (tap_ != nullptr) [[unlikely]]
        tap_->completed(error);
    wake_reader();
}

void pipe::stop_reading() noexcept {
    reader_gone_ = true;
    clear();
    wake_writer();
}

const share& pipe::front() const noexcept {
    static const share nothing;
    return first_ != nullptr ? first_->bytes : nothing;
}

size_t pipe::copy_to(std::span<char> into, size_t from) const noexcept {
    size_t copied = 0;
    for (const segment* one = first_; one != nullptr && copied < into.size(); one = one->next) {
        const size_t here = one->bytes.size();
        if (from >= here) {
            from -= here;
            continue;
        }
        const size_t size = std::min(here - from, into.size() - copied);
        std::memcpy(into.data() + copied, one->bytes.data() + from, size);
        copied += size;
        from = 0;
    }
    return copied;
}

pipe::gathered pipe::gather(std::span<buffer> into) const noexcept {
    // A send's answer is an int32_t.
    constexpr size_t most_bytes = size_t{1} << 30;
    gathered all{0, 0};
    for (const segment* one = first_; one != nullptr && all.pieces < into.size(); one = one->next) {
        const size_t size = std::min(one->bytes.size(), most_bytes - all.bytes);
        if (size == 0) break;
        into[all.pieces++] = {one->bytes.data(), size};
        all.bytes += size;
    }
    return all;
}

share pipe::take(size_t most) noexcept {
    share taken = take_quietly(most);
    wake_writer();
    return taken;
}

share pipe::take_quietly(size_t most) noexcept {
    if (first_ == nullptr) return {};
    share& front = first_->bytes;
    const size_t size = std::min(most, front.size());
    length_ -= size;
    examined_ -= std::min(examined_, size);
    share taken;
    if (size == front.size()) {
        taken = std::move(front);
        pop();
    } else {
        taken = front.cut(0, size);
        front.drop_front(size);
    }
    return taken;
}

void pipe::advance(size_t consumed, size_t examined) noexcept {
    SAKER_DEBUG_ASSERT(consumed <= examined && examined <= length_,
                       "what is consumed was examined, what is examined was there");
    length_ -= consumed;
    examined_ = examined - consumed;
    while (consumed > 0) {
        share& front = first_->bytes;
        if (consumed < front.size()) {
            front.drop_front(consumed);
            break;
        }
        consumed -= front.size();
        pop();
    }
    wake_writer();
}

}  // namespace saker
