// What is in force, and who said so: the endpoints that are configured with all their keys, a line
// for each row of the table that has a place, and the addresses that have no name.

#include "hosting/configuration/binder.h"
#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/values.h"
#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {

namespace {

// Of what the configuration does not say.
std::string_view default_or_code(bool is_default) noexcept {
    return is_default ? "default" : "code";
}

// Half of a rate that is switched off, or the switch of one that is on: nothing to say.
bool says_nothing(const place& at, std::string_view shown) noexcept {
    const bool rate = std::holds_alternative<rate_switch>(at) ||
                      std::holds_alternative<rate_speed>(at) ||
                      std::holds_alternative<rate_grace>(at);
    return rate && shown.empty();
}

}  // namespace

void configuration_binder::tell_endpoint(const endpoint& of, listen_options& on,
                                         std::vector<configuration::setting>& into) const {
    const std::string path = "Kestrel:Endpoints:" + of.name + ':';
    into.push_back({path + "Url", of.url->value, of.url->origin});
    server_options none;
    listen_options fresh;
    for (const setting& row : settings()) {
        if (!is_endpoint_row(row) || row.of_endpoint == nullptr) continue;
        const std::string shown = show(place_of(row, none, on));
        std::string origin(default_or_code(shown == show(place_of(row, none, fresh))));
        const auto said_by = [&](const found& one) {
            if (last_segment(one.row->key) == last_segment(row.key)) origin = one.by->origin;
        };
        std::for_each(defaults_.begin(), defaults_.end(), said_by);
        std::for_each(of.keys.begin(), of.keys.end(), said_by);
        into.push_back({path + std::string(last_segment(row.key)), shown, origin});
    }
}

// The source of what is in force at this place, whatever name was used for it.
std::string configuration_binder::origin_of(const setting& row, server_options& options,
                                            server_options& base) const {
    listen_options none;
    server_options fresh;
    const place at = place_of(row, options, none);
    std::string origin(
        default_or_code(show(place_of(row, base, none)) == show(place_of(row, fresh, none))));
    for (const auto& [known, by] : server_) {
        const bool in_seconds =
            known->key == "ShutdownTimeoutSeconds" && row.key == "Saker:ShutdownTimeout";
        const bool taken_back = by->is_null && !takes_null(at);
        if ((in_seconds || same_place(at, place_of(*known, options, none))) && !taken_back)
            origin = by->origin;
    }
    return origin;
}

void configuration_binder::tell_addresses(std::vector<configuration::setting>& into) const {
    for (size_t i = 0; i < options_.endpoints.size(); ++i) {
        const auto& listened = options_.endpoints[i];
        const entry* const by = i < listened_by_.size() ? listened_by_[i] : nullptr;
        if (by != nullptr && !listened.options.name.empty()) continue;  // told as an endpoint
        const bool is_default = i >= base_.endpoints.size();
        into.push_back(
            {"Address",
             listened.handle >= 0 ? "handle " + std::to_string(listened.handle) : listened.url,
             by != nullptr ? by->origin : std::string(default_or_code(is_default))});
    }
}

std::vector<configuration::setting> configuration_binder::effective() const {
    std::vector<configuration::setting> all;
    server_options options = options_, base = base_;
    for (const endpoint& one : endpoints_)
        for (auto& listened : options.endpoints)
            if (one.url != nullptr && equals_ignore_case(listened.options.name, one.name))
                tell_endpoint(one, listened.options, all);
    listen_options none;
    for (const setting& row : settings()) {
        const bool only_known = row.kind == key_kind::text || row.kind == key_kind::truth;
        if (const entry* const by = only_known ? find(row.key) : nullptr; by != nullptr)
            all.push_back({std::string(row.key), by->value, by->origin});
        // .NET's names, and the short one, are of things that have a line already.
        if (row.of_server == nullptr || row.key == "Saker:Transport" || row.whose == owner::dotnet)
            continue;
        const place at = place_of(row, options, none);
        const std::string shown = show(at);
        if (!says_nothing(at, shown))
            all.push_back({std::string(row.key), shown, origin_of(row, options, base)});
    }
    tell_addresses(all);
    return all;
}

}  // namespace saker
