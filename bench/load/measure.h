#pragma once
// What the load generator measures with: a clock, a histogram of times, and the processor time that
// another process has used.

#include <unistd.h>
#include <array>
#include <bit>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace saker::load {

inline uint64_t nanoseconds(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}
inline uint64_t now() noexcept { return nanoseconds(CLOCK_MONOTONIC); }

// Times to 1.6 %: 64 linear steps in each power of two.
class histogram {
public:
    void add(uint64_t nanoseconds) noexcept {
        if (nanoseconds > most_) most_ = nanoseconds;
        ++steps_[step_of(nanoseconds)];
        ++count_;
    }
    [[nodiscard]] uint64_t count() const noexcept { return count_; }
    // Microseconds that `part` (0 to 1) of all times are below.
    [[nodiscard]] double microseconds(double part) const noexcept {
        const auto wanted = static_cast<uint64_t>(part * static_cast<double>(count_));
        uint64_t seen = 0;
        for (size_t at = 0; at < steps_.size() && count_ > 0; ++at) {
            seen += steps_[at];
            if (seen > wanted) return middle_of(at) / 1000;
        }
        return static_cast<double>(most_) / 1000;
    }

private:
    static constexpr size_t linear = 64;
    static size_t step_of(uint64_t value) noexcept {
        if (value < linear) return value;
        const auto power = static_cast<size_t>(std::bit_width(value)) - 7;
        return linear * (power + 1) + (value >> power) - linear;
    }
    static double middle_of(size_t step) noexcept {
        if (step < linear) return static_cast<double>(step);
        const size_t power = step / linear - 1, within = step % linear + linear;
        return (static_cast<double>(within) + 0.5) * static_cast<double>(uint64_t{1} << power);
    }
    std::array<uint64_t, linear * 59> steps_{};
    uint64_t count_ = 0, most_ = 0;
};

// Of a process with all its threads, those that have ended too, and of its children that live. The
// total is exact; user and kernel are what the kernel makes of it, in its ticks.
struct processor_time {
    double total = 0, user = 0, kernel = 0;

    static processor_time of(pid_t process) {
        processor_time made;
        if (process > 0) made.add(process);
        return made;
    }
    void add(pid_t process) {
        clockid_t clock = 0;
        if (clock_getcpuclockid(process, &clock) != 0) return;
        total += static_cast<double>(nanoseconds(clock)) * 1e-9;
        const std::string folder = "/proc/" + std::to_string(process);
        std::ifstream stat(folder + "/stat");
        std::string word;
        std::getline(stat, word, ')');
        for (int field = 0; field < 11; ++field) stat >> word;
        double user_ticks = 0, kernel_ticks = 0;
        if (stat >> user_ticks >> kernel_ticks) {
            const auto tick = static_cast<double>(sysconf(_SC_CLK_TCK));
            user += user_ticks / tick;
            kernel += kernel_ticks / tick;
        }
        std::error_code ignored;
        for (const auto& task : std::filesystem::directory_iterator(folder + "/task", ignored)) {
            std::ifstream children(task.path() / "children");
            for (pid_t child = 0; children >> child;) add(child);
        }
    }
    friend processor_time operator-(const processor_time& a, const processor_time& b) noexcept {
        return {a.total - b.total, a.user - b.user, a.kernel - b.kernel};
    }
};

}  // namespace saker::load
