#pragma once
// How the bytes that a client sends are cut: the three ways in which a conformance test is run.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace saker::test {

enum class delivery : uint8_t { whole, byte_by_byte, cut };

inline std::string_view name_of(delivery way) {
    constexpr std::string_view names[] = {"whole", "byte_by_byte", "cut"};
    return names[static_cast<size_t>(way)];
}

// splitmix64: the same numbers from the same seed everywhere.
class seeded {
public:
    explicit seeded(uint64_t seed) noexcept : state_(seed) {}
    // A number below `limit`.
    uint64_t below(uint64_t limit) noexcept {
        uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return (z ^ (z >> 31)) % limit;
    }
    bool one_in(uint64_t chance) noexcept { return below(chance) == 0; }

private:
    uint64_t state_;
};

// The pieces that `bytes` are said in. Only the first two thousand bytes come one by one or in
// small cuts; a large body is none the wiser for more of them.
inline std::vector<std::string_view> pieces_of(std::string_view bytes, delivery way,
                                               uint64_t seed = 1) {
    std::vector<std::string_view> pieces;
    seeded chance(seed ^ bytes.size());
    for (size_t said = 0; !bytes.empty();) {
        size_t size = bytes.size();
        if (way != delivery::whole)
            size = said >= 2000                    ? 5000
                   : way == delivery::byte_by_byte ? 1
                                                   : 1 + static_cast<size_t>(chance.below(60));
        pieces.push_back(bytes.substr(0, size));
        bytes.remove_prefix(pieces.back().size());
        said += size;
    }
    return pieces;
}

}  // namespace saker::test
