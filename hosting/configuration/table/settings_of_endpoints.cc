// The rows of Kestrel's endpoints and their defaults; what is of TLS is settings_of_https.cc's.

#include "hosting/configuration/table/settings_table.h"

namespace saker {

#define OF(member) [](listen_options& o) -> place { return &o.member; }

namespace {

constexpr auto endpoint = reloading::endpoint;
std::vector<setting> of_one() {
    return {
        {.key = "Kestrel:Endpoints:*:Url",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect =
             "What is listened on: http://127.0.0.1:8080, http://localhost:5000, http://*:80, "
             "http://unix:/run/app.sock, and https:// of each. It must be there.",
         .kind = key_kind::text},
        {.key = "Kestrel:Endpoints:*:Protocols",
         .reload = endpoint,
         .whose = owner::kestrel,
         .effect = "What is served. Over TLS the client chooses by ALPN; without TLS HTTP/2 is for "
                   "clients that begin with it (h2c).",
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
    };
}

}  // namespace

std::vector<setting> settings_of_endpoints() {
    std::vector<setting> all = of_one();
    const std::vector<setting> rest = of_all();
    all.insert(all.end(), rest.begin(), rest.end());
    return all;
}

}  // namespace saker
