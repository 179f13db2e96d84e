// What a configuration says of TLS: certificates, names (Sni), and what https endpoints are served
// with. A password is put where it belongs, and told to nobody.

#include "hosting/configuration/binder.h"

#include "core/base/log.h"
#include "hosting/configuration/layers.h"
#include "hosting/configuration/table/certificate_members.h"
#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/values.h"
#include "hosting/https/https_check.h"
#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {

namespace {

// Of keys, those that belong to one name: of "Certificates", of "Sni".
template <class Found>
std::vector<Found> those_of(const std::vector<Found>& all, size_t index, std::string_view name) {
    std::vector<Found> some;
    for (const Found& one : all)
        if (equals_ignore_case(segment(one.by->key, index), name)) some.push_back(one);
    return some;
}

// The names that stand there, in .NET's order.
template <class Found>
std::vector<std::string_view> names_at(const std::vector<Found>& all, size_t index) {
    std::vector<std::string_view> names;
    for (const Found& one : all) {
        const std::string_view name = segment(one.by->key, index);
        const auto is_it = [&](std::string_view known) { return equals_ignore_case(known, name); };
        if (std::none_of(names.begin(), names.end(), is_it)) names.push_back(name);
    }
    std::sort(names.begin(), names.end(), comes_before);
    return names;
}

}  // namespace

std::string configuration_binder::text_of(const setting& row, const entry& by) const {
    const bool is_path = row.is_path || (row.kind == key_kind::certificate &&
                                         is_certificate_path(last_segment(by.key)));
    return is_path && !by.value.empty() ? path_in(from_.directory_, by.value) : by.value;
}

// Checks the values on scratch, element by element, so that each mistake has its own line.
std::vector<kept_value> configuration_binder::kept(const several& keys,
                                                   const setting_owners& scratch) {
    std::vector<kept_value> all;
    std::vector<found> sorted = keys;
    std::stable_sort(sorted.begin(), sorted.end(), [](const found& a, const found& b) {
        return a.row == b.row ? comes_before(a.rest, b.rest) : a.row < b.row;
    });
    for (const auto& [row, by, rest] : sorted) {
        const place at = place_of(*row, scratch);
        if (std::holds_alternative<no_place>(at)) continue;
        const bool is_list = row->kind == key_kind::list;
        if (is_list && (by->is_null || (rest.empty() && !by->is_empty_list))) continue;
        if (all.empty() || all.back().row != row) all.push_back({row, {}, by->is_null});
        if (is_list && rest.empty()) continue;
        put(*row, *by, at);
        all.back().texts.push_back(text_of(*row, *by));
    }
    return all;
}

// Nothing where it says neither where a certificate is nor what it is called.
std::optional<certificate_source> configuration_binder::certificate_of(const several& keys,
                                                                       const std::string& called) {
    certificate_source source;
    const entry* first = nullptr;
    for (const auto& [row, by, key] : keys) {
        if (by->is_null || key.empty()) continue;
        if (first == nullptr) first = by;
        const taken done = take_certificate_member(source, key, text_of(*row, *by));
        if (done.mistake.empty()) continue;
        mistake(*by, by->key + " is \"" + escape(by->value) + "\"; expected " + done.mistake +
                         (done.mistake.ends_with('?') ? "" : "."));
    }
    if (first == nullptr) return {};
    if (!source.path.empty() && !source.subject.empty())
        mistake(*first, "The endpoint " + called + " specified multiple certificate sources.");
    if (!source.path.empty() || !source.subject.empty()) return source;
    warn(*first, std::string(first_segments(first->key, segment_count(first->key) - 1)) +
                     " has no effect: it has neither Path nor Subject.");
    return {};
}

// "Certificate", then those of "Certificates".
std::vector<certificate_source> configuration_binder::certificates_of(const several& keys,
                                                                      const std::string& called) {
    std::vector<certificate_source> all;
    const auto add = [&](const several& of_one, const std::string& name) {
        if (auto source = certificate_of(of_one, name)) all.push_back(*std::move(source));
    };
    several only_one, numbered;
    for (const found& one : keys) {
        if (one.row->kind != key_kind::certificate) continue;
        (last_segment(one.row->key) == "*" ? numbered : only_one).push_back(one);
    }
    add(only_one, called);
    if (numbered.empty()) return all;
    const size_t index = segment_count(numbered.front().row->key) - 1;
    for (const std::string_view name : names_at(numbered, index))
        add(those_of(numbered, index, name), called + ":Certificates:" + std::string(name));
    return all;
}

std::optional<sni_options> configuration_binder::sni_of(const endpoint& of, std::string_view host,
                                                        const entry& by) {
    if (const std::string valid = valid_instead_of_sni(host); !valid.empty()) {
        mistake(by, "Kestrel:Endpoints:" + of.name + ":Sni has the name \"" + escape(host) +
                        "\"; expected " + valid + '.');
        return {};
    }
    several keys;
    for (const found& one : those_of(of.keys, 4, host))
        if (one.row->key.starts_with("Kestrel:Endpoints:*:Sni:")) keys.push_back(one);
    sni_options said;
    said.host = host;
    sni_options scratch;
    for (const kept_value& one : kept(keys, {.sni = &scratch})) one.put({.sni = &said});
    said.certificates = certificates_of(keys, of.name + ":Sni:" + std::string(host));
    return said;
}

kept_https configuration_binder::kept_https_of(const endpoint& of) {
    https_options scratch;
    kept_https said;
    said.values = kept(of.keys, {.https = &scratch});
    several certificates;
    for (const found& one : of.keys)
        if (!one.row->key.starts_with("Kestrel:Endpoints:*:Sni:")) certificates.push_back(one);
    said.certificates = certificates_of(certificates, of.name);
    auto hosts = of.hosts;
    std::sort(hosts.begin(), hosts.end(),
              [](const auto& a, const auto& b) { return comes_before(a.first, b.first); });
    for (const auto& [host, by] : hosts)
        if (auto one = sni_of(of, host, *by)) said.sni.push_back(*std::move(one));
    return said;
}

void configuration_binder::apply_default_certificate() {
    if (auto source = certificate_of(default_certificate_, "Default"))
        options_.default_certificate = std::move(source);
}

}  // namespace saker
