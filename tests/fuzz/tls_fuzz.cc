// A whole TLS server under libFuzzer: the input is a program for a real client (tls_fuzz_client.h)
// whose ciphertext goes through the memory transport, whole or cut, twice or not at all, with bits
// turned and records between that nobody has sealed. Whatever is done, a byte that a handler gets
// is one that the client has sealed, in order; what the server says is records, which a client that
// has made its handshake understands; a client that does not read costs no more than its share; and
// when it is gone nothing is left of it.

#include "tests/fuzz/tls_fuzz_client.h"

#include "core/time/clock.h"
#include "hosting/server_host.h"
#include "transports/memory/memory_network.h"

#include <saker/saker.h>

#include <algorithm>
#include <optional>

namespace saker::fuzz {
namespace {

using namespace std::chrono_literals;

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
    if (asked.path() == "/large") {
        static const std::string text(large_answer, 'l');
        answered.static_text(text);
    } else if (asked.path() == "/echo") {
        while (body_chunk piece = co_await asked.body().read())
            if (!co_await answered.body().write(std::move(piece))) co_return;
        if (asked.body().failed() && answered.started()) answered.abort();
    } else if (asked.path() == "/who") {
        (void)co_await asked.body().discard();
        const client_certificate* const who =
            co_await asked.connection().tls()->client_certificate_async();
        answered.text(who == nullptr ? "nobody" : who->facts.subject);
    } else if (asked.path() == "/late") {
        (void)co_await delay(100ms);
        answered.text("late");
    } else {
        const tls_connection& own = *asked.connection().tls();
        answered.text(std::string(own.server_name()) +
                      std::to_string(own.channel_binding(tls_connection::binding::exporter).size() +
                                     own.channel_binding(tls_connection::binding::unique).size()));
    }
}

task<> echo(connection& accepted) {
    pipe& in = accepted.input();
    while (co_await in.read()) {
        while (const share piece = in.take(in.length())) accepted.output().write(piece.text());
        if (!co_await accepted.output().flush()) co_return;
    }
}

struct chosen_later {
    server_certificate certificate;
    task<tls_connection_options> operator()(const client_hello& said) const {
        const std::string name(said.server_name);
        if (name == "waits.test") (void)co_await delay(100ms);
        if (name == "throws.test") throw std::runtime_error("not this one");
        tls_connection_options chosen;
        if (name != "nobody.test") chosen.certificates = {certificate};
        chosen.client_certificates = client_certificate_mode::delay_certificate;
        co_return chosen;
    }
};

enum place : uint8_t { usual, asking, raw, names, places };

server_options options_with(const server_certificate& certificate) {
    server_options chosen;
    chosen.minimum_log_level = log_level::none;
    chosen.limits.max_request_body_size = 50'000;
    chosen.limits.max_request_buffer_size = 40'000;
    chosen.limits.max_response_buffer_size = 20'000;
    https_options plain;
    plain.loaded_certificates = {certificate};
    plain.ktls = ktls_mode::off;
    plain.client_certificate_validation = [](const client_certificate&,
                                             const certificate_verdict& verdict) {
        return !verdict.trusted;
    };
    for (uint8_t i = 0; i < places; ++i) {
        https_options https = plain;
        if (i == asking) https.on_connection_async = chosen_later{certificate};
        if (i == names) {
            https.client_certificate_mode = client_certificate_mode::allow_certificate;
            for (const char* const host : {"localhost", "*.test"})
                https.sni.emplace_back().host = host;
            https.sni.back().protocols = ssl_protocols::tls12;
        }
        chosen.listen(i == raw ? "tcp://127.0.0.1:0" : "https://127.0.0.1:0", [&](auto& on) {
            on.use_https(https);
            if (i == raw) on.run(echo);
        });
    }
    return chosen;
}

// ---- the program ----

class program {
public:
    explicit program(std::string_view text) : left_(text) {}
    [[nodiscard]] bool over() const { return left_.empty(); }
    uint8_t byte() {
        if (left_.empty()) return 0;
        const auto first = static_cast<uint8_t>(left_.front());
        left_.remove_prefix(1);
        return first;
    }
    size_t word() {
        const size_t high = byte();
        return high << 8 | byte();
    }
    // A byte that says how many, and those.
    std::string_view text() {
        const size_t size = byte();
        const std::string_view now = left_.substr(0, size);
        left_.remove_prefix(now.size());
        return now;
    }

private:
    std::string_view left_;
};

constexpr std::string_view requests[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n",
    "GET /who HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /late HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST /who HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
};
constexpr const char* server_names[] = {"localhost",  "waits.test", "throws.test", "nobody.test",
                                        "other.name", nullptr,      "a.b.test",    "127.0.0.1"};

constexpr int most_steps = 200, most_clients = 4, most_turns = 4000;
// What a client costs by the limits, 64 KiB that are sealed ahead, and 64 KiB that it has still to
// read: about 20; the others of an input are gone, or about to go.
constexpr size_t most_slabs = 40;

// One server for all inputs: what one leaves behind would be found by the next.
class target {
public:
    target() : host_(options_with(*server_certificate::from_pem(own_.pem()))) {
        host_.requests.routes.fallback(std::make_unique<application_of<decltype(&answer)>>(answer));
        const auto bound = host_.start_here(network_, time_);
        check(static_cast<bool>(bound), bound ? "" : bound.error().text().c_str());
        for (const std::string& one : *bound)
            ports_.push_back(static_cast<uint16_t>(std::stoi(one.substr(one.rfind(':') + 1))));
        for (const char first :
             {'\x08', '\x0c'})  // keys of tickets are made once, by whoever is first
            run(std::string(1, first) + std::string(2, '\0'));
    }

