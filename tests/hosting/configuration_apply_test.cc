// What a configuration makes of options: values where they belong, and every mistake with its file,
// line and remedy.

#include "tests/hosting/configuration_fixture.h"

namespace saker {
namespace {

using namespace std::chrono_literals;

using configuration_apply = configuration_test;

TEST_F(configuration_apply, limits_are_set) {
    given(R"({"Kestrel": {"Limits": {
        "MaxConcurrentConnections": 100, "MaxConcurrentUpgradedConnections": "50",
        "MaxRequestBodySize": null, "MaxRequestBufferSize": "2M", "MaxResponseBufferSize": 0,
        "MaxRequestLineSize": 4096, "MaxRequestHeadersTotalSize": 16384,
        "MaxRequestHeaderCount": 50,
        "KeepAliveTimeout": "00:01:00", "RequestHeadersTimeout": "-00:00:00.001",
        "MinRequestBodyDataRate": {"BytesPerSecond": 100.5, "GracePeriod": "00:00:10"},
        "MinResponseDataRate": null,
        "Http2": {"MaxStreamsPerConnection": 7, "KeepAlivePingDelay": "00:00:30"}}}})");
    const server_limits limits = applied().limits;
    EXPECT_EQ(limits.max_concurrent_connections, 100u);
    EXPECT_EQ(limits.max_concurrent_upgraded_connections, 50u);
    EXPECT_EQ(limits.max_request_body_size, std::nullopt);
    EXPECT_EQ(limits.max_request_buffer_size, 2u << 20);
    EXPECT_EQ(limits.max_response_buffer_size, 0u);
    EXPECT_EQ(limits.max_request_line_size, 4096u);
    EXPECT_EQ(limits.max_request_headers_total_size, 16384u);
    EXPECT_EQ(limits.max_request_header_count, 50u);
    EXPECT_EQ(limits.keep_alive_timeout, 60s);
    EXPECT_EQ(limits.request_headers_timeout, infinite);
    ASSERT_TRUE(limits.min_request_body_data_rate);
    EXPECT_EQ(limits.min_request_body_data_rate->bytes_per_second, 100.5);
    EXPECT_EQ(limits.min_request_body_data_rate->grace_period, 10s);
    EXPECT_EQ(limits.min_response_data_rate, std::nullopt);
    EXPECT_EQ(limits.http2.max_streams_per_connection, 7u);
    EXPECT_EQ(limits.http2.keep_alive_ping_delay, 30s);
}

TEST_F(configuration_apply, keys_have_any_case) {
    given(R"({"KESTREL": {"limits": {"maxrequestlinesize": 99}}, "saker": {"CORES": 3}})");
    const server_options options = applied();
    EXPECT_EQ(options.limits.max_request_line_size, 99u);
    EXPECT_EQ(options.cores, 3u);
}

TEST_F(configuration_apply, the_section_saker_is_set) {
    given(R"({"Saker": {"Transport": {"Name": "epoll", "Backlog": 99, "NoDelay": false},
        "Cores": 2, "PinCores": false, "MaxSlabsPerCore": 4096, "OffloadThreads": 4,
        "Limits": {"AtMaxConcurrentConnections": "stopaccepting", "MaxConnectionsPerClient": 9,
            "ClientPrefixIpv4": 24, "ClientPrefixIpv6": 48, "MaxRequestsPerConnection": 1000,
            "MaxConnectionAge": "01:00:00"},
        "ShutdownDelay": "00:00:05", "ShutdownTimeout": "00:00:10",
        "AccessLog": {"Format": "Json", "Path": "/var/log/x"},
        "Logging": {"LogLevel": {"Default": "Warning", "Connection": "Trace"}}},
        "Kestrel": {"AddServerHeader": false, "AllowHostHeaderOverride": true}})");
    const server_options options = applied();
    EXPECT_EQ(options.transport.name, "epoll");
    EXPECT_EQ(options.transport.backlog, 99u);
    EXPECT_FALSE(options.transport.no_delay);
    EXPECT_EQ(options.cores, 2u);
    EXPECT_FALSE(options.pin_cores);
    EXPECT_EQ(options.max_slabs_per_core, 4096u);
    EXPECT_EQ(options.offload_threads, 4u);
    EXPECT_EQ(options.limits.at_max_concurrent_connections,
              connection_limit_action::stop_accepting);
    EXPECT_EQ(options.limits.max_connections_per_client, 9u);
    EXPECT_EQ(options.limits.client_prefix_ipv4, 24u);
    EXPECT_EQ(options.limits.client_prefix_ipv6, 48u);
    EXPECT_EQ(options.limits.max_requests_per_connection, 1000u);
    EXPECT_EQ(options.limits.max_connection_age, 1h);
    EXPECT_EQ(options.shutdown_delay, 5s);
    EXPECT_EQ(options.shutdown_timeout, 10s);
    EXPECT_EQ(options.access_log.format, access_log_options::log_format::json);
    EXPECT_EQ(options.access_log.path, "/var/log/x");
    EXPECT_EQ(options.minimum_log_level, log_level::warning);
    ASSERT_EQ(options.log_levels.size(), 1u);
    EXPECT_EQ(options.log_levels[0], std::pair(std::string("connection"), log_level::trace));
    EXPECT_FALSE(options.add_server_header);
    EXPECT_TRUE(options.allow_host_header_override);
}

