// The addresses: endpoints with Kestrel's order of who has the last word (defaults of the
// configuration, defaults of the code, the endpoint's keys, the code's `endpoint(name)`), and where
// there are none, urls, ports, or the default address; with Kestrel's messages.

#include "hosting/address.h"
#include "hosting/configuration/binder.h"
#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/values.h"
#include "hosting/https/https_endpoints.h"
#include "protocols/http/characters.h"

#include <algorithm>

namespace saker {

namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> all;
    while (!list.empty()) {
        const size_t end = std::min(list.find(';'), list.size());
        if (const std::string_view one = trim(list.substr(0, end)); !one.empty())
            all.emplace_back(one);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return all;
}

std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
    return text;
}

// "Certificate", "Sni": the key that stands at the endpoint.
std::string kestrels_name(const setting& row) { return std::string(segment(row.key, 3)); }

}  // namespace

configuration_binder::endpoint& configuration_binder::endpoint_named(std::string_view name,
                                                                     const entry& by) {
    for (endpoint& one : endpoints_)
        if (equals_ignore_case(one.name, name)) return one;
    endpoint& made = endpoints_.emplace_back();
    made.name = name;
    made.first = &by;
    return made;
}

bool configuration_binder::check_endpoint(const endpoint& of) {
    if (of.url == nullptr || trim(of.url->value).empty()) {
        mistake(of.url != nullptr ? *of.url : *of.first,
                "The endpoint " + of.name + " is missing the required 'Url' parameter.");
        return false;
    }
    const auto address = parse_address(trim(of.url->value));
    if (!address) mistake(*of.url, of.url->key + ": " + address.error().text());
    if (!is_https(trim(of.url->value))) check_without_https(of);
    return static_cast<bool>(address);
}

void configuration_binder::check_without_https(const endpoint& of) {
    std::vector<std::string> told;
    const auto tell = [&](const entry& by, const std::string& key) {
        if (std::find(told.begin(), told.end(), key) != told.end()) return;
        told.push_back(key);
        mistake(by, "The non-HTTPS endpoint " + of.name +
                        " includes HTTPS-only configuration for " + key + '.');
    };
    for (const auto& [row, by, rest] : of.keys)
        if (row->https_only && !by->is_null) tell(*by, kestrels_name(*row));
    for (const auto& [host, by] : of.hosts) tell(*by, "Sni");
}

void configuration_binder::add_endpoint(const endpoint& of) {
    const size_t before = found_mistakes_.size();
    const bool has_address = check_endpoint(of);
    if (of.url == nullptr) return;
    const bool https = is_https(trim(of.url->value));
    const kept_https of_tls = https ? kept_https_of(of) : kept_https();
    listen_options scratch;
    const std::vector<kept_value> of_endpoint = kept(of.keys, {.endpoint = &scratch});
    if (!has_address || found_mistakes_.size() != before) return;
    options_.listen(trim(of.url->value), [&](listen_options& on) {
        on.name = of.name;
        for (const kept_value& one : of_endpoint) one.put({.endpoint = &on});
        if (https) put_over(of_tls, on);
        for (const auto& [name, last_word] : options_.named_endpoints)
            if (equals_ignore_case(name, of.name) && last_word) last_word(on);
    });
    listened_by_.push_back(of.url);
}

// Checked once, then kept for every endpoint that comes later, the code's as well. Those that the
// code has added already get what they have not said otherwise.
void configuration_binder::apply_defaults() {
    blank_options scratch;
    const std::vector<kept_value> said =
        kept(defaults_, {.endpoint = &scratch.endpoint, .https = &scratch.https});
    if (said.empty()) return;
    for (auto& listened : options_.endpoints) put_beside(said, listened.options);
    options_.endpoint_defaults = [said, code = options_.endpoint_defaults](listen_options& on) {
        for (const kept_value& one : said) one.put({.endpoint = &on});
        if (code) code(on);
    };
    options_.https_defaults = [said, code = options_.https_defaults](https_options& with) {
        for (const kept_value& one : said) one.put({.https = &with});
        if (code) code(with);
    };
}

void configuration_binder::listen_on_urls(const std::string& urls, const entry* by) {
    for (const std::string& url : split(urls)) {
        const auto address = parse_address(url);
        if (!address && by != nullptr) {
            mistake(*by, by->key + ": " + address.error().text());
            continue;
        }
        options_.listen(url);
        listened_by_.push_back(by);
    }
}

std::vector<std::pair<std::string, const configuration::entry*>>
configuration_binder::urls_of_ports() const {
    std::vector<std::pair<std::string, const entry*>> all;
    for (const std::string_view scheme : {"http", "https"})
        for (const std::string& port : split(text_of(std::string(scheme) + "_ports")))
            all.emplace_back(std::string(scheme) + "://*:" + port,
                             find(std::string(scheme) + "_ports"));
    return all;
}

void configuration_binder::warn_of_nobody() {
    std::vector<std::string_view> names;
    for (const endpoint& one : endpoints_) names.push_back(one.name);
    for (const auto& named : options_.named_endpoints) {
        const std::string& name = named.first;
        const auto is_it = [&](std::string_view one) { return equals_ignore_case(one, name); };
        if (std::any_of(names.begin(), names.end(), is_it)) continue;
        const std::string_view meant = nearest(name, names);
        warnings_.push_back("endpoint(\"" + name +
                            "\") has no effect: there is no endpoint of that name" +
                            (meant.empty() ? "." : "; did you mean " + std::string(meant) + '?'));
    }
}

void configuration_binder::listen() {
    apply_defaults();
    warn_of_nobody();
    listened_by_.assign(options_.endpoints.size(), nullptr);
    std::sort(endpoints_.begin(), endpoints_.end(),
              [](const endpoint& a, const endpoint& b) { return comes_before(a.name, b.name); });
    const std::string given = text_of("urls");
    const bool has_urls = !split(given).empty();
    const auto ports = urls_of_ports();
    if (has_urls && !ports.empty())
        warn(*ports.front().second, "Overriding HTTP_PORTS '" + text_of("http_ports") +
                                        "' and HTTPS_PORTS '" + text_of("https_ports") +
                                        "'. Binding to values defined by URLS instead '" + given +
                                        "'.");
    const bool has_endpoints = !options_.endpoints.empty() || !endpoints_.empty();
    const bool has_addresses = has_urls || !ports.empty();
    const bool prefer = parse_truth(text_of("preferhostingurls")).value_or(false);
    std::vector<std::string> addresses = split(given);
    if (!has_urls)
        for (const auto& [url, by] : ports) addresses.push_back(url);
    if (has_endpoints && has_addresses) {
        const entry& by = has_urls ? *find("urls") : *ports.front().second;
        warn(by, prefer ? "Overriding endpoints defined via IConfiguration and/or UseKestrel() "
                          "because PreferHostingUrls is set to true. Binding to address(es) '" +
                              joined(addresses) + "' instead."
                        : "Overriding address(es) '" + joined(addresses) +
                              "'. Binding to endpoints defined via IConfiguration and/or "
                              "UseKestrel() instead.");
        if (prefer) {
            options_.endpoints.clear();
            listened_by_.clear();
        }
    }
    if (has_endpoints && !(has_addresses && prefer)) {
        for (const endpoint& one : endpoints_) add_endpoint(one);
    } else if (has_urls) {
        listen_on_urls(given, find("urls"));
    } else {
        for (const auto& [url, by] : ports) listen_on_urls(url, by);
        if (ports.empty()) listen_on_urls(from_.default_urls_, nullptr);
    }
}

}  // namespace saker
