// A whole server that is spoken to in HTTP/2, under libFuzzer, through the memory transport. The
// first byte chooses how: the rest is either bytes in cuts as they are, or a program for a client
// that knows the rules (http2_side.h) and breaks them where the program says so. Whatever is done,
// what the server says is frames (http2_fuzz_watch.h); to a client that has kept the rules it keeps
// its own, and each of its requests is answered or reset; nobody costs more than a share; and when
// the client is gone nothing is left of it.

#include "tests/fuzz/http2_fuzz_watch.h"

#include "core/time/clock.h"
#include "hosting/server_host.h"
#include "tests/support/http2_side.h"
#include "transports/memory/memory_network.h"

#include <saker/saker.h>

#include <algorithm>
#include <optional>

namespace saker::fuzz {
namespace {

using namespace std::chrono_literals;
namespace http2 = test::http2;

class still_clock final : public clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept override {
        return now_;
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override { return 784111777s; }
    void advance(std::chrono::nanoseconds time) noexcept { now_ += time; }

private:
    std::chrono::steady_clock::time_point now_{1s};
};

// ---- what is served ----

constexpr size_t large_answer = 100'000;

task<> answer(request& asked, response& answered) {
    const std::string_view path = asked.path();
    if (path == "/large") {
        static const std::string text(large_answer, 'l');
        answered.static_text(text);
    } else if (path == "/echo") {
        while (body_chunk piece = co_await asked.body().read())
            if (!co_await answered.body().write(std::move(piece))) co_return;
        if (asked.body().failed() && answered.started()) co_return answered.abort();
        for (size_t i = 0; i < asked.trailer_count(); ++i)
            answered.trailer("x-echo", std::to_string(i));
    } else if (path == "/whole") {
        const auto body = co_await asked.body().text();
        if (body) answered.header("x-fields", asked.header("x-field")).text(*body);
    } else if (path == "/late") {
        (void)co_await delay(100ms);
        answered.text("late");
    } else if (path == "/hints") {
        answered.early_hints({"</a>"});
        (void)co_await answered.body().write("a");
        co_await asked.until_aborted();
    } else if (path == "/throws") {
        (void)co_await answered.body().write("a");
        throw 1;
    } else if (path == "/abort") {
        answered.abort();
    } else {
        answered.text(std::string(asked.method()) + std::string(path) + asked.id());
    }
}

constexpr const char* paths[] = {"/",       "/large", "/echo", "/whole", "/late",
                                 "/throws", "/abort", "/echo", "/hints"};
constexpr size_t waits_for_its_client = 8;

server_options options_of() {
    server_options chosen;
    chosen.minimum_log_level = log_level::none;
    chosen.limits.max_request_body_size = 150'000;
    chosen.limits.max_request_headers_total_size = 4000;
    chosen.limits.max_request_buffer_size = 40'000;
    chosen.limits.max_response_buffer_size = 20'000;
    chosen.limits.http2.max_streams_per_connection = 8;
    chosen.limits.http2.initial_connection_window_size = 65'535;
    chosen.limits.http2.initial_stream_window_size = 65'535;
    chosen.limits.http2.keep_alive_ping_delay = 10s;
    chosen.listen("http://127.0.0.1:0");
    return chosen;
}

// ---- what is done ----

constexpr int most_steps = 200, most_turns = 4000;
// A connection's window, its streams' buffers, and what is being sent.
constexpr size_t most_slabs = 60;
constexpr size_t most_free_streams = 128;

// Of the first byte.
constexpr uint8_t as_bytes = 1, compressed = 2, vanishes = 4, with_preface = 8, together = 16;

// One server for all inputs: what one leaves behind would be found by the next.
class target {
public:
    target() : host_(options_of()) {
        host_.requests.routes.fallback(std::make_unique<application_of<decltype(&answer)>>(answer));
        const auto bound = host_.start_here(network_, time_);
        check(static_cast<bool>(bound), bound ? "" : bound.error().text().c_str());
        port_ =
            static_cast<uint16_t>(std::stoi(bound->front().substr(bound->front().rfind(':') + 1)));
    }

