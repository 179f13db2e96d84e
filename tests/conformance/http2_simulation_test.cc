// Forty clients with many streams each for some thousand steps, all of it from one seed: random
// requests and bodies, cancelled streams, windows that open and close, cuts anywhere, connections
// that break, and a stop at the end. Each answer is what a model says; a stream ends with its
// answer, or in a way that is known; nobody breaks a rule of the protocol. A failure names its
// seed.

#include "tests/support/http2_side.h"
#include "tests/support/serve.h"

#include <cerrno>
#include <map>

namespace saker::test {
namespace {

using http2::client_side;
using http2::event;

constexpr size_t client_count = 40;

// One stream: what is left to say, and what should come.
struct asked_stream {
    std::string path;
    std::string to_say;    // of its body
    std::string expected;  // of the answer's
    size_t heard = 0;
    bool says = false;  // has not ended its side
    bool with_trailers = false, is_head = false;
    bool has_head = false, complete = false;
    uint32_t reset_by = UINT32_MAX;  // the server, with this code
};

struct simulated {
    simulated(memory_peer to, const http2::side_options& chosen)
        : end(std::move(to)), side(chosen) {}
    memory_peer end;
    client_side side;
    std::map<uint32_t, asked_stream> streams;  // that were not cancelled
    std::string to_say;                        // frames that the network has not taken
    bool reading = true, ended = false, vanished = false;
    size_t cancelled = 0;
};

using simulated_clients = std::vector<std::unique_ptr<simulated>>;

class http2_simulation : public served {
protected:
    void simulate(uint64_t seed, int steps);

private:
    void renew(std::unique_ptr<simulated>& one);
    void step(std::unique_ptr<simulated>& which);
    void ask(simulated& one);
    void say_more(simulated& one, uint32_t id, size_t most);
    void cancel(simulated& one);
    void play_with_windows(simulated& one);
    void say_some(simulated& one, size_t most);
    void hear(simulated& one);
    void take(simulated& one, const event& of);
    bool finish_all(simulated_clients& all);
    void stop_all(simulated_clients& all);
    static bool is_gone(const simulated& one) {
        return one.vanished || one.end.was_reset() || one.end.ended() || one.end.closed();
    }
    uint32_t any_stream(const simulated& one);

