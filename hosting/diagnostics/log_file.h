#pragma once
// A file that is appended to, whole lines at a time, by one thread that must never be stuck: a FIFO
// or a pipe whose reader is slow is waited for as long as the owner wants, a disk that is full
// takes what it can. A line of which only a part was written is ended before the next one begins.

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace saker::diagnostics {

class log_file {
public:
    // "-" is stdout.
    explicit log_file(std::string path) : path_(std::move(path)) {}
    ~log_file() { close(); }
    log_file(const log_file&) = delete;
    log_file& operator=(const log_file&) = delete;

    // 0, or an errno; ENXIO of a FIFO that nobody reads. Keeps what is open where that fails and
    // the file is still somebody's.
    [[nodiscard]] int open() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
    void close() noexcept;

    struct outcome {
        size_t written;
        int error;  // an errno, where not all was
    };
    // Asks `patient` ten times a second whether to go on while nothing can be written.
    [[nodiscard]] outcome write(std::string_view lines, const std::function<bool()>& patient);

private:
    [[nodiscard]] outcome write_bytes(std::string_view bytes, const std::function<bool()>& patient);

    const std::string path_;
    int fd_ = -1;
    bool is_regular_ = false;
    bool torn_ = false;  // the last line that was written has no end
};

}  // namespace saker::diagnostics
