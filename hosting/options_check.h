#pragma once
// Whether options make sense, before anything is opened: every mistake at once, each a sentence
// with the option's name, what was found and what is valid. Whether a transport is there and an
// address can be had shows only at the start, and is not asked here.

#include <saker/options.h>

#include <string>
#include <vector>

namespace saker {

// In the order of the declarations; empty where all is well.
[[nodiscard]] std::vector<std::string> mistakes_in(const server_options&);

}  // namespace saker
