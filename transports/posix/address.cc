// The only file that knows how the kinds of addresses are laid out.

#include "transports/posix/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace saker::posix {
namespace {

std::string unix_text(const socket_address& address) {
    const auto& at = reinterpret_cast<const sockaddr_un&>(address.storage);
    const size_t before = offsetof(sockaddr_un, sun_path);
    if (address.size <= before) return {};  // the end of a client, which nobody has bound
    const size_t size = address.size - before;
    if (at.sun_path[0] == '\0') return "unix:@" + std::string(at.sun_path + 1, size - 1);
    return "unix:" + std::string(at.sun_path, strnlen(at.sun_path, size));
}

}  // namespace

socket_address address_of(const endpoint& where) noexcept {
    socket_address address;
    if (where.family == endpoint::kind::tcp6) {
        auto& at = reinterpret_cast<sockaddr_in6&>(address.storage);
        at.sin6_family = AF_INET6;
        at.sin6_port = htons(where.port);
        at.sin6_scope_id = where.scope_id;
        std::memcpy(&at.sin6_addr, where.address, 16);
        address.size = sizeof at;
    } else {
        auto& at = reinterpret_cast<sockaddr_in&>(address.storage);
        at.sin_family = AF_INET;
        at.sin_port = htons(where.port);
        std::memcpy(&at.sin_addr, where.address, 4);
        address.size = sizeof at;
    }
    return address;
}

std::string text_of(const socket_address& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.storage.ss_family == AF_INET) {
        const auto& at = reinterpret_cast<const sockaddr_in&>(address.storage);
        inet_ntop(AF_INET, &at.sin_addr, text, sizeof text);
        return std::string(text) + ':' + std::to_string(ntohs(at.sin_port));
    }
    if (address.storage.ss_family == AF_INET6) {
        const auto& at = reinterpret_cast<const sockaddr_in6&>(address.storage);
        inet_ntop(AF_INET6, &at.sin6_addr, text, sizeof text);
        const std::string scope =
            at.sin6_scope_id == 0 ? "" : '%' + std::to_string(at.sin6_scope_id);
        return '[' + std::string(text) + scope + "]:" + std::to_string(ntohs(at.sin6_port));
    }
    return address.storage.ss_family == AF_UNIX ? unix_text(address) : std::string();
}

uint16_t port_of(int fd) noexcept {
    socket_address address;
    if (getsockname(fd, address.get(), &address.size) < 0) return 0;
    if (address.storage.ss_family == AF_INET)
        return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
    if (address.storage.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
    return 0;
}

socket_names names_of(int fd) {
    socket_names names;
    socket_address local, remote;
    if (getsockname(fd, local.get(), &local.size) == 0) names.local = text_of(local);
    if (getpeername(fd, remote.get(), &remote.size) == 0) names.remote = text_of(remote);
    return names;
}

}  // namespace saker::posix
