// The log's queue: writers push onto a list that is linked backwards, the thread takes all of it at
// once and turns it round. Whoever pushes onto the empty list rings the bell, so that a burst costs
// one wake-up. The thread is made with signals blocked, so that the host's handlers never run on
// it.

#include "core/base/log.h"

#include "core/base/signals_blocked.h"

#include <cstdio>
#include <new>
#include <thread>
#include <utility>

namespace saker {

namespace {

void write_to_stderr(const log_record& record) {
    const std::string line = format(record) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);  // unbuffered: one write, lines stay whole
}

}  // namespace

struct log_writer::entry {
    log_record record;
    entry* next = nullptr;  // written before this one; after `hand_over` has turned it: after
};

struct log_writer::reader {
    std::thread thread;
};

log_writer::log_writer(log_level minimum, log_sink sink)
    : levels_(minimum),
      sink_(sink ? std::move(sink) : log_sink(write_to_stderr)),
      reader_(std::make_unique<reader>()) {}

log_writer::~log_writer() {
    stopping_.store(true);
    bell_.fetch_add(1);
    bell_.notify_one();
    if (reader_->thread.joinable()) reader_->thread.join();
    hand_over(newest_.exchange(nullptr));  // of a thread that could not be started
    report_dropped();
}

void log_writer::write(log_level level, std::string_view category, std::string message) noexcept {
    if (!enabled(level, category)) return;
    auto* const written = new (std::nothrow) entry;
    const size_t size = message.size();
    if (written == nullptr || !reserve(size)) {
        delete written;
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    written->record = {std::chrono::system_clock::now(), level, category, std::move(message)};
    if (!started_.exchange(true)) start();
    entry* before = newest_.load(std::memory_order_relaxed);
    do {
        written->next = before;
    } while (!newest_.compare_exchange_weak(before, written, std::memory_order_release,
                                            std::memory_order_relaxed));
    if (before != nullptr) return;
    bell_.fetch_add(1);
    bell_.notify_one();
}

void log_writer::flush() noexcept {
    const uint32_t wanted = accepted_.load();
    uint32_t finished = finished_.load();
    while (started_.load() && static_cast<int32_t>(wanted - finished) > 0) {
        finished_.wait(finished);
        finished = finished_.load();
    }
}

bool log_writer::reserve(size_t bytes) noexcept {
    if (bytes_.load(std::memory_order_relaxed) + bytes > byte_capacity) return false;
    uint32_t accepted = accepted_.load(std::memory_order_relaxed);
    do {
        // `finished_` may be ahead of a stale `accepted`; the exchange finds that out.
        if (static_cast<int32_t>(accepted - finished_.load()) >= static_cast<int32_t>(capacity))
            return false;
    } while (!accepted_.compare_exchange_weak(accepted, accepted + 1));
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return true;
}

void log_writer::start() noexcept {
    try {
        const signals_blocked while_it_starts;
        reader_->thread = std::thread([this] { run(); });
    } catch (...) {  // no memory, no threads: the next record tries again
        started_.store(false);
    }
}

void log_writer::run() noexcept {
    while (true) {
        const uint32_t heard = bell_.load();
        const bool last = stopping_.load();
        const uint32_t handed = hand_over(newest_.exchange(nullptr, std::memory_order_acquire));
        report_dropped();
        if (handed > 0) {
            finished_.fetch_add(handed);
            finished_.notify_all();
        } else if (last) {
            return;
        } else {
            bell_.wait(heard);
        }
    }
}

uint32_t log_writer::hand_over(entry* newest_first) noexcept {
    entry* oldest = nullptr;
    while (newest_first != nullptr) {
        entry* const next = std::exchange(newest_first->next, oldest);
        oldest = std::exchange(newest_first, next);
    }
    uint32_t handed = 0;
    for (; oldest != nullptr; ++handed) {
        const std::unique_ptr<entry> one(std::exchange(oldest, oldest->next));
        bytes_.fetch_sub(one->record.message.size(), std::memory_order_relaxed);
        tell(one->record);
    }
    return handed;
}

void log_writer::report_dropped() noexcept {
    const uint64_t dropped = dropped_.load(std::memory_order_relaxed);
    if (dropped == reported_) return;
    const uint64_t lost = dropped - std::exchange(reported_, dropped);
    try {
        tell({std::chrono::system_clock::now(), log_level::warning, "log",
              std::to_string(lost) +
                  " records were dropped: the log sink is slower than the server"});
    } catch (...) {  // no memory for the sentence: the count stays in `dropped`
    }
}

void log_writer::tell(const log_record& record) noexcept {
    try {
        sink_(record);
    } catch (...) {  // a sink that fails has nowhere to say so
    }
}

}  // namespace saker
