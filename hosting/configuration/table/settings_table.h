#pragma once
// Every key that can be configured, once: what it is called, its range and unit, what it does,
// whether a reload changes it, whose it is, and where in the options it lives. The reader, its
// messages, the effective configuration, the JSON Schema and docs/configuration.md are all made of
// these rows.

#include <saker/options.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace saker {

// Parts of options that are not simply a member.
struct rate_switch {
    std::optional<min_data_rate>* rate;  // null, or a section
};
struct rate_speed {
    std::optional<min_data_rate>* rate;
};
struct rate_grace {
    std::optional<min_data_rate>* rate;
};
struct file_mode {
    uint32_t* bits;
};
struct whole_seconds {
    std::chrono::milliseconds* time;
};
struct category_level {
    server_options* of;
    std::string_view category;
};
// A key that is read by other means than its place, or that is only known.
struct no_place {};

// Where a setting lives; which alternative it is, is its type.
using place = std::variant<no_place, bool*, uint32_t*, uint64_t*, std::optional<uint64_t>*,
                           std::chrono::milliseconds*, std::optional<std::chrono::milliseconds>*,
                           std::string*, http_protocols*, connection_limit_action*, log_level*,
                           access_log_options::log_format*, rate_switch, rate_speed, rate_grace,
                           file_mode, whole_seconds, category_level, std::chrono::seconds*,
                           std::chrono::hours*, ssl_protocols*, client_certificate_mode*,
                           ktls_mode*, std::vector<std::string>*, std::optional<http_protocols>*,
                           std::optional<ssl_protocols>*, std::optional<client_certificate_mode>*>;

// What a setting may be a part of; null: not at hand.
struct setting_owners {
    server_options* server = nullptr;
    listen_options* endpoint = nullptr;
    https_options* https = nullptr;
    sni_options* sni = nullptr;
};

// How a key is read and checked.
enum class key_kind : uint8_t {
    placed,       // by its place
    list,         // the same, each element by itself
    text,         // any text, read by who looks for it
    truth,        // the same, but "true" or "false"
    certificate,  // the section {Path, KeyPath, Password} or {Subject, Store, Location, ...}
    anything,     // known, with whatever is below it, and without effect
};

enum class reloading : uint8_t {
    live,      // a change counts from the next connection on, levels of the log at once
    endpoint,  // a change opens the endpoint anew
    restart,
    nothing,  // without effect in this version
};

enum class owner : uint8_t {
    kestrel,          // Kestrel reads the same key
    kestrel_in_code,  // the name and meaning of an option that Kestrel does not read by itself
    dotnet,           // of .NET's host
    saker,
};

struct setting {
    // Segments with ':'; "*" is any name: "Kestrel:Endpoints:*:Url".
    std::string_view key = {};
    // In the words of a person: "bytes", "connections".
    std::string_view unit = {};
    uint64_t least = 0;
    uint64_t most = UINT64_MAX;  // of the type, where that is smaller
    reloading reload = reloading::live;
    owner whose = owner::kestrel_in_code;
    std::string_view effect = {};
    place (*of_server)(server_options&) = nullptr;
    place (*of_endpoint)(listen_options&) = nullptr;
    place (*of_https)(https_options&) = nullptr;
    place (*of_sni)(sni_options&) = nullptr;
    key_kind kind = key_kind::placed;
    // Only where TLS is: an error at an endpoint without it.
    bool https_only = false;
    // Relative to the configuration's folder.
    bool is_path = false;
};

[[nodiscard]] std::span<const setting> settings();
// Those of one part; `settings` is all of them, one after the other.
[[nodiscard]] std::vector<setting> settings_of_limits();
[[nodiscard]] std::vector<setting> settings_of_endpoints();
[[nodiscard]] std::vector<setting> settings_of_https();
[[nodiscard]] std::vector<setting> settings_of_server();

// Where the setting lives in these options; nowhere, where they are not at hand.
[[nodiscard]] place place_of(const setting&, const setting_owners&);

// Options of every kind, for who asks what a row is like. A place is in them, and ends with them:
// hence a name.
struct blank_options {
    server_options server;
    listen_options endpoint;
    https_options https;
    sni_options sni;
    [[nodiscard]] place at(const setting& row) & {
        return place_of(row, {&server, &endpoint, &https, &sni});
    }
};

}  // namespace saker
