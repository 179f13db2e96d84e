// The scanners against each other with random bytes: every size around the block sizes, every
// offset, always up to a guard page. The scalar one is the definition.

#include "protocols/http1/scan/scan.h"

#include "tests/protocols/head_delivery.h"

#include <gtest/gtest.h>

namespace saker::tests {
namespace {

// Mostly harmless bytes, so that runs are long enough to cross blocks.
std::string random_bytes(std::mt19937& random, size_t size, unsigned one_wild_in) {
    static constexpr std::string_view tame = "abcXYZ019-_/.?%=&";
    std::string text;
    for (size_t i = 0; i < size; ++i) {
        const bool wild = random() % one_wild_in == 0;
        text += wild ? static_cast<char>(random()) : tame[random() % tame.size()];
    }
    return text;
}

void expect_same(std::string_view bytes, size_t from, const scanner& scan) {
    const scan_block expected = scalar_scanner().block(bytes.data(), bytes.size(), from);
    const scan_block found = scan.block(bytes.data(), bytes.size(), from);
    ASSERT_EQ(found.name_stop, expected.name_stop) << bytes.size() << " " << from;
    ASSERT_EQ(found.value_stop, expected.value_stop) << bytes.size() << " " << from;
    // A tail block may look back, and so say "high" too often; never too seldom.
    ASSERT_TRUE(found.high != 0 || expected.high == 0);
    const target_scan one = scalar_scanner().target(bytes.data(), bytes.size(), from);
    const target_scan other = scan.target(bytes.data(), bytes.size(), from);
    ASSERT_EQ(other.stop, one.stop) << bytes.size() << " " << from;
    ASSERT_EQ(other.question, one.question) << bytes.size() << " " << from;
    ASSERT_EQ(other.percent, one.percent) << bytes.size() << " " << from;
    ASSERT_EQ(other.slash_dot, one.slash_dot) << bytes.size() << " " << from;
}

TEST(scan, every_scanner_gives_the_same_answers) {
    std::mt19937 random(7);
    for (const scanner* scan : every_scanner()) {
        for (size_t size = 1; size <= 300; ++size) {
            for (const unsigned one_wild_in : {2u, 20u, 1000u}) {
                const std::string_view bytes =
                    guarded().copy(random_bytes(random, size, one_wild_in));
                for (size_t from = 0; from < size; from += 1 + random() % 7) {
                    expect_same(bytes, from, *scan);
                }
            }
        }
    }
}

TEST(scan, every_byte_is_classified_the_same) {
    for (const scanner* scan : every_scanner()) {
        for (int c = 0; c < 256; ++c) {
            for (const size_t size : {1u, 15u, 31u, 33u, 63u, 64u, 65u, 127u, 128u, 200u}) {
                std::string text(size, 'a');
                text[size - 1] = static_cast<char>(c);
                expect_same(guarded().copy(text), 0, *scan);
            }
        }
    }
}

}  // namespace
}  // namespace saker::tests
