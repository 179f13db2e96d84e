#pragma once
// The transports that are built in, and how one is chosen: by name, or the first that works here
// ("auto": io_uring, then epoll), with the reasons why the others were passed over. The only file
// of the room that is for those above it.

#include <saker/transport.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

struct passed_over_transport {
    std::string name, detail, remedy;
};

struct transport_choice {
    const transport_factory* factory = nullptr;  // null: `error` says why
    transport_probe found;                       // what its probe said
    std::string
        error;  // "unknown transport \"eppol\", did you mean \"epoll\"? Known: io_uring, epoll"
    std::vector<passed_over_transport> passed_over;  // of "auto": not usable here, each with why
};

// In the order in which "auto" tries them; one that this build lacks is there and says so.
[[nodiscard]] std::span<const transport_factory* const> built_in_transports() noexcept;

// A plug-in is chosen by its name, and goes before a built-in one of the same name.
[[nodiscard]] transport_choice choose_transport(
    std::string_view name, std::span<const std::shared_ptr<transport_factory>> plug_ins = {});

// For the error "address in use": "nginx (pid 123)", or nothing where that cannot be found out.
[[nodiscard]] std::string who_holds(const endpoint&);

// -EADDRINUSE where another server listens, even one that would share its port (`reuse_port`), so
// that two servers by mistake do not halve each other's clients. Asked before the first `listen`.
[[nodiscard]] int check_free(const endpoint&) noexcept;

}  // namespace saker