    void run(std::string_view input) {
        same_chance::begin();
        program steps(input);
        mode_ = steps.byte();
        const uint8_t failing = steps.byte();
        clients_ = 0;
        session_ = nullptr;
        gone_.clear();
        open(steps.byte());
        if ((mode_ & 8) != 0) shake_hands();
        if (failing != 0) network_.fail(failing, -104);
        for (int i = 0; i < most_steps && !steps.over(); ++i) {
            const uint8_t lead = steps.byte();
            lead % 32 < 16 ? say_step(lead % 32, steps) : other_step(lead % 32, steps);
            if (lead < 128) turn(2);  // else together with what follows
        }
        leave();
        network_.fail(0, 0);
        // The last one may have to wait for its accept.
        for (int i = 0; i < 25 && (i < 2 || host_.statistics().connections_open > 0); ++i) {
            settle();
            time_.advance(7s);
        }
        time_.advance(1s);
        settle();
        check_rest();
    }

private:
    void say_step(uint8_t what, program& steps) {
        std::string& box = client_->outbox;
        const auto front = [&](size_t most) {
            const size_t size = std::min(most, box.size());
            end_.say(std::string_view(box).substr(0, size));
            return size;
        };
        switch (what) {
            case 0: return say_all();
            case 1: box.erase(0, front(size_t{steps.byte()} + 1)); break;
            case 2: box.erase(0, front(steps.word())); break;
            case 3: box.erase(0, std::min(box.size(), size_t{steps.byte()} + 1)); break;
            case 4: front(steps.word()); break;  // and again
            case 5: {
                const size_t at = steps.word();
                const uint8_t bits = steps.byte();
                if (!box.empty())
                    box[at % box.size()] = static_cast<char>(box[at % box.size()] ^ bits);
                break;
            }
            case 6:
            case 7: {
                const size_t at = steps.word() % (box.size() + 1);
                const std::string_view text = steps.text();
                box.replace(at, what == 6 ? std::min(text.size(), box.size() - at) : 0, text);
                break;
            }
            case 8: end_.say(steps.text()); break;
            case 9: {
                std::string record{static_cast<char>(steps.byte()), '\x03'};
                record += static_cast<char>(steps.byte());
                const size_t size = steps.word();
                record += static_cast<char>(size >> 8);
                record += static_cast<char>(size);
                end_.say(record.append(steps.text()));
                break;
            }
            case 10: client_->seal(requests[steps.byte() % std::size(requests)]); return say_all();
            case 11: client_->seal(steps.text()); break;
            case 12: client_->seal(std::string(size_t{steps.byte()} * 100, 'b')); break;
            case 13: client_->seal(requests[steps.byte() % std::size(requests)]); break;
            case 14:
                std::rotate(box.begin(),
                            box.begin() + static_cast<ptrdiff_t>(steps.word() % (box.size() + 1)),
                            box.end());
                break;
            default: end_.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        }
    }

