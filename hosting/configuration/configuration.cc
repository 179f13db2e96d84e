// The layers put on top of each other: of each key, what the last layer said. Reading needs no
// table; what the keys mean is the binder's.

#include "hosting/configuration/binder.h"
#include "hosting/configuration/layers.h"
#include "hosting/configuration/values.h"
#include "protocols/http/characters.h"

#include <saker/configuration.h>

#include <algorithm>
#include <unordered_map>

namespace saker {

namespace {

const std::string* last_of(const std::vector<layer_value>& layer, std::string_view key) noexcept {
    const std::string* found = nullptr;
    for (const layer_value& one : layer)
        if (equals_ignore_case(one.key, key)) found = &one.value;
    return found;
}

std::string environment_of(const configuration_sources& sources, const variables& set,
                           const std::vector<layer_value>& arguments) {
    if (!sources.environment.empty()) return sources.environment;
    const std::string* const named = last_of(arguments, "environment");
    if (named != nullptr && !named->empty()) return *named;
    // The first of them that is set, whatever the order of the process's variables.
    for (const std::string_view name :
         {"SAKER_ENVIRONMENT", "DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"})
        for (const auto& [variable, value] : set)
            if (equals_ignore_case(variable, name) && !value.empty()) return value;
    return "Production";
}

bool before(std::string_view a, std::string_view b) noexcept {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return static_cast<unsigned char>(to_lower(x)) < static_cast<unsigned char>(to_lower(y));
    });
}

}  // namespace

result<configuration> configuration::load(const configuration_sources& sources) {
    return load(sources, sources.environment_variables ? variables_of_process() : variables());
}

result<configuration> configuration::load(const configuration_sources& sources,
                                          const variables& set) {
    configuration made;
    error mistakes;
    const auto arguments = arguments_layer(sources.arguments, mistakes.messages);
    made.environment_ = environment_of(sources, set, arguments);
    made.default_urls_ = sources.default_urls;
    made.directory_ = sources.directory;
    if (made.environment_.find('/') != std::string::npos)
        return error("The environment is '" + made.environment_ +
                     "'; expected a name such as Production, without '/'.");

    std::unordered_map<std::string, size_t> known;
    size_t order = 0;
    const auto add = [&](std::vector<layer_value> layer) {
        for (layer_value& one : layer) {
            const auto [at, is_new] =
                known.try_emplace(in_small_letters(one.key), made.entries_.size());
            if (is_new) made.entries_.emplace_back();
            made.entries_[at->second] = {.key = std::move(one.key),
                                         .value = std::move(one.value),
                                         .origin = std::move(one.origin),
                                         .is_null = one.is_null,
                                         .order = order++,
                                         .is_empty_section = one.is_null.of_object,
                                         .is_empty_list = one.is_null.of_array};
        }
    };
    for (const std::string_view prefix : prefixes_of_variables) add(prefixed_layer(set, prefix));
    const bool own_files = !sources.files.empty();
    made.files_ = own_files ? sources.files
                            : std::vector<std::string>{
                                  "appsettings.json", "appsettings." + made.environment_ + ".json"};
    for (std::string& file : made.files_) {
        file = path_in(sources.directory, file);
        auto layer = file_layer(file, !own_files, mistakes.messages);
        if (!layer) continue;
        made.files_read_.push_back(file);
        add(std::move(*layer));
    }
    add(environment_layer(set));
    add(arguments);
    if (!mistakes.messages.empty()) return mistakes;
    std::sort(made.entries_.begin(), made.entries_.end(),
              [](const entry& a, const entry& b) { return before(a.key, b.key); });
    return made;
}

const std::string* configuration::find(std::string_view key) const noexcept {
    const auto at =
        std::lower_bound(entries_.begin(), entries_.end(), key,
                         [](const entry& a, std::string_view b) { return before(a.key, b); });
    if (at == entries_.end() || !equals_ignore_case(at->key, key) || at->is_null) return nullptr;
    return &at->value;
}

result<server_options> configuration::apply_to(server_options base) const {
    configuration_binder binder(*this, base);
    binder.run();
    if (!binder.mistakes().empty()) {
        error all;
        all.messages = binder.mistakes();
        return all;
    }
    return std::move(binder).options();
}

std::vector<std::string> configuration::warnings(const server_options& base) const {
    configuration_binder binder(*this, base);
    binder.run();
    return binder.warnings();
}

std::vector<configuration::setting> configuration::effective(const server_options& base) const {
    configuration_binder binder(*this, base);
    binder.run();
    return binder.effective();
}

}  // namespace saker
