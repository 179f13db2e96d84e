// See access_log.h. Blocks are pushed onto a list that is linked backwards; the thread takes all of
// it at once and turns it round. Whoever pushes onto the empty list rings the bell.

#include "hosting/diagnostics/access_log.h"

#include "core/base/signals_blocked.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace saker::diagnostics {
namespace {

using std::chrono::steady_clock;

constexpr auto report_interval = std::chrono::minutes(1);

std::chrono::nanoseconds wall_time() noexcept {
    return std::chrono::system_clock::now().time_since_epoch();
}

std::string reason_of(int error) {
    if (error == ENXIO) return "nobody reads the FIFO";
    if (error == EAGAIN) return "its reader is slower than the server";
    return std::strerror(error);
}

}  // namespace

access_log::access_log(const access_log_options& options, log_target to, bounds chosen)
    : options_(options), log_(to), bounds_(chosen), file_(options.path) {}

std::string access_log::start() {
    if (!options_.sink) {
        const int error = file_.open();
        if (error != 0 && error != ENXIO)
            return "The access log cannot be written to " + options_.path + ": " +
                   std::strerror(error) +
                   ". Make its directory and let this user write there, or set access_log.path.";
    }
    try {
        const signals_blocked while_it_starts;
        thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& failed) {
        return std::string("The access log has no thread: ") + failed.what();
    }
    pthread_setname_np(thread_.native_handle(), "saker-access");
    return {};
}

void access_log::stop() noexcept {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    bell_.fetch_add(1);
    bell_.notify_one();
    thread_.join();
    drop_rest();
}

void access_log::drop_rest() noexcept {
    for (block* left = newest_.exchange(nullptr, std::memory_order_acquire); left != nullptr;) {
        const std::unique_ptr<block> one(std::exchange(left, left->next));
        drop(one->count);
    }
}

void access_log::hand_over(std::string lines, uint64_t count) noexcept {
    const size_t held = lines.capacity() + sizeof(block);
    if (pending_.fetch_add(held, std::memory_order_relaxed) + held > bounds_.most_pending) {
        pending_.fetch_sub(held, std::memory_order_relaxed);
        return drop(count);
    }
    auto* const added = new (std::nothrow) block{std::move(lines), count, held};
    if (added != nullptr) return push(added);
    pending_.fetch_sub(held, std::memory_order_relaxed);
    drop(count);
}

void access_log::reopen() noexcept {
    if (options_.sink || options_.path == "-" || stopping_.load()) return;
    if (auto* const asked = new (std::nothrow) block) push(asked);
}

void access_log::push(block* added) noexcept {
    block* before = newest_.load(std::memory_order_relaxed);
    do {
        added->next = before;
    } while (!newest_.compare_exchange_weak(before, added, std::memory_order_release,
                                            std::memory_order_relaxed));
    if (before != nullptr) return;  // `added` is the thread's already
    bell_.fetch_add(1);
    bell_.notify_one();
}

// ---- the thread ----

void access_log::run() noexcept {
    begin_file();
    while (true) {
        const uint32_t heard = bell_.load();
        const bool last = stopping_.load();
        if (block* const newest = newest_.exchange(nullptr, std::memory_order_acquire)) {
            write_all(newest);
        } else if (last) {
            break;
        } else {
            bell_.wait(heard);
        }
        report_dropped();
    }
    next_report_ = {};
    report_dropped();
}

void access_log::write_all(block* newest_first) noexcept {
    block* oldest = nullptr;
    while (newest_first != nullptr) {
        block* const next = std::exchange(newest_first->next, oldest);
        oldest = std::exchange(newest_first, next);
    }
    while (oldest != nullptr) {
        const std::unique_ptr<block> one(std::exchange(oldest, oldest->next));
        try {
            options_.sink ? write_to_sink(*one) : write(*one);
        } catch (const std::exception& failed) {  // no memory; or the sink's own
            drop(one->count);
            why_ = failed.what();
        } catch (...) {
            drop(one->count);
            why_ = "the sink has thrown something that is no std::exception";
        }
        pending_.fetch_sub(one->held, std::memory_order_relaxed);
        report_dropped();
    }
}

