// Options: Kestrel's defaults, endpoints as they are added, and every mistake told at once with its
// option, what was found and what is valid.

#include "hosting/options_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace saker {
namespace {

using namespace std::chrono_literals;

task<> nothing(connection&) { co_return; }

std::string only_mistake(const server_options& options) {
    const auto found = mistakes_in(options);
    if (found.size() == 1) return found.front();
    std::string all = std::to_string(found.size()) + " mistakes:";
    for (const std::string& one : found) all += '\n' + one;
    return all;
}

std::string mistake_of_url(std::string_view url) {
    server_options options;
    options.listen(url);
    return only_mistake(options);
}

TEST(options, defaults_are_kestrels) {
    const server_options options;
    EXPECT_EQ(options.limits.max_request_line_size, 8192u);
    EXPECT_EQ(options.limits.max_request_headers_total_size, 32768u);
    EXPECT_EQ(options.limits.max_request_header_count, 100u);
    EXPECT_EQ(options.limits.max_request_body_size, 30'000'000u);
    EXPECT_EQ(options.limits.max_request_buffer_size, 1024u * 1024);
    EXPECT_EQ(options.limits.max_response_buffer_size, 64u * 1024);
    EXPECT_EQ(options.limits.keep_alive_timeout, 130s);
    EXPECT_EQ(options.limits.request_headers_timeout, 30s);
    EXPECT_EQ(options.transport.backlog, 512u);
    EXPECT_TRUE(options.transport.no_delay);
    EXPECT_TRUE(options.add_server_header);
    EXPECT_FALSE(options.allow_host_header_override);
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, endpoints_are_urls_and_are_configured_as_they_are_added) {
    server_options options;
    options.listen("http://127.0.0.1:8080")
        .listen_localhost(5000)
        .listen_any_ip(8081, [](listen_options& on) { on.protocols = http_protocols::http1; })
        .listen_unix_socket("/run/app.sock", [](auto& on) { on.unix_socket_mode = 0660; })
        .listen("tcp://127.0.0.1:7", [](auto& on) { on.run(nothing); })
        .listen_handle(3);
    ASSERT_EQ(options.endpoints.size(), 6u);
    EXPECT_EQ(options.endpoints[1].url, "http://localhost:5000");
    EXPECT_EQ(options.endpoints[2].url, "http://*:8081");
    EXPECT_EQ(options.endpoints[2].options.protocols, http_protocols::http1);
    EXPECT_EQ(options.endpoints[3].url, "http://unix:/run/app.sock");
    EXPECT_EQ(options.endpoints[3].options.unix_socket_mode, 0660u);
    EXPECT_TRUE(options.endpoints[4].options.raw);
    EXPECT_EQ(options.endpoints[5].handle, 3);
    EXPECT_TRUE(options.endpoints[5].url.empty());
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, sizes_of_nothing_are_mistakes) {
    server_options options;
    options.limits.max_request_line_size = 0;
    EXPECT_EQ(only_mistake(options), "limits.max_request_line_size is 0; valid is 1 or more.");
    options.limits.max_request_headers_total_size = 0;
    options.limits.max_request_header_count = 0;
    EXPECT_EQ(mistakes_in(options).size(), 3u);
}

TEST(options, no_limit_is_valid_and_so_is_no_body) {
    server_options options;
    options.limits.max_request_body_size = std::nullopt;
    options.limits.max_request_buffer_size = std::nullopt;
    options.limits.max_response_buffer_size = std::nullopt;
    EXPECT_TRUE(mistakes_in(options).empty());
    options.limits.max_request_body_size = 0;
    options.limits.max_response_buffer_size = 0;
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, the_request_buffer_holds_the_line_and_the_headers) {
    server_options options;
    options.limits.max_request_buffer_size = 32 * 1024;
    EXPECT_TRUE(mistakes_in(options).empty());
    options.limits.max_request_buffer_size = 32 * 1024 - 1;
    EXPECT_EQ(only_mistake(options),
              "limits.max_request_buffer_size is 32767; valid is "
              "limits.max_request_headers_total_size (32768) or more, or none.");
    options.limits.max_request_headers_total_size = 100;
    options.limits.max_request_buffer_size = 8191;
    EXPECT_EQ(only_mistake(options),
              "limits.max_request_buffer_size is 8191; valid is "
              "limits.max_request_line_size (8192) or more, or none.");
}

TEST(options, times_are_more_than_none) {
    server_options options;
    options.limits.keep_alive_timeout = 0ms;
    options.limits.request_headers_timeout = -1ms;
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0], "limits.keep_alive_timeout is 0 ms; valid is more than 0 ms.");
    EXPECT_EQ(found[1], "limits.request_headers_timeout is -1 ms; valid is more than 0 ms.");
    options.limits.keep_alive_timeout = std::chrono::milliseconds::max();
    options.limits.request_headers_timeout = 1ms;
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, transport_threads_and_slabs_have_ranges) {
    server_options options;
    options.transport.name = "";
    options.transport.backlog = 0;
    options.transport.plug_ins.push_back(nullptr);
    options.cores = 1025;
    options.max_slabs_per_core = 15;
    options.offload_threads = 0;
    options.minimum_log_level = static_cast<log_level>(9);
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 7u);
    EXPECT_EQ(found[0], "transport.name is empty; valid is \"auto\" or the name of a transport.");
    EXPECT_EQ(found[1], "transport.backlog is 0; valid is from 1 to 2147483647.");
    EXPECT_EQ(found[2], "transport.plug_ins[0] is null; valid is a factory.");
    EXPECT_EQ(found[3], "cores is 1025; valid is from 0 to 1024.");
    EXPECT_EQ(found[4], "max_slabs_per_core is 15; valid is 16 or more.");
    EXPECT_EQ(found[5], "offload_threads is 0; valid is from 1 to 4096.");
    EXPECT_NE(found[6].find("minimum_log_level is 9"), std::string::npos);
}

