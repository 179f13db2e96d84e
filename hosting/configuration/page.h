#pragma once
// The table of keys as Markdown: the part of docs/configuration.md that is not written by hand.

#include <string>

namespace saker {

// One table a section, in the order of the settings.
[[nodiscard]] std::string configuration_page();

}  // namespace saker
