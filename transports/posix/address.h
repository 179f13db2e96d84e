#pragma once
// Addresses of sockets: from an `endpoint` to the system's form, and from the system's to text.

#include <saker/transport.h>

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace saker::posix {

struct socket_address {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);
    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
};

// Of a tcp4 or tcp6 endpoint.
[[nodiscard]] socket_address address_of(const endpoint&) noexcept;
// "127.0.0.1:5000", "[fe80::1%2]:5000", "unix:/run/x.sock"; empty where it has no name.
[[nodiscard]] std::string text_of(const socket_address&);
// The local port; 0 where there is none.
[[nodiscard]] uint16_t port_of(int fd) noexcept;
[[nodiscard]] socket_names names_of(int fd);

}  // namespace saker::posix
