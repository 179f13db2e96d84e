#pragma once
// Which version of HTTP a connection speaks: what ALPN has chosen, or without TLS the first bytes
// (HTTP/2 begins with a preface that no request of HTTP/1 begins with).

#include <saker/connection.h>
#include <saker/https.h>

namespace saker {

namespace http1 {
class service;
}
namespace http2 {
class service;
}

// Both live as long as what is returned.
[[nodiscard]] connection_delegate serve_http(http1::service&, http2::service&, http_protocols);

}  // namespace saker
