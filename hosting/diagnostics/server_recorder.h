#pragma once
// What all cores of a server record, and what belongs to the server as a whole. It is kept by the
// server and by whoever shows it, and outlives both: a page that is asked for when the server is
// gone shows what was counted last.

#include "core/base/log.h"
#include "hosting/diagnostics/access_log.h"
#include "hosting/diagnostics/core_recorder.h"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace saker::diagnostics {

// Of TLS: what is told of one that is served.
struct served_certificate {
    std::string subject, thumbprint;
    std::chrono::sys_seconds not_after;
};

class server_recorder {
public:
    server_recorder() = default;
    server_recorder(const server_recorder&) = delete;
    server_recorder& operator=(const server_recorder&) = delete;

    // Any thread. The recorder outlives the core.
    [[nodiscard]] core_recorder& add_core(core&);
    // Before the first core: starts the access log, if there is to be one. Empty, or why it cannot
    // be had. `log` lives until the end.
    [[nodiscard]] std::string begin(const access_log_options&, log_writer& log);
    // Who knows which certificates are served: asked by any thread until the end, and quick.
    void ask_for_certificates(std::function<std::vector<served_certificate>()> who);
    // After the last core: writes what is left of the access log.
    void end() noexcept;

    // ---- any thread ----
    [[nodiscard]] const request_series& series() const noexcept { return series_; }
    [[nodiscard]] std::vector<const core_recorder*> cores() const;
    void reopen_access_log() noexcept;
    [[nodiscard]] uint64_t log_dropped() const;
    struct line_counts {
        uint64_t written = 0, dropped = 0;
    };
    [[nodiscard]] line_counts access_lines() const;
    // None when it has ended.
    [[nodiscard]] std::vector<served_certificate> certificates() const;

private:
    request_series series_;
    mutable std::mutex guard_;
    std::vector<std::unique_ptr<core_recorder>> cores_;
    std::unique_ptr<access_log> access_log_;
    std::function<std::vector<served_certificate>()> certificates_;
    const log_writer* log_ = nullptr;
    uint64_t log_dropped_ = 0;  // when it ended
};

}  // namespace saker::diagnostics
