#pragma once
// A server as the whole program: signals, systemd, the two phases of its stop. What an embedded
// server never does by itself.

#include "hosting/server_host.h"

namespace saker {

// See `server::run`.
[[nodiscard]] int run_as_program(server_host&);

}  // namespace saker