TEST_F(configuration_apply, a_transport_may_be_a_name_alone) {
    given(R"({"Saker": {"Transport": "io_uring"}})");
    EXPECT_EQ(applied().transport.name, "io_uring");
}

TEST_F(configuration_apply, the_level_of_the_log_is_dotnets_or_ours) {
    given(R"({"Logging": {"LogLevel": {"Default": "Debug", "Microsoft.AspNetCore": "Warning"}}})");
    EXPECT_EQ(applied().minimum_log_level, log_level::debug);
    given(R"({"Saker": {"Logging": {"LogLevel": {"Default": "Error"}}}})");
    sources.arguments = {"--Logging:LogLevel:Default=Debug"};
    EXPECT_EQ(applied().minimum_log_level, log_level::error);
}

TEST_F(configuration_apply, what_is_not_said_stays_as_the_code_has_it) {
    base.limits.max_request_line_size = 77;
    base.limits.keep_alive_timeout = 7s;
    given(R"({"Kestrel": {"Limits": {"KeepAliveTimeout": "00:00:08"}}})");
    EXPECT_EQ(applied().limits.max_request_line_size, 77u);
    EXPECT_EQ(applied().limits.keep_alive_timeout, 8s);
}

TEST_F(configuration_apply, null_takes_a_key_back_where_it_is_no_value) {
    given(R"({"Kestrel": {"Limits": {"MaxRequestLineSize": 99, "MaxRequestBodySize": 5},
                          "AddServerHeader": false}})");
    write("appsettings.Production.json",
          R"({"Kestrel": {"Limits": {"MaxRequestLineSize": null, "MaxRequestBodySize": null},
                          "AddServerHeader": null}})");
    EXPECT_EQ(applied().limits.max_request_line_size, 8192u);
    EXPECT_EQ(applied().limits.max_request_body_size, std::nullopt);
    EXPECT_TRUE(applied().add_server_header);
    EXPECT_EQ(effective("Kestrel:Limits:MaxRequestLineSize"), "8192 (default)");
}

TEST_F(configuration_apply, a_rate_is_switched_off_and_on_by_the_higher_layer) {
    given(R"({"Kestrel": {"Limits": {"MinResponseDataRate": {"BytesPerSecond": 9}}}})");
    write("appsettings.Production.json",
          R"({"Kestrel": {"Limits": {"MinResponseDataRate": null}}})");
    EXPECT_EQ(applied().limits.min_response_data_rate, std::nullopt);
    sources.arguments = {"--Kestrel:Limits:MinResponseDataRate:GracePeriod=00:00:09"};
    ASSERT_TRUE(applied().limits.min_response_data_rate);
    EXPECT_EQ(applied().limits.min_response_data_rate->bytes_per_second, 240);
    EXPECT_EQ(applied().limits.min_response_data_rate->grace_period, 9s);
}