    void other_step(uint8_t what, program& steps) {
        switch (what) {
            case 16: client_->update_key(steps.byte() % 2 != 0); break;
            case 17: client_->renegotiate(); break;
            case 18: client_->close_notify(); break;
            case 19: client_->hear_garbage(); break;
            case 20: end_.end(); break;
            case 21: end_.vanish(); break;
            case 22: time_.advance(50ms * (steps.byte() + 1)); break;
            case 23: time_.advance(1s * steps.byte()); break;
            case 24: end_.reading(steps.byte() % 2 != 0); break;
            case 25: shake_hands(); break;
            case 26: {
                const uint8_t name = steps.byte();
                if (clients_ == most_clients) break;
                leave();
                open(name);
                break;
            }
            default: turn(steps.byte() % 8);
        }
    }

    void open(uint8_t how) {
        ++clients_;
        end_ = network_.connect(ports_[mode_ % places]);
        client::wishes wanted;
        wanted.only_tls12 = (mode_ & 4) != 0;
        wanted.shows_certificate = (mode_ & 16) != 0;
        wanted.name = server_names[how % std::size(server_names)];
        wanted.resumes = session_.get();
        client_.emplace(own_, wanted);
        watch_ = {};
        turn(1);
    }
    // It is the server's business what becomes of that.
    void leave() {
        end_.reading(true);
        turn(5);
        if (session_ptr given = client_->session()) session_ = std::move(given);
        check_answers();
        (mode_ & 32) != 0 ? end_.vanish() : end_.end();
        if ((mode_ & 32) == 0) turn(5);
        gone_.push_back(end_);
    }
    void shake_hands() {
        for (int i = 0; i < 6 && !client_->over(); ++i) {
            say_all();
            turn(2);
        }
    }
    void say_all() { client_->outbox.erase(0, end_.say(client_->outbox)); }

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
        }
    }
    bool hear() {
        const std::string came = end_.hear();
        bool any = !came.empty();
        watch_.see(came);
        client_->hear(came);
        for (memory_peer& one : gone_) any |= !one.hear().empty();  // who has said its end reads on
        check(host_.core_here().slabs().in_use() <= most_slabs,
              "a client has no more than its share");
        return any;
    }

    void check_answers() {
        if (mode_ % places == raw)
            check(client_->sealed.starts_with(client_->heard), "what comes back was sealed");
        else
            check(client_->heard.empty() || client_->heard.starts_with("HTTP/1.1 "), "it is HTTP");
    }
    void check_rest() {
        const server_statistics all = host_.statistics();
        check(all.connections_open == 0, "no connection is left");
        check(all.connections_ended_by[0] == 0, "each has ended for a reason");
        // One may stay with the core's writer.
        check(host_.core_here().slabs().in_use() <= 1, "no slab is kept");
        check(host_.core_here().blocks().pieces_in_use() == 0, "no block is kept");
    }

    const same_certificate own_;
    still_clock time_;
    memory_network network_;
    server_host host_;
    std::vector<uint16_t> ports_;

    uint8_t mode_ = 0;
    int clients_ = 0;
    session_ptr session_;
    memory_peer end_;
    std::vector<memory_peer> gone_;
    std::optional<client> client_;
    record_watch watch_;
};

}  // namespace
}  // namespace saker::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using saker::fuzz::target;
    static target& only = *[] {
        saker::fuzz::same_chance::begin();
        return new target;  // never stopped: the process ends with it
    }();
    only.run({reinterpret_cast<const char*>(data), size});
    return 0;
}
