#pragma once
// What all cores of a server record, and what belongs to the server as a whole. It is kept by the
// server and by whoever shows it, and outlives both: a page that is asked for when the server is
// gone shows what was counted last.

#include "hosting/diagnostics/core_recorder.h"

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace saker::diagnostics {

class server_recorder {
public:
    server_recorder() = default;
    server_recorder(const server_recorder&) = delete;
    server_recorder& operator=(const server_recorder&) = delete;

    // Any thread. The recorder outlives the core.
    [[nodiscard]] core_recorder& add_core(core&);
    // A number that is not a core's, such as of the log; asked by any thread, until it is replaced.
    using number = std::function<uint64_t()>;
    void log_dropped(number);

    // ---- any thread ----
    [[nodiscard]] const request_series& series() const noexcept { return series_; }
    [[nodiscard]] std::vector<const core_recorder*> cores() const;
    [[nodiscard]] uint64_t log_dropped() const;

private:
    request_series series_;
    mutable std::mutex guard_;
    std::vector<std::unique_ptr<core_recorder>> cores_;
    number log_dropped_;
};

}  // namespace saker::diagnostics
