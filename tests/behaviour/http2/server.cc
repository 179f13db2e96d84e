// A server with one handler for each thing that HTTP/2 lets a handler do: compare.py asks it and
// its twin, kestrel/Program.cs, the same; clients.py asks it through real clients and proxies.
// Reads its settings from --config, says "started", and serves until SIGTERM. Nothing but public
// headers.

#include "tests/behaviour/http2/handler_parts.h"
#include "tests/behaviour/http2/websocket_echo.h"

#include <saker/saker.h>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using saker::request;
using saker::response;
using saker::task;
constexpr auto grace = std::chrono::seconds(3);  // Kestrel's twin has it from the settings

aborted_handlers aborted;

task<> plaintext(request&, response& answer) {
    answer.static_text("Hello, World!");
    co_return;
}

task<> bytes(request& asked, response& answer) {
    const std::string piece(16000, 'x');
    uint32_t left = number_of(asked);
    answer.content_length(left);
    while (left > 0) {
        const size_t size = std::min<size_t>(left, piece.size());
        if (!co_await answer.body().write(std::string_view(piece).substr(0, size))) co_return;
        left -= static_cast<uint32_t>(size);
    }
}

task<> stream(request& asked, response& answer) {
    const uint32_t count = number_of(asked);
    for (uint32_t i = 0; i < count; ++i)
        if (!co_await answer.body().write_static("piece\n")) co_return;
}

task<> echo(request& asked, response& answer) {
    while (saker::body_chunk piece = co_await asked.body().read())
        if (!co_await answer.body().write(std::move(piece))) co_return;
    if (asked.body().failed() && answer.started()) answer.abort();
}

task<> count(request& asked, response& answer) {
    const uint64_t size = co_await asked.body().discard();
    if (!asked.body().failed()) answer.text(std::to_string(size));
}

task<> sip_of(request& asked) {
    size_t left = number_of(asked);
    while (left > 0) {
        const saker::body_chunk piece = co_await asked.body().read();
        if (!piece) break;
        left -= std::min(left, piece.size());
    }
}

task<> sip(request& asked, response& answer) {
    co_await sip_of(asked);
    answer.static_text("sip");
}

task<> sip_wait(request& asked, response&) {
    co_await sip_of(asked);
    co_await asked.until_aborted();
}

task<> unread(request&, response& answer) {
    answer.static_text("unread");
    co_return;
}

task<> trailers(request&, response& answer) {
    answer.header("Trailer", "grpc-status");
    (void)co_await answer.body().write_static("Hello");
    answer.trailer("grpc-status", "0").trailer("grpc-message", "fine");
}

task<> only_trailers(request&, response& answer) {
    answer.trailer("grpc-status", "5");
    co_return;
}

task<> request_trailers(request& asked, response& answer) {
    co_await asked.body().discard();
    if (asked.body().failed()) co_return;
    std::map<std::string, std::string> told;
    std::vector<std::string> order;
    for (size_t i = 0; i < asked.trailer_count(); ++i) {
        const saker::header_view one = asked.trailer_at(i);
        auto [place, is_new] = told.try_emplace(lower(one.name), one.value);
        if (is_new)
            order.push_back(place->first);
        else
            place->second.append(",").append(one.value);
    }
    std::string text;
    for (const std::string& name : order)
        text += (text.empty() ? "" : "\n") + name + ": " + told[name];
    answer.text(text);
}

task<> wait(request& asked, response&) {
    const uint32_t number = number_of(asked);
    co_await asked.until_aborted();
    aborted.add(number);
}

task<> stream_wait(request& asked, response& answer) {
    const uint32_t number = number_of(asked);
    (void)co_await answer.body().write_static("begun");
    co_await asked.until_aborted();
    aborted.add(number);
}

task<> was_aborted(request& asked, response& answer) {
    answer.text(aborted.has(number_of(asked)) ? "yes" : "no");
    co_return;
}

task<> delay(request& asked, response& answer) {
    (void)co_await saker::delay(std::chrono::milliseconds(number_of(asked)));
    answer.static_text("late");
}

task<> throws(request&, response&) {
    throw std::runtime_error("on purpose");
    co_return;
}

task<> throws_late(request&, response& answer) {
    (void)co_await answer.body().write_static("begun");
    throw std::runtime_error("on purpose");
}

task<> reset(request& asked, response& answer) {
    answer.reset(number_of(asked));
    co_return;
}

task<> reset_late(request& asked, response& answer) {
    const uint32_t code = number_of(asked);
    (void)co_await answer.body().write_static("begun");
    answer.reset(code);
}

task<> abort(request&, response& answer) {
    answer.abort();
    co_return;
}

task<> status(request& asked, response& answer) {
    answer.status(static_cast<uint16_t>(number_of(asked)));
    co_return;
}

task<> status_body(request& asked, response& answer) {
    answer.status(static_cast<uint16_t>(number_of(asked)));
    (void)co_await answer.body().write_static("Hello");
}

task<> too_short(request&, response& answer) {
    answer.content_length(10);
    (void)co_await answer.body().write_static("Hello");
}

task<> too_long(request&, response& answer) {
    answer.content_length(3);
    (void)co_await answer.body().write_static("Hello");
}

task<> nothing_of_length(request&, response& answer) {
    answer.content_length(10);
    co_return;
}

task<> connection_fields(request&, response& answer) {
    answer.header("Connection", "keep-alive").header("Keep-Alive", "timeout=5");
    answer.header("Upgrade", "h2c");
    answer.header("Proxy-Connection", "keep-alive").header("X-Other", "stays");
    (void)co_await answer.body().write_static("Hello");
}

