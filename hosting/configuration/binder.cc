// Sorting keys to rows, and putting the server's own. Unknown keys are told once a section, at the
// first of its keys; sections that are neither Kestrel's nor ours are the application's.

#include "hosting/configuration/binder.h"

#include "core/base/log.h"
#include "hosting/configuration/layers.h"
#include "hosting/configuration/table/certificate_members.h"
#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/table/setting_words.h"
#include "hosting/configuration/values.h"
#include "hosting/https/https_endpoints.h"
#include "hosting/options_check.h"
#include "protocols/http/characters.h"
#include "transports/transports.h"

#include <algorithm>
#include <array>

namespace saker {

namespace {

std::string in_quotes(std::string_view text) { return '"' + escape(text) + '"'; }

bool is_strict(std::string_view key) noexcept {
    const std::string_view top = first_segment(key);
    return equals_ignore_case(top, "Kestrel") || equals_ignore_case(top, "Saker");
}

// A row with others below it is a section as well: a rate, the transport.
bool is_section(const setting& row) {
    const std::string below = std::string(row.key) + ':';
    const auto all = settings();
    return row.kind == key_kind::certificate ||
           std::any_of(all.begin(), all.end(),
                       [&](const setting& one) { return one.key.starts_with(below); });
}

std::string expected_instead(const setting& row) {
    blank_options blank;
    const place at = blank.at(row);
    switch (row.kind) {
        case key_kind::truth: return "true or false";
        case key_kind::certificate:
            return "a section with " + check_words("", certificate_keys()).mistake;
        case key_kind::list: return expected_list(at);
        default: return expected(row, at);
    }
}

// "Kestrel:Limits:MaxRequestLineSize" as the options' own check calls it.
std::string name_in_options(std::string_view key) {
    key.remove_prefix(std::min(key.find(':') + 1, key.size()));
    std::string name;
    for (const char c : key) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital && !name.empty() && name.back() != '.') name += '_';
        name += c == ':' ? '.' : to_lower(c);
    }
    return name;
}

// SAKER_Kestrel__... has its effect without the prefix, in a layer of its own.
bool has_prefix_of_layer(const auto& one) noexcept {
    const auto begins_with = [&](std::string_view prefix) {
        return equals_ignore_case(std::string_view(one.key).substr(0, prefix.size()), prefix);
    };
    return one.origin.starts_with("environment ") &&
           std::any_of(prefixes_of_variables.begin(), prefixes_of_variables.end(), begins_with);
}

}  // namespace

void configuration_binder::mistake(const entry& by, std::string_view what) {
    found_mistakes_.emplace_back(by.order, by.origin + ": " + std::string(what));
}

void configuration_binder::warn(const entry& by, std::string_view what) {
    warnings_.push_back(by.origin + ": " + std::string(what));
}

void configuration_binder::run() {
    std::vector<const entry*> in_order;
    for (const entry& one : from_.entries_) in_order.push_back(&one);
    std::sort(in_order.begin(), in_order.end(),
              [](const entry* a, const entry* b) { return a->order < b->order; });
    for (const entry* one : in_order) sort_out(*one);
    apply_server();
    apply_default_certificate();
    listen();
    complete_https(options_);
    if (found_mistakes_.empty()) check_whole();
    std::stable_sort(found_mistakes_.begin(), found_mistakes_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [order, text] : found_mistakes_) mistakes_.push_back(std::move(text));
}

void configuration_binder::sort_out(const entry& one) {
    const key_match match = match_key(one.key);
    if (match.row == nullptr) {
        if (!is_strict(one.key)) return warn_of_near_miss(one);
        if (match.what == key_match::kind::section) {
            // A variable called SAKER is not about us; an empty section is nothing.
            const bool variable = one.origin.starts_with("environment ");
            if (!one.is_null && !one.value.empty() && !(variable && match.segments == 1))
                mistake(one, one.key + " is " + in_quotes(one.value) +
                                 "; expected a section with " + match.words() + '.');
            if (is_endpoint_name(one.key)) endpoint_named(segment(one.key, 2), one);
            return note_host(one);
        }
        return unknown(one);
    }
    const setting& row = *match.row;
    if (!check_form(row, one, match.rest)) return;
    if (row.kind != key_kind::placed) check_kind(row, one, match.rest);
    if (is_endpoint_row(row))
        sort_out_endpoint(row, one, match.rest);
    else if (row.of_endpoint != nullptr || row.of_https != nullptr)
        defaults_.push_back({&row, &one, match.rest});
    else if (row.of_server != nullptr)
        server_.push_back({&row, &one, match.rest});
    else if (row.key == "Kestrel:Certificates:Default")
        default_certificate_.push_back({&row, &one, match.rest});
}

void configuration_binder::sort_out_endpoint(const setting& row, const entry& one,
                                             std::string_view rest) {
    endpoint& of = endpoint_named(segment(one.key, 2), one);
    if (row.key == "Kestrel:Endpoints:*:Url")
        of.url = &one;
    else
        of.keys.push_back({&row, &one, rest});
    note_host(one);
}

