// The ranges of kestrel.md 1.1 and 1.2, and what follows from the engine's own limits. A mistake in
// one option never hides one in another.

#include "hosting/options_check.h"

#include "core/base/log.h"
#include "hosting/address.h"
#include "hosting/https/https_check.h"
#include "hosting/option_mistakes.h"
#include "protocols/http/characters.h"

#include <algorithm>
#include <cmath>

namespace saker {

namespace {

using std::chrono::milliseconds;

constexpr uint32_t most_cores = 1024;
constexpr uint32_t most_threads = 4096;
constexpr size_t fewest_slabs = 16;
constexpr uint32_t most_backlog = 0x7fffffff;
constexpr uint32_t least_window = 65'535, most_window = 0x7fffffff;      // RFC 9113 6.9.2
constexpr uint32_t least_frame = 1u << 14, most_frame = (1u << 24) - 1;  // RFC 9113 4.2
constexpr milliseconds least_ping{1000};
constexpr milliseconds least_grace{1001};  // Kestrel's: more than a second
constexpr milliseconds longest_delay = std::chrono::hours(24);

// Kestrel's KestrelServerImpl.ValidateOptions: what must fit into the buffer whole.
void check_buffer(option_mistakes& found, size_t buffer, std::string_view option, uint32_t whole) {
    if (buffer >= whole) return;
    found.add("limits.max_request_buffer_size", std::to_string(buffer),
              std::string(option) + " (" + std::to_string(whole) + ") or more, or none");
}

void check_rate(option_mistakes& found, const std::string& option,
                const std::optional<min_data_rate>& rate) {
    if (!rate) return;
    const double speed = rate->bytes_per_second;
    if (!std::isfinite(speed) || speed <= 0)
        found.add(option + ".bytes_per_second", std::to_string(speed), "more than 0, and finite");
    found.shorter(option + ".grace_period", rate->grace_period, least_grace);
}

void check(option_mistakes& found, const http2_limits& http2) {
    const auto in_range = [&](std::string_view name, uint32_t value, uint32_t least,
                              uint32_t most) {
        found.outside("limits.http2." + std::string(name), value, least, most);
    };
    found.zero("limits.http2.max_streams_per_connection", http2.max_streams_per_connection);
    in_range("max_frame_size", http2.max_frame_size, least_frame, most_frame);
    found.zero("limits.http2.max_request_header_field_size", http2.max_request_header_field_size);
    in_range("initial_connection_window_size", http2.initial_connection_window_size, least_window,
             most_window);
    in_range("initial_stream_window_size", http2.initial_stream_window_size, least_window,
             most_window);
    found.shorter("limits.http2.keep_alive_ping_delay", http2.keep_alive_ping_delay, least_ping);
    found.shorter("limits.http2.keep_alive_ping_timeout", http2.keep_alive_ping_timeout,
                  least_ping);
}

void check_connections(option_mistakes& found, const server_limits& limits) {
    found.zero("limits.max_concurrent_connections", limits.max_concurrent_connections.value_or(1));
    const auto action = static_cast<unsigned>(limits.at_max_concurrent_connections);
    if (limits.at_max_concurrent_connections > connection_limit_action::stop_accepting)
        found.add("limits.at_max_concurrent_connections", std::to_string(action),
                  "refuse or stop_accepting");
    found.zero("limits.max_connections_per_client", limits.max_connections_per_client.value_or(1));
    found.outside<uint32_t>("limits.client_prefix_ipv4", limits.client_prefix_ipv4, 1, 32);
    found.outside<uint32_t>("limits.client_prefix_ipv6", limits.client_prefix_ipv6, 1, 128);
    found.zero("limits.max_requests_per_connection",
               limits.max_requests_per_connection.value_or(1));
    found.not_positive("limits.max_connection_age", limits.max_connection_age.value_or(infinite));
}

void check(option_mistakes& found, const server_limits& limits) {
    found.zero("limits.max_request_line_size", limits.max_request_line_size);
    found.zero("limits.max_request_headers_total_size", limits.max_request_headers_total_size);
    found.zero("limits.max_request_header_count", limits.max_request_header_count);
    if (const auto& buffer = limits.max_request_buffer_size) {
        check_buffer(found, *buffer, "limits.max_request_line_size", limits.max_request_line_size);
        check_buffer(found, *buffer, "limits.max_request_headers_total_size",
                     limits.max_request_headers_total_size);
    }
    found.not_positive("limits.keep_alive_timeout", limits.keep_alive_timeout);
    found.not_positive("limits.request_headers_timeout", limits.request_headers_timeout);
    check_rate(found, "limits.min_request_body_data_rate", limits.min_request_body_data_rate);
    check_rate(found, "limits.min_response_data_rate", limits.min_response_data_rate);
    check_connections(found, limits);
    check(found, limits.http2);
}

void check(option_mistakes& found, const transport_options& transport) {
    if (transport.name.empty())
        found.add("transport.name", "empty", "\"auto\" or the name of a transport");
    found.outside<uint32_t>("transport.backlog", transport.backlog, 1, most_backlog);
    for (size_t i = 0; i < transport.plug_ins.size(); ++i)
        if (transport.plug_ins[i] == nullptr)
            found.add("transport.plug_ins[" + std::to_string(i) + ']', "null", "a factory");
}

void check_options(option_mistakes& found, const std::string& where,
                   const listen_options& options) {
    const auto protocols = static_cast<unsigned>(options.protocols);
    if (protocols < 1 || protocols > 3)
        found.add(where + ".protocols", std::to_string(protocols),
                  "http1, http2 or http1_and_http2: an endpoint serves one of them at least");
    if (options.unix_socket_mode > 0777)
        found.add(where + ".unix_socket_mode", std::to_string(options.unix_socket_mode),
                  "permission bits up to octal 0777");
    for (size_t i = 0; i < options.middleware.size(); ++i)
        if (!options.middleware[i])
            found.add(where + ".middleware[" + std::to_string(i) + ']', "empty", "a function");
    if (options.https != nullptr) check_https(found, where, options);
}

// The addresses of endpoints that were seen, to find one that is there twice.
using seen_addresses = std::vector<std::pair<std::string, size_t>>;

void check_twice(option_mistakes& found, seen_addresses& seen, size_t index,
                 const std::string& text) {
    const auto before =
        std::find_if(seen.begin(), seen.end(), [&](const auto& one) { return one.first == text; });
    if (before == seen.end()) {
        seen.emplace_back(text, index);
        return;
    }
    found.add("endpoints[" + std::to_string(index) + "] is " + text + ", as endpoints[" +
              std::to_string(before->second) + "] is already; each address is listened on once.");
}

void check_endpoint(option_mistakes& found, seen_addresses& seen, size_t index,
                    const server_options::listened& listened) {
    const std::string where = "endpoints[" + std::to_string(index) + ']';
    check_options(found, where + ".options", listened.options);
    if (listened.handle >= 0) {
        if (!listened.url.empty())
            found.add(where + " has a handle and the url '" + escape(listened.url) +
                      "'; valid is one of them.");
        return check_twice(found, seen, index, "handle " + std::to_string(listened.handle));
    }
    if (listened.url.empty())
        return found.add(where, "neither a url nor an open handle",
                         "a url such as http://127.0.0.1:8080, or a handle of 0 or more");
    const auto address = parse_address(listened.url);
    if (!address) return found.add(where + ".url: " + address.error().text());
    if (address->scheme == address_scheme::tcp && !listened.options.raw)
        found.add(
            where + ".url", address->text,
            "http:// or https://, or a raw protocol: listen(url, [](auto& on) { on.run(...); })");
    if (address->endpoints.front().family != endpoint::kind::unix_socket &&
        address->endpoints.front().port == 0)
        return;  // the system's choice: as many as are wanted
    const size_t after_scheme = address->text.find("://") + 3;
    check_twice(found, seen, index, address->text.substr(after_scheme));
}

void check_level(option_mistakes& found, const std::string& option, log_level level) {
    if (level > log_level::none)
        found.add(option, std::to_string(static_cast<unsigned>(level)),
                  "trace, debug, information, warning, error, critical or none");
}

void check_levels(option_mistakes& found, const server_options& options) {
    check_level(found, "minimum_log_level", options.minimum_log_level);
    for (size_t i = 0; i < options.log_levels.size(); ++i) {
        const std::string where = "log_levels[" + std::to_string(i) + ']';
        if (options.log_levels[i].first.empty())
            found.add(where, "of an empty category", "server, transport, connection or request");
        check_level(found, where, options.log_levels[i].second);
    }
}

void check_access_log(option_mistakes& found, const access_log_options& access_log) {
    if (access_log.format > access_log_options::log_format::json)
        found.add("access_log.format", std::to_string(static_cast<unsigned>(access_log.format)),
                  "off, ncsa, w3c or json");
    if (access_log.format != access_log_options::log_format::off && access_log.path.empty())
        found.add("access_log.path", "empty", "a file's path, or \"-\" for stdout");
    if (has_control_character(access_log.path))  // the system would cut it at a NUL
        found.add("access_log.path", '\'' + escape(access_log.path) + '\'',
                  "a path without control characters");
}

// What an endpoint is called in the configuration is its own alone, whatever the case.
void check_names(option_mistakes& found, const std::vector<server_options::listened>& endpoints) {
    std::vector<std::pair<std::string_view, size_t>> seen;
    for (size_t i = 0; i < endpoints.size(); ++i) {
        const std::string& name = endpoints[i].options.name;
        if (name.empty()) continue;
        const auto before = std::find_if(seen.begin(), seen.end(), [&](const auto& one) {
            return equals_ignore_case(one.first, name);
        });
        if (before == seen.end())
            seen.emplace_back(name, i);
        else
            found.add("endpoints[" + std::to_string(i) + "].options.name",
                      '\'' + escape(name) + "', as that of endpoints[" +
                          std::to_string(before->second) + "] is already",
                      "a name of its own");
    }
}

}  // namespace

std::vector<std::string> mistakes_in(const server_options& options) {
    option_mistakes found;
    check(found, options.limits);
    check(found, options.transport);
    found.outside<uint32_t>("cores", options.cores, 0, most_cores);
    if (options.max_slabs_per_core < fewest_slabs)
        found.add("max_slabs_per_core", std::to_string(options.max_slabs_per_core),
                  std::to_string(fewest_slabs) + " or more");
    if (options.limits.max_request_headers_total_size / slab_pool::slab_size >=
        options.max_slabs_per_core)
        found.add("limits.max_request_headers_total_size",
                  std::to_string(options.limits.max_request_headers_total_size),
                  "less than max_slabs_per_core slabs of 16 KiB hold");
    found.outside<uint32_t>("offload_threads", options.offload_threads, 1, most_threads);
    check_levels(found, options);
    check_access_log(found, options.access_log);
    if (options.shutdown_delay.count() < 0 || options.shutdown_delay > longest_delay)
        found.add("shutdown_delay", std::to_string(options.shutdown_delay.count()) + " ms",
                  "from 0 ms to a day");
    found.shorter("shutdown_timeout", options.shutdown_timeout, milliseconds(0));
    check_tls(found, options);
    check_names(found, options.endpoints);
    seen_addresses seen;
    for (size_t i = 0; i < options.endpoints.size(); ++i)
        check_endpoint(found, seen, i, options.endpoints[i]);
    return std::move(found).all();
}

}  // namespace saker
