// What is in force, and who said so: the endpoints that are configured with all their keys, a line
// for each row of the table that has a place, and the addresses that have no name.

#include "hosting/configuration/binder.h"
#include "hosting/configuration/table/certificate_members.h"
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
    const std::string path = "Kestrel:Endpoints:" + of.name;
    into.push_back({path + ":Url", of.url->value, of.url->origin});
    https_options https = on.https != nullptr ? *on.https : https_options();
    const setting_owners owners{.endpoint = &on, .https = on.https != nullptr ? &https : nullptr};
    blank_options blank;
    for (const setting& row : settings()) {
        const place at = is_endpoint_row(row) ? place_of(row, owners) : no_place{};
        if (std::holds_alternative<no_place>(at)) continue;
        const std::string shown = show(at);
        std::string origin(default_or_code(shown == show(blank.at(row))));
        const auto said_by = [&](const found& one) {
            if (last_segment(one.row->key) == last_segment(row.key) && one.row->of_sni == nullptr)
                origin = one.by->origin;
        };
        std::for_each(defaults_.begin(), defaults_.end(), said_by);
        std::for_each(of.keys.begin(), of.keys.end(), said_by);
        into.push_back({path + ':' + std::string(last_segment(row.key)), shown, origin});
    }
    several rest;
    for (const found& one : of.keys)
        if (one.row->of_sni != nullptr || one.row->kind == key_kind::certificate)
            rest.push_back(one);
    tell_keys(rest, path, 3, into);
}

// As they were said, but for what is told to nobody; the key's first `segments` as `path` says.
void configuration_binder::tell_keys(const several& keys, const std::string& path, size_t segments,
                                     std::vector<configuration::setting>& into) const {
    for (const auto& [row, by, rest] : keys) {
        const std::string below = by->key.substr(first_segments(by->key, segments).size());
        if (!by->is_null && !(row->kind == key_kind::certificate && rest.empty()))
            into.push_back({path + below,
                            row->kind == key_kind::certificate && is_secret(first_segment(rest))
                                ? "***"
                                : text_of(*row, *by),
                            by->origin});
    }
}

void configuration_binder::tell_default_certificate(
    std::vector<configuration::setting>& into) const {
    const std::string path = "Kestrel:Certificates:Default";
    if (!options_.default_certificate || options_.default_certificate != base_.default_certificate)
        return tell_keys(default_certificate_, path, 3, into);
    const certificate_source& source = *options_.default_certificate;
    into.push_back(source.path.empty()
                       ? configuration::setting{path + ":Subject", source.subject, "code"}
                       : configuration::setting{path + ":Path", source.path, "code"});
}

// The source of what is in force at this place, whatever name was used for it.
std::string configuration_binder::origin_of(const setting& row, server_options& options,
                                            server_options& base) const {
    server_options fresh;
    const place at = place_of(row, {.server = &options});
    std::string origin(default_or_code(show(place_of(row, {.server = &base})) ==
                                       show(place_of(row, {.server = &fresh}))));
    for (const auto& [known, by, rest] : server_) {
        const bool in_seconds =
            known->key == "ShutdownTimeoutSeconds" && row.key == "Saker:ShutdownTimeout";
        const bool taken_back = by->is_null && !takes_null(at);
        if ((in_seconds || same_place(at, place_of(*known, {.server = &options}))) && !taken_back)
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
    for (const setting& row : settings()) {
        if (row.key == "Kestrel:Certificates:Default") tell_default_certificate(all);
        const bool only_known = row.kind == key_kind::text || row.kind == key_kind::truth;
        if (const entry* const by = only_known ? find(row.key) : nullptr; by != nullptr)
            all.push_back({std::string(row.key), by->value, by->origin});
        // .NET's names, and the short one, are of things that have a line already.
        if (row.of_server == nullptr || row.key == "Saker:Transport" || row.whose == owner::dotnet)
            continue;
        const place at = place_of(row, {.server = &options});
        const std::string shown = show(at);
        if (!says_nothing(at, shown))
            all.push_back({std::string(row.key), shown, origin_of(row, options, base)});
    }
    tell_addresses(all);
    return all;
}

}  // namespace saker
