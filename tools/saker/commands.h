#pragma once
// The commands of `saker`. Each gets what came after its name and gives the exit code: 0, 1 where
// something is wrong, 2 where it was called wrongly.

#include <span>
#include <string_view>

namespace saker::tool {

using arguments = std::span<const std::string_view>;

int serve(arguments);
int doctor(arguments);

// Says what was wrong with the call, and where help is; 2.
int called_wrongly(std::string_view command, std::string_view mistake);

}  // namespace saker::tool
