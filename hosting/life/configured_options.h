#pragma once
// The options of a server that has a configuration: what the code has said, what the configuration
// says over it, and what the code has to say to that. One thread at a time.

#include <saker/configuration.h>
#include <saker/options.h>
#include <saker/result.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace saker {

class configured_options {
public:
    using last_word = std::function<void(server_options&)>;
    configured_options(configuration_sources sources, last_word then)
        : sources_(std::move(sources)), then_(std::move(then)) {}

    // What the code has said, before the first `load` of a start.
    void base(server_options said) {
        base_ = std::move(said);
        variables_.reset();
    }
    // Reads everything anew, but for the environment's variables, which are those of the start:
    // later ones are perhaps on another thread than who sets them. Or every mistake.
    [[nodiscard]] result<server_options> load();
    // How what was loaded differs from what was accepted, key by key:
    // "Kestrel:Limits:MaxRequestBodySize 30000000 -> 1000".
    [[nodiscard]] std::vector<std::string> differences() const;
    // What was loaded last is in force from now on.
    void accept() { accepted_ = loaded_; }

    [[nodiscard]] std::vector<std::string> files() const;
    [[nodiscard]] std::vector<std::string> files_read() const;
    [[nodiscard]] std::vector<std::string> warnings() const;
    [[nodiscard]] bool reloads_on_change() const noexcept { return sources_.reload_on_change; }

private:
    [[nodiscard]] result<server_options> apply(const configuration& read) const;

    const configuration_sources sources_;
    const last_word then_;
    server_options base_;
    std::optional<std::vector<std::pair<std::string, std::string>>> variables_;
    std::optional<configuration> loaded_, accepted_;
};

}  // namespace saker
