#pragma once
// The door between the router and a request: where it writes its pattern, and what that calls the
// parts of the path. Kept apart, so that the router needs nothing else of what is behind a request.

#include "protocols/http/route_values.h"

namespace saker {
class request;
}

namespace saker::detail {

// Of this request; empty until a router has written them. (protocols/http/request.cc)
[[nodiscard]] route_values& routes_of(request&) noexcept;

}  // namespace saker::detail
