// Two hundred clients for some thousand steps, all of it from one seed: random requests in random
// cuts, pauses, half closes, resets, a clock that jumps, and a stop at the end. Each answer is
// compared with what a model says that it is. A failure names its seed.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

constexpr size_t client_count = 200;
constexpr std::string_view close_line = "Connection: close\r\n";
// 29 characters of it stand for any date.
constexpr char any = '\x01';

// One connection: what will be said, what has been heard, and what should be.
struct simulated {
    memory_peer end;
    std::string to_say, heard, expected;
    std::vector<size_t> boundaries{0};  // of answers, in `expected`
    bool reading = true;
    bool ended = false;  // its own side
    bool vanished = false;
    bool closes = false;  // has asked for it: says nothing more
};

class simulation : public served {
protected:
    void simulate(uint64_t seed, int steps);

private:
    void step(simulated& one);
    void ask(simulated& one);
    void expect(simulated& one, std::string_view body, bool chunked, bool is_head);
    void say_some(simulated& one, size_t most);
    void hear(simulated& one);
    void check(const simulated& one, bool calm);
    void renew(simulated& one);

    seeded chance_{1};
    bool stopping_ = false;
};

// The application: what is answered depends on the request alone.
task<> answer(request& asked, response& answered) {
    const std::string_view path = asked.path();
    if (path == "/echo") co_return co_await echo(asked, answered);
    if (path == "/ignore") co_return hello(asked, answered);
    if (path == "/late") (void)co_await delay(std::chrono::milliseconds(30));
    const auto size = static_cast<size_t>(std::stoul(asked.query_value("n").value_or("0")));
    if (path == "/stream") {
        for (size_t left = size; left > 0; left -= std::min<size_t>(left, 1000)) {
            const std::string piece(std::min<size_t>(left, 1000), 's');
            if (!co_await answered.body().write(piece)) co_return;
        }
        co_return (void) co_await answered.body().flush();
    }
    answered.shared(std::make_shared<const std::string>(std::string(size, 'w')));
}

void simulation::expect(simulated& one, std::string_view body, bool chunked, bool is_head) {
    std::string& all = one.expected;
    all += "HTTP/1.1 200 OK\r\nServer: Saker\r\nDate: " + std::string(29, any) + "\r\n";
    if (!chunked) {
        if (!is_head || !body.empty())
            all += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    } else if (!is_head) {
        all += "Transfer-Encoding: chunked\r\n";
    }
    if (one.closes) all += close_line;
    all += "\r\n";
    if (!is_head && !chunked) all += body;
    if (!is_head && chunked) {
        for (; !body.empty(); body.remove_prefix(std::min<size_t>(body.size(), 1000))) {
            const std::string_view piece = body.substr(0, 1000);
            char size[8];
            std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
            all.append(size).append(piece).append("\r\n");
        }
        all += "0\r\n\r\n";
    }
    one.boundaries.push_back(all.size());
}

