// The rows of Kestrel's endpoints, their defaults and certificates.

#include "hosting/configuration/table/settings_table.h"

#include <array>

namespace saker {

#define OF(member) [](listen_options& o) -> place { return &o.member; }

namespace {

constexpr auto endpoint = reloading::endpoint;
constexpr std::array<std::string_view, 7> certificate_names = {
    "Path", "KeyPath", "Password", "Subject", "Store", "Location", "AllowInvalid"};
constexpr std::array<std::string_view, 4> client_modes = {"NoCertificate", "AllowCertificate",
                                                          "RequireCertificate", "DelayCertificate"};
constexpr std::array<std::string_view, 8> ssl_names = {"None",  "Ssl2",  "Ssl3",  "Tls",
                                                       "Tls11", "Tls12", "Tls13", "Default"};

std::vector<setting> of_one() {
    return {
        {.key = "Kestrel:Endpoints:*:Url",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect =
             "What is listened on: http://127.0.0.1:8080, http://localhost:5000, http://*:80, "
             "http://unix:/run/app.sock. It must be there.",
         .kind = key_kind::text},
        {.key = "Kestrel:Endpoints:*:Protocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Without TLS only HTTP/1.1 is served.",
         .of_endpoint = OF(protocols)},
        {.key = "Kestrel:Endpoints:*:Transport",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "The transport of this endpoint where it is not the server's; it has cores of "
                   "its own then.",
         .of_endpoint = OF(transport)},
        {.key = "Kestrel:Endpoints:*:UnixSocketMode",
         .unit = "octal",
         .most = 0777,
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "Permission bits of a Unix socket's file, \"660\"; 0: what the umask says.",
         .of_endpoint = [](listen_options& o) -> place { return file_mode{&o.unix_socket_mode}; }},
        {.key = "Kestrel:Endpoints:*:ConnectionLogging",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "Logs what comes and goes in hex, category connection, at debug.",
         .of_endpoint = OF(connection_logging)},
        {.key = "Kestrel:Endpoints:*:SslProtocols",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Of https endpoints.",
         .kind = key_kind::ssl_protocols,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:ClientCertificateMode",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Of https endpoints.",
         .kind = key_kind::client_certificate_mode,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Certificate",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Of https endpoints.",
         .kind = key_kind::certificate,
         .https_only = true},
        {.key = "Kestrel:Endpoints:*:Sni",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Of https endpoints.",
         .kind = key_kind::anything,
         .https_only = true},
    };
}

std::vector<setting> of_all() {
    return {
        {.key = "Kestrel:EndpointDefaults:Protocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "Of endpoints that do not say it themselves; this holds for each of these keys.",
         .of_endpoint = OF(protocols)},
        {.key = "Kestrel:EndpointDefaults:Transport",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "As of an endpoint.",
         .of_endpoint = OF(transport)},
        {.key = "Kestrel:EndpointDefaults:UnixSocketMode",
         .unit = "octal",
         .most = 0777,
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "As of an endpoint.",
         .of_endpoint = [](listen_options& o) -> place { return file_mode{&o.unix_socket_mode}; }},
        {.key = "Kestrel:EndpointDefaults:ConnectionLogging",
         .reload = endpoint,
         .whose = owner::saker,
         .effect = "As of an endpoint.",
         .of_endpoint = OF(connection_logging)},
        {.key = "Kestrel:EndpointDefaults:SslProtocols",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Of https endpoints: TLS is not in this version.",
         .kind = key_kind::ssl_protocols},
        {.key = "Kestrel:EndpointDefaults:ClientCertificateMode",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "Of https endpoints: TLS is not in this version.",
         .kind = key_kind::client_certificate_mode},
        {.key = "Kestrel:Certificates:*",
         .reload = reloading::nothing,
         .whose = owner::kestrel,
         .effect = "TLS is not in this version: the section is checked, and not used.",
         .kind = key_kind::certificate},
    };
}

}  // namespace

std::span<const std::string_view> certificate_keys() noexcept { return certificate_names; }
std::span<const std::string_view> client_certificate_modes() noexcept { return client_modes; }
std::span<const std::string_view> ssl_protocol_names() noexcept { return ssl_names; }

std::vector<setting> settings_of_endpoints() {
    std::vector<setting> all = of_one();
    const std::vector<setting> rest = of_all();
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
}

}  // namespace saker
