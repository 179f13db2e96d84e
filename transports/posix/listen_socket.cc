// Options are set before `bind`, and TCP_NODELAY on the listener, whose accepted sockets inherit
// it: one system call a server instead of one a connection.

#include "transports/posix/listen_socket.h"

#include "transports/posix/address.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace saker::posix {
namespace {

// Bytes that a connection's send buffer may hold and the network has not been given yet. Without it
// the kernel takes megabytes for a client that does not read: a thousand of those hold gigabytes,
// and copying that much has kept others waiting for seconds. What is on its way does not count, so
// that the speed of a long line does not suffer.
constexpr int most_unsent = 128 * 1024;

int switch_on(int fd, int level, int name, int value = 1) noexcept {
    return setsockopt(fd, level, name, &value, sizeof value) < 0 ? -errno : 0;
}

int close_with(int fd, int error) noexcept {
    ::close(fd);
    return error;
}

// A server that was killed leaves its file behind; nobody answers there. One that lives keeps it.
bool is_stale(const sockaddr_un& address, socklen_t size) noexcept {
    if (address.sun_path[0] == '\0') return false;
    struct stat found {};
    if (lstat(address.sun_path, &found) < 0 || !S_ISSOCK(found.st_mode)) return false;
    const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    const bool refused = connect(probe, reinterpret_cast<const sockaddr*>(&address), size) < 0 &&
                         errno == ECONNREFUSED;
    ::close(probe);
    return refused;
}

int bind_unix(int fd, const std::string& path) noexcept {
    sockaddr_un address{};
    if (path.empty()) return -EINVAL;
    if (path.size() >= sizeof address.sun_path) return -ENAMETOOLONG;
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                             (path[0] == '\0' ? 0 : 1));
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    if (bind(fd, to, size) == 0) return 0;
    if (errno != EADDRINUSE || !is_stale(address, size)) return -errno;
    if (unlink(address.sun_path) < 0 || bind(fd, to, size) < 0) return -errno;
    return 0;
}

int bind_tcp(int fd, const endpoint& where, bool reuse_port) noexcept {
    if (const int error = switch_on(fd, SOL_SOCKET, SO_REUSEADDR); error < 0) return error;
    if (reuse_port)
        if (const int error = switch_on(fd, SOL_SOCKET, SO_REUSEPORT); error < 0) return error;
    if (where.family == endpoint::kind::tcp6) {
        const int only = where.dual_stack ? 0 : 1;
        if (const int error = switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY, only); error < 0)
            return error;
    }
    // Accepted sockets inherit it.
    if (const int error = switch_on(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, most_unsent); error < 0)
        return error;
    socket_address address = address_of(where);
    return bind(fd, address.get(), address.size) < 0 ? -errno : 0;
}

int open_socket(const endpoint& where, bool non_blocking) noexcept {
    const int family = where.family == endpoint::kind::unix_socket ? AF_UNIX
                       : where.family == endpoint::kind::tcp6      ? AF_INET6
                                                                   : AF_INET;
    const int fd =
        socket(family, SOCK_STREAM | SOCK_CLOEXEC | (non_blocking ? SOCK_NONBLOCK : 0), 0);
    return fd < 0 ? -errno : fd;
}

int duplicate(const endpoint& where, bool non_blocking) noexcept {
    int listens = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(where.handle, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0) return -errno;
    if (listens == 0) return -EINVAL;
    const int fd = fcntl(where.handle, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    switch_on(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, most_unsent);  // or it is no TCP socket
    if (non_blocking) {
        const int flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return close_with(fd, -errno);
    }
    return fd;
}

}  // namespace

socket_file::socket_file(std::string path) noexcept : path_(std::move(path)) {
    struct stat found {};
    if (lstat(path_.c_str(), &found) < 0) return;
    device_ = found.st_dev;
    inode_ = found.st_ino;
}

socket_file::~socket_file() {
    struct stat found {};
    if (inode_ == 0 || lstat(path_.c_str(), &found) < 0) return;
    if (found.st_dev == device_ && found.st_ino == inode_) unlink(path_.c_str());
}

listen_socket open_listen_socket(endpoint& where, bool non_blocking) noexcept {
    listen_socket opened;
    const bool brought = where.handle >= 0 || where.family == endpoint::kind::handle;
    const bool is_unix = where.family == endpoint::kind::unix_socket;
    int fd = brought ? duplicate(where, non_blocking) : open_socket(where, non_blocking);
    int error = std::min(fd, 0);
    if (error == 0 && !brought) {
        error = is_unix ? bind_unix(fd, where.path) : bind_tcp(fd, where, where.reuse_port);
        if (error == 0 && is_unix && where.path[0] != '\0')
            opened.file = std::make_unique<socket_file>(where.path);
        // Between bind and listen, when nobody can have connected yet.
        if (error == 0 && opened.file != nullptr && where.mode != 0 &&
            chmod(where.path.c_str(), where.mode) < 0)
            error = -errno;
        const auto backlog = std::min<uint32_t>(where.backlog, INT32_MAX);
        if (error == 0 && ::listen(fd, static_cast<int>(backlog)) < 0) error = -errno;
    }
    if (error < 0) {
        if (fd >= 0) ::close(fd);
        return {error, nullptr};
    }
    // A Unix domain socket that was brought along says no here, which is as well.
    if (where.no_delay && !is_unix) switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
    if (const uint16_t port = port_of(fd); port != 0) where.port = port;
    opened.fd = fd;
    return opened;
}

int check_free(const endpoint& where) noexcept {
    if (where.handle >= 0 || where.port == 0) return 0;
    if (where.family != endpoint::kind::tcp4 && where.family != endpoint::kind::tcp6) return 0;
    const int fd = open_socket(where, true);
    return fd < 0 ? fd : close_with(fd, bind_tcp(fd, where, false));
}

}  // namespace saker::posix
