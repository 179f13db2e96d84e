// See options_diff.h.

#include "hosting/life/options_diff.h"

#include "core/base/log.h"

#include <iterator>
#include <tuple>
#include <type_traits>

namespace saker {
namespace {

std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(const std::string& value) { return '"' + escape(value) + '"'; }
std::string text_of(log_level value) { return std::string(name(value)); }
std::string text_of(std::chrono::milliseconds value) {
    return value == infinite ? "infinite" : std::to_string(value.count()) + " ms";
}
std::string text_of(const min_data_rate& value) {
    return std::to_string(value.bytes_per_second) + " B/s after " + text_of(value.grace_period);
}
std::string text_of(connection_limit_action value) {
    return value == connection_limit_action::refuse ? "refuse" : "stop_accepting";
}
std::string text_of(access_log_options::log_format value) {
    constexpr std::string_view names[] = {"off", "ncsa", "w3c", "json"};
    return std::string(names[static_cast<size_t>(value)]);
}
template <class Number>
requires std::is_integral_v<Number> std::string text_of(Number value) {
    return std::to_string(value);
}
// Without the password, which nobody but OpenSSL sees.
std::string text_of(const certificate_source& from) {
    std::string all = from.path.empty() ? text_of(from.subject) + " in " + from.location + '/' +
                                              from.store + (from.allow_invalid ? ", invalid" : "")
                                        : text_of(from.path);
    if (!from.key_path.empty()) all += " with the key " + text_of(from.key_path);
    if (!from.password.empty()) all += " and a password";
    if (!from.ocsp_path.empty()) all += ", stapled " + text_of(from.ocsp_path);
    return all;
}

template <class Value>
std::string text_of(const std::optional<Value>& value) {
    return value ? text_of(*value) : "none";
}
std::string text_of(const std::vector<std::pair<std::string, log_level>>& levels) {
    std::string all;
    for (const auto& [category, level] : levels)
        all += (all.empty() ? "" : ", ") + category + ' ' + text_of(level);
    return all.empty() ? "none" : all;
}

struct row {
    std::string_view option;
    takes_effect when;
    std::string (*text)(const server_options&);
};

#define SAKER_ROW(member, when)                                                                  \
    {                                                                                            \
#member, takes_effect::when, [](const server_options& of) { return text_of(of.member); } \
    }

const row rows[] = {
    SAKER_ROW(limits.max_request_line_size, connections),
    SAKER_ROW(limits.max_request_headers_total_size, connections),
    SAKER_ROW(limits.max_request_header_count, connections),
    SAKER_ROW(limits.max_request_body_size, connections),
    SAKER_ROW(limits.max_request_buffer_size, connections),
    SAKER_ROW(limits.max_response_buffer_size, connections),
    SAKER_ROW(limits.keep_alive_timeout, connections),
    SAKER_ROW(limits.request_headers_timeout, connections),
    SAKER_ROW(limits.min_request_body_data_rate, connections),
    SAKER_ROW(limits.min_response_data_rate, connections),
    SAKER_ROW(limits.max_concurrent_connections, connections),
    SAKER_ROW(limits.at_max_concurrent_connections, connections),
    SAKER_ROW(limits.max_concurrent_upgraded_connections, connections),
    SAKER_ROW(limits.max_connections_per_client, connections),
    SAKER_ROW(limits.client_prefix_ipv4, connections),
    SAKER_ROW(limits.client_prefix_ipv6, connections),
    SAKER_ROW(limits.max_requests_per_connection, connections),
    SAKER_ROW(limits.max_connection_age, connections),
    SAKER_ROW(limits.http2.max_streams_per_connection, connections),
    SAKER_ROW(limits.http2.header_table_size, connections),
    SAKER_ROW(limits.http2.max_frame_size, connections),
    SAKER_ROW(limits.http2.max_request_header_field_size, connections),
    SAKER_ROW(limits.http2.initial_connection_window_size, connections),
    SAKER_ROW(limits.http2.initial_stream_window_size, connections),
    SAKER_ROW(limits.http2.keep_alive_ping_delay, connections),
    SAKER_ROW(limits.http2.keep_alive_ping_timeout, connections),
    SAKER_ROW(add_server_header, connections),
    SAKER_ROW(allow_host_header_override, connections),
    SAKER_ROW(allow_response_header_compression, connections),
    SAKER_ROW(allow_alternate_schemes, connections),
    SAKER_ROW(minimum_log_level, now),
    SAKER_ROW(log_levels, now),
    SAKER_ROW(shutdown_delay, now),
    SAKER_ROW(shutdown_timeout, now),
    SAKER_ROW(transport.name, next_start),
    SAKER_ROW(transport.backlog, next_start),
    SAKER_ROW(transport.no_delay, next_start),
    SAKER_ROW(cores, next_start),
    SAKER_ROW(pin_cores, next_start),
    SAKER_ROW(max_slabs_per_core, next_start),
    SAKER_ROW(offload_threads, next_start),
    SAKER_ROW(access_log.format, next_start),
    SAKER_ROW(access_log.path, next_start),
    SAKER_ROW(tls.max_concurrent_handshakes, connections),
    SAKER_ROW(tls.session_ticket_key_file, next_start),
    SAKER_ROW(tls.session_lifetime, connections),
    SAKER_ROW(tls.expiry_warning, connections),
    SAKER_ROW(tls.development_certificate_folder, next_start),
};

#undef SAKER_ROW

// What the texts do not tell: they have no password.
option_change change_of_default_certificate(const server_options& from, const server_options& to) {
    option_change change{"default_certificate", text_of(from.default_certificate),
                         text_of(to.default_certificate), takes_effect::connections};
    if (change.from == change.to) change.to = "the same with another password";
    return change;
}

// Functions.
template <class... Parts>
bool are_there_alike(const https_options& one, const https_options& other, Parts... parts) {
    return ((static_cast<bool>(one.*parts) == static_cast<bool>(other.*parts)) && ...);
}

}  // namespace

std::string option_change::text() const {
    return std::string(option) + ' ' + from + " -> " + to +
           (when == takes_effect::next_start ? ", from the next start on" : "");
}

std::vector<option_change> difference(const server_options& from, const server_options& to) {
    std::vector<option_change> found;
    for (const row& one : rows) {
        option_change change{one.option, one.text(from), one.text(to), one.when};
        if (change.from != change.to) found.push_back(std::move(change));
    }
    if (from.default_certificate != to.default_certificate)
        found.push_back(change_of_default_certificate(from, to));
    return found;
}

void keep_until_next_start(server_options& fresh, const server_options& running) {
    fresh.transport = running.transport;
    fresh.cores = running.cores;
    fresh.pin_cores = running.pin_cores;
    fresh.max_slabs_per_core = running.max_slabs_per_core;
    fresh.offload_threads = running.offload_threads;
    fresh.access_log = running.access_log;
    fresh.log = running.log;
    fresh.tls.session_ticket_key_file = running.tls.session_ticket_key_file;
    fresh.tls.development_certificate_folder = running.tls.development_certificate_folder;
}

bool serve_alike(const listen_options& one, const listen_options& other) noexcept {
    return one.protocols == other.protocols && one.unix_socket_mode == other.unix_socket_mode &&
           one.middleware.size() == other.middleware.size() &&
           one.connection_logging == other.connection_logging &&
           static_cast<bool>(one.raw) == static_cast<bool>(other.raw) &&
           one.middleware_before_https == other.middleware_before_https &&
           (one.https == other.https ||
            (one.https && other.https && serve_alike(*one.https, *other.https)));
}

bool serve_alike(const https_options& one, const https_options& other) noexcept {
    using o = https_options;
    const auto plain = [](const https_options& of) {
        return std::tie(of.certificates, of.loaded_certificates, of.sni, of.protocols,
                        of.cipher_suites_policy, of.groups, of.client_certificate_mode,
                        of.client_trust_roots, of.check_certificate_revocation, of.revocation_lists,
                        of.handshake_timeout, of.ktls, of.application_protocols);
    };
    return plain(one) == plain(other) &&
           are_there_alike(one, other, &o::server_certificate_selector, &o::on_connection,
                           &o::on_connection_async, &o::client_certificate_validation);
}

}  // namespace saker
