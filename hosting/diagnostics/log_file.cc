// See log_file.h.

#include "hosting/diagnostics/log_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace saker::diagnostics {
namespace {

constexpr int poll_milliseconds = 100;

}  // namespace

int log_file::open() noexcept {
    if (path_ == "-") {
        fd_ = STDOUT_FILENO;
    } else {
        // O_NONBLOCK, for a FIFO: opening it would wait for a reader, and writing for a slow one.
        const int opened = ::open(
            path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
        if (opened < 0) {
            const int error = errno;
            struct stat now {};
            // A file that was only renamed goes on to be written; one that is gone does not.
            if (is_open() && (fstat(fd_, &now) != 0 || now.st_nlink == 0)) close();
            return error;
        }
        close();
        fd_ = opened;
    }
    struct stat found {};
    is_regular_ = fstat(fd_, &found) == 0 && S_ISREG(found.st_mode);
    torn_ = false;
    return 0;
}

void log_file::close() noexcept {
    if (fd_ >= 0 && fd_ != STDOUT_FILENO) ::close(fd_);
    fd_ = -1;
}

log_file::outcome log_file::write(std::string_view lines, const std::function<bool()>& patient) {
    if (torn_) {
        if (const outcome ended = write_bytes("\n", patient); ended.written == 0)
            return {0, ended.error};
        torn_ = false;
    }
    const outcome all = write_bytes(lines, patient);
    torn_ = all.written > 0 && lines[all.written - 1] != '\n';
    return all;
}

log_file::outcome log_file::write_bytes(std::string_view bytes,
                                        const std::function<bool()>& patient) {
    const size_t size = bytes.size();
    while (!bytes.empty()) {
        if (!is_regular_) {
            pollfd ready{fd_, POLLOUT, 0};
            if (poll(&ready, 1, poll_milliseconds) == 0) {
                if (!patient()) return {size - bytes.size(), EAGAIN};
                continue;
            }
        }
        // What a pipe that is ready takes without waiting, of stdout too, which may block.
        const size_t most = is_regular_ ? bytes.size() : std::min<size_t>(bytes.size(), PIPE_BUF);
        const ssize_t taken = ::write(fd_, bytes.data(), most);
        if (taken >= 0) {
            bytes.remove_prefix(static_cast<size_t>(taken));
        } else if (errno != EINTR && errno != EAGAIN) {
            return {size - bytes.size(), errno};
        }
    }
    return {size, 0};
}

}  // namespace saker::diagnostics
