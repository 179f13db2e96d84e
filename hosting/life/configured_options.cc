// See configured_options.h.

#include "hosting/life/configured_options.h"

#include "core/base/log.h"

#include <algorithm>

namespace saker {

result<server_options> configured_options::load() {
    result<configuration> read = configuration::load(sources_);
    if (!read) return read.error();
    result<server_options> options = read->apply_to(base_);
    if (!options) return options.error();
    loaded_ = *std::move(read);
    try {
        if (then_) then_(*options);
    } catch (const std::exception& thrown) {
        return error(std::string("The function given to configure() failed: ") + thrown.what());
    }
    return options;
}

std::vector<std::string> configured_options::differences() const {
    std::vector<std::string> lines;
    if (!loaded_ || !accepted_) return lines;
    const auto before = accepted_->effective(base_), now = loaded_->effective(base_);
    const auto value_in = [](const auto& all, const std::string& key) {
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.key == key; });
        return found == all.end() ? "none" : escape(found->value);
    };
    for (const auto& one : now)
        if (const std::string was = value_in(before, one.key); was != escape(one.value))
            lines.push_back(one.key + ' ' + was + " -> " + escape(one.value));
    for (const auto& one : before)
        if (value_in(now, one.key) == "none" && one.value != "none")
            lines.push_back(one.key + ' ' + escape(one.value) + " -> none");
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