    void run(std::string_view input) {
        program steps(input);
        mode_ = steps.byte();
        fails_ = steps.byte();
        keeps_rules_ = (mode_ & as_bytes) == 0;
        reads_ = true;
        opened_.clear();
        end_ = network_.connect(port_);
        watch_.emplace(keeps_rules_ ? 16'384 : 0xffffff);
        http2::side_options chosen;
        chosen.compresses = (mode_ & compressed) != 0;
        client_.emplace(chosen);
        turn(1);
        if (fails_ != 0) network_.fail(fails_, -104);
        if ((mode_ & as_bytes) != 0)
            say_bytes(steps);
        else
            for (int i = 0; i < most_steps && !steps.over(); ++i) step(steps);
        leave();
        network_.fail(0, 0);
        for (int i = 0; i < 25 && (i < 2 || host_.statistics().connections_open > 0); ++i) {
            settle();
            time_.advance(7s);
        }
        time_.advance(1s);
        settle();
        check_rest();
    }

private:
    // As session_fuzz.cc: each piece is led by a byte that says how long it is, or what happens.
    void say_bytes(program& steps) {
        if ((mode_ & with_preface) != 0) end_.say(client_->outbox);
        while (!steps.over()) {
            const uint8_t lead = steps.byte();
            switch (lead) {
                case 255: time_.advance(50ms); break;
                case 254: time_.advance(31s); break;
                case 253: end_.reading(false); break;
                case 252: end_.end(); break;
                case 251: end_.say(http2::settings_ack()); break;
                case 250: end_.say(steps.text(steps.word())); break;
                default: end_.say(steps.text(size_t{lead} + 1));
            }
            turn(3);
        }
    }

    void step(program& steps) {
        const uint8_t lead = steps.byte();
        const uint8_t what = lead % 32;
        if (what < 10)
            lawful_step(what, steps);
        else if (what < 22)
            odd_step(what, steps);
        else
            other_step(what, steps);
        if ((mode_ & together) == 0 || lead >= 128) {
            say_all();
            turn(2);
        }
    }

    uint32_t one_of_them(program& steps) {
        const uint8_t which = steps.byte();
        return opened_.empty() ? 1 : opened_[which % opened_.size()];
    }
    void open(std::string_view method, uint8_t path, bool last, const http2::fields& more = {}) {
        if (!client_->greeted() || !client_->may_open()) return;
        const size_t which = path % std::size(paths);
        const uint32_t id = client_->open(http2::request_fields(method, paths[which], more), last);
        if (which != waits_for_its_client) opened_.push_back(id);
    }
    void lawful_step(uint8_t what, program& steps) {
        static const std::string bytes(65'536, 'b');
        switch (what) {
            case 0: return open("GET", steps.byte(), true);
            case 1: return open("POST", steps.byte(), false);
            case 2: return open("HEAD", steps.byte(), true);
            case 3: {
                const uint8_t path = steps.byte();
                const auto name = steps.text(), value = steps.text();
                return open("GET", path, true, {{std::string(name), std::string(value)}});
            }
            case 4: {
                const uint32_t which = one_of_them(steps);
                client_->data(which, std::string_view(bytes).substr(0, steps.word()), false);
                return;
            }
            case 5: {
                const uint32_t which = one_of_them(steps);
                client_->data(which, steps.text(), true);
                return;
            }
            case 6: {
                const uint32_t which = one_of_them(steps);
                client_->trailers(which, {{"x-trailer", std::string(steps.byte() % 64, 't')}});
                return;
            }
            case 7: {
                const uint32_t which = one_of_them(steps);
                return client_->reset(which, steps.byte());
            }
            case 8: return client_->initial_window(static_cast<uint32_t>(steps.word()));
            default: return client_->grant(steps.byte() % 2 != 0);
        }
    }

    // What a client that keeps the rules may not say, or what its book-keeping does not know.
    void odd_step(uint8_t what, program& steps) {
        keeps_rules_ = false;
        switch (what) {
            case 10: {
                const auto kind = static_cast<http2::type>(steps.byte() % 12);
                const uint8_t flags = steps.byte();
                const uint32_t which = one_of_them(steps);
                return client_->say(http2::frame_of(kind, flags, which, steps.text()));
            }
            case 11: {
                const auto kind = static_cast<http2::type>(steps.byte());
                const uint8_t flags = steps.byte();
                const auto stream = static_cast<uint32_t>(steps.word());
                return client_->say(http2::frame_of(kind, flags, stream, steps.text()));
            }
            case 12: {
                const uint32_t which = one_of_them(steps);
                return client_->say(
                    http2::window_update(which, static_cast<uint32_t>(steps.word() << 15)));
            }
            case 13:
                return client_->say(http2::window_update(0, static_cast<uint32_t>(steps.word())));
            case 14: {
                const auto id = static_cast<http2::setting_id>(steps.byte() % 10);
                const auto high = static_cast<uint32_t>(steps.word());
                return client_->say(
                    http2::settings({{id, high << 16 | static_cast<uint32_t>(steps.word())}}));
            }
            case 15: {
                const uint32_t which = one_of_them(steps);
                const uint8_t padding = steps.byte();
                return client_->say(http2::padded_data(which, steps.text(), padding));
            }
            case 16: {
                const auto block = http2::block(http2::request_fields("GET", "/echo"));
                const uint8_t each = steps.byte();
                return client_->say(http2::headers_in_parts(next(), block, size_t{each} + 1));
            }
            case 17: return client_->say(http2::headers(next(), steps.text(), steps.byte()));
            case 18: {
                const uint32_t which = one_of_them(steps);
                const uint32_t on = one_of_them(steps);
                return client_->say(http2::priority(which, {on, steps.byte(), false}));
            }
            case 19: return client_->say(http2::goaway(0, steps.byte(), steps.text()));
            case 20: {
                const size_t at = steps.word();
                const uint8_t bits = steps.byte();
                std::string& box = client_->outbox;
                if (!box.empty())
                    box[at % box.size()] = static_cast<char>(box[at % box.size()] ^ bits);
                return;
            }
            default: {
                const auto many = size_t{steps.byte()} + 1;
                const uint32_t which = one_of_them(steps);
                const std::string one = many % 2 == 0 ? http2::ping() : http2::data(which, {}, 0);
                return client_->say(http2::times(many * 8, one));
            }
        }
    }
    uint32_t next() const { return opened_.empty() ? 1 : opened_.back() + 2; }

    void other_step(uint8_t what, program& steps) {
        switch (what) {
            case 22: time_.advance(50ms * (steps.byte() + 1)); break;
            case 23: time_.advance(1s * (steps.byte() % 32)); break;
            case 24:
                reads_ = steps.byte() % 2 != 0;
                end_.reading(reads_);
                break;
            case 25: say(size_t{steps.byte()} + 1); break;
            case 26: say(steps.word()); break;
            case 27: client_->say(http2::ping()); break;
            case 28: client_->say(http2::priority_update(one_of_them(steps), steps.text())); break;
            case 29:
                client_->say(http2::frame_of(static_cast<http2::type>(0x42), 0, 0, "?"));
                break;
            case 30: turn(steps.byte() % 8); break;
            default: say_all(); turn(2);
        }
    }

    // Answers to all that was asked of a server that has nobody to complain of.
    void leave() {
        reads_ = true;
        end_.reading(true);
        for (const uint32_t one : opened_) client_->data(one, {}, true);
        for (int i = 0; i < 4; ++i) {
            client_->grant(true);  // again, where SETTINGS have made windows smaller meanwhile
            say_all();
            settle();
            time_.advance(50ms);
        }
        const bool is_over = end_.ended() || end_.was_reset() || end_.closed() ||
                             watch_->said_goaway() || fails_ != 0;
        if (keeps_rules_) {
            if (!client_->mistake().empty())
                std::fprintf(stderr, "%s\n", client_->mistake().c_str());
            check(client_->mistake().empty(), "who keeps the rules is told by the rules");
            check(is_over || answered(), "who keeps the rules is answered");
        }
        (mode_ & vanishes) != 0 ? end_.vanish() : end_.end();
    }
    bool answered() const {
        return std::none_of(opened_.begin(), opened_.end(),
                            [this](uint32_t one) { return client_->is_open(one); });
    }

    void say(size_t most) {
        std::string& box = client_->outbox;
        box.erase(0, end_.say(std::string_view(box).substr(0, most)));
    }
    void say_all() { say(SIZE_MAX); }
    void turn(int count) {
        while (count-- > 0) host_.core_here().turn({});
        (void)hear();
    }
    // Until nothing comes any more.
    void settle() {
        for (int i = 0, quiet = 0; quiet < 3; ++i, ++quiet) {
            check(i < most_turns, "it comes to an end");
            host_.core_here().turn({});
            if (hear()) quiet = 0;
            if (keeps_rules_) say_all();
        }
    }
    bool hear() {
        const std::string came = end_.hear();
        watch_->see(came);
        client_->hear(came);
        (void)client_->take_events();
        check(!watch_->in_clear() || (mode_ & as_bytes) != 0 || !keeps_rules_,
              "the preface is understood");
        check(host_.core_here().slabs().in_use() <= most_slabs,
              "a client has no more than its share");
        return !came.empty();
    }
    void check_rest() {
        const server_statistics all = host_.statistics();
        check(all.connections_open == 0, "no connection is left");
        check(all.connections_ended_by[0] == 0, "each has ended for a reason");
        // One may stay with the core's writer.
        check(host_.core_here().slabs().in_use() <= 1, "no slab is kept");
        // Streams are, for the next ones (http2_service.cc).
        check(host_.core_here().blocks().pieces_in_use() <= most_free_streams, "no block is kept");
    }

    still_clock time_;
    memory_network network_;
    server_host host_;
    uint16_t port_ = 0;

    uint8_t mode_ = 0, fails_ = 0;
    bool keeps_rules_ = true, reads_ = true;
    std::vector<uint32_t> opened_;
    memory_peer end_;
    std::optional<http2::client_side> client_;
    std::optional<frame_watch> watch_;
};

}  // namespace
}  // namespace saker::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using saker::fuzz::target;
    static target& only = *new target;  // never stopped: the process ends with it
    only.run({reinterpret_cast<const char*>(data), size});
    return 0;
}
