// See check_config.h.

#include "tools/saker/check_config.h"

#include <algorithm>

namespace saker::tool {

namespace {

void pad(std::string& text, size_t width) {
    if (text.size() < width) text.resize(width, ' ');
}

std::string files_of(const configuration& from) {
    std::string text;
    const auto& read = from.files_read();
    for (const std::string& file : from.files()) {
        const bool there = std::find(read.begin(), read.end(), file) != read.end();
        text += (text.empty() ? "" : ", ") + file + (there ? "" : " (not there)");
    }
    return text;
}

}  // namespace

std::string describe_configuration(const configuration& from, const server_options& base) {
    constexpr size_t gap = 2, widest_value = 48;
    std::vector<configuration::setting> rows = from.effective(base);
    rows.insert(rows.begin(), {"KEY", "VALUE", "FROM"});
    size_t keys = 0, values = 0;
    for (const auto& one : rows) {
        keys = std::max(keys, one.key.size());
        values = std::max(values, std::min(one.value.size(), widest_value));
    }
    std::string text = "environment: " + from.environment() + "\nfiles: " + files_of(from) + "\n\n";
    for (const auto& one : rows) {
        std::string line = one.key;
        pad(line, keys + gap);
        line += one.value;
        pad(line, keys + gap + values + gap - 1);
        text += line + ' ' + one.origin + '\n';
    }
    return text;
}

}  // namespace saker::tool
