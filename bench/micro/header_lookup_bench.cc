// Nanoseconds to turn a header name into its id: the names of a browser's request one after the
// other, and names that are not known.

#include "protocols/http/header_names.h"

#include <benchmark/benchmark.h>

#include <string_view>

namespace {

using saker::find_header;

template <size_t count>
void find_all(benchmark::State& state, const std::string_view (&names)[count]) {
    for (auto _ : state) {
        for (std::string_view name : names) {
            benchmark::DoNotOptimize(name);
            benchmark::DoNotOptimize(find_header(name));
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}

void browser_names(benchmark::State& state) {
    static constexpr std::string_view names[] = {
        "Host",           "Connection",     "Cache-Control",   "Upgrade-Insecure-Requests",
        "User-Agent",     "Accept",         "Sec-Fetch-Site",  "Sec-Fetch-Mode",
        "Sec-Fetch-User", "Sec-Fetch-Dest", "Accept-Encoding", "Accept-Language",
        "Cookie"};
    find_all(state, names);
}
BENCHMARK(browser_names);

void unknown_names(benchmark::State& state) {
    static constexpr std::string_view names[] = {"X-Mine", "X-Correlation", "X-Amzn-Trace-Id",
                                                 "CF-Ray", "CDN-Loop"};
    find_all(state, names);
}
BENCHMARK(unknown_names);

}  // namespace
