#pragma once
// What a check of options has found, each a sentence with the option's name, what was found and
// what is valid.

#include <saker/limits.h>

#include <chrono>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

class option_mistakes {
public:
    void add(std::string_view option, std::string_view found, std::string_view valid) {
        found_.push_back(std::string(option) + " is " + std::string(found) + "; valid is " +
                         std::string(valid) + '.');
    }
    void add(std::string sentence) { found_.push_back(std::move(sentence)); }

    template <std::unsigned_integral Number>
    void outside(std::string_view option, Number found, Number least, Number most) {
        if (found >= least && found <= most) return;
        add(option, std::to_string(found),
            "from " + std::to_string(least) + " to " + std::to_string(most));
    }
    void zero(std::string_view option, uint64_t found) {
        if (found == 0) add(option, "0", "1 or more");
    }
    // Of times; the valid ones are `least` or more, `infinite` too.
    void shorter(std::string_view option, std::chrono::milliseconds found,
                 std::chrono::milliseconds least) {
        if (found >= least) return;
        add(option, std::to_string(found.count()) + " ms",
            least == std::chrono::milliseconds(1) ? "more than 0 ms"
                                                  : std::to_string(least.count()) + " ms or more");
    }
    // Kestrel's rule for most times: more than none.
    void not_positive(std::string_view option, std::chrono::milliseconds found) {
        shorter(option, found, std::chrono::milliseconds(1));
    }
    std::vector<std::string> all() && { return std::move(found_); }

private:
    std::vector<std::string> found_;
};

}  // namespace saker
