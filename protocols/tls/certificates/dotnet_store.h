#pragma once
// .NET's store of certificates as it is on Linux: a folder of PFX files without a password, in the
// user's home. Kestrel's `Subject`, `Store`, `Location` and `AllowInvalid`.

#include "protocols/tls/loaded_certificate.h"

#include <saker/certificate.h>
#include <saker/result.h>

#include <chrono>
#include <string>

namespace saker::tls {

// ~/.dotnet/corefx/cryptography/x509stores; empty where there is no home.
[[nodiscard]] std::string dotnet_stores();

// The one that `subject`, `store`, `location` and `allow_invalid` name, of those with a key and fit
// for a server the one that is valid longest; unchecked otherwise. `stores` is the folder above.
[[nodiscard]] result<loaded_certificate> find_in_dotnet_store(const certificate_source&,
                                                              const std::string& stores,
                                                              std::chrono::sys_seconds now);

}  // namespace saker::tls
