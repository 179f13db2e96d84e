#pragma once
// TLS of one endpoint, for all of its cores: OpenSSL's contexts, one for each name of its SNI map,
// made of the options and the certificates' files, and made anew when those have changed. Any
// thread; a handshake uses the set that was current when it began.

#include "protocols/tls/loaded_certificate.h"
#include "protocols/tls/openssl.h"
#include "protocols/tls/server_name.h"
#include "protocols/tls/ticket_keys.h"

#include <saker/https.h>
#include <saker/result.h>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tls {

// What a session has to have in common with the connection that resumes it.
using session_tie = std::array<unsigned char, 32>;

// What is the same for all connections that ask for one name.
struct host_settings {
    context_ptr context;
    ssl_protocols protocols = ssl_protocols::none;
    client_certificate_mode client_certificates = client_certificate_mode::no_certificate;
    std::vector<server_certificate> certificates;
    bool http2_alone = false;
    std::string alpn;  // what is offered, in the form of the wire (RFC 7301 3.1); empty: no answer
    const https_options* options = nullptr;
    std::array<unsigned char, 32> trusted{};  // a digest of who vouches for clients
    std::optional<session_tie> tie;           // of its sessions; none: there are no tickets
};

struct context_set {
    https_options options;
    std::vector<std::unique_ptr<host_settings>> hosts;  // the first one: where there is no map
    server_name_index names;                            // of the others
    [[nodiscard]] const host_settings* for_name(std::string_view server_name) const noexcept;
};

struct endpoint_settings {
    https_options options;
    // Of connections that no certificate is named for: the server's default.
    std::vector<certificate_source> default_certificates;
    std::vector<server_certificate> default_loaded;
    http_protocols http = http_protocols::http1_and_http2;
    bool is_http = true;  // else ALPN is `options.application_protocols`
    std::chrono::seconds session_lifetime = std::chrono::hours(2);
};

class tls_endpoint {
public:
    // Reads all files; or every mistake. The keys outlive it.
    [[nodiscard]] static result<std::shared_ptr<tls_endpoint>> make(endpoint_settings,
                                                                    std::shared_ptr<ticket_keys>);

    [[nodiscard]] std::shared_ptr<const context_set> contexts() const {
        const std::lock_guard lock(guard_);
        return current_;
    }
    // Reads all files anew: on a mistake everything stays as it was.
    [[nodiscard]] error renew();
    // What it has read, to be watched.
    [[nodiscard]] std::vector<std::string> files() const;
    [[nodiscard]] const endpoint_settings& settings() const noexcept { return settings_; }

private:
    tls_endpoint(endpoint_settings settings, std::shared_ptr<ticket_keys> keys)
        : settings_(std::move(settings)), keys_(std::move(keys)) {}

    const endpoint_settings settings_;
    const std::shared_ptr<ticket_keys> keys_;
    mutable std::mutex guard_;
    std::shared_ptr<const context_set> current_;
};

// Whether connections need a certificate of the endpoint's: not where every name has its own, or a
// callback brings them.
[[nodiscard]] bool needs_certificate(const https_options&);
// They have the same certificates.
[[nodiscard]] bool served_alike(const context_set&, const context_set&);

// A connection's SSL is given the certificates of a callback instead of its context's.
[[nodiscard]] bool use_certificates(SSL*, const std::vector<server_certificate>&) noexcept;
// Of those that it is allowed; false: none.
[[nodiscard]] bool use_protocols(SSL*, ssl_protocols) noexcept;
// What a callback says instead of the host's settings; after `use_host`.
void use_instead(SSL*, const host_settings&, client_certificate_mode,
                 const std::vector<server_certificate>&) noexcept;
// Its context and all that OpenSSL does not take over with that (SSL_set_SSL_CTX(3)).
void use_host(SSL*, const host_settings&) noexcept;

// RFC 9113 9.2.2: neither ephemeral key exchange nor AEAD, so not for HTTP/2.
[[nodiscard]] bool is_fit_for_http2(const SSL_CIPHER*) noexcept;

}  // namespace saker::tls
