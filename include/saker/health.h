#pragma once
// Handlers for the probes of whoever runs a server: Kubernetes, a load balancer, systemd.
//
//     server.get("/healthz", saker::health(server));  // ready: send it requests
//     server.get("/livez", saker::alive());           // alive: leave it running
//
// A server is ready from the end of `start` until it is asked to stop: `run` says no first, and
// goes on serving for `shutdown_delay`, so that clients are sent elsewhere before it ends.

#include <saker/request.h>
#include <saker/response.h>

#include <atomic>
#include <memory>

namespace saker {

class server;

// 200 "ready", or 503 "not ready". May be copied, and goes on to be used when the server was moved
// or is gone. On any server's routes.
class health {
public:
    explicit health(const server& of) noexcept;
    void operator()(request&, response&) const;

private:
    std::shared_ptr<const std::atomic<bool>> ready_;
};

// 200 "alive": that a core answers is what it proves.
class alive {
public:
    void operator()(request&, response&) const;
};

}  // namespace saker
