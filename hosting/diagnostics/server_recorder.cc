// See server_recorder.h.

#include "hosting/diagnostics/server_recorder.h"

#include <utility>

namespace saker::diagnostics {

std::string server_recorder::begin(const access_log_options& options, log_writer& log) {
    const std::lock_guard lock(guard_);
    log_ = &log;
    if (options.format == access_format::off) return {};
    access_log_ = std::make_unique<access_log>(options, log_target{&log, "access_log"});
    return access_log_->start();
}

void server_recorder::end() noexcept {
    if (access_log_ != nullptr) access_log_->stop();
    const std::lock_guard lock(guard_);
    if (log_ != nullptr) log_dropped_ = log_->dropped();
    log_ = nullptr;
    certificates_ = nullptr;
}

void server_recorder::ask_for_certificates(std::function<std::vector<served_certificate>()> who) {
    const std::lock_guard lock(guard_);
    certificates_ = std::move(who);
}

std::vector<served_certificate> server_recorder::certificates() const {
    const std::lock_guard lock(guard_);
    return certificates_ ? certificates_() : std::vector<served_certificate>();
}

core_recorder& server_recorder::add_core(core& added) {
    const std::lock_guard lock(guard_);
    return *cores_.emplace_back(std::make_unique<core_recorder>(added, series_, access_log_.get()));
}

std::vector<const core_recorder*> server_recorder::cores() const {
    const std::lock_guard lock(guard_);
    std::vector<const core_recorder*> all;
    for (const auto& one : cores_) all.push_back(one.get());
    return all;
}

void server_recorder::reopen_access_log() noexcept {
    const std::lock_guard lock(guard_);
    if (access_log_ != nullptr) access_log_->reopen();
}

uint64_t server_recorder::log_dropped() const {
    const std::lock_guard lock(guard_);
    return log_ != nullptr ? log_->dropped() : log_dropped_;
}

server_recorder::line_counts server_recorder::access_lines() const {
    const std::lock_guard lock(guard_);
    if (access_log_ == nullptr) return {};
    return {access_log_->written(), access_log_->dropped()};
}

}  // namespace saker::diagnostics
