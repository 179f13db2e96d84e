// See peer.h. Connecting is the one thing that waits: the kernel completes it in the backlog.

#include "tests/support/peer.h"

#include "transports/posix/address.h"
#include "transports/posix/stream_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace saker::test {
namespace {

posix::socket_address address_of(const endpoint& to) {
    if (to.family != endpoint::kind::unix_socket) return posix::address_of(to);
    posix::socket_address address;
    auto& at = reinterpret_cast<sockaddr_un&>(address.storage);
    at.sun_family = AF_UNIX;
    std::copy(to.path.begin(), to.path.end(), at.sun_path);
    address.size = sizeof at;
    return address;
}

}  // namespace

socket_peer::socket_peer(const endpoint& to, peer_options options)
    : fd_(socket(address_of(to).storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (options.receive_buffer != 0)
        setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
    auto address = address_of(to);
    EXPECT_EQ(connect(fd_, address.get(), address.size), 0) << std::strerror(errno);
}

socket_peer::~socket_peer() {
    if (fd_ >= 0) ::close(fd_);
}

size_t socket_peer::say(std::string_view text) {
    size_t said = 0;
    while (said < text.size()) {
        const ssize_t size =
            ::send(fd_, text.data() + said, text.size() - said, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size <= 0) break;
        said += static_cast<size_t>(size);
    }
    return said;
}

void socket_peer::end() { shutdown(fd_, SHUT_WR); }

void socket_peer::vanish() {
    posix::reset_on_close(fd_);
    ::close(fd_);
    fd_ = -1;
}

std::string socket_peer::take() {
    std::string taken;
    char part[65536];
    for (;;) {
        const ssize_t size = recv(fd_, part, sizeof part, MSG_DONTWAIT);
        if (size == 0) ended_ = true;
        if (size < 0 && errno == ECONNRESET) was_reset_ = true;
        if (size <= 0) return taken;
        taken.append(part, static_cast<size_t>(size));
    }
}

std::string socket_peer::name() const { return posix::names_of(fd_).local; }

}  // namespace saker::test
