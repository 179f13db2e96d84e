#pragma once
// What `saker serve` was asked for. Its flags are short names of configuration keys, put behind the
// other arguments, so that they win, are checked by the same table and are kept at a reload.

#include "tools/saker/arguments.h"

#include <saker/configuration.h>

#include <string>
#include <string_view>
#include <vector>

namespace saker::tool {

struct serve_request {
    enum class action : uint8_t { serve, check, schema, page };
    action what = action::serve;
    configuration_sources sources;
    std::vector<std::string> from_flags;  // "--Saker:Cores=2"
};

// All flags, their values going into the request.
[[nodiscard]] std::vector<flag> serve_flags(serve_request&);

// Takes "--Kestrel:...=value" and "--Saker:... value" out of the arguments, into the request; what
// is left is for the flags.
[[nodiscard]] std::vector<std::string_view> take_keys(std::span<const std::string_view> given,
                                                      serve_request&);

}  // namespace saker::tool
