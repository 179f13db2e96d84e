#pragma once
// One line of an access log for one request. Pure: a record in, text out. Nothing that a peer sent
// can begin another line, end a field before its time or talk to a terminal: what is not printable,
// and what means something in the format, is written as an escape.

#include <saker/options.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace saker::diagnostics {

using access_format = access_log_options::log_format;

// Of a client that left before it got a status, and of one that was reset without: nginx's numbers.
inline constexpr uint16_t status_client_left = 499, status_no_answer = 444;

struct access_record {
    std::chrono::nanoseconds when{};  // since 1970: when the request was over
    std::chrono::nanoseconds duration{};
    std::string_view client;  // "127.0.0.1:50000", "[::1]:50000", "unix:", or empty
    std::string_view id;      // of the request: "{connection id}:{number}"
    // Empty where the request was refused before it was understood.
    std::string_view method, target, protocol, scheme, host, referer, user_agent;
    std::string_view route;
    std::string_view line;  // of a request that was not understood: what came of its first line
    uint16_t status = 0;
    uint64_t bytes = 0;      // of the body, sent
    std::string_view error;  // empty, or why it was refused or failed
};

// What begins a file: W3C's directives; empty for the others.
[[nodiscard]] std::string access_header(access_format, std::chrono::nanoseconds now);
// Appends a line, ended by a line feed.
void append_access_line(std::string& out, access_format, const access_record&);

}  // namespace saker::diagnostics
