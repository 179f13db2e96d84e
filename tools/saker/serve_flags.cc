// See serve_flags.h.

#include "tools/saker/serve_flags.h"

#include <saker/log.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>

namespace saker::tool {

namespace {

using action = serve_request::action;

// A password is never an argument itself: everybody may read those of a process.
std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;  // not there, a directory, or empty
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

class flag_maker {
public:
    explicit flag_maker(serve_request& into) : into_(into) {}

    void put(std::string_view key, std::string_view value) const {
        into_.from_flags.push_back("--" + std::string(key) + '=' + std::string(value));
    }
    // Checked by the table alone.
    flag text(std::string_view name, std::string_view value, std::string_view about,
              std::string_view key) const {
        return {name, value, about, [*this, key](std::string_view given) {
                    put(key, given);
                    return std::string();
                }};
    }
    flag number(std::string_view name, std::string_view about, std::string_view key, uint64_t least,
                uint64_t most) const {
        return {name, "N", about, [*this, key, least, most](std::string_view given) {
                    uint64_t number = 0;
                    const std::string right = number_into(number, least, most)(given);
                    if (right.empty()) put(key, given);
                    return right;
                }};
    }
    flag seconds(std::string_view name, std::string_view about, std::string_view key) const {
        return {name, "SECONDS", about, [*this, key](std::string_view given) -> std::string {
                    const auto number = parse_number(given);
                    if (!number || *number < 1 || *number > 1'000'000'000)
                        return "a number of seconds from 1 on";
                    put(key, format_time_span(std::chrono::seconds(*number)));
                    return {};
                }};
    }
    flag switched_off(std::string_view name, std::string_view about, std::string_view key) const {
        return {name, "", about, [*this, key](std::string_view) {
                    put(key, "false");
                    return std::string();
                }};
    }
    flag instead(std::string_view name, std::string_view about, action what) const {
        return {name, "", about, [*this, what](std::string_view) {
                    into_.what = what;
                    return std::string();
                }};
    }

private:
    serve_request& into_;
};

std::vector<flag> certificate_flags(const flag_maker& make) {
    return {
        make.text("--certificate", "FILE",
                  "of https urls, PEM or PFX (one for development, made when first needed)",
                  "Kestrel:Certificates:Default:Path"),
        make.text("--certificate-key", "FILE", "its key, PEM (in the certificate's file)",
                  "Kestrel:Certificates:Default:KeyPath"),
        {"--certificate-password-file", "FILE",
         "whose first line is the password of the key or PFX",
         [make](std::string_view given) -> std::string {
             const auto password = first_line(std::string(given));
             if (!password) return "a file that can be read, with the password in its first line";
             make.put("Kestrel:Certificates:Default:Password", *password);
             return {};
         }},
    };
}

}  // namespace

std::vector<flag> serve_flags(serve_request& into) {
    const flag_maker make(into);
    std::vector<flag> all = {
        {"--urls", "URLS", "what to listen on, separated by ';' (http://127.0.0.1:8080)",
         [make](std::string_view given) {
             std::string urls(given);
             std::replace(urls.begin(), urls.end(), ',', ';');
             make.put("urls", urls);
             return std::string();
         }},
        make.text("--transport", "NAME",
                  "auto, io_uring or epoll (auto: the first that works here)",
                  "Saker:Transport:Name"),
        make.number("--cores", "threads that serve; 0 is one for each processor (0)", "Saker:Cores",
                    0, 1024),
        make.switched_off("--no-pin", "does not tie each of these threads to a processor",
                          "Saker:PinCores"),
        {"--log-level", "LEVEL",
         "trace, debug, information, warning, error, critical or none (information)",
         [make](std::string_view given) -> std::string {
             const auto level = parse_log_level(given);
             if (!level) return "trace, debug, information, warning, error, critical or none";
             make.put("Saker:Logging:LogLevel:Default", name(*level));
             return {};
         }},
        {"--max-body", "SIZE", "of a request: 4096, 64K, 30M, 2G or none (30000000 bytes)",
         [make](std::string_view given) -> std::string {
             if (!parse_size(given) && given != "none")
                 return "a size such as 4096, 64K, 30M or 2G, or none";
             make.put("Kestrel:Limits:MaxRequestBodySize", given == "none" ? "" : given);
             return {};
         }},
        make.seconds("--keep-alive-timeout", "how long a connection may be idle (130)",
                     "Kestrel:Limits:KeepAliveTimeout"),
        make.seconds("--headers-timeout", "how long the head of a request may take (30)",
                     "Kestrel:Limits:RequestHeadersTimeout"),
        make.number("--backlog", "connections that wait to be accepted (512)",
                    "Saker:Transport:Backlog", 1, 65535),
        make.number("--offload-threads", "threads for blocking work, started when needed (16)",
                    "Saker:OffloadThreads", 1, 4096),
        make.number("--max-slabs", "receive buffers of 16 KiB that a core may have (16384)",
                    "Saker:MaxSlabsPerCore", 16, 1u << 20),
        make.switched_off("--no-server-header", "does not say \"Server: Saker\"",
                          "Kestrel:AddServerHeader"),
        {"--config", "FILE", "instead of the two appsettings files; may be given again, for more",
         [&into](std::string_view given) {
             into.sources.files.emplace_back(given);
             return std::string();
         }},
        {"--environment", "NAME", "reads appsettings.NAME.json too (Production)",
         [&into](std::string_view given) {
             into.sources.environment = given;
             return std::string();
         }},
        make.instead("--check-config",
                     "checks all that is configured, prints what is in force and where each value "
                     "came from, and serves nothing",
                     action::check),
        make.instead("--print-schema", "writes the JSON Schema of appsettings.json",
                     action::schema),
        make.instead("--print-configuration-page", "writes the tables of docs/configuration.md",
                     action::page),
    };
    const std::vector<flag> certificate = certificate_flags(make);
    all.insert(all.begin() + 1, certificate.begin(), certificate.end());  // behind --urls
    return all;
}

std::vector<std::string_view> take_keys(std::span<const std::string_view> given,
                                        serve_request& into) {
    std::vector<std::string_view> rest;
    for (size_t i = 0; i < given.size(); ++i) {
        const std::string_view name = given[i].substr(0, given[i].find('='));
        if (!name.starts_with("--") || name.find(':') == std::string_view::npos) {
            rest.push_back(given[i]);
            continue;
        }
        into.sources.arguments.emplace_back(given[i]);
        const bool has_value = name.size() != given[i].size();
        if (!has_value && i + 1 < given.size() && !given[i + 1].starts_with("--"))
            into.sources.arguments.emplace_back(given[++i]);
    }
    return rest;
}

}  // namespace saker::tool
