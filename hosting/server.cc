// The public face of a server: everything is passed on to its host.

#include <saker/server.h>

#include "hosting/life/program.h"
#include "hosting/server_host.h"

#include <stdexcept>

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

bool server::ready() const noexcept { return host_->ready(); }
int server::run() { return run_as_program(*host_); }

server& server::configure(configuration_sources sources,
                          std::function<void(server_options&)> then) {
    host_->configure(std::move(sources), std::move(then));
    return *this;
}

result<std::vector<std::string>> server::reload() { return host_->reload(); }

}  // namespace saker
