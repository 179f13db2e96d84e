// Nanoseconds for the fields of a response: set as a handler sets them, and written as the protocol
// writes them. The whole answer, status line and Date included, is part of request_bench.

#include "protocols/http/response_head.h"

#include <benchmark/benchmark.h>

#include <string_view>
#include <utility>

namespace {

using namespace saker;

using field = std::pair<std::string_view, std::string_view>;

template <size_t count>
void fill_and_write(benchmark::State& state, const field (&fields)[count]) {
    response_head head;
    char out[2048];
    for (auto _ : state) {
        head.clear();
        for (const auto& [name, value] : fields) head.replace(name, value);
        benchmark::DoNotOptimize(head.write_lines(out));
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(count));
}

void response_json(benchmark::State& state) {
    static constexpr field fields[] = {{"Content-Type", "application/json"}};
    fill_and_write(state, fields);
}
BENCHMARK(response_json);

void response_browser_page(benchmark::State& state) {
    static constexpr field fields[] = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Cache-Control", "private, max-age=0, must-revalidate"},
        {"ETag", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\""},
        {"Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"Set-Cookie", "session=0123456789abcdef; Path=/; HttpOnly; SameSite=Lax"},
        {"Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Request-Id", "0HN7ABCDEF012:00000001"},
    };
    fill_and_write(state, fields);
}
BENCHMARK(response_browser_page);

void response_field_replaced(benchmark::State& state) {
    static constexpr field fields[] = {{"Content-Type", "text/plain"},
                                       {"Content-Type", "text/html"},
                                       {"Cache-Control", "no-cache"},
                                       {"Cache-Control", "no-store"}};
    fill_and_write(state, fields);
}
BENCHMARK(response_field_replaced);

}  // namespace
