// The public face of a server: everything is passed on to its host.

#include <saker/server.h>

#include "hosting/server_host.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace saker {

server::server(server_options options) : host_(std::make_unique<server_host>(std::move(options))) {}

server::~server() { let_go(); }
server::server(server&&) noexcept = default;
server& server::operator=(server&& other) noexcept {
    if (this != &other) let_go();
    host_ = std::move(other.host_);
    return *this;
}

// A handler that never returns goes on using what it was given.
void server::let_go() noexcept {
    if (host_ != nullptr && !host_->stop(std::chrono::milliseconds(0))) (void)host_.release();
}

server& server::listen(std::string_view url, server_options::configure then) {
    host_->options.listen(url, std::move(then));
    return *this;
}

server_options& server::options() noexcept { return host_->options; }

server& server::route(std::string_view method, std::string_view pattern,
                      std::unique_ptr<application> answers) {
    try {
        host_->requests.routes.add(method, pattern, std::move(answers));
    } catch (const std::invalid_argument& wrong) {
        host_->mistakes.emplace_back(wrong.what());
    }
    return *this;
}

server& server::handle(std::unique_ptr<application> answers) {
    host_->requests.routes.fallback(std::move(answers));
    return *this;
}

server& server::use(request_middleware added) {
    host_->requests.use(std::move(added));
    return *this;
}

result<std::vector<std::string>> server::start() { return host_->start(); }
void server::stop(std::chrono::milliseconds grace) { host_->stop(grace); }
void server::reopen_logs() noexcept { host_->reopen_logs(); }
server_statistics server::statistics() const { return host_->statistics(); }

int server::run() {
    // Blocked before any thread is made, so that only the wait below gets them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &ends, &before);

    const auto started = start();
    if (!started) {
        std::fprintf(stderr, "%s\n", started.error().text().c_str());
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return 1;
    }
    host_->log(log_level::information, "Application started. Press Ctrl+C to shut down.");
    int signal_number = 0;
    sigwait(&ends, &signal_number);
    host_->log(log_level::information, "Application is shutting down...");

    // A further signal ends the patience; the end of the stop itself is told in the same way.
    std::atomic<bool> stopped = false;
    std::thread stopping([&, waiting = pthread_self()] {
        stop();
        stopped.store(true, std::memory_order_release);
        pthread_kill(waiting, SIGTERM);
    });
    for (;;) {
        sigwait(&ends, &signal_number);
        if (stopped.load(std::memory_order_acquire)) break;
        host_->abort();
    }
    stopping.join();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return 0;
}

}  // namespace saker
