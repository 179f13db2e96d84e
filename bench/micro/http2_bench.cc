// What HTTP/2 adds to a request: the checks of its fields, and the account of what peers cost.
// Frames and HPACK are nghttp2's; what they cost is seen under load (bench/load/compare_http2).

#include "protocols/http2/flood_budget.h"
#include "protocols/http2/head_fields.h"
#include "protocols/http2/priority.h"

#include <benchmark/benchmark.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace saker::http2 {
namespace {

using field = std::pair<std::string_view, std::string_view>;

constexpr field plaintext[] = {
    {":method", "GET"},
    {":scheme", "http"},
    {":authority", "127.0.0.1:8080"},
    {":path", "/plaintext"},
    {"user-agent", "h2load nghttp2/1.52.0"},
};
constexpr field browser[] = {
    {":method", "GET"},
    {":authority", "www.example.com"},
    {":scheme", "https"},
    {":path", "/catalogue/things?page=2&sort=price"},
    {"sec-ch-ua", R"("Chromium";v="140", "Not=A?Brand";v="24")"},
    {"sec-ch-ua-mobile", "?0"},
    {"sec-ch-ua-platform", R"("Linux")"},
    {"upgrade-insecure-requests", "1"},
    {"user-agent",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
     "Safari/537.36"},
    {"accept",
     "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"},
    {"sec-fetch-site", "same-origin"},
    {"sec-fetch-mode", "navigate"},
    {"accept-encoding", "gzip, deflate, br, zstd"},
    {"accept-language", "en-GB,en;q=0.9"},
    {"cookie", "session=0123456789abcdef0123456789abcdef"},
    {"cookie", "theme=dark"},
    {"priority", "u=0, i"},
};

template <size_t Size>
void take(benchmark::State& state, const field (&fields)[Size]) {
    head_fields head;
    const field_limits limits;
    for (auto _ : state) {
        head.begin(false);
        for (const auto& [name, value] : fields)
            if (head.add(name, value, limits)) state.SkipWithError("a good field was refused");
        head.replace_host();
        head.finish();
        benchmark::DoNotOptimize(head.fields().size());
    }
    state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void http2_head_plaintext(benchmark::State& state) { take(state, plaintext); }
BENCHMARK(http2_head_plaintext);
void http2_head_browser(benchmark::State& state) { take(state, browser); }
BENCHMARK(http2_head_browser);

void http2_priority(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(parse_priority("u=2, i"));
}
BENCHMARK(http2_priority);

void http2_flood_budget(benchmark::State& state) {
    flood_budget budget{std::chrono::nanoseconds(0)};
    for (auto _ : state) {
        benchmark::DoNotOptimize(budget.spend(price::window_update, std::chrono::nanoseconds(0)));
        budget.earn(earned_by_data);
    }
}
BENCHMARK(http2_flood_budget);

}  // namespace
}  // namespace saker::http2
