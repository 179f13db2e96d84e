#pragma once
// Listening sockets as `endpoint` describes them: TCP over IPv4 and IPv6, Unix domain sockets, and
// descriptors that were opened by somebody else. Errors are negated errnos.

#include <saker/transport.h>

#include <sys/types.h>

#include <memory>
#include <string>

namespace saker::posix {

// The file of a Unix domain socket that was bound here. Removes it when it goes, unless somebody
// has put another in its place meanwhile.
class socket_file {
public:
    explicit socket_file(std::string path) noexcept;
    ~socket_file();
    socket_file(const socket_file&) = delete;
    socket_file& operator=(const socket_file&) = delete;

private:
    const std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

struct listen_socket {
    int fd = -1;                        // below zero: a negated errno
    std::unique_ptr<socket_file> file;  // of a Unix domain socket that was bound here
};

// Bound and listening. Writes the port that the system chose into `where`. A descriptor that the
// endpoint brings along (`handle`) is duplicated and stays the caller's.
[[nodiscard]] listen_socket open_listen_socket(endpoint& where, bool non_blocking) noexcept;

// 0 where nobody listens there yet, not even a server that shares its port with others.
[[nodiscard]] int check_free(const endpoint& where) noexcept;

}  // namespace saker::posix
