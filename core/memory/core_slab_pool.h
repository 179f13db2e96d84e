#pragma once
// The slabs of one core: blocks of `slab_pool::slab_size` bytes in chunks of one mebibyte that are
// mapped when needed, up to a cap, and given back to the system when idle (`trim`). Slabs of the
// fullest chunks are handed out first, so that the others run empty. That core's thread only.

#include <saker/buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace saker {

class core_slab_pool final : public slab_pool {
public:
    static constexpr size_t slabs_a_chunk = 64;
    static constexpr size_t default_cap = 16384;  // 256 MiB a core

    explicit core_slab_pool(size_t cap_slabs = default_cap) noexcept;
    ~core_slab_pool();
    core_slab_pool(const core_slab_pool&) = delete;
    core_slab_pool& operator=(const core_slab_pool&) = delete;

    [[nodiscard]] share take() noexcept override;
    [[nodiscard]] size_t available() const noexcept override { return cap_ - in_use_; }

    // Gives chunks of which no slab is in use back to the system; one stays for the next burst.
    void trim() noexcept;

    [[nodiscard]] size_t in_use() const noexcept { return in_use_; }
    [[nodiscard]] size_t mapped() const noexcept { return chunks_.size() * slabs_a_chunk; }
    [[nodiscard]] size_t cap() const noexcept { return cap_; }
    // Less than a quarter is left.
    [[nodiscard]] bool scarce() const noexcept override { return in_use_ > cap_ - cap_ / 4; }

private:
    struct chunk;
    struct slab final : block {
        chunk* home = nullptr;
        slab* next_free = nullptr;
    };
    struct chunk {
        core_slab_pool* pool = nullptr;
        std::byte* memory = nullptr;
        slab* free = nullptr;
        size_t used = 0;
        chunk* next = nullptr;  // among those with a free slab
        chunk* previous = nullptr;
        slab slabs[slabs_a_chunk];
    };

    static void give_back(block&) noexcept;
    [[nodiscard]] bool grow() noexcept;
    void link(chunk&) noexcept;
    void unlink(chunk&) noexcept;

    const size_t cap_;
    size_t in_use_ = 0;
    chunk* with_free_ = nullptr;  // the front is taken from
    std::vector<std::unique_ptr<chunk>> chunks_;
};

}  // namespace saker