    seeded chance_{1};
    size_t answered_ = 0, refused_ = 0;
};

// The application: what is answered depends on the request alone.
task<> answer(request& asked, response& answered) {
    const std::string_view path = asked.path();
    if (path == "/echo") co_return co_await echo_streamed(asked, answered);
    if (path == "/ignore") co_return hello(asked, answered);
    if (path == "/late") (void)co_await delay(30ms);
    const auto size = static_cast<size_t>(std::stoul(asked.query_value("n").value_or("0")));
    if (path == "/stream") {
        for (size_t left = size; left > 0; left -= std::min<size_t>(left, 1000)) {
            const std::string piece(std::min<size_t>(left, 1000), 's');
            if (!co_await answered.body().write(piece)) co_return;
        }
        answered.trailer("x-end", "1");
        co_return (void) co_await answered.body().flush();
    }
    answered.shared(std::make_shared<const std::string>(std::string(size, 'w')));
}

void http2_simulation::renew(std::unique_ptr<simulated>& one) {
    http2::side_options chosen;
    chosen.compresses = chance_.one_in(2);
    constexpr uint32_t windows[] = {0, 1, 1000, 65'535, 300'000};
    chosen.initial_window = windows[chance_.below(std::size(windows))];
    if (chance_.one_in(3)) chosen.max_frame_size = 100'000;
    if (chance_.one_in(3)) chosen.header_table_size = static_cast<uint32_t>(chance_.below(9000));
    one = std::make_unique<simulated>(network()->connect(port()), chosen);
}

void http2_simulation::ask(simulated& one) {
    if (!one.side.greeted() || !one.side.may_open() || one.ended) return;
    const auto size =
        static_cast<size_t>(chance_.one_in(8) ? chance_.below(60'000) : chance_.below(300));
    asked_stream made;
    const std::string number = "?n=" + std::to_string(size);
    http2::fields more;
    switch (chance_.below(6)) {
        case 0:
        case 1: {
            made.path = "/echo";
            made.to_say = std::string(size, static_cast<char>('a' + chance_.below(26)));
            made.expected = made.to_say;
            made.says = true;
            break;
        }
        case 2:
            made.path = "/ignore";
            made.to_say = std::string(size, 'i');
            made.expected = "hello";
            made.says = true;
            break;
        case 3:
            made.path = "/stream" + number;
            made.expected = std::string(size, 's');
            break;
        case 4:
            made.path = "/late" + number;
            made.expected = std::string(size, 'w');
            break;
        default: made.path = "/whole" + number; made.expected = std::string(size, 'w');
    }
    made.is_head = !made.says && chance_.one_in(10);
    if (made.says && chance_.one_in(2))
        more.push_back({"content-length", std::to_string(made.to_say.size())});
    if (chance_.one_in(4)) more.push_back({"priority", "u=" + std::to_string(chance_.below(8))});
    if (chance_.one_in(4)) more.push_back({"x-some", std::string(chance_.below(3000), 'x')});
    if (made.is_head) made.expected.clear();
    made.with_trailers = made.says && chance_.one_in(4);
    const std::string method = made.says ? "POST" : made.is_head ? "HEAD" : "GET";
    const uint32_t id = one.side.open(http2::request_fields(method, made.path, more), !made.says);
    one.streams.emplace(id, std::move(made));
}

void http2_simulation::say_more(simulated& one, uint32_t id, size_t most) {
    const auto found = one.streams.find(id);
    if (found == one.streams.end() || !found->second.says) return;
    asked_stream& of = found->second;
    if (!one.side.may_send(id)) {
        of.says = false;  // the server has had enough of it
        return;
    }
    const bool all = most >= of.to_say.size();
    const bool last = all && !of.with_trailers;
    const size_t said = one.side.data(id, std::string_view(of.to_say).substr(0, most), last);
    const bool whole = said == of.to_say.size();
    of.to_say.erase(0, said);
    if (!all || !whole) return;
    if (of.with_trailers) one.side.trailers(id, {{"x-trailer", "t"}});
    of.says = false;
}

uint32_t http2_simulation::any_stream(const simulated& one) {
    if (one.streams.empty()) return 0;
    auto at = one.streams.begin();
    std::advance(at, chance_.below(one.streams.size()));
    return at->first;
}

void http2_simulation::cancel(simulated& one) {
    const uint32_t id = any_stream(one);
    if (id == 0 || !one.side.is_open(id)) return;
    one.side.reset(id, 8);
    one.streams.erase(id);
    ++one.cancelled;
}

void http2_simulation::play_with_windows(simulated& one) {
    switch (chance_.below(4)) {
        case 0: return one.side.grant(false);
        case 1:
        case 2: return one.side.grant(true);
        default: {
            // Smaller ones make windows that are below zero.
            if (!chance_.one_in(4)) return;
            one.side.initial_window(static_cast<uint32_t>(chance_.below(100'000)));
        }
    }
}

void http2_simulation::say_some(simulated& one, size_t most) {
    if (one.vanished || one.ended) return;
    one.to_say += std::exchange(one.side.outbox, {});
    one.to_say.erase(0, one.end.say(std::string_view(one.to_say).substr(0, most)));
}

void http2_simulation::hear(simulated& one) {
    if (!one.reading || one.vanished) return;
    one.side.hear(one.end.hear());
    ASSERT_EQ(one.side.mistake(), "");
    for (const event& of : one.side.take_events()) take(one, of);
}

void http2_simulation::take(simulated& one, const event& of) {
    const auto found = one.streams.find(of.stream);
    if (found == one.streams.end()) return;
    asked_stream& from = found->second;
    switch (of.kind) {
        case event::what::head:
            EXPECT_EQ(of.said.front().value, "200") << from.path;
            from.has_head = true;
            return;
        case event::what::data: {
            const bool right = of.bytes.size() <= from.expected.size() - from.heard &&
                               from.expected.compare(from.heard, of.bytes.size(), of.bytes) == 0;
            ASSERT_TRUE(right) << from.path << " after " << from.heard << " of "
                               << from.expected.size() << ": " << of.bytes.substr(0, 50);
            from.heard += of.bytes.size();
            return;
        }
        case event::what::trailers: EXPECT_TRUE(from.path.starts_with("/stream")); return;
        case event::what::ended:
            EXPECT_EQ(from.heard, from.expected.size()) << from.path;
            EXPECT_TRUE(from.has_head);
            from.complete = true;
            ++answered_;
            if (!from.says) one.streams.erase(found);
            return;
        case event::what::reset:
            if (!from.complete) {
                // Those that were cancelled may count until their handlers have returned.
                EXPECT_TRUE(of.code == 7 && one.cancelled > 0)
                    << from.path << " was reset with " << of.code;
                ++refused_;
            } else {
                EXPECT_EQ(of.code, 0u) << "behind its answer";
            }
            one.streams.erase(found);
            return;
        default: FAIL() << "an interim answer that nobody has given";
    }
}

void http2_simulation::step(std::unique_ptr<simulated>& which) {
    simulated& one = *which;
    hear(one);
    switch (chance_.below(18)) {
        case 0:
        case 1:
        case 2:
        case 3: return ask(one);
        case 4:
        case 5:
        case 6: return say_more(one, any_stream(one), chance_.below(3000));
        case 7: return chance_.one_in(4) ? cancel(one) : void();
        case 8: return play_with_windows(one);
        case 9: one.reading = false; return;
        case 10: one.reading = true; return;
        case 11:
            if (chance_.one_in(10)) one.side.say(http2::ping());
            return;
        case 12:
            if (!chance_.one_in(30)) return;
            one.vanished = true;
            return one.end.vanish();
        case 13:
            if (is_gone(one) || (one.side.goaway_code() && one.streams.empty())) renew(which);
            return;
        case 14:
        case 15: return say_some(one, SIZE_MAX);
        default: return say_some(one, 1 + chance_.below(200));
    }
}

// All of them say and hear what there is; whether anything has happened.
bool http2_simulation::finish_all(simulated_clients& all) {
    bool busy = false;
    for (const auto& each : all) {
        simulated& one = *each;
        if (is_gone(one)) {
            hear(one);
            continue;
        }
        one.reading = true;
        one.side.grant(true);
        const size_t before = answered_, left = one.to_say.size(), open = one.streams.size();
        std::vector<uint32_t> ids;
        for (const auto& [id, of] : one.streams) ids.push_back(id);
        for (const uint32_t id : ids) say_more(one, id, SIZE_MAX);
        say_some(one, SIZE_MAX);
        hear(one);
        busy |= before != answered_ || left != one.to_say.size() || open != one.streams.size() ||
                !one.side.outbox.empty();
    }
    return busy;
}

void http2_simulation::stop_all(simulated_clients& all) {
    for (const auto& each : all) {
        simulated& one = *each;
        if (is_gone(one)) continue;
        for (int i = 0; i < 4; ++i) ask(one);
        say_some(one, 1 + chance_.below(4000));
    }
    for (int i = 0; i < 5; ++i) here().turn({});
    host().begin_stop();
    for (int i = 0; i < 5000 && !host().all_over(); ++i) {
        finish_all(all);
        // They leave when they have been told so, and have all that they were promised.
        for (const auto& one : all) {
            if (one->ended || one->vanished || !one->side.goaway_code()) continue;
            one->ended = one->end.ended() || one->streams.empty();
            if (one->ended) one->end.end();
        }
        if (i % 8 == 0) pass_time(2ms);
        here().turn({});
    }
    EXPECT_TRUE(host().all_over()) << "what was accepted is finished, and the rest refused";
    for (const auto& each : all) {
        simulated& one = *each;
        hear(one);
        if (one.vanished || one.end.was_reset() || !one.side.greeted()) continue;
        EXPECT_TRUE(one.side.goaway_code()) << "the end was not told";
        for (const auto& [id, of] : one.streams) {
            const bool lost = id <= one.side.goaway_last() && !of.complete;
            EXPECT_FALSE(lost) << of.path << ", stream " << id << " was accepted";
        }
    }
}

void http2_simulation::simulate(uint64_t seed, int steps) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    network_options = {memory_options::cut::seeded, seed, true, false, 50'000, {}};
    options.limits.max_response_buffer_size = 20'000;
    options.limits.http2.initial_stream_window_size = 65'535;
    options.limits.http2.initial_connection_window_size = 100'000;
    options.limits.http2.max_streams_per_connection = 20;
    // Who is slow is of no interest here.
    options.limits.min_request_body_data_rate = std::nullopt;
    options.limits.min_response_data_rate = std::nullopt;
    options.limits.request_headers_timeout = infinite;
    options.limits.keep_alive_timeout = infinite;
    serve(answer);
    chance_ = seeded(seed);
    simulated_clients all(client_count);
    for (std::unique_ptr<simulated>& one : all) renew(one);
    for (int i = 0; i < steps && !HasFatalFailure(); ++i) {
        for (uint64_t n = chance_.below(12); n > 0; --n) step(all[chance_.below(client_count)]);
        if (chance_.one_in(10)) pass_time(std::chrono::milliseconds(chance_.below(20)));
        if (chance_.one_in(300)) network()->fail(1 + chance_.below(40), -ECONNRESET);
        here().turn({});
    }
    network()->fail(0, 0);
    for (int i = 0, quiet = 0; quiet < 300; ++i) {
        quiet = finish_all(all) ? 0 : quiet + 1;
        if (i % 4 == 0) pass_time(1ms);
        here().turn({});
    }
    EXPECT_GT(answered_, 1000u);
    for (const auto& each : all) {
        const simulated& one = *each;
        if (is_gone(one) || one.side.goaway_code()) continue;
        for (const auto& [id, of] : one.streams)
            EXPECT_TRUE(of.complete)
                << of.path << ", stream " << id << ": " << of.heard << " of " << of.expected.size()
                << ", " << of.to_say.size() << " left to say";
    }
    stop_all(all);
}

std::vector<setting> http2_in_memory() { return {{"memory", delivery::whole, {}, spoken::http2}}; }
CONFORMANCE_SUITE_OVER(http2_simulated_clients, http2_simulation, http2_in_memory);

CONFORMANCE(http2_simulated_clients, seed_1) { simulate(1, 5000); }
CONFORMANCE(http2_simulated_clients, seed_2) { simulate(2, 5000); }
CONFORMANCE(http2_simulated_clients, seed_3) { simulate(3, 5000); }
CONFORMANCE(http2_simulated_clients, seed_20261128) { simulate(20261128, 5000); }
// SAKER_SEED=n chooses one more.
CONFORMANCE(http2_simulated_clients, of_a_chosen_seed) {
    const char* const chosen = std::getenv("SAKER_SEED");
    simulate(chosen == nullptr ? 4 : std::strtoull(chosen, nullptr, 10), 5000);
}

}  // namespace
}  // namespace saker::test