TEST_F(configuration_apply, a_rate_that_is_an_empty_section_is_on) {
    given(R"({"Kestrel": {"Limits": {"MinRequestBodyDataRate": {}, "MinResponseDataRate": {}}}})");
    base.limits.min_request_body_data_rate->bytes_per_second = 9;
    base.limits.min_response_data_rate = std::nullopt;
    const server_limits limits = applied().limits;
    ASSERT_TRUE(limits.min_request_body_data_rate);
    EXPECT_EQ(limits.min_request_body_data_rate->bytes_per_second, 9);
    ASSERT_TRUE(limits.min_response_data_rate);
    EXPECT_EQ(limits.min_response_data_rate->bytes_per_second, 240);
    EXPECT_EQ(limits.min_response_data_rate->grace_period, 5s);
}

TEST_F(configuration_apply, an_empty_section_or_list_is_no_value) {
    struct {
        std::string_view text, mistake;
    } const table[] = {
        {R"("Kestrel": {"Limits": {"MaxRequestBodySize": {}}})",
         "Kestrel:Limits:MaxRequestBodySize is an empty section; expected a whole number of bytes, "
         "0 or more; 64K, 1M and 2G are understood, or null."},
        {R"("Kestrel": {"Limits": {"MaxRequestBodySize": []}})",
         "Kestrel:Limits:MaxRequestBodySize is an empty list; expected a whole number of bytes, "
         "0 or more; 64K, 1M and 2G are understood, or null."},
        {R"("Kestrel": {"Limits": {"MinResponseDataRate": []}})",
         "Kestrel:Limits:MinResponseDataRate is an empty list; expected a section {BytesPerSecond, "
         "GracePeriod}, or null."},
        {R"("Kestrel": {"Limits": {"KeepAliveTimeout": {}}})",
         "Kestrel:Limits:KeepAliveTimeout is an empty section; expected a time such as "
         "\"00:02:10\", more than none, or \"Infinite\"."},
        {R"("Saker": {"Transport": []})", "Saker:Transport is an empty list; expected a text."},
        {R"("Kestrel": {"AllowSynchronousIO": {}})",
         "Kestrel:AllowSynchronousIO is an empty section; expected true or false."},
        {R"("Kestrel": {"EndpointDefaults": {"SslProtocols": {}}})",
         "Kestrel:EndpointDefaults:SslProtocols is an empty section; expected a list such as "
         "[\"Tls12\", \"Tls13\"]."},
        {R"("Kestrel": {"Certificates": {"Default": []}})",
         "Kestrel:Certificates:Default is an empty list; expected a section with Path, KeyPath, "
         "Password, OcspPath, Subject, Store, Location or AllowInvalid."},
        {R"("Kestrel": {"Certificates": {"Default": {"Path": {}}}})",
         "Kestrel:Certificates:Default:Path is an empty section; expected a text."},
        {R"("Kestrel": {"Endpoints": {"A": {"Url": {}}}})",
         "Kestrel:Endpoints:A:Url is an empty section; expected a text."},
        {R"("Urls": [])", "Urls is an empty list; expected a text."},
    };
    for (const auto& [text, mistake] : table) {
        given('{' + std::string(text) + '}');
        EXPECT_EQ(mistakes(), "appsettings.json:1: " + std::string(mistake)) << text;
    }
}

TEST_F(configuration_apply, an_empty_section_or_list_is_taken_where_there_may_be_one) {
    given(R"({"Kestrel": {"Limits": {"Http2": {}, "Http3": []}, "Certificates": {"A": {}},
        "EndpointDefaults": {"SslProtocols": []}}, "Saker": {"Transport": {}},
        "MyApp": {"None": {}, "Empty": []}})");
    EXPECT_EQ(mistakes(), "none");
    EXPECT_EQ(applied().transport.name, "auto");
    const auto read = configuration::load(sources);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->find("MyApp:None"), nullptr);
    ASSERT_NE(read->find("MyApp:Empty"), nullptr);
    EXPECT_EQ(*read->find("MyApp:Empty"), "");
}

