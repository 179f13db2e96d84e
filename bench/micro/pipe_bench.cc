// Nanoseconds to carry bytes through a pipe, by workload: a small answer written as text and sent,
// a turn of sixteen pipelined answers, a received slab that is read in pieces, a large body whose
// shares are handed on, and a peer that sends a byte at a time.

#include "core/memory/block_pool.h"
#include "core/memory/core_slab_pool.h"
#include "core/memory/slab_writer.h"

#include <saker/pipe.h>
#include <saker/transport.h>

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

namespace saker {
namespace {

// What a core has.
struct surroundings {
    surroundings() { block_pool::make_current(&blocks); }
    ~surroundings() {
        text.let_go();
        block_pool::make_current(nullptr);
    }
    share received(size_t size) {
        share data = slabs.take();
        data.extend(size);
        return data;
    }
    block_pool blocks;
    core_slab_pool slabs;
    slab_writer text{slabs};
    pipe_options options;
};

void send_all(pipe& out, buffer (&pieces)[64]) {
    while (!out.empty()) {
        const auto all = out.gather(pieces);
        benchmark::DoNotOptimize(pieces);
        out.advance(all.bytes);
    }
}

// Of `answers` of 130 bytes, as a plaintext answer has them.
void written_answers(benchmark::State& state, int answers) {
    surroundings around;
    pipe out(around.text, around.options);
    buffer pieces[64];
    const std::string text(130, 'x');
    for (auto _ : state) {
        for (int i = 0; i < answers; ++i) {
            std::memcpy(out.reserve(text.size()), text.data(), text.size());
            out.commit(text.size());
        }
        send_all(out, pieces);
        around.text.rest();
    }
    state.SetItemsProcessed(state.iterations() * answers);
}
void pipe_plaintext_answer(benchmark::State& state) { written_answers(state, 1); }
BENCHMARK(pipe_plaintext_answer);
void pipe_pipelined_16_answers(benchmark::State& state) { written_answers(state, 16); }
BENCHMARK(pipe_pipelined_16_answers);

void pipe_request_received_and_taken(benchmark::State& state) {
    surroundings around;
    pipe in(around.text, around.options);
    for (auto _ : state) {
        in.append_received(around.received(170));
        benchmark::DoNotOptimize(in.front().data());
        benchmark::DoNotOptimize(in.take(170));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pipe_request_received_and_taken);

void pipe_slab_read_in_pieces_of_1_kib(benchmark::State& state) {
    surroundings around;
    pipe in(around.text, around.options);
    for (auto _ : state) {
        in.append_received(around.received(slab_pool::slab_size));
        while (!in.empty()) in.advance(1024);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(slab_pool::slab_size));
}
BENCHMARK(pipe_slab_read_in_pieces_of_1_kib);

// 1 MiB of slabs from an input pipe to an output pipe and out, 64 KiB at a time: an echo.
void pipe_echo_of_a_mebibyte(benchmark::State& state) {
    surroundings around;
    pipe in(around.text, around.options), out(around.text, around.options);
    buffer pieces[64];
    for (auto _ : state) {
        for (int i = 0; i < 64; ++i) {
            in.append_received(around.received(slab_pool::slab_size));
            out.append(in.take(SIZE_MAX));
            if (out.should_pause()) send_all(out, pieces);
        }
    }
    state.SetBytesProcessed(state.iterations() * 64 * static_cast<int64_t>(slab_pool::slab_size));
}
BENCHMARK(pipe_echo_of_a_mebibyte);

void pipe_byte_by_byte(benchmark::State& state) {
    surroundings around;
    pipe in(around.text, around.options);
    for (auto _ : state) {
        for (int i = 0; i < 170; ++i) in.append_received(around.received(1));
        in.advance(in.length());
    }
    state.SetItemsProcessed(state.iterations() * 170);
}
BENCHMARK(pipe_byte_by_byte);

}  // namespace
}  // namespace saker
