// `saker serve`: the demo application on the addresses and with the options that the settings
// files, the environment and the command line say.

#include "hosting/configuration/page.h"
#include "hosting/https/https_files.h"
#include "tools/saker/arguments.h"
#include "tools/saker/check_config.h"
#include "tools/saker/commands.h"
#include "tools/saker/demo.h"
#include "tools/saker/serve_flags.h"

#include <saker/configuration.h>
#include <saker/server.h>

#include <cstdio>
#include <string>
#include <vector>

namespace saker::tool {

namespace {

constexpr std::string_view default_urls = "http://127.0.0.1:8080";

constexpr char before_flags[] =
    "usage: saker serve [flags] [--KEY=VALUE ...]\n"
    "\n"
    "Runs the demo application until Ctrl+C. It answers GET / (a page with live counters),\n"
    "/plaintext, /json, /headers, /bytes/{n}, /stream/{n}, /delay/{ms} and /offload/{ms};\n"
    "POST /echo and /upload. It speaks HTTP/1.1 and HTTP/2: over https the client chooses (ALPN),\n"
    "in clear text HTTP/2 is for clients that begin with it (h2c with prior knowledge).\n"
    "\n"
    "Options come from appsettings.json and appsettings.Production.json in this folder, where\n"
    "they are, from environment variables (Kestrel__Limits__MaxRequestBodySize=1000) and from\n"
    "the command line (--Kestrel:Limits:MaxRequestBodySize=1000); the last one wins.\n"
    "docs/configuration.md has all keys. The flags are short names for some of them:\n"
    "\n";
constexpr char examples[] =
    "\n"
    "examples:\n"
    "  saker serve --urls http://0.0.0.0:8080\n"
    "  saker serve --urls \"http://localhost:5000;http://unix:/tmp/saker.sock\"\n"
    "  saker serve --urls https://localhost:8443 --certificate site.pem --certificate-key "
    "site.key\n"
    "  saker serve --transport epoll --cores 1 --no-pin --log-level debug\n"
    "  saker serve --config my.json --Kestrel:Limits:MaxConcurrentConnections=100\n"
    "  saker serve --check-config\n"
    "  saker serve --Kestrel:EndpointDefaults:Protocols=Http2\n"
    "  wrk -t1 -c64 -d5s --latency http://127.0.0.1:8080/plaintext\n"
    "  h2load -t1 -c16 -m32 -D5 http://127.0.0.1:8080/plaintext\n"
    "  curl --http2-prior-knowledge http://127.0.0.1:8080/headers\n"
    "  curl -k https://localhost:8443/    (-k: the certificate for development is its own "
    "issuer)\n";

int refuse(const error& why) {
    for (const std::string& one : why.messages) std::fprintf(stderr, "saker: %s\n", one.c_str());
    return 2;
}

int check(const configuration& from, const server_options& with) {
    std::fputs(describe_configuration(from, {}).c_str(), stdout);
    for (const std::string& one : from.warnings({}))
        std::fprintf(stderr, "saker: warning: %s\n", one.c_str());
    if (error wrong; !(wrong.messages = mistakes_in_https_files(with)).empty())
        return refuse(wrong);
    return 0;
}

int serve_with(configuration_sources sources) {
    server demo;
    demo.options().use_systemd();
    demo.configure(std::move(sources));
    add_demo(demo);
    return demo.run();
}

}  // namespace

int serve(arguments given) {
    serve_request wanted;
    const std::vector<std::string_view> rest = take_keys(given, wanted);
    const std::vector<flag> flags = serve_flags(wanted);
    const reading read = read_arguments(rest, flags);
    if (read.what == reading::outcome::mistake) return called_wrongly("serve", read.mistake);
    if (read.what == reading::outcome::help) {
        std::printf("%s%s%s", before_flags, describe(flags).c_str(), examples);
        return 0;
    }
    using action = serve_request::action;
    if (wanted.what == action::schema || wanted.what == action::page) {
        const bool schema = wanted.what == action::schema;
        std::fputs((schema ? configuration_schema() : configuration_page()).c_str(), stdout);
        return 0;
    }
    configuration_sources& sources = wanted.sources;
    sources.default_urls = default_urls;
    sources.arguments.insert(sources.arguments.end(), wanted.from_flags.begin(),
                             wanted.from_flags.end());
    const auto config = configuration::load(sources);
    if (!config) return refuse(config.error());
    auto options = config->apply_to({});
    if (!options) return refuse(options.error());
    return wanted.what == action::check ? check(*config, *options) : serve_with(std::move(sources));
}

}  // namespace saker::tool
