// See server_recorder.h.

#include "hosting/diagnostics/server_recorder.h"

#include <utility>

namespace saker::diagnostics {

core_recorder& server_recorder::add_core(core& added) {
    const std::lock_guard lock(guard_);
    return *cores_.emplace_back(std::make_unique<core_recorder>(added, series_));
}

void server_recorder::log_dropped(number from) {
    const std::lock_guard lock(guard_);
    log_dropped_ = std::move(from);
}

std::vector<const core_recorder*> server_recorder::cores() const {
    const std::lock_guard lock(guard_);
    std::vector<const core_recorder*> all;
    for (const auto& one : cores_) all.push_back(one.get());
    return all;
}

uint64_t server_recorder::log_dropped() const {
    const std::lock_guard lock(guard_);
    return log_dropped_ ? log_dropped_() : 0;
}

}  // namespace saker::diagnostics
