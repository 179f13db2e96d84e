// A server and its network in memory on the caller's thread. Answers are read back by the rules of
// RFC 9112 6.3, as far as this server's own framing needs them.

#include <saker/test_client.h>

#include "core/time/clock.h"
#include "hosting/server_host.h"
#include "transports/memory/memory_network.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace saker {
namespace {

// Turns in which nothing happens before it is believed that nothing will.
constexpr int quiet_turns = 3;
// How long a handler's work on other threads is waited for, in the machine's own time.
constexpr auto patience = std::chrono::seconds(10);
constexpr auto pause = std::chrono::milliseconds(10);

class standing_clock final : public clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept override {
        return now_;
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override { return wall_; }
    void advance(std::chrono::nanoseconds time) noexcept {
        now_ += time;
        wall_ += time;
    }

private:
    std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
    std::chrono::nanoseconds wall_ = std::chrono::system_clock::now().time_since_epoch();
};

bool same_name(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

memory_options in_memory() {
    memory_options options;
    options.sleeps = true;  // until another thread wakes it
    return options;
}

// Takes a line off the front, without its CRLF; nothing where it is not whole.
std::optional<std::string_view> take_line(std::string_view& text) noexcept {
    const size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    return line;
}

// Chunks put together; nothing where the last one has not come.
std::optional<std::string> take_chunks(std::string_view& text) {
    std::string whole;
    for (;;) {
        const auto line = take_line(text);
        size_t size = 0;
        if (!line ||
            std::from_chars(line->data(), line->data() + line->size(), size, 16).ec != std::errc())
            return std::nullopt;
        if (size == 0) break;
        if (text.size() < size + 2) return std::nullopt;
        whole += text.substr(0, size);
        text.remove_prefix(size + 2);
    }
    for (;;) {  // trailers
        const auto line = take_line(text);
        if (!line) return std::nullopt;
        if (line->empty()) return whole;
    }
}

// The head of an answer, taken off the front; status 0 where it is not whole.
test_client::answer take_head(std::string_view& text) {
    test_client::answer head;
    const auto first = take_line(text);
    if (!first || first->size() < 12) return head;
    for (;;) {
        const auto line = take_line(text);
        if (!line) return head;
        if (line->empty()) break;
        const size_t colon = std::min(line->find(": "), line->size());
        head.headers.emplace_back(line->substr(0, colon),
                                  line->substr(std::min(colon + 2, line->size())));
    }
    std::from_chars(first->data() + 9, first->data() + 12, head.status);
    return head;
}

// Whole answer at the front of `heard`; `ended` says that nothing follows what is there.
std::optional<test_client::answer> take_answer(std::string& heard, bool is_head, bool ended) {
    std::string_view rest = heard;
    test_client::answer taken;
    do taken = take_head(rest);
    while (taken.status >= 100 && taken.status < 200);  // interim: another one follows
    if (taken.status == 0) return std::nullopt;
    const std::string_view length = taken.header("Content-Length");
    if (is_head || taken.status == 204 || taken.status == 304) {
        // no body, whatever the head says
    } else if (taken.header("Transfer-Encoding") == "chunked") {
        auto body = take_chunks(rest);
        if (!body) return std::nullopt;
        taken.body = std::move(*body);
    } else if (!length.empty()) {
        size_t size = 0;
        std::from_chars(length.data(), length.data() + length.size(), size);
        if (rest.size() < size) return std::nullopt;
        taken.body = rest.substr(0, size);
        rest.remove_prefix(size);
    } else if (!ended) {
        return std::nullopt;
    } else {
        taken.body = rest;
        rest = {};
    }
    heard.erase(0, heard.size() - rest.size());
    return taken;
}

}  // namespace

struct test_client::state {
    explicit state(server_host& of) : host(of), network(in_memory()) {}
    ~state();

    // A turn; whether anything has come of it.
    bool turn(std::chrono::nanoseconds longest);
    // Until `done`, or until nothing more will happen by itself.
    template <class Done>
    bool turn_until(Done done);
    void settle() {
        turn_until([] { return false; });
    }
    void connect();
    void say(std::string_view bytes);
    [[nodiscard]] bool closed() const {
        return end.connected() && (end.ended() || end.was_reset() || gone);
    }

