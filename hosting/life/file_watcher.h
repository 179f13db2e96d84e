#pragma once
// Whether files are others than they were: written, replaced by a rename, gone or there again, or
// reached through a symlink that points elsewhere, as Kubernetes swaps the whole of a ConfigMap.
// Linux's inotify tells that something may have happened, a look at the files whether it has; where
// there is no inotify, looking alone is enough. One thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace saker {

class file_watcher {
public:
    // They need not be there, nor their folders.
    explicit file_watcher(std::vector<std::string> files);
    ~file_watcher();
    file_watcher(const file_watcher&) = delete;
    file_watcher& operator=(const file_watcher&) = delete;

    // Readable when something may have happened; a negated errno where there is no inotify.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    // Takes what has made it readable. True: somebody ought to look.
    bool take_events() noexcept;
    // Whether a file is another one than at the last look, or at the start.
    [[nodiscard]] bool look();

private:
    struct state {
        bool there = false;
        uint64_t device = 0, inode = 0, size = 0;
        int64_t written_s = 0, written_ns = 0;
        friend bool operator==(const state&, const state&) = default;
    };
    [[nodiscard]] std::vector<state> states() const;
    void watch_folders();

    const std::vector<std::string> files_;
    int fd_ = -1;
    std::vector<state> seen_;
};

// The folders in which something has to change before the path leads to another file: those of the
// file itself and of each symlink on the way to it; of what is not there, the nearest that is.
[[nodiscard]] std::vector<std::string> folders_on_the_way(const std::string& path);

// Editors and tools write in several steps: a change is worth a look when nothing has happened for
// `quiet`, but `longest` after the first step at the latest.
class settling {
public:
    using time = std::chrono::steady_clock::time_point;
    static constexpr auto quiet = std::chrono::milliseconds(100);
    static constexpr auto longest = std::chrono::seconds(1);

    void happened(time now) noexcept {
        if (!first_) first_ = now;
        last_ = now;
    }
    // When to look; nothing where nothing has happened.
    [[nodiscard]] std::optional<time> due() const noexcept {
        if (!first_) return std::nullopt;
        return std::min<time>(last_ + quiet, *first_ + longest);
    }
    void looked() noexcept { first_.reset(); }

private:
    std::optional<time> first_;
    time last_{};
};

}  // namespace saker
