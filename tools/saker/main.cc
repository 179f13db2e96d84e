// The command `saker`: finds out which command is meant and runs it.

#include "tools/saker/arguments.h"
#include "tools/saker/commands.h"

#include <saker/version.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace saker::tool {

namespace {

constexpr char help[] =
    "saker " SAKER_VERSION
    ": a server engine for HTTP/1.1 and HTTP/2 on Linux, on io_uring and epoll\n"
    "\n"
    "usage: saker COMMAND [flags]\n"
    "\n"
    "  serve    runs the demo application: a page, plaintext, JSON, echo, streams\n"
    "  doctor   what works on this machine, what does not, and how to mend it\n"
    "  version  which version this is\n"
    "  help     this text\n"
    "\n"
    "saker COMMAND --help says more. To begin with:\n"
    "\n"
    "  saker serve                   then look at http://127.0.0.1:8080\n"
    "  saker serve --transport epoll --cores 1\n"
    "  saker doctor\n";

int version(arguments given) {
    if (!given.empty()) return called_wrongly("version", "version takes no flags");
    std::puts("saker " SAKER_VERSION);
    return 0;
}

int print_help(arguments) {
    std::fputs(help, stdout);
    return 0;
}

struct command {
    std::string_view name;
    int (*run)(arguments);
};
constexpr command commands[] = {
    {"serve", serve},       {"doctor", doctor}, {"version", version},   {"help", print_help},
    {"--help", print_help}, {"-h", print_help}, {"--version", version},
};

int run(arguments given) {
    if (given.empty()) {
        std::fputs(help, stderr);
        return 2;
    }
    std::vector<std::string_view> known;
    for (const command& one : commands) {
        if (one.name == given.front()) return one.run(given.subspan(1));
        known.push_back(one.name);
    }
    const std::string_view meant = nearest(given.front(), known);
    return called_wrongly("",
                          "unknown command '" + std::string(given.front()) + '\'' +
                              (meant.empty() ? "" : ", did you mean " + std::string(meant) + "?"));
}

}  // namespace

int called_wrongly(std::string_view name, std::string_view mistake) {
    const std::string of = name.empty() ? "" : std::string(name) + ' ';
    std::fprintf(stderr, "saker: %.*s\nsaker: `saker %s--help` says how it is called\n",
                 static_cast<int>(mistake.size()), mistake.data(), of.c_str());
    return 2;
}

}  // namespace saker::tool

int main(int count, char** texts) {
    try {
        const std::vector<std::string_view> given(texts + 1, texts + (count > 0 ? count : 1));
        return saker::tool::run(given);
    } catch (const std::exception& why) {
        std::fprintf(stderr, "saker: %s\n", why.what());
        return 1;
    }
}
