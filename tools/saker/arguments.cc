// Reading flags. A value may stand in the same argument or in the next one; an argument that begins
// with two dashes is never taken for a value, so that a forgotten value is found out.

#include "tools/saker/arguments.h"

#include <algorithm>
#include <vector>

namespace saker::tool {

namespace {

std::string in_quotes(std::string_view text) { return '\'' + std::string(text) + '\''; }

reading mistake(std::string sentence) { return {reading::outcome::mistake, std::move(sentence)}; }

reading unknown(std::string_view name, std::span<const flag> flags) {
    std::vector<std::string_view> known{"--help"};
    for (const flag& one : flags) known.push_back(one.name);
    const std::string_view meant = nearest(name, known);
    return mistake("unknown flag " + in_quotes(name) +
                   (meant.empty() ? "" : ", did you mean " + std::string(meant) + "?"));
}

std::string usage(const flag& of) {
    std::string text(of.name);
    if (!of.value.empty()) text += ' ' + std::string(of.value);
    return text;
}

// One line of at most `width`, cut at a blank; takes it off `text`.
std::string_view take_line(std::string_view& text, size_t width) {
    size_t end = text.size();
    if (end > width) {
        end = text.rfind(' ', width);
        if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
    }
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

}  // namespace

reading read_arguments(std::span<const std::string_view> given, std::span<const flag> flags) {
    for (size_t i = 0; i < given.size(); ++i) {
        const std::string_view whole = given[i];
        if (whole == "--help" || whole == "-h") return {reading::outcome::help, {}};
        const size_t equals = std::min(whole.find('='), whole.size());
        const std::string_view name = whole.substr(0, equals);
        if (!whole.starts_with('-')) {
            const bool url = whole.find("://") != std::string_view::npos;
            return mistake("unexpected argument " + in_quotes(whole) +
                           (url ? ", did you mean --urls " + std::string(whole) + "?" : ""));
        }
        const auto known = std::find_if(flags.begin(), flags.end(),
                                        [&](const flag& one) { return one.name == name; });
        if (known == flags.end()) return unknown(name, flags);
        std::string_view value;
        if (known->value.empty()) {
            if (equals != whole.size()) return mistake(std::string(name) + " takes no value");
        } else if (equals != whole.size()) {
            value = whole.substr(equals + 1);
        } else if (i + 1 < given.size() && !given[i + 1].starts_with("--")) {
            value = given[++i];
        } else {
            return mistake(std::string(name) + " needs a value: " + usage(*known));
        }
        if (const std::string right = known->take(value); !right.empty())
            return mistake(std::string(name) + " is " + in_quotes(value) + "; valid is " + right);
    }
    return {};
}

std::string describe(std::span<const flag> flags) {
    constexpr size_t page_width = 80, indent = 2, gap = 2;
    size_t widest = 0;
    for (const flag& one : flags) widest = std::max(widest, usage(one).size());
    const size_t column = indent + widest + gap;
    std::string text;
    for (const flag& one : flags) {
        std::string line = std::string(indent, ' ') + usage(one);
        for (std::string_view about = one.about; !about.empty(); line.clear()) {
            line.resize(column, ' ');
            text += line + std::string(take_line(about, page_width - column)) + '\n';
        }
    }
    return text;
}

}  // namespace saker::tool
