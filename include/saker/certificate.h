#pragma once
// Certificates: where one comes from, one that is loaded, and what can be read of a peer's.

#include <saker/result.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace saker {

// Where a certificate and its key are: a file, or the store of .NET. Kestrel's `Certificate`
// section. (The braces are for those who name some members, `{.path = "all.pem"}`, with -Wextra.)
struct certificate_source {
    // PEM (the certificate first, then its chain, perhaps the key) or PFX.
    std::string path = {};
    // PEM; empty: the key is in `path`.
    std::string key_path = {};
    // Of the key or the PFX; empty: none.
    std::string password = {};
    // A response of the certificate's OCSP responder, DER, that is stapled. Not in Kestrel, whose
    // runtime fetches it by itself.
    std::string ocsp_path = {};

    // Or instead of `path`: the certificate whose subject contains this, in .NET's store of the
    // user (~/.dotnet/corefx/cryptography/x509stores); of several that one that is valid longest.
    std::string subject = {};
    std::string store = "My";
    std::string location = "CurrentUser";
    bool allow_invalid = false;  // one that has expired, or is not valid yet, will do

    friend bool operator==(const certificate_source&, const certificate_source&) = default;
};

// What a certificate says of itself; of a server's own, or of a client's.
struct certificate_facts {
    std::string subject, issuer;         // "CN=localhost,O=..." (RFC 2253)
    std::string serial;                  // hexadecimal
    std::string thumbprint;              // SHA-256 of the DER, hexadecimal, in capitals
    std::string key;                     // "RSA 2048", "ECDSA P-256", "Ed25519"
    std::vector<std::string> dns_names;  // and addresses, of subjectAltName
    std::chrono::sys_seconds not_before{}, not_after{};
};

namespace tls {
struct loaded_certificate;
}

// A certificate with its key and chain, read and checked. Immutable; shared by all cores. Null
// where it was made by default.
class server_certificate {
public:
    // Reads the files, now; or every reason why not, in Kestrel's words where it has them.
    [[nodiscard]] static result<server_certificate> load(const certificate_source&);
    // From PEM texts; `key` may be empty where it is in `certificates`.
    [[nodiscard]] static result<server_certificate> from_pem(std::string_view certificates,
                                                             std::string_view key = {},
                                                             std::string_view password = {});

    server_certificate() noexcept = default;
    explicit server_certificate(std::shared_ptr<const tls::loaded_certificate> loaded) noexcept
        : loaded_(std::move(loaded)) {}
    explicit operator bool() const noexcept { return loaded_ != nullptr; }
    // Of one that is not null.
    [[nodiscard]] const certificate_facts& facts() const noexcept;
    [[nodiscard]] const std::shared_ptr<const tls::loaded_certificate>& loaded() const noexcept {
        return loaded_;
    }
    friend bool operator==(const server_certificate&, const server_certificate&) = default;

private:
    std::shared_ptr<const tls::loaded_certificate> loaded_;
};

// A client's certificate, as it came; whether it is trusted is the handshake's business.
struct client_certificate {
    certificate_facts facts;
    std::string pem;  // of itself
};

}  // namespace saker
