// What is in force, and who said so: a line for each row of the table that has a place, the
// endpoints that are configured, and the addresses that nobody named.

#include "hosting/configuration/binder.h"
#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/values.h"
#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {

namespace {

std::string origin_of_unset(const setting& row, server_options& base) {
    server_options fresh;
    listen_options none;
    return show(place_of(row, base, none)) == show(place_of(row, fresh, none)) ? "default" : "code";
}

// Half of a rate that is switched off, or the switch of one that is on: nothing to say.
bool says_nothing(const place& at, std::string_view shown) noexcept {
    const bool rate = std::holds_alternative<rate_switch>(at) ||
                      std::holds_alternative<rate_speed>(at) ||
                      std::holds_alternative<rate_grace>(at);
    return rate && shown.empty();
}

}  // namespace

std::vector<configuration::setting> configuration_binder::effective() const {
    std::vector<configuration::setting> all;
    server_options options = options_, base = base_;
    listen_options none;
    for (const endpoint& one : endpoints_) {
        for (auto& listened : options.endpoints) {
            if (!equals_ignore_case(listened.options.name, one.name) || one.url == nullptr)
                continue;
            const std::string path = "Kestrel:Endpoints:" + one.name + ':';
            all.push_back({path + "Url", listened.url, one.url->origin});
            for (const setting& row : settings()) {
                if (!is_endpoint_row(row) || row.of_endpoint == nullptr) continue;
                std::string origin = "default";
                for (const auto& [known, by] : defaults_)
                    if (last_segment(known->key) == last_segment(row.key)) origin = by->origin;
                for (const auto& [known, by] : one.keys)
                    if (known == &row) origin = by->origin;
                all.push_back({path + std::string(last_segment(row.key)),
                               show(place_of(row, options, listened.options)), origin});
            }
        }
    }
    for (const setting& row : settings()) {
        if (row.kind == key_kind::text || row.kind == key_kind::truth) {
            const entry* const by = find(row.key);
            if (by != nullptr) all.push_back({std::string(row.key), by->value, by->origin});
        }
        if (row.of_server == nullptr || row.key == "Saker:Transport" || row.whose == owner::dotnet)
            continue;
        const place at = place_of(row, options, none);
        const std::string shown = show(at);
        if (says_nothing(at, shown)) continue;
        std::string origin = origin_of_unset(row, base);
        for (const auto& [known, by] : server_) {
            const place other = place_of(*known, options, none);
            const bool timeout =
                known->key == "ShutdownTimeoutSeconds" && row.key == "Saker:ShutdownTimeout";
            if ((same_place(at, other) || timeout) && !(by->is_null && !takes_null(at)))
                origin = by->origin;
        }
        all.push_back({std::string(row.key), shown, origin});
    }
    for (size_t i = 0; i < options.endpoints.size(); ++i) {
        const auto& listened = options.endpoints[i];
        if (!listened.options.name.empty()) continue;
        const bool urls = i < listened_by_.size() && listened_by_[i] != nullptr;
        const bool code = i < base.endpoints.size();
        all.push_back(
            {"Address",
             listened.handle >= 0 ? "handle " + std::to_string(listened.handle) : listened.url,
             urls   ? listened_by_[i]->origin
             : code ? "code"
                    : "default"});
    }
    return all;
}

}  // namespace saker
