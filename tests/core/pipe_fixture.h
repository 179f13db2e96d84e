#pragma once
// What the tests of pipes have in common: the memory of a core, whose every piece must be back when
// a test ends, and a look at all that a pipe holds.

#include "core/memory/block_pool.h"
#include "core/memory/slab_writer.h"
#include "tests/support/strict_slab_pool.h"

#include <saker/pipe.h>
#include <saker/transport.h>

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

namespace saker::test {

class pipe_test : public testing::Test {
protected:
    pipe_test() { block_pool::make_current(&blocks); }
    ~pipe_test() override {
        EXPECT_EQ(blocks.pieces_in_use(), 0u) << "segments were kept";
        block_pool::make_current(nullptr);
    }
    share received(std::string_view text) {
        share data = slabs.take();
        std::memcpy(data.spare().data(), text.data(), text.size());
        data.extend(text.size());
        return data;
    }
    static continuation counting(int& calls) {
        return {[](void* count) noexcept { ++*static_cast<int*>(count); }, &calls};
    }
    static std::string text_of(const pipe& from, size_t at = 0) {
        std::string text(from.length() + 1, '?');
        text.resize(from.copy_to(text, at));
        return text;
    }
    // How many pieces a send of all of it would have.
    static size_t pieces_of(const pipe& from) {
        buffer pieces[100];
        return from.gather(pieces).pieces;
    }

    block_pool blocks;
    strict_slab_pool slabs;
    slab_writer memory{slabs};
    pipe_options options{16, 8};
};

}  // namespace saker::test
