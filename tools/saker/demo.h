#pragma once
// The demo application: what `saker serve` runs, load tests load and conformance tests ask. Each
// endpoint shows one thing that the engine does.

#include <string_view>

namespace saker {
class server;
}

namespace saker::tool {

// Adds all endpoints. The counters are those of this server, which stays where it is.
void add_demo(server&);

// What GET / answers: one page that needs nothing else.
[[nodiscard]] std::string_view demo_page() noexcept;

}  // namespace saker::tool
