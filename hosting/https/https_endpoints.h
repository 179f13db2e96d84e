#pragma once
// Which endpoints are served over TLS. A url that says https is as good as `use_https`: Kestrel's
// rule for addresses and for configured endpoints. Nothing is read or checked here.

#include "hosting/address.h"

#include <saker/options.h>

#include <string_view>

namespace saker {

// "https://...", whatever its case.
[[nodiscard]] bool is_https(std::string_view url) noexcept;

// `use_https()` for each endpoint whose url is https and that has no TLS: with the defaults that it
// was listened on with, behind all of its middleware. May be called again.
void complete_https(server_options&);

// What an address is shown as: one that is written http:// and has TLS is https, as with Kestrel; a
// raw protocol stays tcp.
[[nodiscard]] address_scheme shown_scheme(address_scheme written, const listen_options&) noexcept;

}  // namespace saker