    server_host& host;
    standing_clock time;
    memory_network network;
    std::string address;
    memory_peer end;
    bool connected = false;
    bool gone = false;
    std::string heard;
};

test_client::state::~state() {
    if (address.empty()) return;  // it has not started: there is nothing to stop
    host.begin_stop();
    host.stop(std::chrono::milliseconds(0));
}

bool test_client::state::turn(std::chrono::nanoseconds longest) {
    const core_counts& counted = host.core_here().counts();
    const auto done = [&] {
        return counted.bytes_received.value() + counted.bytes_sent.value() +
               counted.connections_accepted.value();
    };
    const uint64_t before = done();
    host.core_here().turn(std::chrono::steady_clock::now() + longest);
    const std::string came = connected ? end.hear() : std::string();
    heard += came;
    return done() != before || !came.empty();
}

template <class Done>
bool test_client::state::turn_until(Done done) {
    for (int quiet = 0; !done();) {
        quiet = turn(std::chrono::nanoseconds(0)) ? 0 : quiet + 1;
        if (quiet > quiet_turns) return false;
    }
    return true;
}

void test_client::state::connect() {
    constexpr std::string_view in_file = "http://unix:";
    if (connected && !closed()) return;
    if (address.starts_with(in_file)) {
        end = network.connect(std::string_view(address).substr(in_file.size()));
    } else {
        uint16_t port = 0;
        const char* const from = address.data() + address.rfind(':') + 1;
        std::from_chars(from, address.data() + address.size(), port);
        end = network.connect(port);
    }
    connected = true;
    gone = false;
    heard.clear();
}

void test_client::state::say(std::string_view bytes) {
    while (!bytes.empty()) {
        const bool some = turn_until([&] {
            const size_t said = end.say(bytes);
            bytes.remove_prefix(said);
            return said > 0 || closed();
        });
        if (!some || closed()) return;
    }
}

test_client::test_client(server& of) : state_(std::make_unique<state>(*of.host_)) {
    server_host& host = state_->host;
    if (host.options.endpoints.empty()) host.options.listen("http://127.0.0.1:0");
    const auto bound = host.start_here(state_->network, state_->time);
    if (!bound) throw std::runtime_error(bound.error().text());
    state_->address = bound->front();
}

test_client::~test_client() = default;

std::string_view test_client::answer::header(std::string_view name) const noexcept {
    for (const auto& [known, value] : headers) {
        if (same_name(known, name)) return value;
    }
    return {};
}

test_client::answer test_client::get(std::string_view target) {
    question asked;
    asked.target = target;
    return send(asked);
}

test_client::answer test_client::post(std::string_view target, std::string_view body,
                                      std::string_view content_type) {
    question asked;
    asked.method = "POST";
    asked.target = target;
    asked.headers.emplace_back("Content-Type", content_type);
    asked.body = body;
    return send(asked);
}

test_client::answer test_client::send(const question& asked) {
    state& here = *state_;
    here.settle();
    here.connect();
    std::string text = asked.method + ' ' + asked.target + " HTTP/1.1\r\n";
    const auto given = [&](std::string_view name) {
        return std::any_of(asked.headers.begin(), asked.headers.end(),
                           [&](const auto& one) { return same_name(one.first, name); });
    };
    if (!given("Host")) text += "Host: localhost\r\n";
    for (const auto& [name, value] : asked.headers) text += name + ": " + value + "\r\n";
    const bool has_length = given("Content-Length") || given("Transfer-Encoding");
    if (!has_length && (!asked.body.empty() || asked.method == "POST" || asked.method == "PUT"))
        text += "Content-Length: " + std::to_string(asked.body.size()) + "\r\n";
    here.say(text + "\r\n" + asked.body);

    std::optional<answer> answered;
    const auto come = [&] {
        answered = take_answer(here.heard, asked.method == "HEAD", here.closed());
        return answered.has_value() || here.closed();
    };
    // What is quiet may be waiting for another thread, unless it waits for the clock.
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (!here.turn_until(come) && !here.host.core_here().has_delays() &&
           std::chrono::steady_clock::now() < limit)
        here.turn(pause);
    return answered ? std::move(*answered) : answer();
}

std::string test_client::exchange(std::string_view raw) {
    state_->connect();
    state_->say(raw);
    state_->settle();
    return std::exchange(state_->heard, {});
}

void test_client::advance(std::chrono::milliseconds time) {
    state_->settle();
    state_->time.advance(time);
    state_->settle();
}

void test_client::end() {
    state_->end.end();
    state_->settle();
}

void test_client::reset() {
    state_->end.vanish();
    state_->gone = true;
    state_->settle();
}

bool test_client::closed() const noexcept { return state_->connected && state_->closed(); }

}  // namespace saker
