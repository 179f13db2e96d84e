#pragma once
// A string of JSON, fit for a terminal too: control characters, of Unicode's second set as well,
// and those that turn the direction of writing are escapes; what is no UTF-8 is U+FFFD.

#include <string>
#include <string_view>

namespace saker::diagnostics {

// Appends it with its quotes; `cut` says with three dots that there was more.
void append_json_string(std::string& out, std::string_view text, bool cut = false);

}  // namespace saker::diagnostics