TEST_F(configuration_apply, texts_with_control_characters_are_refused) {
    struct {
        std::string_view text, mistake;
    } const table[] = {
        {R"("Saker": {"AccessLog": {"Path": "/tmp/a\u0000b"}})",
         "Saker:AccessLog:Path is \"/tmp/a\\x00b\"; expected a text without control characters."},
        {R"("Saker": {"AccessLog": {"Path": "a\nb"}})",
         "expected a text without control characters."},
        {R"("Saker": {"AccessLog": {"Path": "a\u007f"}})",
         "expected a text without control characters."},
        {R"("Kestrel": {"EndpointDefaults": {"Transport": "epoll\u0000"}})",
         "expected a text without control characters."},
        {R"("Kestrel": {"Endpoints": {"A": {"Url": "http://unix:/tmp/a\u0000b"}}})",
         "Kestrel:Endpoints:A:Url: Invalid url: 'http://unix:/tmp/a\\x00b'. It has no control "
         "characters."},
        {R"("Urls": "http://[::1\u0000]:80")", "It has no control characters."},
    };
    for (const auto& [text, mistake] : table) {
        given('{' + std::string(text) + '}');
        EXPECT_EQ(mistakes().find("appsettings.json:1: "), 0u) << mistakes();
        EXPECT_NE(mistakes().find(mistake), std::string::npos) << text << " -> " << mistakes();
    }
}

TEST_F(configuration_apply, unknown_keys_get_the_nearest_one) {
    given(
        "{\"Kestrel\": {\"Limits\": {\n\"MaxRequestBodySze\": 1},\n\"Limts\": {\"A\": 1, \"B\": "
        "2},\n"
        "\"MaxRequestBodySize\": 5, \"Banana\": {}}, \"Saker\": {\n\"Banana\": 1, \"Core\": 2}}");
    EXPECT_EQ(mistakes(),
              "appsettings.json:2: Kestrel:Limits:MaxRequestBodySze is not known; did you mean "
              "MaxRequestBodySize?\n"
              "appsettings.json:3: Kestrel:Limts is not known; did you mean Limits?\n"
              "appsettings.json:4: Kestrel:MaxRequestBodySize is not known; did you mean "
              "Kestrel:Limits:MaxRequestBodySize?\n"
              "appsettings.json:4: Kestrel:Banana is not known; known here are Endpoints, "
              "EndpointDefaults, Certificates, Limits, AddServerHeader, AllowHostHeaderOverride, "
              "AllowResponseHeaderCompression, AllowAlternateSchemes, EnableAltSvc, "
              "AllowSynchronousIO or "
              "DisableStringReuse.\n"
              "appsettings.json:5: Saker:Banana is not known; known here are Limits, Transport, "
              "Cores, PinCores, MaxSlabsPerCore, OffloadThreads, Tls, ShutdownDelay, "
              "ShutdownTimeout, AccessLog or Logging.\n"
              "appsettings.json:5: Saker:Core is not known; did you mean Cores?");
}

TEST_F(configuration_apply, a_name_that_is_missing_is_told) {
    for (const char* text : {R"({"Kestrel": {"Endpoints": {"": {}}}})",
                             R"({"Kestrel": {"Endpoints": {"": {"Url": "http://*:1"}}}})"}) {
        given(text);
        EXPECT_EQ(mistakes(),
                  "appsettings.json:1: Kestrel:Endpoints has an entry without a name; expected a "
                  "name.");
    }
    given(R"({"Kestrel": {"EndpointDefaults": {"": 1}}})");
    EXPECT_EQ(mistakes(),
              "appsettings.json:1: Kestrel:EndpointDefaults has an entry without a name; expected "
              "Protocols, Transport, UnixSocketMode, ConnectionLogging, SslProtocols or "
              "ClientCertificateMode.");
}

TEST_F(configuration_apply, values_that_are_none_are_told_with_what_is_valid) {
    struct {
        std::string_view key, value, mistake;
    } const table[] = {
        {"Kestrel:Limits:MaxRequestLineSize", "0",
         "is \"0\"; expected a whole number of bytes, 1 or more; 64K, 1M and 2G are understood."},
        {"Kestrel:Limits:MaxRequestHeaderCount", "-1",
         "is \"-1\"; expected a whole number of headers, 1 or more."},
        {"Kestrel:Limits:MaxRequestHeaderCount", "4294967296",
         "is \"4294967296\"; expected a whole number of headers, 1 or more."},
        {"Kestrel:Limits:MaxRequestHeaderCount", "1K", "expected a whole number of headers"},
        {"Kestrel:Limits:MaxRequestBodySize", "lots", "2G are understood, or null."},
        {"Kestrel:Limits:KeepAliveTimeout", "00:00:00",
         "is \"00:00:00\"; expected a time such as \"00:02:10\", more than none, or \"Infinite\"."},
        {"Kestrel:Limits:KeepAliveTimeout", "130", "a number alone is days in .NET."},
        {"Kestrel:Limits:MinRequestBodyDataRate", "240",
         "expected null, or a section {BytesPerSecond, GracePeriod}."},
        {"Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond", "0",
         "expected a number of bytes a second, more than 0."},
        {"Kestrel:Limits:MinRequestBodyDataRate:GracePeriod", "00:00:01",
         "expected a time such as \"00:02:10\", more than 00:00:01."},
        {"Kestrel:Limits:MinRequestBodyDataRate:GracePeriod", "Infinite", "more than 00:00:01."},
        {"Kestrel:Limits:Http2:MaxFrameSize", "16383",
         "expected a whole number of bytes from 16384 to 16777215"},
        {"Kestrel:Limits:Http2:KeepAlivePingDelay", "00:00:00.999",
         "00:00:01 or more, or \"Infinite\"."},
        {"Kestrel:AddServerHeader", "yes", "is \"yes\"; expected true or false."},
        {"Saker:Logging:LogLevel:Default", "Informatoin", "did you mean Information?"},
        {"Saker:AccessLog:Format", "xml", "expected Off, Ncsa, W3c or Json."},
        {"Saker:Limits:ClientPrefixIpv4", "33", "a whole number of bits from 1 to 32."},
        {"Saker:Transport:Name", "", "expected a text that is not empty."},
        {"Saker:Transport:Name", "eppol", "did you mean epoll?"},
        {"Saker:Transport", "io-uring", "did you mean io_uring?"},
        {"Kestrel:EndpointDefaults:Transport", "x", "is \"x\"; expected auto, io_uring or epoll."},
        {"Kestrel:EndpointDefaults:Protocols", "Http11", "did you mean Http1?"},
        {"Kestrel:EndpointDefaults:Protocols", "Http3",
         "HTTP/3 requires HTTPS, and is not in this version."},
        {"Kestrel:EndpointDefaults:Protocols", "None",
         "expected Http1, Http2 or Http1AndHttp2: an endpoint must be configured to serve at "
         "least one protocol."},
        {"Kestrel:EndpointDefaults:UnixSocketMode", "888", "in octal digits, from 0 to 777"},
        {"Kestrel:Limits", "5", "is \"5\"; expected a section with MaxRequestLineSize"},
        {"Kestrel:Limits:MaxRequestLineSize:X", "5",
         "Kestrel:Limits:MaxRequestLineSize is a section; expected a whole number of bytes"},
        {"Kestrel:AllowSynchronousIO", "1", "expected true or false."},
        {"Kestrel:Endpoints:Http", "http://*:80", "expected a section with Url"},
        {"Kestrel:Certificates:Default:Pth", "x", "is not known; expected a section with Path"},
    };
    for (const auto& [key, value, mistake] : table) {
        sources.arguments = {"--" + std::string(key) + '=' + std::string(value)};
        EXPECT_NE(mistakes().find(mistake), std::string::npos) << key << " -> " << mistakes();
        EXPECT_EQ(mistakes().find("command line: "), 0u) << mistakes();
    }
}

TEST_F(configuration_apply, sections_of_the_application_are_left_alone) {
    given(R"({"MyApp": {"Limts": 1}, "ConnectionStrings": {"Db": "x"}, "AllowedHosts": "*"})");
    EXPECT_EQ(mistakes(), "none");
    EXPECT_EQ(warnings(), "");
    const auto read = configuration::load(sources);
    ASSERT_TRUE(read);
    ASSERT_NE(read->find("myapp:limts"), nullptr);
    EXPECT_EQ(*read->find("myapp:limts"), "1");
    EXPECT_EQ(read->find("MyApp"), nullptr);
}

TEST_F(configuration_apply, a_section_that_looks_like_ours_is_told) {
    given(R"({"Kestral": {"Limits": {"MaxRequestLineSize": 1}, "Endpoints": {"A": {"Url": "x"}}},
              "Maker": {"Name": "x"}})");
    EXPECT_EQ(
        warnings(),
        "appsettings.json:1: Kestral is taken for a section of the application's own; did you "
        "mean Kestrel?");
}

TEST_F(configuration_apply, what_is_of_http2_has_an_effect) {
    given(R"({"Kestrel": {"AllowResponseHeaderCompression": false, "AllowAlternateSchemes": true,
        "Limits": {"Http2": {"MaxStreamsPerConnection": 1, "HeaderTableSize": 0,
        "MaxFrameSize": 16384, "MaxRequestHeaderFieldSize": 1, "InitialStreamWindowSize": 65535,
        "InitialConnectionWindowSize": 65535, "KeepAlivePingDelay": "00:00:01",
        "KeepAlivePingTimeout": "Infinite"}}}})");
    EXPECT_EQ(mistakes(), "none");
    EXPECT_EQ(warnings(), "");
    const server_options options = applied();
    EXPECT_FALSE(options.allow_response_header_compression);
    EXPECT_TRUE(options.allow_alternate_schemes);
    const http2_limits& limits = options.limits.http2;
    EXPECT_EQ(limits.header_table_size, 0u);
    EXPECT_EQ(limits.max_frame_size, 16384u);
    EXPECT_EQ(limits.max_request_header_field_size, 1u);
    EXPECT_EQ(limits.initial_stream_window_size, 65535u);
    EXPECT_EQ(limits.initial_connection_window_size, 65535u);
    EXPECT_EQ(limits.keep_alive_ping_delay, 1s);
    EXPECT_EQ(limits.keep_alive_ping_timeout, infinite);
}

