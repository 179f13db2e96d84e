// See page.h.

#include "hosting/configuration/page.h"

#include "hosting/configuration/table/key_path.h"
#include "hosting/configuration/table/setting_values.h"

#include <algorithm>

namespace saker {

namespace {

std::string_view parent_of(std::string_view key) noexcept {
    const size_t colon = key.rfind(':');
    return colon == std::string_view::npos ? std::string_view() : key.substr(0, colon);
}

// A rate is told beside its switch, and the default certificate beside the endpoints' defaults.
std::string_view section_of(const setting& row) noexcept {
    const std::string_view parent = parent_of(row.key);
    return parent.ends_with("DataRate") ? parent_of(parent) : parent;
}

std::string heading(std::string_view section) {
    if (section.empty()) return "### At the top";
    std::string text = "### `";
    for (const char c : section) text += c == '*' ? std::string("{name}") : std::string(1, c);
    return text + '`';
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

std::string valid(const setting& row, const place& at) {
    switch (row.kind) {
        case key_kind::placed: return expected(row, at);
        case key_kind::text: return "a text";
        case key_kind::truth: return "true or false";
        case key_kind::certificate:
            return "{Path, KeyPath, Password, OcspPath} or {Subject, Store, Location, "
                   "AllowInvalid}";
        case key_kind::list: return expected_list(at);
        case key_kind::anything: break;
    }
    return "anything";
}

std::string_view name_of(reloading when) noexcept {
    switch (when) {
        case reloading::live: return "yes";
        case reloading::endpoint: return "opens it anew";
        case reloading::restart: return "at the next start";
        case reloading::nothing: break;
    }
    return "no effect";
}

std::string_view name_of(owner whose) noexcept {
    switch (whose) {
        case owner::kestrel: return "Kestrel";
        case owner::kestrel_in_code: return "Kestrel, in code";
        case owner::dotnet: return ".NET";
        case owner::saker: break;
    }
    return "Saker";
}

std::string line_of(const setting& row) {
    blank_options blank;
    const place at = blank.at(row);
    const std::string name(row.key.substr(section_of(row).size() + !section_of(row).empty()));
    const std::string shown = show(at);
    return "| `" + (name == "*" ? "{name}" : name) + "` | " + escaped(valid(row, at)) + " | " +
           (shown.empty() ? "" : '`' + shown + '`') + " | " + escaped(row.effect) + " | " +
           std::string(name_of(row.reload)) + " | " + std::string(name_of(row.whose)) + " |\n";
}

}  // namespace

std::string configuration_page() {
    std::vector<std::string_view> sections;
    for (const setting& row : settings())
        if (std::find(sections.begin(), sections.end(), section_of(row)) == sections.end())
            sections.push_back(section_of(row));
    std::string page;
    for (const std::string_view section : sections) {
        page += (page.empty() ? "" : "\n") + heading(section) +
                "\n\n| key | valid | default | effect | reloaded | whose "
                "|\n|---|---|---|---|---|---|\n";
        for (const setting& row : settings())
            if (section_of(row) == section) page += line_of(row);
    }
    return page;
}

}  // namespace saker
