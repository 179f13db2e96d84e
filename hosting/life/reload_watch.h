#pragma once
// The thread that follows a server's configuration files. The host program's signals are not its
// own, and an exception of what it calls goes to the log: it runs code of the host's.

#include "core/base/log.h"
#include "hosting/life/file_watcher.h"

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace saker {

class reload_watch {
public:
    // What is looked at how often where there is no inotify.
    static constexpr auto poll_interval = std::chrono::seconds(5);

    // Tells of changes from here on; `changed` is called on the thread, once it is started.
    reload_watch(std::vector<std::string> files, std::function<void()> changed);
    ~reload_watch();
    reload_watch(const reload_watch&) = delete;
    reload_watch& operator=(const reload_watch&) = delete;

    // Also called on the thread, each time that so much has passed; before `start`.
    void now_and_then(std::chrono::seconds apart, std::function<void()> what) {
        apart_ = apart;
        now_and_then_ = std::move(what);
    }
    // False, with the reason in the log, where the system has no thread or descriptor for it.
    [[nodiscard]] bool start(const log_target&);
    // Why it can only look now and then; empty where it is told.
    [[nodiscard]] std::string limitation() const;

private:
    void run();
    void call(const std::function<void()>& what) const noexcept;

    file_watcher files_;
    const std::function<void()> changed_;
    std::chrono::seconds apart_{};
    std::function<void()> now_and_then_;
    int ending_;  // an eventfd, or a negated errno
    log_target log_;
    std::thread thread_;
};

}  // namespace saker
