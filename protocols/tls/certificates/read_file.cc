// See read_file.h. Read without a buffer between, so that no copy of a key stays behind. The
// descriptor is none of a program's that the host starts meanwhile, and a FIFO, which would be
// waited for until somebody writes to it, is no file of ours.

#include "protocols/tls/certificates/read_file.h"

#include "core/base/log.h"

#include <openssl/crypto.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace saker::tls {
namespace {

// A chain with its key has some ten thousand bytes.
constexpr size_t largest = 1024 * 1024;

error failed(const std::string& path, int number) {
    const std::string file = in_quotes(path);
    switch (number) {
        case ENOENT:
        case ENOTDIR: return error(file + " does not exist.");
        case EACCES:
            return error(file +
                         " may not be read by the user that this process runs as: give it the "
                         "right, on the file and on the folders above it.");
        case EISDIR: return error(file + " is a folder: the path is that of a file.");
        case ESPIPE: return error(file + " is a pipe or a device, and not a file.");
        default: break;
    }
    return error(file + " cannot be read: " + std::generic_category().message(number) + '.');
}

class open_file {
public:
    explicit open_file(const char* path) noexcept
        : handle_(::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~open_file() {
        if (handle_ >= 0) ::close(handle_);
    }
    open_file(const open_file&) = delete;
    open_file& operator=(const open_file&) = delete;
    [[nodiscard]] int handle() const noexcept { return handle_; }

private:
    int handle_;
};

// 0 where it is a file to read, or why not.
int look_at(int handle) noexcept {
    struct stat found {};
    if (::fstat(handle, &found) < 0) return errno;
    if (S_ISDIR(found.st_mode)) return EISDIR;
    return S_ISREG(found.st_mode) ? 0 : ESPIPE;
}

// As much as there is room for; 0, or why not. What was read is in `size`.
int read_into(int handle, std::string& room, size_t& size) noexcept {
    while (size < room.size()) {
        const ssize_t got = ::read(handle, room.data() + size, room.size() - size);
        if (got == 0) return 0;
        if (got > 0)
            size += static_cast<size_t>(got);
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

}  // namespace

secret::~secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string in_quotes(std::string_view path) { return '\'' + escape(path, 4096) + '\''; }

result<secret> read_file(const std::string& path) {
    // The system would cut the path there.
    if (path.find('\0') != std::string::npos) return failed(path, ENOENT);
    const open_file file(path.c_str());
    if (file.handle() < 0) return failed(path, errno);
    if (const int number = look_at(file.handle()); number != 0) return failed(path, number);
    std::string bytes(largest + 1, '\0');
    size_t size = 0;
    const int number = read_into(file.handle(), bytes, size);
    if (number != 0 || size > largest) {
        OPENSSL_cleanse(bytes.data(), bytes.size());
        if (number != 0) return failed(path, number);
        return error(in_quotes(path) + " has more than 1 MiB: that is no certificate, and no key.");
    }
    bytes.resize(size);
    secret content(std::move(bytes));
    if (size == 0) return error(in_quotes(path) + " is empty.");
    return content;
}

}  // namespace saker::tls
