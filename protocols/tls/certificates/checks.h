#pragma once
// Whether a certificate, its key and its chain are fit for a server, and in what order they are
// sent.

#include "protocols/tls/loaded_certificate.h"

#include <string>
#include <vector>

namespace saker::tls {

// Orders the chain so that each certifies the one before, the leaf the first; leaves out copies of
// the leaf, and roots, which no client needs. What does not belong to it comes last, with a
// warning.
void arrange_chain(loaded_certificate&, const std::string& where);

// Adds a sentence for each thing that a server cannot do with it. `where` is the file of the
// certificate, `key_where` that of the key.
void check(const loaded_certificate&, const std::string& where, const std::string& key_where,
           std::vector<std::string>& mistakes);

}  // namespace saker::tls
