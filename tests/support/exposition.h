#pragma once
// Reads Prometheus' text format strictly: what a scraper or promtool would complain about is an
// error here, so that a page that is read is a page that is right.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace saker::test {

struct exposition {
    struct sample {
        std::string name;
        std::map<std::string, std::string> labels;
        double value = 0;
    };
    struct family {
        std::string name, help, type;
        std::vector<sample> samples;
    };
    std::vector<family> families;
    std::vector<std::string> mistakes;  // each with its line

    [[nodiscard]] const family* find(std::string_view name) const;
    // The value of the one sample that has all of these labels; -1 where there is not exactly one.
    using labels = std::map<std::string, std::string>;
    [[nodiscard]] double value(std::string_view sample, const labels& wanted = {}) const;
    // As `value`, of samples that have no other label either ("le" of a bucket included).
    [[nodiscard]] double exactly(std::string_view sample, const labels& wanted) const;
};

[[nodiscard]] exposition read_exposition(std::string_view text);

}  // namespace saker::test
