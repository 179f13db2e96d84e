#pragma once
// Options from files, the environment and the command line, as .NET layers them: variables with a
// prefix (ASPNETCORE_URLS, DOTNET_URLS, SAKER_URLS) < appsettings.json <
// appsettings.{environment}.json < environment variables (`Kestrel__Limits__...`) < arguments
// (`--Kestrel:Limits:...=100`, `--urls`). Keys are case-insensitive. The section `Kestrel` has
// Kestrel's schema, its limits included; what is ours is in the section `Saker`.
// docs/configuration.md lists every key.

#include <saker/options.h>
#include <saker/result.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

struct configuration_sources {
    // Where appsettings.json is looked for, and what relative paths in it are relative to.
    std::string directory = ".";
    // Empty: the argument --environment, else SAKER_ENVIRONMENT, DOTNET_ENVIRONMENT or
    // ASPNETCORE_ENVIRONMENT, else "Production".
    std::string environment;
    // Instead of the two appsettings files, which may be missing: these, in this order, which must
    // be there.
    std::vector<std::string> files;
    // Not those of the process when false. `server::configure` takes them once, at the start: a
    // reload is perhaps on another thread than one that sets them.
    bool environment_variables = true;
    // Those of the command line, without the program's name: "--key=value", "--key value",
    // "/key=value" or "key=value", as .NET reads them. What has another form is not ours.
    std::vector<std::string> arguments;
    // Listened on where neither code nor configuration names an address. Separated by ';'.
    std::string default_urls = "http://localhost:5000";
    // `server::configure` follows changes of the files.
    bool reload_on_change = true;
};

class configuration {
public:
    // Reads all layers; or every mistake in all of them: syntax with file, line and column.
    [[nodiscard]] static result<configuration> load(const configuration_sources&);

    // `base` with everything that is configured, endpoints added to its own; or every mistake, each
    // with its file and line (or variable, or argument), the key's path, what was found, what is
    // expected, and the nearest known name of one that is not known. What `base` says of endpoints
    // by functions is called, here as by the two below.
    [[nodiscard]] result<server_options> apply_to(server_options base) const;
    // What was read and has no effect, and why; which addresses others override.
    [[nodiscard]] std::vector<std::string> warnings(const server_options& base) const;

    // One value and where it came from: "appsettings.json:12", "environment Kestrel__...",
    // "command line", "code" or "default".
    struct setting {
        std::string key, value, origin;
    };
    // The endpoints that are configured, every key that can be set with its value in force, and the
    // addresses that have no name; in the order of docs/configuration.md. Not the keys of an
    // application.
    [[nodiscard]] std::vector<setting> effective(const server_options& base) const;
    // The files that were looked for, there or not: what to watch for changes.
    [[nodiscard]] const std::vector<std::string>& files() const noexcept { return files_; }
    // Those of them that were there.
    [[nodiscard]] const std::vector<std::string>& files_read() const noexcept {
        return files_read_;
    }
    [[nodiscard]] const std::string& environment() const noexcept { return environment_; }

    // The value of any key, "Kestrel:Endpoints:Http:Url" or an application's own; nothing where it
    // is not set.
    [[nodiscard]] const std::string* find(std::string_view key) const noexcept;

private:
    friend class configuration_binder;
    friend class configured_options;
    // The same, with what the environment has said some time.
    using variables = std::vector<std::pair<std::string, std::string>>;
    [[nodiscard]] static result<configuration> load(const configuration_sources&, const variables&);
    struct entry {
        std::string key, value, origin;
        bool is_null = false;
        size_t order = 0;  // of reading: what was read later is of a higher layer
        bool is_empty_section = false, is_empty_list = false;  // {} and [] of a file
    };
    std::vector<entry> entries_;  // one a key, what the last layer said; by their keys
    std::vector<std::string> files_, files_read_;
    std::string environment_, default_urls_, directory_;
};

// The JSON Schema of appsettings.json, made of the table that the reader works by.
[[nodiscard]] std::string configuration_schema();

}  // namespace saker
