// See select.h. No coroutine of its own: an idle connection has the frame of its protocol, and no
// other. On a clear port that serves both, HTTP/1 looks for the preface, once.

#include "protocols/select.h"

#include "protocols/http1/http1_service.h"
#include "protocols/http2/http2_service.h"

#include <string_view>

namespace saker {

connection_delegate serve_http(http1::service& first, http2::service& second,
                               http_protocols served) {
    const bool both = served == http_protocols::http1_and_http2;
    if (both)
        first.on_http2_preface([&second](connection& accepted) { return second.serve(accepted); });
    return [&first, &second, served](connection& accepted) {
        // What was agreed on is what the name that was asked for serves; who has not agreed on
        // HTTP/2 where there is nothing else was left behind the handshake.
        if (const tls_connection* const tls = accepted.tls(); tls != nullptr)
            return tls->application_protocol() == "h2" ? second.serve(accepted)
                                                       : first.serve(accepted);
        return served == http_protocols::http2 ? second.serve(accepted) : first.serve(accepted);
    };
}

}  // namespace saker
