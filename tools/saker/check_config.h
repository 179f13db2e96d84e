#pragma once
// `saker serve --check-config`: what is in force, as a table for a person.

#include <saker/configuration.h>

#include <string>

namespace saker::tool {

// The environment, the files, and each key with its value and where that came from, in columns.
[[nodiscard]] std::string describe_configuration(const configuration&, const server_options& base);

}  // namespace saker::tool
