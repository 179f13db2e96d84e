#pragma once
// Whether the files that https endpoints name can be used, without serving anything.

#include <saker/options.h>

#include <string>
#include <vector>

namespace saker {

// Reads them all; every mistake, with its endpoint. No certificate for development is made.
[[nodiscard]] std::vector<std::string> mistakes_in_https_files(const server_options&);

}  // namespace saker