void access_log::write_to_sink(const block& one) {
    if (one.lines.empty()) return;
    options_.sink(one.lines);
    written_.fetch_add(one.count, std::memory_order_relaxed);
}

void access_log::write(const block& one) {
    const bool asked = one.lines.empty();
    open_anew_ |= asked || !file_.is_open();
    if (open_anew_ && (asked || steady_clock::now() >= next_open_)) try_open();
    if (asked) return;
    if (!file_.is_open() || steady_clock::now() >= give_up_) return drop(one.count);
    const auto [size, error] = file_.write(one.lines, [this] { return is_patient(); });
    const auto rest = one.lines.begin() + static_cast<ptrdiff_t>(size);
    const auto lost = static_cast<uint64_t>(std::count(rest, one.lines.end(), '\n'));
    written_.fetch_add(one.count - lost, std::memory_order_relaxed);
    if (lost == 0) return;
    drop(lost);
    why_ = reason_of(error);
    if (error == EPIPE && options_.path != "-") file_.close();  // opened anew for the next block
}

void access_log::try_open() {
    next_open_ = steady_clock::now() + std::chrono::seconds(1);
    if (const int error = file_.open(); error != 0) {
        why_ = reason_of(error);
        if (file_.is_open())
            log_.write(log_level::warning, "The access log goes on in the file that it had: " +
                                               options_.path + ": " + why_);
        return;
    }
    open_anew_ = false;
    begin_file();
}

// Nothing can be written just now.
bool access_log::is_patient() noexcept {
    report_dropped();
    if (!stopping_.load()) return true;
    if (give_up_ == steady_clock::time_point::max())
        give_up_ = steady_clock::now() + bounds_.patience;
    return steady_clock::now() < give_up_;
}

// Directives, where the format has some.
void access_log::begin_file() noexcept {
    try {
        const std::string header = access_header(options_.format, wall_time());
        if (header.empty()) return;
        if (options_.sink) return options_.sink(header);
        if (file_.is_open()) (void)file_.write(header, [] { return false; });
    } catch (...) {  // what the sink throws; it is told of the lines too
    }
}

void access_log::report_dropped() noexcept {
    const uint64_t dropped = dropped_.load(std::memory_order_relaxed);
    if (dropped == reported_) return;
    const auto now = steady_clock::now();
    if (now < next_report_) return;
    next_report_ = now + report_interval;
    const uint64_t lost = dropped - std::exchange(reported_, dropped);
    try {
        std::string why = why_.empty() ? reason_of(EAGAIN) : std::exchange(why_, {});
        log_.write(log_level::warning, std::to_string(lost) + " lines of the access log (" +
                                           (options_.sink ? "sink" : options_.path) +
                                           ") were dropped: " + std::move(why));
    } catch (...) {  // no memory for the sentence: the count stays in `dropped`
    }
}

// ---- a core's lines ----

void access_lines::add(const access_record& one, steady_clock::time_point now) {
    constexpr size_t enough = 32 * 1024;
    // A core wakes once a second at least; so a line waits a second at most.
    constexpr auto longest = std::chrono::milliseconds(100);
    if (count_ == 0) {
        lines_.reserve(enough + 1024);
        due_ = now + longest;
    }
    append_access_line(lines_, log_->format(), one);
    ++count_;
    if (lines_.size() >= enough) flush();
}

void access_lines::flush() {
    if (count_ == 0) return;
    // A few lines of a quiet core do not take its buffer with them.
    const bool few = lines_.size() < lines_.capacity() / 2;
    log_->hand_over(few ? std::string(lines_) : std::exchange(lines_, {}),
                    std::exchange(count_, 0));
    lines_.clear();
}

}  // namespace saker::diagnostics
