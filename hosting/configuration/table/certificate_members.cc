// See certificate_members.h.

#include "hosting/configuration/table/certificate_members.h"

#include "hosting/configuration/values.h"
#include "protocols/http/characters.h"

#include <array>

namespace saker {

namespace {

struct member {
    std::string_view key;
    std::string certificate_source::*text;
    bool is_path = false;
};
constexpr std::array<member, 7> texts = {{
    {"Path", &certificate_source::path, true},
    {"KeyPath", &certificate_source::key_path, true},
    {"Password", &certificate_source::password},
    {"OcspPath", &certificate_source::ocsp_path, true},
    {"Subject", &certificate_source::subject},
    {"Store", &certificate_source::store},
    {"Location", &certificate_source::location},
}};
constexpr std::array<std::string_view, 8> keys = {"Path",    "KeyPath", "Password", "OcspPath",
                                                  "Subject", "Store",   "Location", "AllowInvalid"};
constexpr std::array<std::string_view, 2> locations = {"CurrentUser", "LocalMachine"};

const member* find(std::string_view key) noexcept {
    for (const member& one : texts)
        if (equals_ignore_case(one.key, key)) return &one;
    return nullptr;
}

}  // namespace

std::span<const std::string_view> certificate_keys() noexcept { return keys; }
std::span<const std::string_view> store_locations() noexcept { return locations; }

bool is_certificate_path(std::string_view key) noexcept {
    const member* const one = find(key);
    return one != nullptr && one->is_path;
}

bool is_secret(std::string_view key) noexcept { return equals_ignore_case(key, "Password"); }

taken take_certificate_member(certificate_source& into, std::string_view key,
                              std::string_view text) {
    if (equals_ignore_case(key, "AllowInvalid")) {
        const auto truth = parse_truth(trim(text));
        if (!truth) return {"true or false", {}};
        into.allow_invalid = *truth;
        return {};
    }
    const member* const one = find(key);
    if (one == nullptr) return {};
    // Kestrel's: an empty one is the default one.
    if (text.empty() && !one->is_path && !is_secret(key)) return {};
    if (!is_secret(key) && has_control_character(text))
        return {"a text without control characters", {}};
    if (one->text == &certificate_source::location) {
        taken checked = check_words(trim(text), locations);
        if (!checked.mistake.empty()) return checked;
    }
    into.*one->text = text;
    return {};
}

}  // namespace saker