// One more request, said later.
void simulation::ask(simulated& one) {
    const size_t size =
        static_cast<size_t>(chance_.one_in(8) ? chance_.below(60'000) : chance_.below(300));
    one.closes = chance_.one_in(12);
    const std::string close = one.closes ? std::string(close_line) : std::string();
    const bool is_head = chance_.one_in(10);
    switch (chance_.below(5)) {
        case 0: {
            const std::string body(size, static_cast<char>('a' + chance_.below(26)));
            one.to_say += "POST /echo HTTP/1.1\r\nHost: a\r\n" + close;
            if (chance_.one_in(2)) {
                one.to_say += "Content-Length: " + std::to_string(size) + "\r\n\r\n" + body;
            } else {
                one.to_say += "Transfer-Encoding: chunked\r\n\r\n";
                for (size_t at = 0; at < size;) {
                    const size_t part = std::min<size_t>(size - at, 1 + chance_.below(5000));
                    char line[16];
                    std::snprintf(line, sizeof line, "%zx;e\r\n", part);
                    one.to_say.append(line).append(body, at, part).append("\r\n");
                    at += part;
                }
                one.to_say += "0\r\nTrailer-Field: x\r\n\r\n";
            }
            return expect(one, body, false, false);
        }
        case 1:
            one.to_say +=
                "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                "\r\n" + close + "\r\n" + std::string(size, 'i');
            return expect(one, "hello", false, false);
        case 2:
            one.to_say += (is_head ? "HEAD" : "GET") + std::string(" /stream?n=") +
                          std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n" + close + "\r\n";
            return expect(one, std::string(size, 's'), true, is_head);
        case 3:
            one.to_say +=
                "GET /late?n=" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n" + close + "\r\n";
            return expect(one, std::string(size, 'w'), false, false);
        default:
            one.to_say += (is_head ? "HEAD" : "GET") + std::string(" /whole?n=") +
                          std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n" + close + "\r\n";
            return expect(one, std::string(size, 'w'), false, is_head);
    }
}

void simulation::say_some(simulated& one, size_t most) {
    if (one.vanished || one.ended) return;
    const size_t said = one.end.say(std::string_view(one.to_say).substr(0, most));
    one.to_say.erase(0, said);
}

void simulation::hear(simulated& one) {
    if (one.reading && !one.vanished) one.heard += one.end.hear();
}

// What was heard is what the model says, as far as it came.
void simulation::check(const simulated& one, bool calm) {
    std::string heard = one.heard, expected = one.expected;
    const auto strip = [](std::string& text) {
        for (size_t at; (at = text.find(close_line)) != std::string::npos;)
            text.erase(at, close_line.size());
    };
    if (stopping_) {
        strip(heard);
        // A head that is cut inside the line says it too.
        strip(expected);
    }
    bool refused = false;
    // A head that took too long, or that ended with the client's side, is answered at last.
    for (const char* const last : {"HTTP/1.1 408 ", "HTTP/1.1 400 "}) {
        if (last[11] == '0' && !one.ended) continue;
        const size_t at = heard.find(last);
        if (at == std::string::npos) continue;
        refused = true;
        heard.resize(at);
    }
    ASSERT_LE(heard.size(), expected.size() + (stopping_ ? close_line.size() : 0));
    for (size_t i = 0; i < std::min(heard.size(), expected.size()); ++i) {
        if (heard[i] == expected[i] || expected[i] == any) continue;
        const bool cut_line = stopping_ && close_line.starts_with(heard.substr(i));
        ASSERT_TRUE(cut_line) << "at " << i << ": " << heard.substr(i, 200) << "\ninstead of\n"
                              << expected.substr(i, 200);
        return;
    }
    if (stopping_ || !calm || one.vanished || one.end.was_reset() || refused) return;
    if (one.to_say.empty()) {
        EXPECT_EQ(heard.size(), expected.size())
            << "missing: " << expected.substr(heard.size(), 200)
            << "\nafter: " << heard.substr(heard.size() - std::min<size_t>(heard.size(), 200))
            << "\nclosed " << one.end.closed() << ", ended " << one.end.ended() << ", its side "
            << one.ended << ", asked for the end " << one.closes;
    }
}

void simulation::renew(simulated& one) {
    check(one, false);
    one = simulated();
    one.end = network()->connect(port());
}

void simulation::step(simulated& one) {
    hear(one);
    switch (chance_.below(16)) {
        case 0:
        case 1:
        case 2:
            if (!one.closes && !one.ended && one.to_say.size() < 100'000) ask(one);
            return;
        case 3: one.reading = false; return;
        case 4: one.reading = true; return;
        case 5:
            if (!chance_.one_in(20)) return;
            one.ended = true;
            return one.end.end();
        case 6:
            if (!chance_.one_in(20)) return;
            one.vanished = true;
            return one.end.vanish();
        case 7:
            if (one.vanished || one.end.was_reset() || one.end.ended()) renew(one);
            return;
        case 8:
        case 9: return say_some(one, SIZE_MAX);
        default: return say_some(one, 1 + chance_.below(200));
    }
}

void simulation::simulate(uint64_t seed, int steps) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    network_options = {memory_options::cut::seeded, seed, true, false, 50'000, {}};
    options.limits.max_response_buffer_size = 20'000;
    options.limits.max_request_buffer_size = 40'000;
    serve(answer);
    chance_ = seeded(seed);
    std::vector<simulated> all(client_count);
    for (simulated& one : all) one.end = network()->connect(port());
    for (int i = 0; i < steps && !HasFatalFailure(); ++i) {
        for (uint64_t n = chance_.below(12); n > 0; --n) step(all[chance_.below(client_count)]);
        if (chance_.one_in(10)) pass_time(std::chrono::milliseconds(chance_.below(20)));
        if (chance_.one_in(500)) pass_time(std::chrono::seconds(chance_.below(8)));
        here().turn({});
    }
    // All say what they have left, and listen; the clock stands but for the late answers.
    for (int i = 0, quiet = 0; quiet < 300; ++i) {
        bool busy = false;
        for (simulated& one : all) {
            one.reading = true;
            const size_t before = one.heard.size() + one.to_say.size() * 1'000'000;
            say_some(one, SIZE_MAX);
            hear(one);
            busy |= one.heard.size() + one.to_say.size() * 1'000'000 != before;
        }
        if (i % 4 == 0) pass_time(1ms);
        here().turn({});
        quiet = busy ? 0 : quiet + 1;
    }
    EXPECT_GT(counts().requests.value(), 1000u);
    for (const simulated& one : all) check(one, true);
    // The stop, with work going on.
    for (simulated& one : all) {
        if (!one.vanished && !one.ended && !one.closes) ask(one);
        say_some(one, 1 + chance_.below(400));
    }
    for (int i = 0; i < 5; ++i) here().turn({});
    host().begin_stop();
    stopping_ = true;
    for (int i = 0; i < 3000 && !host().all_over(); ++i) {
        for (simulated& one : all) hear(one);
        if (i % 8 == 0) pass_time(2ms);
        here().turn({});
    }
    host().abort();
    for (int i = 0; i < 100; ++i) here().turn({});
    EXPECT_TRUE(host().all_over());
    for (simulated& one : all) {
        hear(one);
        check(one, false);
    }
}

// Of HTTP/2: http2_simulation_test.cc.
CONFORMANCE_SUITE_OVER(simulated_clients, simulation, memory_settings);

CONFORMANCE(simulated_clients, seed_1) { simulate(1, 3000); }
CONFORMANCE(simulated_clients, seed_2) { simulate(2, 3000); }
CONFORMANCE(simulated_clients, seed_3) { simulate(3, 3000); }
CONFORMANCE(simulated_clients, seed_20261120) { simulate(20261120, 3000); }
// SAKER_SEED=n chooses one more.
CONFORMANCE(simulated_clients, of_a_chosen_seed) {
    const char* const chosen = std::getenv("SAKER_SEED");
    simulate(chosen == nullptr ? 4 : std::strtoull(chosen, nullptr, 10), 3000);
}

}  // namespace
}  // namespace saker::test