// "Kestrel:Endpoints:Https:Sni:example.com", and what is below it.
void configuration_binder::note_host(const entry& one) {
    const std::string_view host = segment(one.key, 4);
    if (!equals_ignore_case(segment(one.key, 1), "Endpoints") ||
        !equals_ignore_case(segment(one.key, 3), "Sni") || host.empty())
        return;
    auto& known = endpoint_named(segment(one.key, 2), one).hosts;
    const auto is_it = [&](const auto& before) { return equals_ignore_case(before.first, host); };
    if (std::none_of(known.begin(), known.end(), is_it)) known.emplace_back(host, &one);
}

// "Kestral:Limits:..." is the application's own, or a slip: told once.
void configuration_binder::warn_of_near_miss(const entry& one) {
    constexpr std::array<std::string_view, 2> ours = {"Kestrel", "Saker"};
    const std::string_view top = first_segment(one.key);
    if (top.size() == one.key.size() || has_prefix_of_layer(one)) return;
    const std::string_view meant = nearest(top, ours);
    if (meant.empty()) return;
    const std::string would_be = std::string(meant) + one.key.substr(top.size());
    const std::string told = in_small_letters(top);
    if (match_key(would_be).segments < 2 ||
        std::find(told_.begin(), told_.end(), told) != told_.end())
        return;
    told_.push_back(told);
    warn(one, std::string(top) + " is taken for a section of the application's own; did you mean " +
                  std::string(meant) + '?');
}

void configuration_binder::unknown(const entry& one) {
    const key_match match = match_key(one.key);
    const std::string known_part(first_segments(one.key, match.segments));
    const std::string path(first_segments(one.key, match.segments + 1));
    const std::string told = in_small_letters(path);
    if (std::find(told_.begin(), told_.end(), told) != told_.end()) return;
    told_.push_back(told);
    if (match.below.empty())
        return mistake(one, known_part + " is a section; expected " + match.expected_value() + '.');
    const std::string_view given = segment(one.key, match.segments);
    if (given.empty() && equals_ignore_case(segment(one.key, 3), "Sni"))
        return mistake(one, "The endpoint " + std::string(segment(one.key, 2)) +
                                " is invalid because an SNI configuration section has an empty "
                                "string as its key. Use a wildcard ('*') SNI section to match all "
                                "server names.");
    if (given.empty())
        return mistake(
            one, known_part + " has an entry without a name; expected " + match.words() + '.');
    if (const std::string_view meant = nearest(given, match.below); !meant.empty())
        return mistake(one, path + " is not known; did you mean " + std::string(meant) + '?');
    if (const std::string elsewhere = key_with_name(given); !elsewhere.empty())
        return mistake(one, path + " is not known; did you mean " + elsewhere + '?');
    mistake(one, path + " is not known; known here are " + match.words() + '.');
}

// .NET takes {} for null and [] for an empty text: at a limit, both would switch it off without a
// word. Here each is what it says, and no value.
bool configuration_binder::check_form(const setting& row, const entry& one, std::string_view rest) {
    if (row.kind == key_kind::anything || !(one.is_empty_section || one.is_empty_list)) return true;
    const bool is_list = row.kind == key_kind::list;
    if (!rest.empty() && !is_list && !check_words(rest, certificate_keys()).mistake.empty())
        return true;  // it is the name that is the mistake
    if (rest.empty() && (one.is_empty_list ? is_list : is_section(row))) return true;
    blank_options blank;
    const std::string valid = rest.empty() ? expected_instead(row)
                              : is_list    ? expected(row, blank.at(row))
                                           : "a text";
    mistake(one, one.key + (one.is_empty_list ? " is an empty list" : " is an empty section") +
                     "; expected " + valid + '.');
    return false;
}

void configuration_binder::check_kind(const setting& row, const entry& one, std::string_view rest) {
    taken checked;
    const std::string_view text = trim(one.value);
    switch (row.kind) {
        case key_kind::truth:
            if (!one.is_null && !parse_truth(text)) checked.mistake = "true or false";
            break;
        case key_kind::certificate: return check_certificate_key(row, one, rest);
        case key_kind::list:
            if (rest.empty() && !text.empty()) checked.mistake = expected_instead(row);
            if (rest.find(':') != std::string_view::npos) {
                blank_options blank;
                return mistake(
                    one, one.key + " is not known; expected " + expected(row, blank.at(row)) + '.');
            }
            break;
        default: break;
    }
    if (!checked.mistake.empty())
        return mistake(
            one, one.key + " is " + in_quotes(one.value) + "; expected " + checked.mistake + '.');
    const bool filters = row.key == "AllowedHosts" && text != "*" && !text.empty();
    const bool without_effect = row.reload == reloading::nothing && row.key != "AllowedHosts";
    if ((without_effect && !one.is_null) || filters)
        warn(one, one.key + " has no effect. " + std::string(row.effect));
}

