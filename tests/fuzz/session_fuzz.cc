// A whole server under libFuzzer: bytes in cuts go through the memory transport into listener,
// connection, protocol, router and handlers, and out again. The first byte chooses what is done
// besides; each piece is led by a byte that says how long it is, or that something happens instead.
// Whatever is said, the server answers with HTTP, ends each connection for a reason, and keeps
// nothing.

#include "core/time/clock.h"
#include "hosting/server_host.h"
#include "transports/memory/memory_network.h"

#include <saker/saker.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace saker;

void check(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

class fuzz_clock final : public clock {
public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept override {
        return now_;
    }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override {
        return std::chrono::seconds(784111777);
    }
    void advance(std::chrono::nanoseconds time) noexcept { now_ += time; }

private:
    std::chrono::steady_clock::time_point now_{std::chrono::seconds(1)};
};

task<> echo(request& asked, response& answered) {
    if (const auto size = asked.content_length()) answered.content_length(*size);
    while (body_chunk piece = co_await asked.body().read()) {
        if (!co_await answered.body().write(std::move(piece))) co_return;
    }
    if (asked.body().failed() && answered.started()) answered.abort();
}

task<> whole(request& asked, response& answered) {
    const auto body = co_await asked.body().text();
    std::string text = std::to_string(asked.header_count() + asked.trailer_count());
    if (body) answered.text(text + *body);
}

task<> late(request& asked, response& answered) {
    (void)co_await delay(std::chrono::milliseconds(100));
    answered.header("X-Path", asked.header("X-Path")).text(asked.id());
}

void throwing(request&, response&) { throw 1; }

// One server for all inputs: what one leaves behind would be found by the next.
class target {
public:
    target() : host_(options()) {
        router& routes = host_.requests.routes;
        routes.add("POST", "/echo", application_of_function(echo));
        routes.add("", "/whole/{*rest}", application_of_function(whole));
        routes.add("GET", "/late", application_of_function(late));
        routes.add("", "/throw",
                   std::make_unique<application_of<void (*)(request&, response&)>>(throwing));
        const auto bound = host_.start_here(network_, time_);
        check(static_cast<bool>(bound), bound ? "" : bound.error().text().c_str());
        port_ =
            static_cast<uint16_t>(std::stoi(bound->front().substr(bound->front().rfind(':') + 1)));
    }

    void run(std::string_view input) {
        if (input.empty()) return;
        const auto mode = static_cast<uint8_t>(input.front());
        input.remove_prefix(1);
        memory_peer end = network_.connect(port_);
        if ((mode & 1) != 0) network_.fail(2 + (mode >> 3), -104);
        std::string heard;
        while (!input.empty()) {
            const auto lead = static_cast<uint8_t>(input.front());
            input.remove_prefix(1);
            if (lead == 255) {
                time_.advance(std::chrono::milliseconds(50));
            } else if (lead == 254) {
                time_.advance(std::chrono::seconds(31));
            } else if (lead == 253) {
                end.reading((mode & 2) == 0);
            } else if (lead == 252) {
                end.end();
            } else {
                const std::string_view piece = input.substr(0, size_t{lead} + 1);
                input.remove_prefix(piece.size());
                end.say(piece);
            }
            turn(3);
            heard += end.hear();
        }
        end.reading(true);
        turn(5);
        heard += end.hear();
        check(heard.empty() || heard.starts_with("HTTP/1.1 "), "what is said is HTTP");
        network_.fail(0, 0);
        (mode & 4) != 0 ? end.vanish() : end.end();
        for (int i = 0; i < 20 && host_.statistics().connections_open > 0; ++i) {
            turn(3);
            end.hear();
            time_.advance(std::chrono::seconds(7));
        }
        time_.advance(std::chrono::seconds(1));
        turn(3);
        check_rest();
    }

private:
    static server_options options() {
        server_options chosen;
        chosen.minimum_log_level = log_level::none;
        chosen.limits.max_request_body_size = 5000;
        chosen.limits.max_request_line_size = 500;
        chosen.limits.max_request_headers_total_size = 1000;
        chosen.limits.max_request_buffer_size = 2000;
        chosen.limits.max_response_buffer_size = 2000;
        chosen.listen("http://127.0.0.1:0");
        return chosen;
    }
    using coroutine = task<> (*)(request&, response&);
    static std::unique_ptr<application> application_of_function(coroutine of) {
        return std::make_unique<application_of<coroutine>>(of);
    }
    void turn(int count) {
        while (count-- > 0) host_.core_here().turn({});
    }
    void check_rest() {
        const server_statistics all = host_.statistics();
        check(all.connections_open == 0, "no connection is left");
        check(all.connections_ended_by[0] == 0, "each has ended for a reason");
        // One slab may stay with the core's writer.
        check(host_.core_here().slabs().in_use() <= 1, "no slab is kept");
    }

    fuzz_clock time_;
    memory_network network_;
    server_host host_;
    uint16_t port_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static target& only = *new target;  // never stopped: the process ends with it
    only.run({reinterpret_cast<const char*>(data), size});
    return 0;
}
