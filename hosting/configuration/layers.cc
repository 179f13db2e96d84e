// Reading each kind of source. A file is read up to a size that no settings file has, so that a
// wrong path (a device, an image of a disk) is told instead of filling the memory.

#include "hosting/configuration/layers.h"

#include "hosting/configuration/json_source.h"
#include "protocols/http/characters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace saker {

namespace {

constexpr size_t largest_file = 16 * 1024 * 1024;

bool starts_with_ignoring_case(std::string_view text, std::string_view start) noexcept {
    return equals_ignore_case(text.substr(0, start.size()), start);
}

// .NET's key of a variable: "__" is ':'.
std::string key_of(std::string_view variable) {
    std::string key;
    for (size_t i = 0; i < variable.size(); ++i) {
        const bool separator = variable.substr(i).starts_with("__");
        key += separator ? ':' : variable[i];
        if (separator) ++i;
    }
    return key;
}

class open_file {
public:
    // A FIFO would be waited for until somebody writes to it; it is no file of ours.
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

// All of it, or the error number; EFBIG where it is too large to be one of ours.
int read_whole(int handle, std::string& into) {
    constexpr size_t piece = 64 * 1024;
    struct stat found {};
    if (::fstat(handle, &found) < 0) return errno;
    if (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode)) return ESPIPE;
    for (;;) {
        const size_t before = into.size();
        if (before > largest_file) return EFBIG;
        into.resize(before + piece);
        ssize_t got = 0;
        do got = ::read(handle, into.data() + before, piece);
        while (got < 0 && errno == EINTR);
        if (got < 0) return errno;
        into.resize(before + static_cast<size_t>(got));
        if (got == 0) return 0;
    }
}

std::string why_not(int failure) {
    switch (failure) {
        case ENOENT: return "is not there";
        case ESPIPE: return "is a pipe, and not a file";
        case EISDIR: return "is a directory; expected a JSON file";
        case EFBIG: return "is larger than 16 MiB: it is no configuration";
        default: return std::string("cannot be read: ") + std::strerror(failure);
    }
}

bool is_ours(std::string_view key) noexcept {
    return starts_with_ignoring_case(key, "Kestrel:") || starts_with_ignoring_case(key, "Saker:");
}

}  // namespace

std::string path_in(const std::string& directory, const std::string& file) {
    if (directory.empty() || directory == "." || file.starts_with('/')) return file;
    return directory + (directory.ends_with('/') ? "" : "/") + file;
}

variables variables_of_process() {
    variables all;
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
        const std::string_view one = *at;
        const size_t equals = one.find('=');
        if (equals != std::string_view::npos && equals != 0)
            all.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    }
    return all;
}

std::vector<layer_value> prefixed_layer(const variables& from, std::string_view prefix) {
    std::vector<layer_value> all;
    for (const auto& [name, value] : from)
        if (name.size() > prefix.size() && starts_with_ignoring_case(name, prefix))
            all.push_back({key_of(std::string_view(name).substr(prefix.size())), value,
                           "environment " + name});
    return all;
}

std::vector<layer_value> environment_layer(const variables& from) {
    std::vector<layer_value> all;
    for (const auto& [name, value] : from)
        all.push_back({key_of(name), value, "environment " + name});
    return all;
}

std::vector<layer_value> arguments_layer(std::span<const std::string> arguments,
                                         std::vector<std::string>& mistakes) {
    std::vector<layer_value> all;
    for (size_t i = 0; i < arguments.size(); ++i) {
        std::string_view one = arguments[i];
        const bool named = one.starts_with("--") || one.starts_with('/');
        one.remove_prefix(one.starts_with("--") ? 2 : one.starts_with('/') ? 1 : 0);
        if (one.starts_with('-')) continue;  // a switch of one letter is not ours
        const size_t equals = one.find('=');
        const std::string key(one.substr(0, equals));
        if (key.empty()) continue;
        if (equals != std::string_view::npos) {
            all.push_back({key, std::string(one.substr(equals + 1)), "command line"});
        } else if (named && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
            all.push_back({key, arguments[++i], "command line"});
        } else if (named && is_ours(key)) {
            mistakes.push_back("command line: --" + key + " has no value; expected --" + key +
                               "=VALUE.");
        }
    }
    return all;
}

std::optional<std::vector<layer_value>> file_layer(const std::string& path, bool may_be_missing,
                                                   std::vector<std::string>& mistakes) {
    const open_file file(path.c_str());
    std::string text;
    const int failure = file.handle() < 0 ? errno : read_whole(file.handle(), text);
    if (failure != 0) {
        const bool missing = failure == ENOENT || failure == ENOTDIR;
        if (!missing || !may_be_missing) mistakes.push_back(path + ": " + why_not(failure) + '.');
        return {};
    }
    json_reading reading = read_json(std::move(text));
    for (const auto& [where, what] : reading.mistakes)
        mistakes.push_back(path + ':' + std::to_string(where.line) + ':' +
                           std::to_string(where.column) + ": " + what + '.');
    std::vector<layer_value> all;
    for (json_value& one : reading.values)
        all.push_back({std::move(one.key), std::move(one.value),
                       path + ':' + std::to_string(one.where.line), one.is_null});
    return all;
}

}  // namespace saker
