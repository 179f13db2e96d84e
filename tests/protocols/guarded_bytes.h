#pragma once
// A copy of some bytes whose end is the end of a page, with an unreadable page behind it: whoever
// reads one byte too far is stopped at once, in any build. Between the tests of one process it is
// reused, for mapping is slow.

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace saker::tests {

class guarded_bytes {
public:
    guarded_bytes() noexcept {
        void* pages = mmap(nullptr, capacity + page, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) std::abort();
        base_ = static_cast<char*>(pages);
        if (mprotect(base_ + capacity, page, PROT_NONE) != 0) std::abort();
    }
    ~guarded_bytes() { munmap(base_, capacity + page); }
    guarded_bytes(const guarded_bytes&) = delete;
    guarded_bytes& operator=(const guarded_bytes&) = delete;

    // Valid until the next call.
    std::string_view copy(std::string_view text) noexcept {
        if (text.size() > capacity) std::abort();
        char* const begin = base_ + capacity - text.size();
        std::memcpy(begin, text.data(), text.size());
        return {begin, text.size()};
    }

private:
    static constexpr size_t page = 4096;
    static constexpr size_t capacity = 256 * page;

    char* base_;
};

inline guarded_bytes& guarded() {
    static guarded_bytes bytes;
    return bytes;
}

}  // namespace saker::tests
