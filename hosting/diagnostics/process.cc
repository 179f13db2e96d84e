// See process.h. Linux tells the start in clock ticks since the machine was started (proc(5)).

#include "hosting/diagnostics/process.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>

namespace saker::diagnostics {
namespace {

double seconds_of(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double read_start_time() noexcept {
    std::FILE* const file = std::fopen("/proc/self/stat", "re");
    if (file == nullptr) return 0;
    char text[1024];
    const size_t size = std::fread(text, 1, sizeof text - 1, file);
    std::fclose(file);
    text[size] = '\0';
    // The name may have spaces and parentheses; the start is the twentieth word behind it.
    const char* const behind_name = std::strrchr(text, ')');
    unsigned long long ticks = 0;
    constexpr char format[] =
        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu";
    if (behind_name == nullptr || std::sscanf(behind_name + 1, format, &ticks) != 1) return 0;
    const double since_boot =
        static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
    return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) + since_boot;
}

}  // namespace

// Read once: it must not wander with the clock.
double process_start_time() noexcept {
    static const double start = read_start_time();
    return start;
}

}  // namespace saker::diagnostics