void configuration_binder::check_certificate_key(const setting& row, const entry& one,
                                                 std::string_view rest) {
    const std::string section = "a section with ";
    if (rest.empty() && !one.is_null && !trim(one.value).empty())
        return mistake(one, one.key + " is a text; expected " + section +  // a key, perhaps
                                check_words("", certificate_keys()).mistake + '.');
    const taken checked = rest.empty() ? taken() : check_words(rest, certificate_keys());
    if (!checked.mistake.empty())
        return mistake(one, one.key + " is not known; expected " + section + checked.mistake +
                                (checked.mistake.ends_with('?') ? "" : "."));
    // One word for the whole section.
    const std::string path(rest.empty() ? std::string_view(one.key) : first_segments(one.key, 3));
    if (row.reload != reloading::nothing || one.is_null ||
        std::find(told_.begin(), told_.end(), in_small_letters(path)) != told_.end())
        return;
    told_.push_back(in_small_letters(path));
    warn(one, path + " has no effect. " + std::string(row.effect));
}

// A name that no transport has; whether one that is there works here shows at the start.
std::string configuration_binder::unknown_transport(std::string_view given) const {
    std::vector<std::string_view> known = {"auto"};
    for (const auto& plug_in : options_.transport.plug_ins)
        if (plug_in != nullptr) known.push_back(plug_in->name());
    for (const transport_factory* built_in : built_in_transports())
        known.push_back(built_in->name());
    if (std::find(known.begin(), known.end(), given) != known.end()) return {};
    return wording::one_of(given, known);
}

void configuration_binder::put(const setting& row, const entry& by, const place& at) {
    if (const auto* const rate = std::get_if<rate_switch>(&at); rate && by.is_empty_section) {
        if (!*rate->rate) rate->rate->emplace();
        return;
    }
    taken done = take(row, at, text_of(row, by), by.is_null);
    const bool names_transport =
        row.key.ends_with(":Transport:Name") ||
        (row.key.ends_with(":Transport") && std::holds_alternative<std::string*>(at));
    if (names_transport && !by.is_null && done.mistake.empty())
        done.mistake = unknown_transport(by.value);
    if (!done.mistake.empty())
        mistake(by, by.key + " is " + in_quotes(by.value) + "; expected " + done.mistake +
                        (done.mistake.ends_with('?') ? "" : "."));
    if (!done.warning.empty()) warn(by, by.key + ": " + done.warning + '.');
}

// In the order of the layers, so that of two names for one thing the higher layer's counts; .NET's
// own first, since ours are the more particular ones.
void configuration_binder::apply_server() {
    std::stable_sort(server_.begin(), server_.end(), [](const found& a, const found& b) {
        return (a.row->whose == owner::dotnet) > (b.row->whose == owner::dotnet);
    });
    for (const auto& [row, by, rest] : server_)
        put(*row, *by, place_of(*row, {.server = &options_}));
}

// What only shows when everything is together: told where the key concerned was set.
void configuration_binder::check_whole() {
    for (const std::string& text : mistakes_in(options_)) {
        if (const entry* const by = source_of(text); by != nullptr)
            mistake(*by, by->key + ": " + text);
        else
            found_mistakes_.emplace_back(SIZE_MAX, text);
    }
}

const configuration::entry* configuration_binder::source_of(std::string_view text) const {
    const entry* by = nullptr;
    for (const auto& [row, source, rest] : server_)
        if (text.starts_with(name_in_options(row->key) + ' ')) by = source;
    for (size_t i = 0; i < listened_by_.size(); ++i)
        if (text.starts_with("endpoints[" + std::to_string(i) + ']') && listened_by_[i])
            by = source_of_https(text, i);
    return by;
}

// Of an endpoint of the configuration: the key of TLS that the text begins with, else its url.
const configuration::entry* configuration_binder::source_of_https(std::string_view text,
                                                                  size_t index) const {
    const std::string_view name = options_.endpoints[index].options.name;
    const std::string start = "endpoints[" + std::to_string(index) + "].options.https.";
    if (text.starts_with(start) && !name.empty()) text.remove_prefix(start.size());
    for (const endpoint& one : endpoints_)
        for (const auto& [row, by, rest] : one.keys)
            if (equals_ignore_case(one.name, name) && row->of_https != nullptr &&
                text.starts_with(name_in_options(':' + std::string(last_segment(row->key)))))
                return by;
    return listened_by_[index];
}

const configuration::entry* configuration_binder::find(std::string_view key) const noexcept {
    for (const entry& one : from_.entries_)
        if (equals_ignore_case(one.key, key)) return &one;
    return nullptr;
}

std::string configuration_binder::text_of(std::string_view key) const {
    const entry* const one = find(key);
    return one == nullptr ? std::string() : std::string(trim(one->value));
}

}  // namespace saker
