#pragma once
// OpenSSL's context for one name: protocols, ciphers, certificates, who is trusted.

#include "protocols/tls/tls_endpoint.h"

#include <saker/result.h>

namespace saker::tls {

// Fills in `host.context`; what is wrong with the options, all of it.
[[nodiscard]] error make_context(host_settings& host, const endpoint_settings& of, ticket_keys&);

// The application data of a connection's SSL.
class handshake_listener {
public:
    // The ClientHello has come. False: it is refused with `alert`. Nothing: not decided yet.
    virtual std::optional<bool> on_client_hello(SSL*, int& alert) noexcept = 0;
    // Whether a client with this certificate may come in; `trusted` is OpenSSL's opinion.
    virtual bool on_client_certificate(X509_STORE_CTX*, bool trusted) noexcept = 0;
    // The response that is stapled to this certificate of ours; empty: none.
    [[nodiscard]] virtual std::string_view ocsp_response(const X509*) const noexcept = 0;

protected:
    ~handshake_listener() = default;
};

}  // namespace saker::tls