TEST(options, rates_have_ranges) {
    server_options options;
    options.limits.min_request_body_data_rate = {0, 1000ms};
    options.limits.min_response_data_rate = {std::numeric_limits<double>::infinity(), 1001ms};
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0],
              "limits.min_request_body_data_rate.bytes_per_second is 0.000000; valid is more than "
              "0, and finite.");
    EXPECT_EQ(found[1],
              "limits.min_request_body_data_rate.grace_period is 1000 ms; valid is 1001 ms or "
              "more.");
    EXPECT_EQ(found[2],
              "limits.min_response_data_rate.bytes_per_second is inf; valid is more than 0, and "
              "finite.");
    options.limits.min_request_body_data_rate = {0.001, infinite};
    options.limits.min_response_data_rate = std::nullopt;
    EXPECT_TRUE(mistakes_in(options).empty());
    options.limits.min_response_data_rate = {std::nan(""), 5s};
    EXPECT_EQ(mistakes_in(options).size(), 1u);
}

TEST(options, caps_of_connections_have_ranges) {
    server_options options;
    server_limits& limits = options.limits;
    limits.max_concurrent_connections = 0;
    limits.max_concurrent_upgraded_connections = 0;
    limits.at_max_concurrent_connections = static_cast<connection_limit_action>(2);
    limits.max_connections_per_client = 0;
    limits.client_prefix_ipv4 = 33;
    limits.client_prefix_ipv6 = 0;
    limits.max_requests_per_connection = 0;
    limits.max_connection_age = 0ms;
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 7u);
    EXPECT_EQ(found[0], "limits.max_concurrent_connections is 0; valid is 1 or more.");
    EXPECT_EQ(found[1],
              "limits.at_max_concurrent_connections is 2; valid is refuse or stop_accepting.");
    EXPECT_EQ(found[2], "limits.max_connections_per_client is 0; valid is 1 or more.");
    EXPECT_EQ(found[3], "limits.client_prefix_ipv4 is 33; valid is from 1 to 32.");
    EXPECT_EQ(found[4], "limits.client_prefix_ipv6 is 0; valid is from 1 to 128.");
    EXPECT_EQ(found[5], "limits.max_requests_per_connection is 0; valid is 1 or more.");
    EXPECT_EQ(found[6], "limits.max_connection_age is 0 ms; valid is more than 0 ms.");
}

TEST(options, http2_limits_have_ranges) {
    server_options options;
    options.limits.http2 = {.max_streams_per_connection = 0,
                            .header_table_size = 0,
                            .max_frame_size = (1u << 24),
                            .max_request_header_field_size = 0,
                            .initial_connection_window_size = 65'534,
                            .initial_stream_window_size = 0x80000000u,
                            .keep_alive_ping_delay = 999ms,
                            .keep_alive_ping_timeout = 0ms};
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 7u);
    EXPECT_EQ(found[1],
              "limits.http2.max_frame_size is 16777216; valid is from 16384 to 16777215.");
    EXPECT_EQ(found[4],
              "limits.http2.initial_stream_window_size is 2147483648; valid is from 65535 to "
              "2147483647.");
    EXPECT_EQ(found[5], "limits.http2.keep_alive_ping_delay is 999 ms; valid is 1000 ms or more.");
    options.limits.http2 = {};
    options.limits.http2.keep_alive_ping_timeout = infinite;
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, logs_and_the_stop_have_ranges) {
    server_options options;
    options.log_levels = {{"", log_level::debug}, {"server", static_cast<log_level>(7)}};
    options.access_log.format = static_cast<access_log_options::log_format>(4);
    options.access_log.path = "";
    options.shutdown_delay = -1ms;
    options.shutdown_timeout = -1ms;
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 6u);
    EXPECT_EQ(found[0],
              "log_levels[0] is of an empty category; valid is server, transport, connection or "
              "request.");
    EXPECT_NE(found[1].find("log_levels[1] is 7; valid is trace,"), std::string::npos);
    EXPECT_EQ(found[2], "access_log.format is 4; valid is off, ncsa, w3c or json.");
    EXPECT_EQ(found[3], "access_log.path is empty; valid is a file's path, or \"-\" for stdout.");
    EXPECT_EQ(found[4], "shutdown_delay is -1 ms; valid is from 0 ms to a day.");
    EXPECT_EQ(found[5], "shutdown_timeout is -1 ms; valid is 0 ms or more.");
    options = {};
    options.access_log.path = "";
    options.shutdown_timeout = infinite;
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, paths_have_no_control_characters) {
    server_options options;
    options.access_log.path = std::string("/tmp/a\0b", 8);
    EXPECT_EQ(only_mistake(options),
              "access_log.path is '/tmp/a\\x00b'; valid is a path without control characters.");
    options.access_log.path = "/tmp/a\nb";
    EXPECT_NE(only_mistake(options).find("without control characters"), std::string::npos);
    options.access_log.path = "/tmp/\xc3\xa4 b";
    EXPECT_TRUE(mistakes_in(options).empty());
}

