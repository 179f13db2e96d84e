#pragma once
// TLS on an endpoint: Kestrel's HttpsConnectionAdapterOptions and its `Sni` map, with its names and
// defaults in snake_case, and what its users ask for. `listen_options::use_https` puts it into the
// chain of connection middleware: what is added before it sees ciphertext, what is added after it
// plaintext. OpenSSL 3.0 or later does the cryptography.

#include <saker/certificate.h>
#include <saker/connection.h>
#include <saker/limits.h>
#include <saker/task.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

// Kestrel's SslProtocols. Older ones are not to be had.
enum class ssl_protocols : uint8_t { none = 0, tls12 = 1, tls13 = 2, tls12_and_tls13 = 3 };

enum class client_certificate_mode : uint8_t {
    no_certificate,       // none is asked for
    allow_certificate,    // asked for; a client may have none
    require_certificate,  // a client without one is refused
    // Only asked for by `tls_connection::client_certificate_async`: TLS 1.3, HTTP/1.1. Over TLS 1.2
    // that would take a renegotiation, which is refused for good; HTTP/2 forbids it (RFC 9113
    // 9.2.3), and there is none then.
    delay_certificate,
};

// Whether the kernel encrypts (Linux' TLS module), where it has the module and knows the cipher: a
// connection on which it cannot is served as ever. A client of TLS 1.3 that asks for other keys
// once it does is refused: the kernel keeps those that it has.
enum class ktls_mode : uint8_t {
    automatic,  // what is sent, from a connection's first large body on; what comes, in the process
    on,  // both ways, from the handshake on: over TLS 1.3 what comes with OpenSSL 3.2 or later
    off,
};

// What OpenSSL says of a client's certificate against the trusted roots.
struct certificate_verdict {
    bool trusted = false;
    std::string reason;  // where it is not: "self-signed certificate", "certificate has expired"
};

enum class http_protocols : uint8_t { http1 = 1, http2 = 2, http1_and_http2 = 3 };

// What can be said of one name of `https_options::sni`, over what the endpoint says.
struct sni_options {
    std::string host = {};  // "example.com", "*.example.com" (at any depth), "*"
    std::vector<certificate_source> certificates = {};  // empty: the endpoint's
    std::optional<ssl_protocols> protocols = {};
    std::optional<client_certificate_mode> client_certificates = {};
    std::optional<http_protocols> http = {};

    friend bool operator==(const sni_options&, const sni_options&) = default;
};

// What a client says before anything is answered. Valid while the callback runs.
struct client_hello {
    saker::connection* connection = nullptr;
    std::string_view server_name;  // empty where it names none
    std::vector<std::string_view> application_protocols;
};

// What a connection is served with, where a callback decides. A null certificate refuses it.
struct tls_connection_options {
    std::vector<server_certificate> certificates = {};
    std::optional<ssl_protocols> protocols = {};
    std::optional<client_certificate_mode> client_certificates = {};
};

struct https_options {
    // One, or several with keys of different types (ECDSA and RSA), of which each client gets the
    // one that it can use. None: `server_options::default_certificate`, else the development
    // certificate.
    std::vector<certificate_source> certificates;
    // Loaded by the application: instead of those.
    std::vector<server_certificate> loaded_certificates;
    // By what name the client asks for. Where any are here, one that matches none is refused.
    std::vector<sni_options> sni;

    // On the connection's core, once a handshake; what it returns is used instead of everything
    // above, and a null one refuses the connection. Kestrel's ServerCertificateSelector.
    std::function<server_certificate(connection&, std::string_view server_name)>
        server_certificate_selector;
    // The same for more than the certificate; Kestrel's TlsHandshakeCallbackOptions.OnConnection.
    std::function<tls_connection_options(const client_hello&)> on_connection;
    // The same, where it has to wait: it may `co_await saker::offload(...)`. The handshake's time
    // goes on meanwhile.
    std::function<task<tls_connection_options>(const client_hello&)> on_connection_async;

    ssl_protocols protocols = ssl_protocols::none;  // none: 1.2 and 1.3
    // Names of OpenSSL or the IANA, of TLS 1.2 and 1.3, in order of preference. Empty: forward
    // secrecy and AEAD alone (Mozilla's intermediate recommendation). .NET's CipherSuitesPolicy.
    std::vector<std::string> cipher_suites_policy;
    // "X25519:P-256": key exchanges, in order of preference; empty: X25519, P-256, P-384, behind
    // X25519MLKEM768 where OpenSSL has it.
    std::string groups;

    saker::client_certificate_mode client_certificate_mode =
        saker::client_certificate_mode::no_certificate;
    // The last word on a client's certificate; empty: it has to be trusted. On the connection's
    // core, in the middle of the handshake: it must not wait.
    std::function<bool(const client_certificate&, const certificate_verdict&)>
        client_certificate_validation;
    // PEM files of the roots that clients' certificates are trusted by; empty: the system's.
    std::vector<std::string> client_trust_roots;
    // Refuses clients' certificates that the lists at `revocation_lists` (PEM or DER) name; a
    // list for each issuer has to be there.
    bool check_certificate_revocation = false;
    std::vector<std::string> revocation_lists;

    // From the accept to the end of the handshake. More than none, or `infinite`.
    std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
    ktls_mode ktls = ktls_mode::automatic;
    // Of what is served behind TLS where it is no HTTP, in order of preference; empty: ALPN is not
    // answered. HTTP has its own.
    std::vector<std::string> application_protocols;
};

// What both ends have agreed on: features that a handler, a raw protocol or a middleware behind TLS
// reads (`connection::tls`). Kestrel's ITlsHandshakeFeature and ITlsConnectionFeature.
class tls_connection {
public:
    [[nodiscard]] virtual std::string_view protocol() const noexcept = 0;  // "TLSv1.3"
    // As the IANA calls it: "TLS_AES_128_GCM_SHA256".
    [[nodiscard]] virtual std::string_view cipher_suite() const noexcept = 0;
    // What the client asked for by SNI, empty where it did not.
    [[nodiscard]] virtual std::string_view server_name() const noexcept = 0;
    // "h2", "http/1.1"; empty where none was agreed on.
    [[nodiscard]] virtual std::string_view application_protocol() const noexcept = 0;
    [[nodiscard]] virtual bool resumed() const noexcept = 0;
    // Whether the kernel encrypts what is sent, and decrypts what is received.
    [[nodiscard]] virtual bool kernel_sends() const noexcept = 0;
    [[nodiscard]] virtual bool kernel_receives() const noexcept = 0;

    // The client's, null where it has sent none (yet). Lives as long as the connection.
    [[nodiscard]] virtual const saker::client_certificate* client_certificate() const = 0;
    // The same, asking the client for it where `delay_certificate` says so and it was not asked
    // before; the body of the request must have been read.
    [[nodiscard]] virtual task<const saker::client_certificate*> client_certificate_async() = 0;

    // RFC 5929 and RFC 9266: what ties authentication at a higher level to this connection; empty
    // where there is none ("tls-unique" does not exist in TLS 1.3).
    enum class binding : uint8_t { server_end_point, unique, exporter };
    [[nodiscard]] virtual std::string channel_binding(binding) const = 0;

protected:
    ~tls_connection() = default;
};

}  // namespace saker
