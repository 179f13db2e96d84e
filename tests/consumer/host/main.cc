// A program that embeds Saker and had a life before: it looks at its surroundings, serves with two
// servers at once, stops them, and looks again. What it finds changed it prints, and fails.
// It is built three ways (find_package, add_subdirectory, pkg-config), each with its own warnings.
#include "version.h"

#include <saker/saker.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "surroundings.h"

#ifndef HOST_VERSION
#error "the host's own version.h was not found before Saker's"
#endif
#if __has_include("core/base/assert.h") || __has_include("hosting/router.h")
#error "Saker's private headers can be reached by a host"
#endif
#ifdef SAKER_HAS_IO_URING
#error "a private definition of Saker's build reached the host"
#endif

namespace {

int failures = 0;

void expect(bool holds, const std::string& what) {
    if (holds) return;
    std::printf("FAILED: %s\n", what.c_str());
    ++failures;
}

void expect_same(const surroundings& before, const std::string& when,
                 const std::vector<std::string>& may_differ = {}) {
    for (const std::string& difference : surroundings::now().differences(before)) {
        bool allowed = false;
        for (const std::string& start : may_differ) allowed |= difference.rfind(start, 0) == 0;
        expect(allowed, when + ": " + difference);
    }
}

// malloc is glibc's (or the sanitizer's that the host chose): nobody slipped another one in.
void expect_own_allocator() {
    Dl_info where = {};
    void* (*const allocate)(std::size_t) = &std::malloc;
    dladdr(reinterpret_cast<const void*>(allocate), &where);
    const std::string file = where.dli_fname == nullptr ? "" : where.dli_fname;
    expect(file.find("libc.so") != std::string::npos, "malloc comes from " + file);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        expect(line.find("mimalloc") == std::string::npos, "mimalloc is mapped: " + line);
    }
}

// A call with a timeout that waits right after start(): nothing that the library has left to be
// done on this thread may cut it short (closing a ring that was opened here would, for a while).
void expect_undisturbed(const std::string& when) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return;
    const timeval patience = {0, 50'000};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char nothing = 0;
    const ssize_t got = recv(pair[0], &nothing, 1, 0);
    expect(got == -1 && errno == EAGAIN,
           when + ": the host's own system call was interrupted, " + std::strerror(errno));
    close(pair[0]);
    close(pair[1]);
}

int connected_to(const std::string& url) {
    const auto colon = url.rfind(':');
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + colon + 1)));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience = {5, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        expect(false, "nothing listens on " + url);
    }
    return client;
}

std::string asked(const std::string& url, const std::string& request) {
    const int client = connected_to(url);
    expect(send(client, request.data(), request.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(request.size()),
           "the request was not sent");
    std::string answer;
    char piece[4096];
    for (ssize_t n; (n = recv(client, piece, sizeof piece, 0)) > 0;) {
        answer.append(piece, static_cast<std::size_t>(n));
    }
    close(client);
    return answer;
}

// A peer that is gone in the middle of an answer: SIGPIPE would end this process.
void leave_rudely(const std::string& url) {
    for (int i = 0; i < 20; ++i) {
        const int client = connected_to(url);
        const std::string request = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n";
        send(client, request.data(), request.size(), MSG_NOSIGNAL);
        const linger reset = {1, 0};
        setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(client);
    }
}

void serve_twice(const surroundings& before) {
    const std::vector<std::string> running = {"threads: ", "open files: "};
    saker::server first;
    saker::server second;
    for (saker::server* server : {&first, &second}) {
        server->listen("http://127.0.0.1:0");
        server->get("/", [](saker::request&, saker::response& r) { r.text("hi\n"); });
        server->get("/big",
                    [](saker::request&, saker::response& r) { r.text(std::string(4 << 20, 'x')); });
        const auto bound = server->start();
        if (!bound) {
            expect(false, "start: " + bound.error().text());
            return;
        }
        expect_undisturbed("after start()");
        expect(bound->size() == 1, "one address was asked for");
        const std::string answer =
            asked(bound->front(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        expect(answer.rfind("HTTP/1.1 200 OK\r\n", 0) == 0, "the answer was: " + answer);
        expect(answer.find("\r\n\r\nhi\n") != std::string::npos, "the body was in: " + answer);
        leave_rudely(bound->front());
        expect_same(before, "while serving", running);
    }
    first.stop(std::chrono::seconds(5));
    expect_same(before, "one stopped, one running", running);
    second.stop(std::chrono::seconds(5));
}

// Reading JSON needs a library of its own, which has to be found and has to leave no trace.
void read_configuration() {
    saker::configuration_sources sources;
    sources.environment_variables = false;
    sources.arguments = {"--Kestrel:Limits:MaxRequestLineSize=99"};
    const std::string file = "/tmp/saker_host_" + std::to_string(getpid()) + ".json";
    std::ofstream(file) << "{/* comment */ \"Urls\": \"http://127.0.0.1:0\",}";
    sources.files = {file};
    const auto config = saker::configuration::load(sources);
    std::remove(file.c_str());
    if (!config) return expect(false, "configuration: " + config.error().text());
    const auto options = config->apply_to({});
    if (!options) return expect(false, "configuration: " + options.error().text());
    expect(options->limits.max_request_line_size == 99, "the argument was not read");
    expect(options->endpoints.size() == 1, "the file was not read");
}

void own_handler(int) {}

}  // namespace

int main() {
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    pthread_setname_np(pthread_self(), "host");
    signal(SIGUSR1, own_handler);
    signal(SIGTERM, own_handler);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);

    const surroundings before = surroundings::now();
    expect_own_allocator();
    read_configuration();
    expect_same(before, "after reading a configuration");
    serve_twice(before);
    expect_undisturbed("after stop()");
    expect_same(before, "after stop()");
    expect_own_allocator();
    if (failures == 0) std::puts("the host is as it was");
    return failures == 0 ? 0 : 1;
}
