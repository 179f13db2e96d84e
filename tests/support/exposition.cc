// See exposition.h. The rules: docs/instrumenting/exposition_formats of Prometheus, and promtool's
// `check metrics`.

#include "tests/support/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

namespace saker::test {
namespace {

using family = exposition::family;
using sample = exposition::sample;

bool is_name(std::string_view text, bool may_have_colon) {
    const auto fits = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
               (c >= '0' && c <= '9') || (may_have_colon && c == ':');
    };
    return !text.empty() && !(text[0] >= '0' && text[0] <= '9') &&
           std::all_of(text.begin(), text.end(), fits);
}

std::optional<double> number(std::string_view text) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string key_of(const sample& one) {
    std::string key = one.name;
    for (const auto& [name, value] : one.labels) key += '\0' + name + '\1' + value;
    return key;
}

class reader {
public:
    explicit reader(std::string_view text) : rest_(text) {}

    exposition read() {
        if (!rest_.empty() && rest_.back() != '\n') mistake("the last line is not ended");
        while (!rest_.empty()) {
            const size_t end = std::min(rest_.find('\n'), rest_.size());
            line_ = rest_.substr(0, end);
            rest_.remove_prefix(std::min(end + 1, rest_.size()));
            ++number_;
            line_.starts_with('#') ? read_comment() : read_sample();
        }
        for (const family& one : all_.families) check_family(one);
        return std::move(all_);
    }

private:
    void mistake(std::string what) {
        all_.mistakes.push_back(std::to_string(number_) + ": " + std::move(what) + ": " +
                                std::string(line_));
    }

    void read_comment() {
        const bool is_help = line_.starts_with("# HELP "), is_type = line_.starts_with("# TYPE ");
        if (!is_help && !is_type) return mistake("a comment that is neither help nor type");
        std::string_view words = line_.substr(7);
        const size_t space = std::min(words.find(' '), words.size());
        const std::string name(words.substr(0, space));
        const std::string text(words.substr(std::min(space + 1, words.size())));
        if (!is_name(name, true)) return mistake("no name of a metric");
        if (text.empty()) mistake("nothing is said");
        if (is_help) {
            if (!names_.insert(name).second) mistake("a family that is there already");
            all_.families.push_back({name, text, {}, {}});
        } else if (all_.families.empty() || all_.families.back().name != name ||
                   !all_.families.back().type.empty()) {
            mistake("a type without its help before it");
        } else {
            if (text != "counter" && text != "gauge" && text != "histogram") mistake("what type?");
            all_.families.back().type = text;
        }
    }

    void read_sample() {
        sample one;
        const size_t name_end = std::min(line_.find_first_of("{ "), line_.size());
        one.name = line_.substr(0, name_end);
        if (!is_name(one.name, true)) return mistake("no name of a metric");
        std::string_view left = line_.substr(name_end);
        if (left.starts_with('{') && !read_labels(left, one)) return mistake("labels");
        if (!left.starts_with(' ')) return mistake("no space before the value");
        const auto value = number(left.substr(1));
        if (!value) return mistake("no number, or a time behind it");
        one.value = *value;
        if (all_.families.empty() || all_.families.back().type.empty())
            return mistake("a sample before its family");
        family& home = all_.families.back();
        if (!belongs(one.name, home)) return mistake("a sample of another family");
        if (!samples_.insert(key_of(one)).second) mistake("a series that is there already");
        home.samples.push_back(std::move(one));
    }

    static bool belongs(std::string_view name, const family& to) {
        if (to.type != "histogram") return name == to.name;
        if (!name.starts_with(to.name)) return false;
        const std::string_view suffix = name.substr(to.name.size());
        return suffix == "_bucket" || suffix == "_sum" || suffix == "_count";
    }

    static bool read_labels(std::string_view& left, sample& into) {
        do {
            left.remove_prefix(1);
            const size_t equals = std::min(left.find('='), left.size());
            const std::string name(left.substr(0, equals));
            if (!is_name(name, false) || name.starts_with("__")) return false;
            left.remove_prefix(equals);
            std::string value;
            if (!left.starts_with("=\"") || !read_value(left, value)) return false;
            if (value.empty() || !into.labels.emplace(name, std::move(value)).second) return false;
        } while (left.starts_with(','));
        if (!left.starts_with('}')) return false;
        left.remove_prefix(1);
        return true;
    }

    static bool read_value(std::string_view& left, std::string& value) {
        for (left.remove_prefix(2); !left.empty(); left.remove_prefix(1)) {
            if (left.front() == '"') return left.remove_prefix(1), true;
            if (left.front() == '\\') {
                left.remove_prefix(1);
                if (left.empty()) return false;
                if (left.front() != '\\' && left.front() != '"' && left.front() != 'n')
                    return false;
                value += left.front() == 'n' ? '\n' : left.front();
            } else {
                value += left.front();
            }
        }
        return false;
    }

    void check_family(const family& one) {
        line_ = one.name;
        if (one.type.empty()) mistake("no type");
        if ((one.type == "counter") != one.name.ends_with("_total"))
            mistake("counters end with _total, and nothing else does");
        if (one.type == "histogram") return check_histogram(one);
        for (const sample& value : one.samples) {
            if (value.labels.count("le") != 0) mistake("le without a histogram");
            if (one.type == "counter" && value.value < 0) mistake("a counter below zero");
        }
    }

    void check_histogram(const family& of) {
        std::string series;
        double below = 0, bound = 0, infinite = -1;
        for (const sample& one : of.samples) {
            sample bare = one;
            bare.name.clear();
            bare.labels.erase("le");
            if (one.name.ends_with("_bucket")) {
                if (infinite >= 0) mistake("a bucket behind the last one");
                const auto upper = number(one.labels.count("le") ? one.labels.at("le") : "");
                if (!upper) return mistake("a bucket without its bound");
                const bool is_first = series.empty();
                if (is_first) series = key_of(bare) + '.';
                if (!is_first && (*upper <= bound || one.value < below)) mistake("not ascending");
                if (std::isinf(*upper)) infinite = one.value;
                bound = *upper;
                below = one.value;
            } else if (one.name.ends_with("_count")) {
                if (one.value != infinite) mistake("the count is not that of the last bucket");
                series.clear();
                infinite = -1;
                continue;
            }
            if (series != key_of(bare) + '.') mistake("series are mixed");
        }
        if (!series.empty()) mistake("no count");
    }

    std::string_view rest_, line_;
    int number_ = 0;
    exposition all_;
    std::set<std::string> names_, samples_;
};

}  // namespace

exposition read_exposition(std::string_view text) { return reader(text).read(); }

const family* exposition::find(std::string_view name) const {
    for (const family& one : families)
        if (one.name == name) return &one;
    return nullptr;
}

double exposition::value(std::string_view name, const labels& wanted) const {
    double found = -1;
    for (const family& one : families) {
        for (const sample& each : one.samples) {
            const auto has = [&](const auto& label) {
                const auto known = each.labels.find(label.first);
                return known != each.labels.end() && known->second == label.second;
            };
            if (each.name != name || !std::all_of(wanted.begin(), wanted.end(), has)) continue;
            if (found >= 0) return -1;
            found = each.value;
        }
    }
    return found;
}

double exposition::exactly(std::string_view name, const labels& wanted) const {
    for (const family& one : families)
        for (const sample& each : one.samples)
            if (each.name == name && each.labels == wanted) return each.value;
    return -1;
}

}  // namespace saker::test
