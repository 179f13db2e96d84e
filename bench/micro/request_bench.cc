// What the engine itself costs a request: the whole way from a received slab to a sent response,
// over a transport without a kernel that answers everything at once. The load is a turn of 64
// connections with a request (or a pipelined batch) each; the time is of one request.

#include "core/connection/core_connection.h"
#include "hosting/server_host.h"
#include "tests/support/vectors/requests.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

namespace saker {
namespace {

constexpr uint32_t connections = 64;

class still_clock final : public clock {
public:
    [[nodiscard]] steady_time now() const noexcept override { return steady_time() + wall(); }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override {
        return std::chrono::seconds(1'700'000'000);
    }
};

// Each `wait` answers every receive with the same bytes, and every send as sent.
class loop_transport final : public transport {
public:
    loop_transport(slab_pool& pool, std::string_view says) : pool_(pool), says_(says) {}
    std::string_view name() const noexcept override { return "loop"; }
    int listen(endpoint&, socket_id& listener) noexcept override {
        listener = {connections, 0};
        return 0;
    }
    int adopt(int, socket_id&) noexcept override { return -1; }
    void accept(socket_id, accept_operation& op) noexcept override {
        op.ask();
        accepting_ = &op;
    }
    void receive(socket_id, receive_operation& op) noexcept override {
        op.ask();
        receiving_.push_back(&op);
    }
    void send(socket_id, send_operation& op) noexcept override {
        op.ask();
        for (const buffer& piece : op.pieces) sent_bytes += piece.size;
        sending_.push_back(&op);
    }
    void end_output(socket_id) noexcept override {}
    void close(socket_id id, close_operation& op) noexcept override {
        op.ask();
        closing_.emplace_back(id, &op);
    }
    socket_names names(socket_id) const override { return {}; }
    int native(socket_id) const noexcept override { return -1; }
    void wake() noexcept override {}

    void wait(operation_queue& answered, steady_time) noexcept override {
        if (accepting_ != nullptr && accepted_ < connections) {
            accepting_->accepted = {accepted_++, 0};
            answered.answer_and_clear(accepting_, 0);
        }
        for (send_operation* op : sending_) answered.answer(*op, 1);
        sending_.clear();
        if (talking) talk(answered);
        for (auto& [id, op] : closing_) {
            if (id.slot == connections && accepting_ != nullptr)
                answered.answer_and_clear(accepting_, -ECANCELED);
            answered.answer(*op, 0);
        }
        closing_.clear();
        if (ending) {
            for (receive_operation* op : receiving_) answered.answer(*op, 0);
            receiving_.clear();
        }
    }

    bool talking = false, ending = false;
    uint64_t sent_bytes = 0;

private:
    void talk(operation_queue& answered) noexcept {
        for (receive_operation* op : receiving_) {
            op->data = pool_.take();
            std::memcpy(op->data.data(), says_.data(), says_.size());
            op->data.extend(says_.size());
            answered.answer(*op, static_cast<int32_t>(says_.size()));
        }
        receiving_.clear();
    }
    slab_pool& pool_;
    const std::string_view says_;
    uint32_t accepted_ = 0;
    accept_operation* accepting_ = nullptr;
    std::vector<receive_operation*> receiving_;
    std::vector<send_operation*> sending_;
    std::vector<std::pair<socket_id, close_operation*>> closing_;
};

class loop_factory final : public transport_factory {
public:
    explicit loop_factory(std::string_view says) : says_(says) {}
    std::string_view name() const noexcept override { return "loop"; }
    transport_probe probe() const override { return {true, {}, {}}; }
    std::unique_ptr<transport> make(slab_pool& pool, std::string&) const override {
        auto made = std::make_unique<loop_transport>(pool, says_);
        last = made.get();
        return made;
    }
    mutable loop_transport* last = nullptr;

private:
    const std::string_view says_;
};

void run(benchmark::State& state, std::string_view says, size_t least) {
    const still_clock time;
    const loop_factory factory(says);
    server_options options;
    options.listen("http://127.0.0.1:0");
    options.minimum_log_level = log_level::none;
    server_host host(std::move(options));
    host.requests.routes.add("GET", "/plaintext", [](request&, response& answered) {
        answered.static_text("Hello, World!");
    });
    if (!host.start_here(factory, time)) return state.SkipWithError("cannot start");
    core& here = host.core_here();
    for (uint32_t i = 0; i < connections + 2; ++i) here.turn(time.now());
    factory.last->talking = true;
    for (auto _ : state) here.turn(time.now());
    const auto requests = static_cast<int64_t>(here.counts().requests.value());
    state.SetItemsProcessed(requests);
    state.counters["ns/request"] =
        benchmark::Counter(static_cast<double>(requests) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
    if (here.counts().responses_by_class[2].value() != here.counts().requests.value() ||
        here.counts().requests.value() < least)
        state.SkipWithError("not every request was answered 200");
    factory.last->talking = false;
    factory.last->ending = true;
    host.stop(std::chrono::milliseconds(0));
}

void plaintext_short(benchmark::State& state) {
    run(state, vectors::plaintext_techempower, connections);
}
void plaintext_browser(benchmark::State& state) {
    static std::string browser;
    browser = vectors::browser_headers;
    const size_t path = browser.find(' ') + 1;
    browser.replace(path, browser.find(' ', path) - path, "/plaintext");
    run(state, browser, connections);
}
void plaintext_pipelined_16(benchmark::State& state) {
    static std::string sixteen;
    sixteen = vectors::pipelined_16();
    run(state, sixteen, connections * 16);
}
BENCHMARK(plaintext_short);
BENCHMARK(plaintext_browser);
BENCHMARK(plaintext_pipelined_16);

}  // namespace
}  // namespace saker
