// Sockets stay in blocking mode: MSG_DONTWAIT says per call what O_NONBLOCK would cost a call for.

#include "transports/posix/stream_socket.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace saker::posix {

int check_connected(int fd) noexcept {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return -errno;
    if (type != SOCK_STREAM) return -EPROTOTYPE;
    sockaddr_storage peer;
    size = sizeof peer;
    return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) < 0 ? -errno : 0;
}

void reset_on_close(int fd) noexcept {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

ssize_t try_receive(int fd, std::span<const std::span<std::byte>> into) noexcept {
    std::array<iovec, 8> pieces;
    for (size_t i = 0; i < into.size(); ++i) pieces[i] = {into[i].data(), into[i].size()};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = into.size();
    for (;;) {
        const ssize_t size = into.size() == 1
                                 ? ::recv(fd, into[0].data(), into[0].size(), MSG_DONTWAIT)
                                 : ::recvmsg(fd, &message, MSG_DONTWAIT);
        if (size >= 0) return size;
        if (errno != EINTR) return -errno;
    }
}

ssize_t try_send(int fd, std::span<buffer> pieces) noexcept {
    constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    for (;;) {
        ssize_t size;
        if (pieces.size() == 1) {
            size = ::send(fd, pieces[0].data, pieces[0].size, flags);
        } else {
            msghdr message{};
            message.msg_iov = reinterpret_cast<iovec*>(pieces.data());
            message.msg_iovlen = std::min(pieces.size(), pieces_a_call);
            size = ::sendmsg(fd, &message, flags);
        }
        if (size >= 0) return size;
        if (errno != EINTR) return -errno;
    }
}

int try_accept(int listener) noexcept {
    for (;;) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) return fd;
        if (errno != EINTR && !is_of_one_connection(-errno)) return -errno;
    }
}

// accept(2): Linux hands errors that a waiting connection has met to its accept.
bool is_of_one_connection(int error) noexcept {
    switch (-error) {
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EPERM: return true;
        default: return false;
    }
}

}  // namespace saker::posix
