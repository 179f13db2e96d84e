// See log_levels.h.

#include "core/base/log_levels.h"

#include <algorithm>

namespace saker {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool covers(std::string_view name, std::string_view category) noexcept {
    if (name.size() > category.size()) return false;
    if (name.size() < category.size() && category[name.size()] != '.') return false;
    return std::equal(name.begin(), name.end(), category.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

void log_levels::change(log_level minimum, by_category categories) {
    log_level lowest = minimum;
    for (const auto& [category, level] : categories) lowest = std::min(lowest, level);
    auto fresh = std::make_unique<const table>(table{minimum, std::move(categories)});
    const std::lock_guard lock(guard_);
    now_.store(fresh.get(), std::memory_order_release);
    lowest_.store(lowest, std::memory_order_relaxed);
    all_.push_back(std::move(fresh));
}

log_level log_levels::minimum_of(std::string_view category) const noexcept {
    const table& now = *now_.load(std::memory_order_acquire);
    log_level found = now.minimum;
    size_t longest = 0;
    for (const auto& [name, level] : now.categories) {
        if (name.size() < longest || name.empty() || !covers(name, category)) continue;
        longest = name.size();
        found = level;
    }
    return found;
}

}  // namespace saker
