#pragma once
// Bytes as Kestrel's connection logging shows them.

#include <string>
#include <string_view>

namespace saker {

// "method[n]", and behind it lines of sixteen bytes: "47 45 ", one space more after the eighth, two
// spaces, and the printable ones as text, a space after the eighth. Kestrel shows what is beyond
// ASCII as Latin-1; here it is a dot, as controls are.
void append_hex_dump(std::string& out, std::string_view method, std::string_view bytes);

}  // namespace saker
