#pragma once
// Where settings come from, one layer after the other; each is a list of keys with texts. The order
// is .NET's: host settings with a prefix < files < environment < command line.

#include "hosting/configuration/json_source.h"

#include <saker/configuration.h>
#include <saker/result.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

struct layer_value {
    std::string key, value, origin;
    json_null is_null = {};
};

// Of variables that are a layer of their own, below files; the last one wins.
inline constexpr std::array<std::string_view, 3> prefixes_of_variables = {"ASPNETCORE_", "DOTNET_",
                                                                          "SAKER_"};

// What a relative path of a configuration is relative to; one from the root stays as it is.
[[nodiscard]] std::string path_in(const std::string& directory, const std::string& file);

// Name and value of each variable of the process.
using variables = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] variables variables_of_process();

// ASPNETCORE_URLS is "URLS": of the variables with this prefix, without it.
[[nodiscard]] std::vector<layer_value> prefixed_layer(const variables&, std::string_view prefix);
// Kestrel__Limits__MaxRequestBodySize is "Kestrel:Limits:MaxRequestBodySize".
[[nodiscard]] std::vector<layer_value> environment_layer(const variables&);
// "--key=value", "--key value", "/key=value", "key=value"; mistakes are told of keys of ours alone.
[[nodiscard]] std::vector<layer_value> arguments_layer(std::span<const std::string>,
                                                       std::vector<std::string>& mistakes);
// One file; nothing where it is not there and need not be.
[[nodiscard]] std::optional<std::vector<layer_value>> file_layer(
    const std::string& path, bool may_be_missing, std::vector<std::string>& mistakes);

}  // namespace saker
