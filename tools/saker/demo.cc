// The endpoints of the demo application. Plain handlers where the answer is at hand, coroutines
// where something has to be waited for; nothing is shared between requests but the server's own
// counters.

#include "tools/saker/demo.h"

#include "tools/saker/arguments.h"
#include "tools/saker/json.h"

#include <saker/async.h>
#include <saker/health.h>
#include <saker/metrics.h>
#include <saker/server.h>
#include <saker/version.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

namespace saker::tool {

namespace {

constexpr uint64_t most_bytes = uint64_t{1} << 40;
constexpr uint64_t most_chunks = 1'000'000;
constexpr uint64_t most_delay_ms = 600'000;
constexpr uint64_t most_offload_ms = 60'000;

// The number in the path; or nothing, and 400 is answered.
std::optional<uint64_t> number_in_path(request& asked, response& answered, std::string_view key,
                                       uint64_t most) {
    const auto number = parse_number(asked.route_value(key));
    if (number && *number <= most) return number;
    answered.status(400).text(std::string(key) + " is a number from 0 to " + std::to_string(most) +
                              '\n');
    return std::nullopt;
}

// What /bytes sends, over and over: lines of text, so that a terminal survives it.
std::string_view pattern() {
    static const std::string bytes = [] {
        constexpr std::string_view line =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n";
        static_assert(line.size() == 64);
        std::string made;
        for (size_t size = 0; size < 256 * 1024; size += line.size()) made += line;
        return made;
    }();
    return bytes;
}

void json(request&, response& answered) {
    std::string text;
    { json_object(text).text("message", "Hello, World!"); }
    answered.json(text);
}

task<> echo(request& asked, response& answered) {
    if (const auto type = asked.content_type(); !type.empty()) answered.content_type(type);
    if (const auto size = asked.content_length()) answered.content_length(*size);
    while (body_chunk piece = co_await asked.body().read())
        if (!co_await answered.body().write(std::move(piece))) co_return;
    // Half an echo must not look like a whole one; before its start the engine says what was wrong.
    if (asked.body().failed() && answered.started()) answered.abort();
}

task<> upload(request& asked, response& answered) {
    const uint64_t size = co_await asked.body().discard();
    if (asked.body().failed()) co_return;
    std::string text;
    { json_object(text).number("bytes", size); }
    answered.json(text);
}

task<> bytes(request& asked, response& answered) {
    const auto wanted = number_in_path(asked, answered, "n", most_bytes);
    if (!wanted) co_return;
    answered.content_type("application/octet-stream");
    if (*wanted <= pattern().size()) co_return answered.static_text(pattern().substr(0, *wanted));
    answered.content_length(*wanted);
    if (asked.method() == "HEAD") co_return;  // a terabyte that is thrown away takes its time too
    for (uint64_t left = *wanted; left > 0;) {
        const std::string_view piece = pattern().substr(0, left);
        if (!co_await answered.body().write_static(piece)) co_return;
        left -= piece.size();
    }
}

task<> stream(request& asked, response& answered) {
    const auto wanted = number_in_path(asked, answered, "n", most_chunks);
    if (!wanted) co_return;
    answered.content_type("text/plain").trailer("Saker-Chunks", std::to_string(*wanted));
    for (uint64_t i = 1; i <= *wanted; ++i) {
        const std::string line = "chunk " + std::to_string(i) + '\n';
        if (!co_await answered.body().write(line)) co_return;
    }
    // Begins the stream even where there is no chunk, so that the trailer has something to follow.
    if (!co_await answered.body().flush()) co_return;
}

task<> wait_on_core(request& asked, response& answered) {
    const auto time = number_in_path(asked, answered, "ms", most_delay_ms);
    if (!time) co_return;
    const bool whole = co_await delay(std::chrono::milliseconds(*time));
    answered.text(whole ? "waited " + std::to_string(*time) + " ms\n"
                        : "the server stops, waited less\n");
}

task<> wait_on_pool(request& asked, response& answered) {
    const auto time = number_in_path(asked, answered, "ms", most_offload_ms);
    if (!time) co_return;
    co_await offload([time] { std::this_thread::sleep_for(std::chrono::milliseconds(*time)); });
    answered.text("a thread of the pool slept " + std::to_string(*time) + " ms\n");
}

void headers(request& asked, response& answered) {
    std::string text;
    {
        json_object whole(text);
        whole.text("protocol", asked.protocol());
        whole.key("headers");
        text += '[';
        for (size_t i = 0; i < asked.header_count(); ++i) {
            if (i > 0) text += ',';
            json_object one(text);
            one.text("name", asked.header_at(i).name);
            one.text("value", asked.header_at(i).value);
        }
        text += ']';
    }
    answered.json(text);
}

void append_responses(std::string& text, const server_statistics& counted) {
    constexpr std::string_view classes[] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};
    json_object by_class(text);
    for (size_t i = 1; i < std::size(classes); ++i)
        by_class.number(classes[i], counted.responses_by_class[i]);
}

void append_ends(std::string& text, const server_statistics& counted) {
    json_object by_reason(text);
    for (size_t i = 1; i < end_reason_count; ++i)
        if (counted.connections_ended_by[i] > 0)
            by_reason.number(name(static_cast<end_reason>(i)), counted.connections_ended_by[i]);
}

std::string statistics_as_json(const server_statistics& counted) {
    std::string text;
    {
        json_object whole(text);
        whole.text("version", SAKER_VERSION);
        whole.text("transport", counted.transport);
        whole.number("cores", counted.cores);
        whole.number("connections_accepted", counted.connections_accepted);
        whole.number("connections_open", counted.connections_open);
        whole.number("requests", counted.requests);
        whole.key("responses");
        append_responses(text, counted);
        whole.number("rejections", counted.rejections);
        whole.number("bytes_received", counted.bytes_received);
        whole.number("bytes_sent", counted.bytes_sent);
        whole.number("turns", counted.turns);
        whole.number("slabs_in_use", counted.slabs_in_use);
        whole.number("slabs_mapped", counted.slabs_mapped);
        whole.key("connections_ended_by");
        append_ends(text, counted);
        whole.key("rejections_by_reason");
        json_object by_reason(text);
        for (const auto& [reason, count] : counted.rejections_by_reason)
            by_reason.number(reason, count);
    }
    return text;
}

}  // namespace

void add_demo(server& to) {
    to.get("/", [](request&, response& answered) {
        answered.content_type("text/html; charset=utf-8").static_text(demo_page());
    });
    to.get("/plaintext",
           [](request&, response& answered) { answered.static_text("Hello, World!"); });
    to.get("/json", json);
    to.get("/healthz", health(to));
    to.get("/livez", alive());
    to.post("/echo", echo);
    to.post("/upload", upload);
    to.get("/bytes/{n}", bytes);
    to.get("/stream/{n}", stream);
    to.get("/delay/{ms}", wait_on_core);
    to.get("/offload/{ms}", wait_on_pool);
    to.get("/headers", headers);
    to.get("/metrics", metrics(to));
    to.get("/stats", [&to](request&, response& answered) {
        answered.header("Cache-Control", "no-store").json(statistics_as_json(to.statistics()));
    });
}

}  // namespace saker::tool
