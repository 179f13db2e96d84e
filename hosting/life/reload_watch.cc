// See reload_watch.h.

#include "hosting/life/reload_watch.h"

#include "core/base/signals_blocked.h"
#include "hosting/what_failed.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

namespace saker {

reload_watch::reload_watch(std::vector<std::string> files, std::function<void()> changed)
    : files_(std::move(files)),
      changed_(std::move(changed)),
      ending_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (ending_ < 0) ending_ = -errno;
}

bool reload_watch::start(const log_target& log) {
    log_ = log;
    const auto refuse = [&](const char* why) {
        log_.write(log_level::error,
                   std::string("Changes of files are not followed, for there is no thread: ") +
                       why + ". They are read at the next reload or start.");
        return false;
    };
    // A thread that cannot be told to end is not begun.
    if (ending_ < 0) return refuse(std::strerror(-ending_));
    try {
        const signals_blocked while_it_starts;
        thread_ = std::thread([this] {
            pthread_setname_np(pthread_self(), "saker-reload");
            run();
        });
    } catch (const std::system_error& failed) {
        return refuse(failed.what());
    }
    return true;
}

reload_watch::~reload_watch() {
    if (thread_.joinable()) {
        eventfd_write(ending_, 1);
        thread_.join();
    }
    if (ending_ >= 0) close(ending_);
}

std::string reload_watch::limitation() const {
    if (files_.fd() >= 0) return {};
    return std::string(
               "The configuration's files are looked at every five seconds: inotify is "
               "refused (") +
           std::strerror(-files_.fd()) +
           "). Raise sysctl fs.inotify.max_user_instances if it is that.";
}

void reload_watch::run() {
    constexpr auto never = settling::time::max();
    settling changes;
    settling::time next = now_and_then_ ? std::chrono::steady_clock::now() + apart_ : never;
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        const auto look = files_.fd() < 0 ? now + poll_interval : changes.due().value_or(never);
        const auto due = std::min(look, next);
        const auto wait =
            due == never ? -1 : std::chrono::ceil<std::chrono::milliseconds>(due - now).count();
        pollfd heard[] = {{ending_, POLLIN, 0}, {files_.fd(), POLLIN, 0}};
        poll(heard, files_.fd() < 0 ? 1 : 2,
             due == never ? -1 : static_cast<int>(std::clamp<int64_t>(wait, 0, INT32_MAX)));
        if (heard[0].revents != 0) return;
        const auto woken = std::chrono::steady_clock::now();
        if (woken >= next) {
            next = woken + apart_;
            call(now_and_then_);
        }
        if (files_.take_events()) changes.happened(woken);
        if (files_.fd() >= 0 && (!changes.due() || *changes.due() > woken)) continue;
        changes.looked();
        call([this] {
            if (files_.look()) changed_();
        });
    }
}

// What is called says itself what it could not do; this is for what nobody has thought of, which
// must not end the process.
void reload_watch::call(const std::function<void()>& what) const noexcept {
    try {
        what();
    } catch (...) {
        try {
            log_.write(log_level::error, "What has changed is not in force: " + what_failed());
        } catch (...) {  // no memory for the sentence
        }
    }
}

}  // namespace saker
