// `saker serve`: the demo application on the addresses and with the options that the flags say.

#include "hosting/options_check.h"
#include "tools/saker/arguments.h"
#include "tools/saker/commands.h"
#include "tools/saker/demo.h"

#include <saker/server.h>

#include <cstdio>
#include <string>
#include <vector>

namespace saker::tool {

namespace {

constexpr std::string_view default_urls = "http://127.0.0.1:8080";

constexpr char before_flags[] =
    "usage: saker serve [flags]\n"
    "\n"
    "Runs the demo application until Ctrl+C. It answers GET / (a page with live counters),\n"
    "/plaintext, /json, /headers, /bytes/{n}, /stream/{n}, /delay/{ms} and /offload/{ms};\n"
    "POST /echo and /upload.\n"
    "\n"
    "flags:\n";
constexpr char examples[] =
    "\n"
    "examples:\n"
    "  saker serve --urls http://0.0.0.0:8080\n"
    "  saker serve --urls \"http://localhost:5000;http://unix:/tmp/saker.sock\"\n"
    "  saker serve --transport epoll --cores 1 --no-pin --log-level debug\n"
    "  wrk -t1 -c64 -d5s --latency http://127.0.0.1:8080/plaintext\n";

struct wanted {
    server_options options;
    std::string urls{default_urls};
};

std::string take_log_level(std::string_view text, server_options& options) {
    const auto level = parse_log_level(text);
    if (!level) return "trace, debug, information, warning, error, critical or none";
    options.minimum_log_level = *level;
    return {};
}

std::string take_max_body(std::string_view text, server_options& options) {
    options.limits.max_request_body_size = parse_size(text);
    if (options.limits.max_request_body_size || text == "none") return {};
    return "a size such as 4096, 64K, 30M or 2G, or none";
}

std::string take_seconds(std::string_view text, std::chrono::milliseconds& into) {
    const auto seconds = parse_number(text);
    if (!seconds || *seconds < 1 || *seconds > 1'000'000'000)
        return "a number of seconds from 1 on";
    into = std::chrono::seconds(*seconds);
    return {};
}

std::vector<flag> flags_of(wanted& into) {
    server_options& options = into.options;
    server_limits& limits = options.limits;
    return {
        {"--urls", "URLS", "what to listen on, separated by ';' (http://127.0.0.1:8080)",
         [&](std::string_view text) { return into.urls = text, std::string(); }},
        {"--transport", "NAME", "auto, io_uring or epoll (auto: the first that works here)",
         [&](std::string_view text) { return options.transport.name = text, std::string(); }},
        {"--cores", "N", "threads that serve; 0 is one for each processor (0)",
         number_into(options.cores, 0, 1024)},
        {"--no-pin", "", "does not tie each of these threads to a processor",
         [&](std::string_view) { return options.pin_cores = false, std::string(); }},
        {"--log-level", "LEVEL",
         "trace, debug, information, warning, error, critical or none (information)",
         [&](std::string_view text) { return take_log_level(text, options); }},
        {"--max-body", "SIZE", "of a request: 4096, 64K, 30M, 2G or none (30000000 bytes)",
         [&](std::string_view text) { return take_max_body(text, options); }},
        {"--keep-alive-timeout", "SECONDS", "how long a connection may be idle (130)",
         [&](std::string_view text) { return take_seconds(text, limits.keep_alive_timeout); }},
        {"--headers-timeout", "SECONDS", "how long the head of a request may take (30)",
         [&](std::string_view text) { return take_seconds(text, limits.request_headers_timeout); }},
        {"--backlog", "N", "connections that wait to be accepted (512)",
         number_into(options.transport.backlog, 1, 65535)},
        {"--offload-threads", "N", "threads for blocking work, started when needed (16)",
         number_into(options.offload_threads, 1, 4096)},
        {"--max-slabs", "N", "receive buffers of 16 KiB that a core may have (16384)",
         number_into(options.max_slabs_per_core, 16, 1u << 20)},
        {"--no-server-header", "", "does not say \"Server: Saker\"",
         [&](std::string_view) { return options.add_server_header = false, std::string(); }},
    };
}

void listen_on(server_options& options, std::string_view urls) {
    while (!urls.empty()) {
        const size_t end = std::min(urls.find_first_of(";,"), urls.size());
        std::string_view url = urls.substr(0, end);
        urls.remove_prefix(std::min(end + 1, urls.size()));
        while (url.starts_with(' ')) url.remove_prefix(1);
        while (url.ends_with(' ')) url.remove_suffix(1);
        if (!url.empty()) options.listen(url);
    }
}

}  // namespace

int serve(arguments given) {
    wanted want;
    const std::vector<flag> flags = flags_of(want);
    const reading read = read_arguments(given, flags);
    if (read.what == reading::outcome::mistake) return called_wrongly("serve", read.mistake);
    if (read.what == reading::outcome::help) {
        std::printf("%s%s%s", before_flags, describe(flags).c_str(), examples);
        return 0;
    }
    listen_on(want.options, want.urls);
    if (want.options.endpoints.empty())
        return called_wrongly("serve", "--urls names nothing to listen on");
    const auto mistakes = mistakes_in(want.options);
    for (const std::string& one : mistakes) std::fprintf(stderr, "saker: %s\n", one.c_str());
    if (!mistakes.empty()) return 2;

    server demo(std::move(want.options));
    add_demo(demo);
    return demo.run();
}

}  // namespace saker::tool
