// The rows of TLS: of https endpoints, of their names (Sni), of their defaults, and certificates.

#include "hosting/configuration/table/settings_table.h"

namespace saker {

#define HTTPS(member) [](https_options& o) -> place { return &o.member; }
#define SNI(member) [](sni_options& o) -> place { return &o.member; }

namespace {

constexpr auto endpoint = reloading::endpoint;
constexpr std::string_view as_of_endpoint = "As of an endpoint.";

std::vector<setting> of_handshake() {
    return {
        {.key = "Kestrel:Endpoints:*:SslProtocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Of https endpoints, as all keys from here on. None: both.",
         .of_https = HTTPS(protocols),
         .kind = key_kind::list,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:ClientCertificateMode",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Whether clients are asked for a certificate, and have to have one.",
         .of_https = HTTPS(client_certificate_mode),
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:HandshakeTimeout",
         .unit = "time",
         .least = 1,
         .reload = endpoint,
         .whose = owner::kestrel_in_code,
         .effect = "From the accept to the end of the handshake.",
         .of_https = HTTPS(handshake_timeout),
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:CipherSuites",
         .reload = endpoint,
         .whose = owner::kestrel_in_code,
         .effect = "Names of the IANA or OpenSSL, in order of preference. Empty: forward secrecy "
                   "and AEAD alone.",
         .of_https = HTTPS(cipher_suites_policy),
         .kind = key_kind::list,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Groups",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "Key exchanges in order of preference, \"X25519:P-256\".",
         .of_https = HTTPS(groups),
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:ClientTrustRoots",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "PEM files of the roots that clients' certificates are trusted by. Empty: the "
                   "system's.",
         .of_https = HTTPS(client_trust_roots),
         .kind = key_kind::list,
         .https_only = true,
         .is_path = true},
        {.key = "Kestrel:Endpoints:*:CheckCertificateRevocation",
         .reload = endpoint,
         .whose = owner::kestrel_in_code,
         .effect = "Refuses clients' certificates that RevocationLists name.",
         .of_https = HTTPS(check_certificate_revocation),
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:RevocationLists",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "Files, PEM or DER: one of each issuer.",
         .of_https = HTTPS(revocation_lists),
         .kind = key_kind::list,
         .https_only = true,
         .is_path = true},
        {.key = "Kestrel:Endpoints:*:KernelTls",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "Whether the kernel encrypts: large bodies, everything that it takes, nothing.",
         .of_https = HTTPS(ktls),
         .https_only = true},
    };
}

std::vector<setting> of_certificates() {
    return {
        {.key = "Kestrel:Endpoints:*:Certificate",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Without it: what the code says, Certificates:Default, the development "
                   "certificate.",
         .kind = key_kind::certificate,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Certificates:*",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "A list of several, with keys of different types, beside Certificate.",
         .kind = key_kind::certificate,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Sni:*:Protocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Of clients that ask for this name: \"example.com\", \"*.example.com\" at any "
                   "depth, or \"*\". One that matches none is refused. What it does not say, the "
                   "endpoint does.",
         .of_sni = SNI(http),
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Sni:*:SslProtocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = as_of_endpoint,
         .of_sni = SNI(protocols),
         .kind = key_kind::list,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Sni:*:ClientCertificateMode",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = as_of_endpoint,
         .of_sni = SNI(client_certificates),
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Sni:*:Certificate",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = as_of_endpoint,
         .kind = key_kind::certificate,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Sni:*:Certificates:*",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = as_of_endpoint,
         .kind = key_kind::certificate,
         .https_only = true},
    };
}

std::vector<setting> of_server() {
    return {
        {.key = "Kestrel:EndpointDefaults:SslProtocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Of https endpoints.",
         .of_https = HTTPS(protocols),
         .kind = key_kind::list},
        {.key = "Kestrel:EndpointDefaults:ClientCertificateMode",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Of https endpoints.",
         .of_https = HTTPS(client_certificate_mode)},
        {.key = "Kestrel:Certificates:Default",
         .whose = owner::kestrel,
         .effect = "Of https endpoints that name none.",
         .kind = key_kind::certificate},
        {.key = "Kestrel:Certificates:Development",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "The development certificate here is another one, without a password: "
                   "Saker:Tls:DevelopmentCertificateFolder.",
         .kind = key_kind::certificate},
        {.key = "Kestrel:Certificates:*",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Only Certificates:Default and those of endpoints are used, as in Kestrel.",
         .kind = key_kind::certificate},
    };
}

}  // namespace

std::vector<setting> settings_of_https() {
    std::vector<setting> all;
    for (auto part : {of_handshake, of_certificates, of_server}) {
        const std::vector<setting> rows = part();
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

}  // namespace saker
