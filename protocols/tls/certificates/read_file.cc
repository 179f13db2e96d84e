// See read_file.h. <cstdio> without a buffer, so that no copy of a key stays behind.

#include "protocols/tls/certificates/read_file.h"

#include "core/base/log.h"

#include <openssl/crypto.h>

#include <cerrno>
#include <cstdio>
#include <memory>
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
        default: break;
    }
    return error(file + " cannot be read: " + std::generic_category().message(number) + '.');
}

struct closes {
    void operator()(std::FILE* open) const noexcept { std::fclose(open); }
};

}  // namespace

secret::~secret() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string in_quotes(std::string_view path) { return '\'' + escape(path, 4096) + '\''; }

result<secret> read_file(const std::string& path) {
    // The system would cut the path there.
    if (path.find('\0') != std::string::npos) return failed(path, ENOENT);
    const std::unique_ptr<std::FILE, closes> file(std::fopen(path.c_str(), "rb"));
    if (!file) return failed(path, errno);
    std::setvbuf(file.get(), nullptr, _IONBF, 0);
    std::string bytes(largest + 1, '\0');
    errno = 0;
    const size_t size = std::fread(bytes.data(), 1, bytes.size(), file.get());
    const int number = errno;
    if (size > largest || (size < bytes.size() && std::ferror(file.get()) != 0)) {
        OPENSSL_cleanse(bytes.data(), bytes.size());
        if (size <= largest) return failed(path, number);
        return error(in_quotes(path) + " has more than 1 MiB: that is no certificate.");
    }
    bytes.resize(size);
    secret content(std::move(bytes));
    if (size == 0) return error(in_quotes(path) + " is empty.");
    return content;
}

}  // namespace saker::tls
