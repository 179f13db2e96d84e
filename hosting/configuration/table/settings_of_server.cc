// The rows of what is neither a limit nor an endpoint: Kestrel's switches, the section Saker, and
// what .NET's host knows at the top.

#include "hosting/configuration/table/settings_table.h"

namespace saker {

#define AT(member) [](server_options& o) -> place { return &o.member; }
#define LEVEL(name) [](server_options& o) -> place { return category_level{&o, name}; }

namespace {

constexpr auto restart = reloading::restart;

std::vector<setting> of_kestrel() {
    return {
        {.key = "Kestrel:AddServerHeader",
         .effect = "\"Server: Saker\" in each response that has no Server of its own.",
         .of_server = AT(add_server_header)},
        {.key = "Kestrel:AllowHostHeaderOverride",
         .effect = "Where the target of a request names another host than Host: false is 400, true "
                   "lets the target win.",
         .of_server = AT(allow_host_header_override)},
        {.key = "Kestrel:AllowResponseHeaderCompression",
         .effect = "Of HTTP/2: whether headers of responses go into the table of compression; "
                   "false: none of them does.",
         .of_server = AT(allow_response_header_compression)},
        {.key = "Kestrel:AllowAlternateSchemes",
         .effect = "Of HTTP/2: whether :scheme may be another one than the connection's, as behind "
                   "a proxy that ends TLS.",
         .of_server = AT(allow_alternate_schemes)},
        {.key = "Kestrel:EnableAltSvc",
         .reload = reloading::nothing,
         .effect = "HTTP/3 is not in this version: there is nothing to point to.",
         .kind = key_kind::truth},
        {.key = "Kestrel:AllowSynchronousIO",
         .reload = reloading::nothing,
         .effect = "A handler here never blocks its thread on a body: there is nothing to allow.",
         .kind = key_kind::truth},
        {.key = "Kestrel:DisableStringReuse",
         .reload = reloading::nothing,
         .effect = "Headers are views of the bytes that came: there are no strings to be reused.",
         .kind = key_kind::truth},
    };
}

std::vector<setting> of_transport() {
    return {
        {.key = "Saker:Transport",
         .reload = restart,
         .whose = owner::saker,
         .effect = "Short for Saker:Transport:Name.",
         .of_server = AT(transport.name)},
        {.key = "Saker:Transport:Name",
         .reload = restart,
         .whose = owner::saker,
         .effect = "auto (the first that works here), io_uring, epoll, or a plug-in's name.",
         .of_server = AT(transport.name)},
        {.key = "Saker:Transport:Backlog",
         .unit = "connections",
         .least = 1,
         .most = 0x7fffffff,
         .reload = restart,
         .whose = owner::kestrel_in_code,
         .effect = "That wait in the kernel to be accepted.",
         .of_server = AT(transport.backlog)},
        {.key = "Saker:Transport:NoDelay",
         .reload = restart,
         .whose = owner::kestrel_in_code,
         .effect = "TCP_NODELAY: small answers are sent at once.",
         .of_server = AT(transport.no_delay)},
        {.key = "Saker:Transport:MaxReadBufferSize",
         .reload = reloading::nothing,
         .effect = "One name for one thing: it is Kestrel:Limits:MaxRequestBufferSize.",
         .kind = key_kind::anything},
        {.key = "Saker:Transport:MaxWriteBufferSize",
         .reload = reloading::nothing,
         .effect = "One name for one thing: it is Kestrel:Limits:MaxResponseBufferSize.",
         .kind = key_kind::anything},
        {.key = "Saker:Transport:IOQueueCount",
         .reload = reloading::nothing,
         .effect = "There are no queues: Saker:Cores is the number of threads that do everything.",
         .kind = key_kind::anything},
        {.key = "Saker:Transport:WaitForDataBeforeAllocatingBuffer",
         .reload = reloading::nothing,
         .effect = "It is always so: a quiet connection holds no buffer.",
         .kind = key_kind::anything},
        {.key = "Saker:Transport:UnsafePreferInlineScheduling",
         .reload = reloading::nothing,
         .effect = "It is always so: work that blocks goes to `offload`.",
         .kind = key_kind::anything},
    };
}

std::vector<setting> of_cores() {
    return {
        {.key = "Saker:Cores",
         .unit = "threads",
         .most = 1024,
         .reload = restart,
         .whose = owner::saker,
         .effect = "Threads that serve; 0: one for each processor.",
         .of_server = AT(cores)},
        {.key = "Saker:PinCores",
         .reload = restart,
         .whose = owner::saker,
         .effect = "Ties each of these threads to a processor.",
         .of_server = AT(pin_cores)},
        {.key = "Saker:MaxSlabsPerCore",
         .unit = "slabs",
         .least = 16,
         .reload = restart,
         .whose = owner::saker,
         .effect = "Buffers of 16 KiB that a core may have; what it has none for waits.",
         .of_server = AT(max_slabs_per_core)},
        {.key = "Saker:OffloadThreads",
         .unit = "threads",
         .least = 1,
         .most = 4096,
         .reload = restart,
         .whose = owner::saker,
         .effect = "For blocking work; started when first needed.",
         .of_server = AT(offload_threads)},
    };
}

std::vector<setting> of_operation() {
    return {
        {.key = "Saker:ShutdownDelay",
         .unit = "time",
         .most = 86'400'000,
         .whose = owner::saker,
         .effect = "At a stop: how long it says that it is not ready, and goes on serving.",
         .of_server = AT(shutdown_delay)},
        {.key = "Saker:ShutdownTimeout",
         .unit = "time",
         .whose = owner::saker,
         .effect = "Then what runs has so long to finish.",
         .of_server = AT(shutdown_timeout)},
        {.key = "Saker:AccessLog:Format",
         .reload = restart,
         .whose = owner::saker,
         .effect = "One line for each request that was answered.",
         .of_server = AT(access_log.format)},
        {.key = "Saker:AccessLog:Path",
         .reload = restart,
         .whose = owner::saker,
         .effect = "The file that it is appended to; \"-\": stdout.",
         .of_server = AT(access_log.path)},
        {.key = "Saker:Logging:LogLevel:Default",
         .whose = owner::saker,
         .effect = "What is logged: records of this level and above. It wins over "
                   "Logging:LogLevel:Default.",
         .of_server = AT(minimum_log_level)},
        {.key = "Saker:Logging:LogLevel:Server",
         .whose = owner::saker,
         .effect = "Of the category server, where it is not the default.",
         .of_server = LEVEL("server")},
        {.key = "Saker:Logging:LogLevel:Transport",
         .whose = owner::saker,
         .effect = "Of the category transport.",
         .of_server = LEVEL("transport")},
        {.key = "Saker:Logging:LogLevel:Connection",
         .whose = owner::saker,
         .effect = "Of the category connection.",
         .of_server = LEVEL("connection")},
        {.key = "Saker:Logging:LogLevel:Request",
         .whose = owner::saker,
         .effect = "Of the category request.",
         .of_server = LEVEL("request")},
    };
}

std::vector<setting> of_tls() {
    constexpr uint64_t day = 86'400'000;
    return {
        {.key = "Saker:Tls:MaxConcurrentHandshakes",
         .unit = "handshakes",
         .least = 1,
         .whose = owner::saker,
         .effect = "That a core has under way at once; beyond, the one that has waited for its "
                   "client longest is ended.",
         .of_server = AT(tls.max_concurrent_handshakes)},
        {.key = "Saker:Tls:SessionTicketKeyFile",
         .reload = restart,
         .whose = owner::saker,
         .effect = "Keys of 80 bytes that hosts share to resume each other's sessions; the first "
                   "one encrypts. The file is followed. Empty: made at random each hour.",
         .of_server = AT(tls.session_ticket_key_file),
         .is_path = true},
        {.key = "Saker:Tls:SessionLifetime",
         .unit = "time",
         .least = 1000,
         .most = 7 * day,
         .whose = owner::saker,
         .effect = "How long a session may be resumed.",
         .of_server = AT(tls.session_lifetime)},
        {.key = "Saker:Tls:ExpiryWarning",
         .unit = "time",
         .most = 3650 * day,
         .whose = owner::saker,
         .effect = "How long before its end a certificate is warned of.",
         .of_server = AT(tls.expiry_warning)},
        {.key = "Saker:Tls:DevelopmentCertificateFolder",
         .reload = restart,
         .whose = owner::saker,
         .effect = "Where the development certificate is made and kept. Empty: "
                   "~/.local/share/saker/https.",
         .of_server = AT(tls.development_certificate_folder),
         .is_path = true},
    };
}

std::vector<setting> of_dotnet() {
    return {
        {.key = "Urls",
         .reload = reloading::endpoint,
         .whose = owner::dotnet,
         .effect = "What is listened on, separated by ';', where no endpoint is named.",
         .kind = key_kind::text},
        {.key = "HTTP_PORTS",
         .reload = reloading::endpoint,
         .whose = owner::dotnet,
         .effect = "The same as ports of every address, separated by ';', where there are no Urls.",
         .kind = key_kind::text},
        {.key = "HTTPS_PORTS",
         .reload = reloading::endpoint,
         .whose = owner::dotnet,
         .effect = "The same for https.",
         .kind = key_kind::text},
        {.key = "PreferHostingUrls",
         .reload = reloading::endpoint,
         .whose = owner::dotnet,
         .effect = "Urls win over endpoints.",
         .kind = key_kind::truth},
        {.key = "AllowedHosts",
         .reload = reloading::nothing,
         .whose = owner::dotnet,
         .effect = "Hosts are not filtered in this version.",
         .kind = key_kind::text},
        {.key = "ShutdownTimeoutSeconds",
         .unit = "seconds",
         .whose = owner::dotnet,
         .effect = "Saker:ShutdownTimeout in seconds, which wins over it.",
         .of_server = [](server_options& o) -> place {
             return whole_seconds{&o.shutdown_timeout};
         }},
        {.key = "Logging:LogLevel:Default",
         .whose = owner::dotnet,
         .effect = "What is logged; Saker:Logging:LogLevel:Default wins over it.",
         .of_server = AT(minimum_log_level)},
    };
}

}  // namespace

std::vector<setting> settings_of_server() {
    std::vector<setting> all;
    for (auto part : {of_kestrel, of_transport, of_cores, of_tls, of_operation, of_dotnet}) {
        const std::vector<setting> rows = part();
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

std::span<const setting> settings() {
    static const std::vector<setting> all = [] {
        std::vector<setting> made = settings_of_endpoints();
        for (auto part : {settings_of_https, settings_of_limits, settings_of_server}) {
            const std::vector<setting> rows = part();
            made.insert(made.end(), rows.begin(), rows.end());
        }
        return made;
    }();
    return all;
}

place place_of(const setting& row, const setting_owners& owners) {
    if (row.of_server != nullptr && owners.server != nullptr) return row.of_server(*owners.server);
    if (row.of_endpoint != nullptr && owners.endpoint != nullptr)
        return row.of_endpoint(*owners.endpoint);
    if (row.of_https != nullptr && owners.https != nullptr) return row.of_https(*owners.https);
    if (row.of_sni != nullptr && owners.sni != nullptr) return row.of_sni(*owners.sni);
    return no_place{};
}

}  // namespace saker
