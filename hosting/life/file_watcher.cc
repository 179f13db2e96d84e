// See file_watcher.h. Folders are watched, not files: a file that is replaced takes its watch with
// it. Watches are renewed after each look, as symlinks may lead through other folders by then.

#include "hosting/life/file_watcher.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

namespace saker {
namespace {

constexpr uint32_t events = IN_CREATE | IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM |
                            IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr int most_symlinks = 40;  // as the kernel

std::string joined(const std::string& folder, const std::string& name) {
    if (folder.empty() || folder == ".") return name;
    return folder + (folder.ends_with('/') ? "" : "/") + name;
}

}  // namespace

std::vector<std::string> folders_on_the_way(const std::string& path) {
    std::vector<std::string> folders;
    const auto add = [&](const std::string& folder) {
        const std::string named = folder.empty() ? "." : folder;
        if (std::find(folders.begin(), folders.end(), named) == folders.end())
            folders.push_back(named);
    };
    std::string here = path.starts_with('/') ? "/" : "";
    std::string rest = path;
    int symlinks = 0;
    for (;;) {
        rest.erase(0, std::min(rest.find_first_not_of('/'), rest.size()));
        if (rest.empty()) return folders;
        const size_t end = std::min(rest.find('/'), rest.size());
        const std::string name = rest.substr(0, end);
        rest.erase(0, end);
        const std::string next = joined(here, name);
        struct stat found {};
        const bool there = lstat(next.c_str(), &found) == 0;
        if (there && S_ISLNK(found.st_mode) && ++symlinks <= most_symlinks) {
            add(here);
            char target[PATH_MAX];
            const ssize_t size = readlink(next.c_str(), target, sizeof target);
            if (size <= 0) return folders;
            const std::string to(target, static_cast<size_t>(size));
            if (to.starts_with('/')) here = "/";
            rest = to + rest;
            continue;
        }
        const bool is_last = rest.find_first_not_of('/') == std::string::npos;
        if (!there || is_last || !S_ISDIR(found.st_mode)) {
            add(here);
            return folders;
        }
        here = next;
    }
}

file_watcher::file_watcher(std::vector<std::string> files) : files_(std::move(files)) {
    fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd_ < 0) fd_ = -errno;
    watch_folders();
    seen_ = states();
}

file_watcher::~file_watcher() {
    if (fd_ >= 0) close(fd_);
}

// Watching a folder again changes nothing. Those that are not on the way any more stay watched:
// what happens there costs a look.
void file_watcher::watch_folders() {
    if (fd_ < 0) return;
    for (const std::string& file : files_)
        for (const std::string& folder : folders_on_the_way(file))
            inotify_add_watch(fd_, folder.c_str(), events);
}

bool file_watcher::take_events() noexcept {
    alignas(inotify_event) char buffer[4096];
    bool any = false;
    while (fd_ >= 0 && read(fd_, buffer, sizeof buffer) > 0) any = true;
    return any;
}

std::vector<file_watcher::state> file_watcher::states() const {
    std::vector<state> all;
    for (const std::string& file : files_) {
        struct stat found {};
        state& one = all.emplace_back();
        one.there = stat(file.c_str(), &found) == 0;
        if (!one.there) continue;
        one.device = found.st_dev;
        one.inode = found.st_ino;
        one.size = static_cast<uint64_t>(found.st_size);
        one.written_s = found.st_mtim.tv_sec;
        one.written_ns = found.st_mtim.tv_nsec;
    }
    return all;
}

bool file_watcher::look() {
    watch_folders();
    std::vector<state> now = states();
    const bool differs = now != seen_;
    seen_ = std::move(now);
    return differs;
}

}  // namespace saker
