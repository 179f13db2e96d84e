// Nanoseconds to take memory and to give it back: a slab that is warm, a crowd's slabs in a random
// order over many chunks, and the small pieces that connections, frames and segments are.

#include "core/memory/block_pool.h"
#include "core/memory/core_slab_pool.h"

#include <benchmark/benchmark.h>

#include <random>
#include <utility>
#include <vector>

namespace {

using namespace saker;

void slab_take_and_give_back(benchmark::State& state) {
    core_slab_pool pool;
    const share kept = pool.take();
    for (auto _ : state) benchmark::DoNotOptimize(pool.take());
}
BENCHMARK(slab_take_and_give_back);

void slab_cut_and_drop(benchmark::State& state) {
    core_slab_pool pool;
    share slab = pool.take();
    slab.extend(1000);
    for (auto _ : state) benchmark::DoNotOptimize(slab.cut(100, 200));
}
BENCHMARK(slab_cut_and_drop);

// A thousand slabs are held; one of them goes back and another one is taken.
void slab_of_a_crowd(benchmark::State& state) {
    core_slab_pool pool;
    std::vector<share> held;
    while (held.size() < 1000) held.push_back(pool.take());
    std::minstd_rand random(1);
    std::vector<uint32_t> order(4096);
    for (uint32_t& one : order) one = static_cast<uint32_t>(random() % held.size());
    size_t at = 0;
    for (auto _ : state) {
        held[order[at++ % order.size()]] = {};
        held[order[(at - 1) % order.size()]] = pool.take();
    }
}
BENCHMARK(slab_of_a_crowd);

void block_of(benchmark::State& state) {
    block_pool pool;
    const auto size = static_cast<size_t>(state.range(0));
    void* const kept = pool.allocate(size);
    for (auto _ : state) {
        void* piece = pool.allocate(size);
        benchmark::DoNotOptimize(piece);
        pool.release(piece, size);
    }
    pool.release(kept, size);
}
BENCHMARK(block_of)->ArgName("bytes")->Arg(32)->Arg(512)->Arg(4096);

void heap_of(benchmark::State& state) {
    const auto size = static_cast<size_t>(state.range(0));
    for (auto _ : state) {
        void* piece = ::operator new(size);
        benchmark::DoNotOptimize(piece);
        ::operator delete(piece);
    }
}
BENCHMARK(heap_of)->ArgName("bytes")->Arg(32)->Arg(512)->Arg(4096);

}  // namespace
