// See health.h.

#include "hosting/server_host.h"

#include <saker/health.h>
#include <saker/server.h>

namespace saker {

health::health(const server& of) noexcept : ready_(of.host_->readiness()) {}

void health::operator()(request&, response& answered) const {
    const bool ready = ready_->load(std::memory_order_acquire);
    answered.header("Cache-Control", "no-store");
    if (ready) return void(answered.static_text("ready\n"));
    answered.status(503).static_text("not ready\n");
}

void alive::operator()(request&, response& answered) const {
    answered.header("Cache-Control", "no-store").static_text("alive\n");
}

}  // namespace saker
