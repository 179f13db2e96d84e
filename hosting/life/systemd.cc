// See systemd.h: sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3).

#include "hosting/life/systemd.h"

#include "core/base/log.h"
#include "protocols/http/characters.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace saker {
namespace {

std::optional<uint64_t> whole_number(std::string_view text) noexcept {
    uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

error malformed(const char* variable, std::string_view found, std::string_view expected) {
    return error(std::string(variable) + " is '" + escape(found) + "'; expected is " +
                 std::string(expected) + '.');
}

// Whether the variable names this process; true where it is not set.
result<bool> is_for(const environment& get, const char* variable, long process) {
    const char* const text = get(variable);
    if (text == nullptr) return true;
    const auto named = whole_number(text);
    if (!named || *named == 0) return malformed(variable, text, "the id of a process");
    return *named == static_cast<uint64_t>(process);
}

int option_of(int handle, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(handle, SOL_SOCKET, name, &value, &size) < 0 ? -1 : value;
}

}  // namespace

result<std::vector<inherited_socket>> inherited_sockets(const environment& get, long process,
                                                        int first) {
    std::vector<inherited_socket> found;
    const char* const count_text = get("LISTEN_FDS");
    if (count_text == nullptr) return found;
    if (get("LISTEN_PID") == nullptr)
        return error("LISTEN_FDS is set and LISTEN_PID is not: only systemd sets them, both.");
    const auto ours = is_for(get, "LISTEN_PID", process);
    if (!ours) return ours.error();
    if (!*ours) return found;
    const auto count = whole_number(count_text);
    if (!count || *count > static_cast<uint64_t>(INT_MAX - first))
        return malformed("LISTEN_FDS", count_text, "a number of descriptors");

    std::vector<std::string> names;
    if (const char* const names_text = get("LISTEN_FDNAMES")) {
        std::string_view rest = names_text;
        for (size_t end = 0; end != std::string_view::npos; rest.remove_prefix(end + 1)) {
            end = rest.find(':');
            names.emplace_back(rest.substr(0, end));
            if (end == std::string_view::npos) break;
        }
        if (names.size() != *count)
            return malformed("LISTEN_FDNAMES", names_text,
                             "a name for each of the " + std::to_string(*count) +
                                 " descriptors, separated by ':'");
    }
    for (size_t i = 0; i < *count; ++i) {
        inherited_socket one{first + static_cast<int>(i), {}};
        if (i < names.size() && names[i] != "unknown") one.name = names[i];
        if (option_of(one.handle, SO_ACCEPTCONN) != 1 ||
            option_of(one.handle, SO_TYPE) != SOCK_STREAM)
            return error("LISTEN_FDS: descriptor " + std::to_string(one.handle) +
                         (one.name.empty() ? "" : " ('" + escape(one.name) + "')") +
                         " is not a listening stream socket; the socket unit needs ListenStream= "
                         "and Accept=no.");
        found.push_back(std::move(one));
    }
    return found;
}

void use_inherited(server_options& options, const std::vector<inherited_socket>& sockets) {
    for (const inherited_socket& given : sockets) {
        const auto fits = [&](const server_options::listened& one) {
            return one.handle < 0 && !given.name.empty() &&
                   equals_ignore_case(one.options.name, given.name);
        };
        const auto found = std::find_if(options.endpoints.begin(), options.endpoints.end(), fits);
        if (found != options.endpoints.end()) {
            found->url.clear();
            found->handle = given.handle;
            continue;
        }
        options.listen_handle(given.handle, [&](listen_options& on) {
            if (on.name.empty()) on.name = given.name;
        });
    }
}

result<std::optional<std::chrono::microseconds>> watchdog_interval(const environment& get,
                                                                   long process) {
    using interval = std::optional<std::chrono::microseconds>;
    const char* const text = get("WATCHDOG_USEC");
    if (text == nullptr) return interval();
    const auto ours = is_for(get, "WATCHDOG_PID", process);
    if (!ours) return ours.error();
    if (!*ours) return interval();
    const auto all = whole_number(text);
    constexpr uint64_t most = uint64_t{1} << 62;
    if (!all || *all == 0 || *all > most)
        return malformed("WATCHDOG_USEC", text, "a number of microseconds above 0");
    return interval(std::chrono::microseconds(std::max<uint64_t>(*all / 2, 1)));
}

void forget_systemd(const std::vector<inherited_socket>& sockets) {
    for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET",
                                   "WATCHDOG_USEC", "WATCHDOG_PID"})
        unsetenv(name);
    for (const inherited_socket& one : sockets) fcntl(one.handle, F_SETFD, FD_CLOEXEC);
}

news_line::news_line(const environment& get) {
    const char* const path = get("NOTIFY_SOCKET");
    if (path == nullptr || *path == '\0') return;
    address_ = path;
    if (address_[0] == '@') address_[0] = '\0';
    socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

news_line::~news_line() {
    if (socket_ >= 0) close(socket_);
}

std::string news_line::tell(std::string_view news) const {
    if (address_.empty()) return {};
    sockaddr_un to{};
    const std::string why = "systemd could not be told through NOTIFY_SOCKET: ";
    if ((address_[0] != '/' && address_[0] != '\0') || address_.size() < 2 ||
        address_.size() >= sizeof to.sun_path)
        return why + "it is '" + escape(address_) +
               "'; expected is a path, or '@' and a name, of at most 107 bytes.";
    to.sun_family = AF_UNIX;
    std::copy(address_.begin(), address_.end(), to.sun_path);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size() +
                                             (address_[0] == '/' ? 1 : 0));
    const ssize_t sent = sendto(socket_, news.data(), news.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                reinterpret_cast<const sockaddr*>(&to), size);
    return sent == static_cast<ssize_t>(news.size()) ? std::string()
                                                     : why + std::strerror(errno) + '.';
}

}  // namespace saker
