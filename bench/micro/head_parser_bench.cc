// Nanoseconds a head, by workload and scanner. The bytes are those of the tests; the parser and the
// head are reused as on a connection. `pipelined_16` counts one item a request.

#include "protocols/http1/head_parser.h"
#include "tests/support/vectors/requests.h"

#include <benchmark/benchmark.h>

#include <string>

namespace {

using namespace saker;

void parse_all(benchmark::State& state, const std::string& text, const scanner* scan) {
    if (scan == nullptr) return state.SkipWithError("not on this processor");
    head_parser parser(*scan);
    request_head head;
    const head_limits limits;
    int64_t count = 0;
    for (auto _ : state) {
        for (size_t at = 0; at < text.size(); ++count) {
            parser.reset();
            const head_result result =
                parser.parse(text.data() + at, text.size() - at, limits, head);
            if (result.status != head_status::complete) return state.SkipWithError("refused");
            at += result.size;
        }
        benchmark::DoNotOptimize(head);
    }
    state.SetItemsProcessed(count);
    state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}

void register_all(const char* workload, std::string_view text) {
    const scanner* const scanners[] = {&scalar_scanner(), sse42_scanner(), avx2_scanner()};
    const char* const names[] = {"scalar", "sse42", "avx2"};
    for (size_t i = 0; i < 3; ++i) {
        const scanner* scan = scanners[i];
        const std::string name = std::string(workload) + "/" + names[i];
        benchmark::RegisterBenchmark(name.c_str(), [copy = std::string(text), scan](auto& state) {
            parse_all(state, copy, scan);
        });
    }
}

}  // namespace

int main(int argc, char** argv) {
    register_all("plaintext_minimal", vectors::plaintext_minimal);
    register_all("plaintext_techempower", vectors::plaintext_techempower);
    register_all("browser_headers", vectors::browser_headers);
    register_all("pipelined_16", vectors::pipelined_16());
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
