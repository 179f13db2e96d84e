#pragma once
// Carries log records from any thread to the sink, which runs on a thread of the log's own. Writing
// never waits: a bounded queue without locks takes the record, or drops it and counts it. The
// thread is started by the first record, has signals blocked and keeps the name that it inherits.

#include "core/base/log_levels.h"

#include <saker/log.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace saker {

class log_writer {
public:
    // Records that may wait for the sink; what comes on top of them is dropped.
    static constexpr uint32_t capacity = 8192;
    // The same in bytes of messages: dumps of connections are long.
    static constexpr size_t byte_capacity = 64 * 1024 * 1024;

    // No sink: lines to stderr. What a sink throws is forgotten.
    explicit log_writer(log_level minimum = log_level::information, log_sink sink = {});
    // Hands what is queued to the sink, then ends the thread. Nobody may write any more.
    ~log_writer();
    log_writer(const log_writer&) = delete;
    log_writer& operator=(const log_writer&) = delete;

    // Any thread: what is logged from now on.
    void levels(log_level minimum, log_levels::by_category categories) {
        levels_.change(minimum, std::move(categories));
    }
    // Worth building a message for.
    [[nodiscard]] bool enabled(log_level level, std::string_view category) const noexcept {
        return levels_.enabled(level, category);
    }
    // Any thread. `category` is a literal; `message` one line, what a peer sent in it `escape`d.
    void write(log_level level, std::string_view category, std::string message) noexcept;
    // Waits until the sink has had all that was written before. Not to be called by the sink.
    void flush() noexcept;
    // Records that the sink never saw, since the start.
    [[nodiscard]] uint64_t dropped() const noexcept {
        return dropped_.load(std::memory_order_relaxed);
    }

private:
    struct entry;
    struct reader;  // the thread

    [[nodiscard]] bool reserve(size_t bytes) noexcept;
    void start() noexcept;
    void run() noexcept;
    uint32_t hand_over(entry* newest_first) noexcept;
    void report_dropped() noexcept;
    void tell(const log_record&) noexcept;

    log_levels levels_;
    const log_sink sink_;
    std::atomic<entry*> newest_{nullptr};  // what was written since the thread looked, linked back
    std::atomic<uint32_t> accepted_{0};    // wraps, as does `finished_`: their distance counts
    std::atomic<uint32_t> finished_{0};
    std::atomic<size_t> bytes_{0};   // of messages that wait
    std::atomic<uint32_t> bell_{0};  // rung when the thread has something to do
    std::atomic<bool> started_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<uint64_t> dropped_{0};
    uint64_t reported_ = 0;  // of `dropped_`; the thread's own
    std::unique_ptr<reader> reader_;
};

// Where a room writes to; one without a writer writes nowhere, as in tests.
struct log_target {
    log_writer* writer = nullptr;
    std::string_view category;

    [[nodiscard]] bool enabled(log_level level) const noexcept {
        return writer != nullptr && writer->enabled(level, category);
    }
    void write(log_level level, std::string message) const noexcept {
        if (enabled(level)) writer->write(level, category, std::move(message));
    }
};

// Bytes that a peer sent, fit for a log: printable ASCII as it is, quotes and backslashes with a
// backslash, everything else as \xNN. After the first `most` bytes it says how many more there are.
[[nodiscard]] std::string escape(std::string_view bytes, size_t most = 256);

}  // namespace saker
