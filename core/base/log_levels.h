#pragma once
// From which level on records are logged, for all and for some categories. Any thread may ask while
// another one changes it: what is not logged costs one comparison.

#include <saker/log.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

class log_levels {
public:
    using by_category = std::vector<std::pair<std::string, log_level>>;

    explicit log_levels(log_level minimum) { change(minimum, {}); }
    log_levels(const log_levels&) = delete;
    log_levels& operator=(const log_levels&) = delete;

    // From now on. A category is also that of all that begin with it and a dot; upper and lower
    // case are the same, and the longest one counts, of equal ones the last.
    void change(log_level minimum, by_category categories);
    // Worth asking for a category.
    [[nodiscard]] bool enabled(log_level level) const noexcept {
        return level >= lowest_.load(std::memory_order_relaxed) && level != log_level::none;
    }
    [[nodiscard]] bool enabled(log_level level, std::string_view category) const noexcept {
        return enabled(level) && level >= minimum_of(category);
    }

private:
    struct table {
        log_level minimum;
        by_category categories;
    };
    [[nodiscard]] log_level minimum_of(std::string_view category) const noexcept;

    std::atomic<log_level> lowest_{log_level::none};
    std::atomic<const table*> now_{nullptr};
    std::mutex guard_;
    std::vector<std::unique_ptr<const table>> all_;  // somebody may still read an old one
};

}  // namespace saker
