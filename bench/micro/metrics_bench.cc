// What a scrape costs the core that answers it: a page of as many series as there may be, for as
// many cores, whole and by the piece. The core does nothing else during a piece.

#include "core/reactor/core.h"
#include "hosting/diagnostics/access_format.h"
#include "hosting/diagnostics/metrics_page.h"
#include "protocols/http/exchange.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

namespace saker::diagnostics {
namespace {

constexpr size_t cores = 16;

// A server whose cores have all answered requests of all series.
struct busy_server {
    explicit busy_server(size_t series) {
        for (size_t i = 0; i < series; ++i)
            labels.push_back("/api/v1/things/" + std::to_string(i) + "/parts/{id}");
        for (uint32_t i = 0; i < cores; ++i) {
            homes.push_back(std::make_unique<core>(core::settings{.index = i, .time = &time}));
            core_recorder& one = recorder->add_core(*homes.back());
            for (const std::string& route : labels) count(one, route);
            one.on_turn_over(time.now());
        }
    }
    static void count(core_recorder& by, const std::string& route) {
        request_outcome outcome;
        outcome.understood = true;
        outcome.verb = method::get;
        outcome.status = 200;
        by.count(route, outcome);
    }
    real_clock time;
    std::shared_ptr<server_recorder> recorder = std::make_shared<server_recorder>();
    std::vector<std::string> labels;
    std::vector<std::unique_ptr<core>> homes;
};

void whole_page(benchmark::State& state) {
    const busy_server server(static_cast<size_t>(state.range(0)));
    size_t size = 0;
    for (auto _ : state) {
        std::string page;
        metrics_page made(server.recorder);
        while (made.next(page, 32 * 1024)) {}
        size = page.size();
    }
    state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(whole_page)->Arg(10)->Arg(100)->Arg(1990)->Unit(benchmark::kMicrosecond);

void one_piece(benchmark::State& state) {
    const busy_server server(1990);
    auto made = std::make_unique<metrics_page>(server.recorder);
    std::string piece;
    for (auto _ : state) {
        piece.clear();
        if (made->next(piece, 32 * 1024)) continue;
        state.PauseTiming();
        made = std::make_unique<metrics_page>(server.recorder);
        state.ResumeTiming();
    }
}
BENCHMARK(one_piece)->Unit(benchmark::kMicrosecond);

void access_line(benchmark::State& state) {
    access_record of;
    of.when = std::chrono::seconds(784111777);
    of.duration = std::chrono::microseconds(123);
    of.client = "127.0.0.1:50000";
    of.id = "0HN0000000001:0000000A";
    of.method = "GET";
    of.target = "/plaintext?a=b";
    of.protocol = "HTTP/1.1";
    of.host = "127.0.0.1:8080";
    of.user_agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
    of.status = 200;
    of.bytes = 13;
    std::string lines;
    for (auto _ : state) {
        lines.clear();
        append_access_line(lines, static_cast<access_format>(state.range(0)), of);
        benchmark::DoNotOptimize(lines);
    }
    state.SetLabel(std::string(lines.substr(0, 20)));
}
BENCHMARK(access_line)->Arg(1)->Arg(2)->Arg(3);

}  // namespace
}  // namespace saker::diagnostics