task<> transfer_encoding(request&, response& answer) {
    answer.header("Transfer-Encoding", "chunked");
    (void)co_await answer.body().write_static("Hello");
}

task<> wide(request& asked, response& answer) {
    answer.header("X-Wide", std::string(number_of(asked), 'w'));
    answer.static_text("wide");
    co_return;
}

task<> fields(request& asked, response& answer) {
    std::vector<std::pair<std::string, std::string_view>> all;
    for (size_t i = 0; i < asked.header_count(); ++i)
        all.emplace_back(lower(asked.header_at(i).name), asked.header_at(i).value);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text(asked.method());
    text.append(" ").append(asked.scheme()).append(" ").append(asked.host()).append(" ");
    text.append(asked.path());
    if (asked.target().find('?') != std::string_view::npos) text.append("?").append(asked.query());
    text.append(" ").append(asked.protocol()).append("\n");
    for (const auto& [name, value] : all) text.append(name + ": ").append(value).append("\n");
    answer.text(text);
    co_return;
}

task<> tunnel(request& asked, response& answer) {  // extended CONNECT, RFC 8441
    if (!asked.can_upgrade()) {
        answer.status(400);
        co_return;
    }
    answer.header("X-Protocol", asked.requested_protocol());
    saker::connection* const both = answer.upgrade(asked.requested_protocol());
    if (both == nullptr) {
        answer.status(503);
        co_return;
    }
    while (co_await both->input().read()) {
        while (!both->input().empty()) {
            const std::string piece(both->input().front().text());
            both->input().advance(piece.size());
            if (!both->output().write(piece)) co_return;
        }
        if (!co_await both->output().flush()) co_return;
    }
}

// gRPC, as its clients see it: what comes goes back, message by message or not at all.
task<> grpc_echo(request& asked, response& answer) {
    answer.content_type("application/grpc");
    (void)co_await answer.body().flush();
    while (saker::body_chunk piece = co_await asked.body().read())
        if (!co_await answer.body().write(std::move(piece))) co_return;
    if (asked.body().failed()) co_return;
    answer.trailer("grpc-status", "0");
    if (!asked.header("x-asked").empty()) answer.trailer("x-told", asked.header("x-asked"));
}

task<> grpc_wait(request& asked, response&) {
    co_await asked.until_aborted();
    aborted.add(0);
}

task<> grpc_refusal(request& asked, response& answer) {
    co_await asked.body().discard();
    answer.content_type("application/grpc");
    answer.trailer("grpc-status", "5").trailer("grpc-message", "no such thing");
}

std::string page_file;

task<> page(request&, response& answer) {
    std::ifstream file(page_file);
    answer.content_type("text/html");
    answer.text(std::string(std::istreambuf_iterator<char>(file), {}));
    co_return;
}

task<> not_found(request& asked, response& answer) {
    answer.status(asked.method() == "CONNECT" ? 405 : 404);
    co_return;
}

const std::map<std::string_view, task<> (*)(request&, response&)> handlers = {
    {"plaintext", plaintext},
    {"bytes", bytes},
    {"stream", stream},
    {"echo", echo},
    {"count", count},
    {"sip", sip},
    {"sip-wait", sip_wait},
    {"unread", unread},
    {"trailers", trailers},
    {"only-trailers", only_trailers},
    {"request-trailers", request_trailers},
    {"wait", wait},
    {"stream-wait", stream_wait},
    {"aborted", was_aborted},
    {"delay", delay},
    {"throw", throws},
    {"throw-late", throws_late},
    {"reset", reset},
    {"reset-late", reset_late},
    {"abort", abort},
    {"status", status},
    {"status-body", status_body},
    {"too-short", too_short},
    {"too-long", too_long},
    {"nothing-of-length", nothing_of_length},
    {"connection-fields", connection_fields},
    {"transfer-encoding", transfer_encoding},
    {"wide", wide},
    {"fields", fields},
    {"tunnel", tunnel},
    {"page", page},
    {"websocket", websocket_echo},
    {"saker.Wait", grpc_wait},
    {"saker.Echo", grpc_echo},
    {"saker.Refusal", grpc_refusal},
};

task<> serve(request& asked, response& answer) {
    const auto found = handlers.find(name_of(asked));
    return (found == handlers.end() ? not_found : found->second)(asked, answer);
}

}  // namespace

int main(int given_count, char** given) {
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, nullptr);

    saker::configuration_sources sources;
    std::optional<saker::min_data_rate> rate;
    bool verbose = false;
    for (int i = 1; i < given_count; ++i) {
        const std::string_view name = given[i];
        if (name == "--config" && i + 1 < given_count) sources.files.push_back(given[++i]);
        if (name == "--rates" && i + 1 < given_count)
            rate = saker::min_data_rate{std::stod(given[++i]), std::chrono::seconds(2)};
        if (name == "--page" && i + 1 < given_count) page_file = given[++i];
        if (name == "--verbose") verbose = true;
    }
    saker::server server;
    server.configure(std::move(sources), [&](saker::server_options& options) {
        options.cores = 1;
        options.pin_cores = false;
        options.minimum_log_level = verbose ? saker::log_level::trace : saker::log_level::none;
        if (rate) options.limits.min_request_body_data_rate = rate;
        if (rate) options.limits.min_response_data_rate = rate;
    });
    server.handle(serve);
    const saker::result<std::vector<std::string>> started = server.start();
    if (!started) {
        std::fprintf(stderr, "%s\n", started.error().text().c_str());
        return 1;
    }
    std::puts("started");
    std::fflush(stdout);
    int which = 0;
    sigwait(&end, &which);
    server.stop(grace);
    return 0;
}
