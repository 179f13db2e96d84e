#pragma once
// A slab pool that is strict with those who use it: each slab is an allocation of its own, so that
// a sanitizer sees a byte beyond its end or after its return; it is overwritten when it comes back;
// and the test that keeps a share fails. Its cap can be moved while it is in use.

#include <saker/buffer.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <memory>

namespace saker::test {

class strict_slab_pool final : public slab_pool {
public:
    explicit strict_slab_pool(size_t cap = 4096) noexcept : cap_(cap) {}
    ~strict_slab_pool() { EXPECT_EQ(in_use_, 0u) << "slabs were kept"; }
    strict_slab_pool(const strict_slab_pool&) = delete;
    strict_slab_pool& operator=(const strict_slab_pool&) = delete;

    [[nodiscard]] share take() noexcept override {
        if (in_use_ >= cap_) return {};
        ++in_use_;
        most_ = in_use_ > most_ ? in_use_ : most_;
        slab* const one = new slab;
        one->bytes = std::make_unique_for_overwrite<std::byte[]>(slab_size);
        one->memory = one->bytes.get();
        one->size = slab_size;
        one->references = 1;
        one->release = give_back;
        one->home = this;
        return share::adopt(*one, 0, 0);
    }
    [[nodiscard]] size_t available() const noexcept override {
        return in_use_ < cap_ ? cap_ - in_use_ : 0;
    }

    [[nodiscard]] size_t in_use() const noexcept { return in_use_; }
    [[nodiscard]] size_t most() const noexcept { return most_; }
    // From now on. Those above it come back when they do.
    void cap(size_t slabs) noexcept { cap_ = slabs; }

private:
    struct slab final : block {
        strict_slab_pool* home = nullptr;
        std::unique_ptr<std::byte[]> bytes;
    };
    static void give_back(block& returned) noexcept {
        slab* const back = static_cast<slab*>(&returned);
        std::memset(back->memory, 0xdb, slab_size);
        --back->home->in_use_;
        delete back;
    }

    size_t cap_;
    size_t in_use_ = 0;
    size_t most_ = 0;
};

}  // namespace saker::test
