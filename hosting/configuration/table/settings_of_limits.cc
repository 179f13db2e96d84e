// The rows of Kestrel:Limits, and of Saker:Limits for what Kestrel has not.

#include "hosting/configuration/table/settings_table.h"

namespace saker {

#define AT(member) [](server_options& o) -> place { return &o.limits.member; }
#define PART(part, member) [](server_options& o) -> place { return part{&o.limits.member}; }

namespace {

constexpr uint64_t most_window = 2'147'483'647;

std::vector<setting> of_requests() {
    return {
        {.key = "Kestrel:Limits:MaxRequestLineSize",
         .unit = "bytes",
         .least = 1,
         .effect = "The whole request line with its CRLF; 414 beyond.",
         .of_server = AT(max_request_line_size)},
        {.key = "Kestrel:Limits:MaxRequestHeadersTotalSize",
         .unit = "bytes",
         .least = 1,
         .effect = "All header lines of a request with the empty line behind them; 431 beyond.",
         .of_server = AT(max_request_headers_total_size)},
        {.key = "Kestrel:Limits:MaxRequestHeaderCount",
         .unit = "headers",
         .least = 1,
         .effect = "Headers of a request, trailers too; 431 beyond.",
         .of_server = AT(max_request_header_count)},
        {.key = "Kestrel:Limits:MaxRequestBodySize",
         .unit = "bytes",
         .effect = "Content of a request; 413 beyond. null: any size.",
         .of_server = AT(max_request_body_size)},
        {.key = "Kestrel:Limits:MaxRequestBufferSize",
         .unit = "bytes",
         .least = 1,
         .effect = "What is read ahead of the handler; not less than a request line or all headers "
                   "may have. null: without end.",
         .of_server = AT(max_request_buffer_size)},
        {.key = "Kestrel:Limits:MaxResponseBufferSize",
         .unit = "bytes",
         .effect = "What is written ahead of the client; a handler waits above it. null: without "
                   "end.",
         .of_server = AT(max_response_buffer_size)},
    };
}

std::vector<setting> of_times() {
    return {
        {.key = "Kestrel:Limits:KeepAliveTimeout",
         .unit = "time",
         .least = 1,
         .effect = "How long a connection may be idle between two requests.",
         .of_server = AT(keep_alive_timeout)},
        {.key = "Kestrel:Limits:RequestHeadersTimeout",
         .unit = "time",
         .least = 1,
         .effect = "From the first byte of a request, or the accept, to the end of its headers; "
                   "408 beyond.",
         .of_server = AT(request_headers_timeout)},
        {.key = "Kestrel:Limits:MinRequestBodyDataRate",
         .effect = "null: bodies may come as slowly as they like. Otherwise a section:",
         .of_server = PART(rate_switch, min_request_body_data_rate)},
        {.key = "Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond",
         .unit = "bytes a second",
         .effect = "The least, on average while a handler waits for a body; 408 below.",
         .of_server = PART(rate_speed, min_request_body_data_rate)},
        {.key = "Kestrel:Limits:MinRequestBodyDataRate:GracePeriod",
         .unit = "time",
         .least = 1001,
         .effect = "Nothing is asked of a body before.",
         .of_server = PART(rate_grace, min_request_body_data_rate)},
        {.key = "Kestrel:Limits:MinResponseDataRate",
         .effect =
             "null: responses may be read as slowly as the client likes. Otherwise a section:",
         .of_server = PART(rate_switch, min_response_data_rate)},
        {.key = "Kestrel:Limits:MinResponseDataRate:BytesPerSecond",
         .unit = "bytes a second",
         .effect = "The least, on average while a response waits for the client; a reset below.",
         .of_server = PART(rate_speed, min_response_data_rate)},
        {.key = "Kestrel:Limits:MinResponseDataRate:GracePeriod",
         .unit = "time",
         .least = 1001,
         .effect = "Nothing is asked of a client before.",
         .of_server = PART(rate_grace, min_response_data_rate)},
    };
}

std::vector<setting> of_connections() {
    return {
        {.key = "Kestrel:Limits:MaxConcurrentConnections",
         .unit = "connections",
         .least = 1,
         .effect = "Open at once, of the whole server; upgraded ones do not count. null: no limit.",
         .of_server = AT(max_concurrent_connections)},
        {.key = "Kestrel:Limits:MaxConcurrentUpgradedConnections",
         .unit = "connections",
         .effect = "Upgraded ones open at once. null: no limit.",
         .of_server = AT(max_concurrent_upgraded_connections)},
        {.key = "Saker:Limits:AtMaxConcurrentConnections",
         .whose = owner::saker,
         .effect = "What happens to one more: it is accepted and reset, or waits to be accepted.",
         .of_server = AT(at_max_concurrent_connections)},
        {.key = "Saker:Limits:MaxConnectionsPerClient",
         .unit = "connections",
         .least = 1,
         .whose = owner::saker,
         .effect = "Open at once from one client, which is all addresses with the same first bits; "
                   "beyond, they are reset. null: no limit.",
         .of_server = AT(max_connections_per_client)},
        {.key = "Saker:Limits:ClientPrefixIpv4",
         .unit = "bits",
         .least = 1,
         .most = 32,
         .whose = owner::saker,
         .effect = "The bits of an IPv4 address that are one client.",
         .of_server = AT(client_prefix_ipv4)},
        {.key = "Saker:Limits:ClientPrefixIpv6",
         .unit = "bits",
         .least = 1,
         .most = 128,
         .whose = owner::saker,
         .effect = "The bits of an IPv6 address that are one client.",
         .of_server = AT(client_prefix_ipv6)},
        {.key = "Saker:Limits:MaxRequestsPerConnection",
         .unit = "requests",
         .least = 1,
         .whose = owner::saker,
         .effect = "Then the connection is ended behind the response. null: no limit.",
         .of_server = AT(max_requests_per_connection)},
        {.key = "Saker:Limits:MaxConnectionAge",
         .unit = "time",
         .least = 1,
         .whose = owner::saker,
         .effect = "Then the connection is ended behind the response; up to a tenth is added at "
                   "random. null: no limit.",
         .of_server = AT(max_connection_age)},
    };
}

std::vector<setting> of_http2() {
    return {
        {.key = "Kestrel:Limits:Http2:MaxStreamsPerConnection",
         .unit = "streams",
         .least = 1,
         .effect =
             "Requests at once on a connection; one more is refused, unharmed, for another try.",
         .of_server = AT(http2.max_streams_per_connection)},
        {.key = "Kestrel:Limits:Http2:HeaderTableSize",
         .unit = "bytes",
         .effect = "The table of header compression: the largest, each way. 0: none.",
         .of_server = AT(http2.header_table_size)},
        {.key = "Kestrel:Limits:Http2:MaxFrameSize",
         .unit = "bytes",
         .least = 16'384,
         .most = 16'777'215,
         .effect = "The largest frame that is taken, and that is sent.",
         .of_server = AT(http2.max_frame_size)},
        {.key = "Kestrel:Limits:Http2:MaxRequestHeaderFieldSize",
         .unit = "bytes",
         .least = 1,
         .effect = "One header's name or value; the connection ends beyond.",
         .of_server = AT(http2.max_request_header_field_size)},
        {.key = "Kestrel:Limits:Http2:InitialConnectionWindowSize",
         .unit = "bytes",
         .least = 65'535,
         .most = most_window,
         .effect = "What all request bodies of a connection may send ahead of their readers.",
         .of_server = AT(http2.initial_connection_window_size)},
        {.key = "Kestrel:Limits:Http2:InitialStreamWindowSize",
         .unit = "bytes",
         .least = 65'535,
         .most = most_window,
         .effect = "What one request body may send ahead of its reader.",
         .of_server = AT(http2.initial_stream_window_size)},
        {.key = "Kestrel:Limits:Http2:KeepAlivePingDelay",
         .unit = "time",
         .least = 1000,
         .effect = "A ping after so long without a frame. Infinite: never.",
         .of_server = AT(http2.keep_alive_ping_delay)},
        {.key = "Kestrel:Limits:Http2:KeepAlivePingTimeout",
         .unit = "time",
         .least = 1000,
         .effect = "How long nothing may come after a ping; then the connection ends.",
         .of_server = AT(http2.keep_alive_ping_timeout)},
        {.key = "Kestrel:Limits:Http3",
         .reload = reloading::nothing,
         .effect = "HTTP/3 is not in this version.",
         .kind = key_kind::anything},
    };
}

}  // namespace

std::vector<setting> settings_of_limits() {
    std::vector<setting> all;
    for (auto part : {of_requests, of_times, of_connections, of_http2}) {
        const std::vector<setting> rows = part();
        all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
}

}  // namespace saker
