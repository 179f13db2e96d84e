#pragma once
// The access log: cores make lines into memory of their own and hand them over in blocks; one
// thread writes the blocks. Nobody waits for it: what comes while too much is waiting is dropped
// and counted, and so is what the file refuses; the log says so once a minute.

#include "core/base/log.h"
#include "hosting/diagnostics/access_format.h"
#include "hosting/diagnostics/log_file.h"

#include <saker/options.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace saker::diagnostics {

class access_log {
public:
    struct bounds {
        size_t most_pending = 32 * 1024 * 1024;  // bytes that wait for the file
        // At the stop, of a file that takes nothing.
        std::chrono::milliseconds patience = std::chrono::seconds(2);
    };
    access_log(const access_log_options& options, log_target to)
        : access_log(options, to, bounds()) {}
    access_log(const access_log_options&, log_target to, bounds);
    ~access_log() {
        stop();
        drop_rest();  // what came when it had stopped
    }
    access_log(const access_log&) = delete;
    access_log& operator=(const access_log&) = delete;

    // Opens the file and starts the thread. Empty, or why that cannot be.
    [[nodiscard]] std::string start();
    // Writes what is pending, patiently where the file does not take it, and ends the thread.
    // Nothing more may be handed over.
    void stop() noexcept;

    // ---- any thread ----

    // Whole lines. Never waits.
    void hand_over(std::string lines, uint64_t count) noexcept;
    // What is handed over from now on goes to the file that has the path now. Nothing once it has
    // stopped.
    void reopen() noexcept;
    [[nodiscard]] access_format format() const noexcept { return options_.format; }
    // Lines that were written, and that never will be.
    [[nodiscard]] uint64_t written() const noexcept { return written_.load(); }
    [[nodiscard]] uint64_t dropped() const noexcept { return dropped_.load(); }

private:
    struct block {
        std::string lines;  // empty: the file is to be opened anew
        uint64_t count = 0;
        size_t held = 0;  // bytes of memory, which are more than those of the lines
        block* next = nullptr;
    };
    void push(block*) noexcept;
    void run() noexcept;
    void write_all(block* newest_first) noexcept;
    void write(const block&);
    void write_to_sink(const block&);
    void begin_file() noexcept;
    void try_open();
    [[nodiscard]] bool is_patient() noexcept;
    void drop(uint64_t lines) noexcept { dropped_.fetch_add(lines, std::memory_order_relaxed); }
    void drop_rest() noexcept;
    void report_dropped() noexcept;

    const access_log_options options_;
    const log_target log_;
    const bounds bounds_;
    log_file file_;
    std::atomic<block*> newest_{nullptr};  // linked back
    std::atomic<size_t> pending_{0};       // bytes that blocks hold
    std::atomic<uint32_t> bell_{0};
    std::atomic<bool> stopping_{false};
    std::atomic<uint64_t> written_{0}, dropped_{0};
    // The thread's own.
    uint64_t reported_ = 0;
    std::string why_;  // the last lines were not written
    bool open_anew_ = false;
    std::chrono::steady_clock::time_point next_open_{}, next_report_{};
    // Once it is stopping: when it gives up on a file that takes nothing.
    std::chrono::steady_clock::time_point give_up_ = std::chrono::steady_clock::time_point::max();
    std::thread thread_;
};

// The lines of one core, until there are enough of them. That core's thread only.
class access_lines {
public:
    void write_to(access_log* to) noexcept { log_ = to; }
    [[nodiscard]] bool wanted() const noexcept { return log_ != nullptr; }
    void add(const access_record&, std::chrono::steady_clock::time_point now);
    // Called when a turn is over: hands over what has waited long enough.
    void look(std::chrono::steady_clock::time_point now) {
        if (count_ != 0 && now >= due_) flush();
    }
    void flush();

private:
    access_log* log_ = nullptr;
    std::string lines_;
    uint64_t count_ = 0;
    std::chrono::steady_clock::time_point due_{};
};

}  // namespace saker::diagnostics
