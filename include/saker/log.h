#pragma once
// What the server has to say, one line an event. Records are queued and handed to the sink on a
// thread of their own, so that a slow disk or terminal never blocks a core; when the queue is full
// records are dropped and counted, and the count is logged when there is room again.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace saker {

// .NET's names and order.
enum class log_level : uint8_t { trace, debug, information, warning, error, critical, none };

[[nodiscard]] std::string_view name(log_level) noexcept;
// "information", "Information", "info", ...; nothing where it is none of them.
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view) noexcept;

struct log_record {
    std::chrono::system_clock::time_point when;
    log_level level = log_level::information;
    std::string_view category;  // "server", "transport", "connection", "request"
    // One line, of connection_logging several; what a peer sent has its control bytes escaped.
    std::string message;
};

// Called for one record at a time, never on a core's thread.
using log_sink = std::function<void(const log_record&)>;

// "2026-01-31T12:00:00.000Z information server: ..." as the default sink writes it to stderr.
[[nodiscard]] std::string format(const log_record&);

}  // namespace saker
