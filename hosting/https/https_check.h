#pragma once
// Whether the options of TLS make sense: `mistakes_in` for what `https_options` and `tls_options`
// say. Files are not opened; that is the start's.

#include "hosting/option_mistakes.h"

#include <saker/options.h>

#include <string>
#include <string_view>

namespace saker {

// Of all https endpoints: `tls` and `default_certificate`.
void check_tls(option_mistakes&, const server_options&);
// Of one that has TLS; `where` is "endpoints[0].options".
void check_https(option_mistakes&, const std::string& where, const listen_options&);

// What is valid instead of this name of `https_options::sni`; empty where it is one.
[[nodiscard]] std::string valid_instead_of_sni(std::string_view host);

}  // namespace saker
