// See exposition.h. Numbers are written in the shortest form that reads back as the same.

#include "hosting/diagnostics/exposition.h"

#include "protocols/http/field_value.h"

#include <charconv>
#include <numeric>

namespace saker::diagnostics {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

double seconds(uint64_t nanoseconds) noexcept { return static_cast<double>(nanoseconds) / 1e9; }

void begin_label(std::string& labels, std::string_view name) {
    if (!labels.empty()) labels += ',';
    labels.append(name).append("=\"");
}

template <class Number>
void append_sample(std::string& out, sample_name name, std::string_view labels, Number value) {
    out.append(name.family).append(name.suffix);
    if (!labels.empty()) out.append("{").append(labels).append("}");
    out += ' ';
    append_number(out, value);
    out += '\n';
}

}  // namespace

void add_label(std::string& labels, std::string_view name, std::string_view value) {
    begin_label(labels, name);
    while (!value.empty()) {
        const size_t size = utf8_sequence_size(value);
        if (size == 0) {
            labels += "\xEF\xBF\xBD";  // U+FFFD
        } else if (value.front() == '\n') {
            labels += "\\n";
        } else {
            if (value.front() == '\\' || value.front() == '"') labels += '\\';
            labels.append(value.substr(0, size));
        }
        value.remove_prefix(size == 0 ? 1 : size);
    }
    labels += '"';
}

void add_label(std::string& labels, std::string_view name, uint64_t value) {
    begin_label(labels, name);
    append_number(labels, value);
    labels += '"';
}

void write_family(std::string& out, std::string_view name, std::string_view type,
                  std::string_view help) {
    out.append("# HELP ").append(name).append(" ").append(help);
    out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void write_sample(std::string& out, sample_name name, std::string_view labels, uint64_t value) {
    append_sample(out, name, labels, value);
}
void write_sample(std::string& out, sample_name name, std::string_view labels, double value) {
    append_sample(out, name, labels, value);
}

uint64_t histogram_sum::count() const noexcept {
    return std::accumulate(buckets_.begin(), buckets_.end(), uint64_t{0});
}

void histogram_sum::write(std::string& out, std::string_view family,
                          std::string_view labels) const {
    std::string prefix(labels);
    if (!prefix.empty()) prefix += ',';
    prefix += "le=\"";
    uint64_t below = 0;
    for (size_t i = 0; i <= bounds_.size(); ++i) {
        below += buckets_[i];
        out.append(family).append("_bucket{").append(prefix);
        if (i < bounds_.size()) {
            append_number(out, seconds(static_cast<uint64_t>(bounds_[i].count())));
        } else {
            out += "+Inf";
        }
        out += "\"} ";
        append_number(out, below);
        out += '\n';
    }
    write_sample(out, {family, "_sum"}, labels, seconds(nanoseconds_));
    write_sample(out, {family, "_count"}, labels, below);
}

}  // namespace saker::diagnostics
