// See select.h. No coroutine of its own: an idle connection has the frame of its protocol, and no
// other. On a clear port that serves both, HTTP/1 looks for the preface, once.

#include "protocols/select.h"

#include "protocols/http1/http1_service.h"
#include "protocols/http2/http2_service.h"

#include <string_view>

namespace saker {
namespace {

// ALPN has not chosen the one protocol that is served: there is nothing to say to it.
task<> leave(connection& accepted) {
    accepted.ends_by(end_reason::http2_not_negotiated);
    co_return;
}

}  // namespace

connection_delegate serve_http(http1::service& first, http2::service& second,
                               http_protocols served) {
    const bool both = served == http_protocols::http1_and_http2;
    if (both)
        first.on_http2_preface([&second](connection& accepted) { return second.serve(accepted); });
    return [&first, &second, served](connection& accepted) {
        if (served == http_protocols::http1) return first.serve(accepted);
        if (const tls_connection* const tls = accepted.tls(); tls != nullptr) {
            if (tls->application_protocol() == "h2") return second.serve(accepted);
            if (served == http_protocols::http2) return leave(accepted);
            return first.serve(accepted);
        }
        return served == http_protocols::http2 ? second.serve(accepted) : first.serve(accepted);
    };
}

}  // namespace saker
