#pragma once
// What systemd tells a service by its environment, and what a service tells systemd: descriptors
// that are open already, a socket for news (sd_notify), a watchdog. Without libsystemd; the
// environment is an argument.

#include <saker/options.h>
#include <saker/result.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

// The value of a variable; null where it is not set.
using environment = std::function<const char*(const char* name)>;

struct inherited_socket {
    int handle = -1;
    std::string name;  // FileDescriptorName= of the socket unit; may be empty
};

// LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES: none where they are not set, or meant for another
// process; an error where they are malformed, or a descriptor is no listening stream socket.
// `first` is the number of the first descriptor.
[[nodiscard]] result<std::vector<inherited_socket>> inherited_sockets(const environment&,
                                                                      long process, int first = 3);
// Endpoints that have a descriptor's name (in any case) listen on it instead of their url; what is
// left becomes an endpoint of its own.
void use_inherited(server_options&, const std::vector<inherited_socket>&);

// Half of WATCHDOG_USEC, if it is meant for this process: how often it has to be heard of.
[[nodiscard]] result<std::optional<std::chrono::microseconds>> watchdog_interval(const environment&,
                                                                                 long process);

// Takes all of these variables out of the process's environment, and keeps the descriptors from
// programs that it starts. Only for a thread that is alone.
void forget_systemd(const std::vector<inherited_socket>&);

// NOTIFY_SOCKET: a path, or "@" and the name of an abstract socket.
class news_line {
public:
    // Nobody is told where it is not set.
    explicit news_line(const environment&);
    ~news_line();
    news_line(const news_line&) = delete;
    news_line& operator=(const news_line&) = delete;

    // "READY=1\nSTATUS=...". Empty, or why it could not be said.
    std::string tell(std::string_view news) const;
    [[nodiscard]] bool listens() const noexcept { return !address_.empty(); }

private:
    std::string address_;  // with a NUL in front where it is abstract
    int socket_ = -1;
};

}  // namespace saker