TEST(options, names_of_endpoints_are_their_own) {
    server_options options;
    for (const char* name : {"Http", "", "", "HTTP"})
        options.listen("http://127.0.0.1:0", [&](listen_options& on) { on.name = name; });
    EXPECT_EQ(only_mistake(options),
              "endpoints[3].options.name is 'HTTP', as that of endpoints[0] is already; valid is a "
              "name of its own.");
}

TEST(options, a_last_word_is_one_a_name_whatever_its_case) {
    server_options options;
    options.endpoint("Http", [](listen_options&) {});
    options.endpoint("HTTP", {});
    ASSERT_EQ(options.named_endpoints.size(), 1u);
    EXPECT_FALSE(options.named_endpoints[0].second);
}

TEST(options, headers_fit_into_the_slabs_of_a_core) {
    server_options options;
    options.max_slabs_per_core = 16;
    options.limits.max_request_headers_total_size = 256 * 1024;
    EXPECT_NE(only_mistake(options).find("max_request_headers_total_size is 262144"),
              std::string::npos);
}

TEST(options, each_url_is_checked) {
    EXPECT_EQ(mistake_of_url("https://localhost:5001"), "0 mistakes:");
    EXPECT_NE(mistake_of_url("https://localhost:x").find("endpoints[0].url: Invalid port: 'x'"),
              std::string::npos);
    EXPECT_NE(mistake_of_url("http://localhost:0").find("Dynamic port binding is not supported"),
              std::string::npos);
    EXPECT_NE(mistake_of_url("").find("endpoints[0] is neither a url nor an open handle"),
              std::string::npos);
    server_options options;
    options.listen("nonsense").listen("http://127.0.0.1:80").listen("http://localhost:70000");
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_NE(found[0].find("endpoints[0]"), std::string::npos);
    EXPECT_NE(found[1].find("endpoints[2]"), std::string::npos);
}

TEST(options, tcp_needs_a_protocol) {
    EXPECT_NE(mistake_of_url("tcp://127.0.0.1:7").find("endpoints[0].url is tcp://127.0.0.1:7"),
              std::string::npos);
}

TEST(options, each_http_alone_and_both_can_be_served_with_tls_and_without) {
    server_options options;
    options.listen("http://127.0.0.1:80").listen("https://127.0.0.1:443");
    for (const auto protocols :
         {http_protocols::http1, http_protocols::http2, http_protocols::http1_and_http2}) {
        for (auto& one : options.endpoints) one.options.protocols = protocols;
        EXPECT_TRUE(mistakes_in(options).empty());
    }
}

TEST(options, an_endpoint_serves_one_protocol_at_least) {
    server_options options;
    options.listen("http://127.0.0.1:80");
    for (const unsigned none : {0u, 4u}) {
        options.endpoints[0].options.protocols = static_cast<http_protocols>(none);
        EXPECT_EQ(only_mistake(options),
                  "endpoints[0].options.protocols is " + std::to_string(none) +
                      "; valid is http1, http2 or http1_and_http2: an endpoint serves one of them "
                      "at least.");
    }
}

TEST(options, modes_and_middleware_are_checked) {
    server_options options;
    options.listen_unix_socket("/run/x", [](auto& on) {
        on.unix_socket_mode = 01000;
        on.use({});
    });
    const auto found = mistakes_in(options);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_NE(found[0].find("endpoints[0].options.unix_socket_mode is 512"), std::string::npos);
    EXPECT_NE(found[1].find("endpoints[0].options.middleware[0] is empty"), std::string::npos);
}

TEST(options, an_address_is_there_once) {
    server_options options;
    options.listen("http://127.0.0.1:80").listen("http://127.0.0.1").listen_handle(3);
    EXPECT_EQ(only_mistake(options),
              "endpoints[1] is 127.0.0.1:80, as endpoints[0] is already; each address is listened "
              "on once.");
    server_options dynamic;
    dynamic.listen("http://127.0.0.1:0").listen("http://127.0.0.1:0");
    EXPECT_TRUE(mistakes_in(dynamic).empty());
}

}  // namespace
}  // namespace saker
