// See configured_options.h.

#include "hosting/life/configured_options.h"

#include "core/base/log.h"
#include "hosting/configuration/layers.h"
#include "hosting/what_failed.h"

#include <algorithm>

namespace saker {

namespace {

using settings_in_force = std::vector<configuration::setting>;

std::vector<std::string> values_of(const settings_in_force& all, std::string_view key) {
    std::vector<std::string> values;
    for (const auto& one : all)
        if (one.key == key) values.push_back(escape(one.value));
    return values;
}

// What both have is taken out of both, once for each time that both have it.
void drop_common(std::vector<std::string>& one, std::vector<std::string>& other) {
    std::erase_if(one, [&](const std::string& value) {
        const auto same = std::find(other.begin(), other.end(), value);
        if (same == other.end()) return false;
        other.erase(same);
        return true;
    });
}

// Of one key, which several values may have: addresses without a name are all called the same.
void tell_difference(std::string_view key, std::vector<std::string> was,
                     std::vector<std::string> is, std::vector<std::string>& into) {
    drop_common(was, is);
    const auto shown = [](const std::vector<std::string>& values, size_t i) {
        return i < values.size() ? values[i] : "(not there)";
    };
    for (size_t i = 0; i < std::max(was.size(), is.size()); ++i)
        into.push_back(std::string(key) + ' ' + shown(was, i) + " -> " + shown(is, i));
}

}  // namespace

result<server_options> configured_options::load() {
    if (!variables_)
        variables_ = sources_.environment_variables ? variables_of_process() : variables();
    result<configuration> read = configuration::load(sources_, *variables_);
    if (!read) return read.error();
    result<server_options> options = apply(*read);
    if (!options) return options.error();
    loaded_ = *std::move(read);
    try {
        if (then_) then_(*options);
    } catch (...) {
        return error("The function given to configure() failed: " + what_failed());
    }
    return options;
}

// `configure_endpoint_defaults` and `configure_https_defaults` are the host's code.
result<server_options> configured_options::apply(const configuration& read) const {
    try {
        return read.apply_to(base_);
    } catch (...) {
        return error("A function for the defaults of endpoints failed: " + what_failed());
    }
}

std::vector<std::string> configured_options::differences() const {
    std::vector<std::string> lines;
    if (!loaded_ || !accepted_) return lines;
    const settings_in_force before = accepted_->effective(base_), now = loaded_->effective(base_);
    std::vector<std::string_view> keys;
    for (const auto* all : {&now, &before})
        for (const auto& one : *all)
            if (std::find(keys.begin(), keys.end(), one.key) == keys.end()) keys.push_back(one.key);
    for (const std::string_view key : keys)
        tell_difference(key, values_of(before, key), values_of(now, key), lines);
    return lines;
}

std::vector<std::string> configured_options::files() const {
    return loaded_ ? loaded_->files() : std::vector<std::string>();
}

std::vector<std::string> configured_options::files_read() const {
    return loaded_ ? loaded_->files_read() : std::vector<std::string>();
}

std::vector<std::string> configured_options::warnings() const {
    return loaded_ ? loaded_->warnings(base_) : std::vector<std::string>();
}

}  // namespace saker