TEST_F(configuration_apply, what_has_no_effect_is_told) {
    given(R"({"Kestrel": {"AllowSynchronousIO": true, "Limits": {"Http3": {"X": 1}},
        "Certificates": {"Other": {"Path": "a.pfx", "Password": "secret"}}},
        "AllowedHosts": "example.com", "Saker": {"Transport": {"IOQueueCount": 4}}})");
    EXPECT_EQ(mistakes(), "none");
    const std::string all = warnings();
    for (const char* key :
         {"Kestrel:AllowSynchronousIO has no effect. A handler here never blocks",
          "Kestrel:Limits:Http3:X has no effect", "Kestrel:Certificates:Other has no effect",
          "AllowedHosts has no effect",
          "Saker:Transport:IOQueueCount has no effect. There are no "})
        EXPECT_NE(all.find(key), std::string::npos) << key << "\n" << all;
    EXPECT_EQ(all.find("secret"), std::string::npos);
}

TEST_F(configuration_apply, what_only_shows_together_is_told_where_it_was_set) {
    given("{\"Kestrel\": {\"Limits\": {\n\"MaxRequestBufferSize\": 100}}}");
    EXPECT_NE(mistakes().find("appsettings.json:2: Kestrel:Limits:MaxRequestBufferSize: "
                              "limits.max_request_buffer_size is 100; valid is "
                              "limits.max_request_line_size (8192) or more, or none."),
              std::string::npos)
        << mistakes();
}

TEST_F(configuration_apply, effective_says_where_each_value_came_from) {
    base.cores = 3;
    given("{\"Kestrel\": {\n\"Limits\": {\"MaxRequestLineSize\": 99}}}");
    sources.arguments = {"--Kestrel:Limits:MaxRequestHeaderCount", "7"};
    EXPECT_EQ(effective("Kestrel:Limits:MaxRequestLineSize"), "99 (appsettings.json:2)");
    EXPECT_EQ(effective("Kestrel:Limits:MaxRequestHeaderCount"), "7 (command line)");
    EXPECT_EQ(effective("Kestrel:Limits:KeepAliveTimeout"), "00:02:10 (default)");
    EXPECT_EQ(effective("Kestrel:Limits:MinResponseDataRate:BytesPerSecond"), "240 (default)");
    EXPECT_EQ(effective("Saker:Cores"), "3 (code)");
}

}  // namespace
}  // namespace saker
