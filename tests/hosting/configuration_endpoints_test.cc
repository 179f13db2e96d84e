// Endpoints of the configuration: who has the last word on one, which addresses win, and Kestrel's
// sentences about them.

#include "tests/hosting/configuration_fixture.h"

namespace saker {
namespace {

using configuration_endpoints = configuration_test;

TEST_F(configuration_endpoints, are_listened_on_in_dotnets_order) {
    given(R"({"Kestrel": {"Endpoints": {"b": {"Url": "http://*:2"}, "A": {"Url": "http://[::1]:1"},
        "10": {"Url": "http://127.0.0.1:0"}, "9": {"Url": "http://unix:/run/x"}}}})");
    EXPECT_EQ(urls(), "9=http://unix:/run/x 10=http://127.0.0.1:0 A=http://[::1]:1 b=http://*:2");
}

TEST_F(configuration_endpoints, have_keys_of_their_own) {
    given(R"({"Kestrel": {"Endpoints": {"X": {"Url": "http://unix:/run/x", "Protocols": "http1",
        "Transport": "epoll", "UnixSocketMode": "660", "ConnectionLogging": true}}}})");
    const server_options options = applied();
    ASSERT_EQ(options.endpoints.size(), 1u);
    const listen_options& on = options.endpoints[0].options;
    EXPECT_EQ(on.name, "X");
    EXPECT_EQ(on.protocols, http_protocols::http1);
    EXPECT_EQ(on.transport, "epoll");
    EXPECT_EQ(on.unix_socket_mode, 0660u);
    EXPECT_TRUE(on.connection_logging);
}

TEST_F(configuration_endpoints, are_merged_from_layers_whatever_their_case) {
    given(R"({"Kestrel": {"Endpoints": {"Http": {"Url": "http://*:1", "Protocols": "Http1"}}}})");
    sources.arguments = {"--kestrel:endpoints:HTTP:url=http://*:2"};
    const server_options options = applied();
    ASSERT_EQ(options.endpoints.size(), 1u);
    EXPECT_EQ(options.endpoints[0].url, "http://*:2");
    EXPECT_EQ(options.endpoints[0].options.protocols, http_protocols::http1);
}

TEST_F(configuration_endpoints, the_last_word_is_defaults_code_keys_named) {
    given(R"({"Kestrel": {"EndpointDefaults": {"UnixSocketMode": "600", "ConnectionLogging": true},
        "Endpoints": {"A": {"Url": "http://unix:/a"},
                      "B": {"Url": "http://unix:/b", "UnixSocketMode": "620"},
                      "C": {"Url": "http://unix:/c", "UnixSocketMode": "620"}}}})");
    const auto modes = [&] {
        std::string all;
        for (const auto& one : applied().endpoints)
            all += std::to_string(one.options.unix_socket_mode) + ' ';
        return all;
    };
    EXPECT_EQ(modes(), "384 400 400 ");
    base.configure_endpoint_defaults([](listen_options& on) { on.unix_socket_mode = 0610; });
    EXPECT_EQ(modes(), "392 400 400 ");
    base.endpoint("c", [](listen_options& on) { on.unix_socket_mode = 0630; });
    EXPECT_EQ(modes(), "392 400 408 ");
    EXPECT_TRUE(applied().endpoints[0].options.connection_logging);
}

TEST_F(configuration_endpoints, defaults_reach_the_codes_endpoints_too) {
    base.listen("http://unix:/before");
    base.listen("http://unix:/own", [](listen_options& on) { on.unix_socket_mode = 0640; });
    given(R"({"Kestrel": {"EndpointDefaults": {"UnixSocketMode": "600"}}})");
    server_options options = applied();
    options.listen("http://unix:/after");
    EXPECT_EQ(options.endpoints[0].options.unix_socket_mode, 0600u);
    EXPECT_EQ(options.endpoints[1].options.unix_socket_mode, 0640u);
    EXPECT_EQ(options.endpoints[2].options.unix_socket_mode, 0600u);
}

TEST_F(configuration_endpoints, applying_again_begins_again) {
    given(R"({"Kestrel": {"EndpointDefaults": {"Protocols": "Http1"},
                          "Endpoints": {"A": {"Url": "http://*:1"}}}})");
    EXPECT_EQ(urls(), "A=http://*:1");
    EXPECT_EQ(urls(), "A=http://*:1");
    EXPECT_TRUE(base.endpoints.empty());
    EXPECT_FALSE(base.endpoint_defaults);
}

TEST_F(configuration_endpoints, are_added_to_the_codes_and_win_over_urls) {
    base.listen("http://127.0.0.1:1");
    given(R"({"Kestrel": {"Endpoints": {"A": {"Url": "http://127.0.0.1:2"}}},
              "Urls": "http://127.0.0.1:3;http://127.0.0.1:4"})");
    EXPECT_EQ(urls(), "http://127.0.0.1:1 A=http://127.0.0.1:2");
    EXPECT_EQ(
        warnings(),
        "appsettings.json:2: Overriding address(es) 'http://127.0.0.1:3, http://127.0.0.1:4'. "
        "Binding to endpoints defined via IConfiguration and/or UseKestrel() instead.");
}

TEST_F(configuration_endpoints, urls_win_where_they_are_preferred) {
    base.listen("http://127.0.0.1:1");
    given(R"({"Kestrel": {"Endpoints": {"A": {"Url": "http://127.0.0.1:2"}}},
              "Urls": "http://127.0.0.1:3", "PreferHostingUrls": true})");
    EXPECT_EQ(urls(), "http://127.0.0.1:3");
    EXPECT_NE(warnings().find("because PreferHostingUrls is set to true. Binding to address(es) "
                              "'http://127.0.0.1:3' instead."),
              std::string::npos);
    given(R"({"PreferHostingUrls": "perhaps"})");
    EXPECT_EQ(mistakes(),
              "appsettings.json:1: PreferHostingUrls is \"perhaps\"; expected true or false.");
}

TEST_F(configuration_endpoints, urls_are_separated_by_semicolons_and_win_over_ports) {
    given(R"({"Urls": " http://127.0.0.1:3 ;; http://localhost:4;", "HTTP_PORTS": "80;81"})");
    EXPECT_EQ(urls(), "http://127.0.0.1:3 http://localhost:4");
    EXPECT_EQ(warnings(),
              "appsettings.json:1: Overriding HTTP_PORTS '80;81' and HTTPS_PORTS ''. Binding to "
              "values defined by URLS instead 'http://127.0.0.1:3 ;; http://localhost:4;'.");
}

TEST_F(configuration_endpoints, ports_are_those_of_every_address) {
    given(R"({"HTTP_PORTS": "8080;8081"})");
    EXPECT_EQ(urls(), "http://*:8080 http://*:8081");
    EXPECT_EQ(effective("Address"), "http://*:8080 (appsettings.json:1)");
    given(R"({"HTTP_PORTS": 8080})");
    EXPECT_EQ(urls(), "http://*:8080");
    given(R"({"HTTP_PORTS": "x"})");
    EXPECT_NE(mistakes().find("Invalid port: 'x', only numbers are allowed"), std::string::npos);
    given(R"({"HTTP_PORTS": "80", "HTTPS_PORTS": "443"})");
    EXPECT_EQ(urls(), "http://*:80 https://*:443");
}

TEST_F(configuration_endpoints, without_any_there_is_one_on_localhost) {
    EXPECT_EQ(urls(), "http://localhost:5000");
    EXPECT_EQ(effective("Address"), "http://localhost:5000 (default)");
    sources.default_urls = "http://127.0.0.1:8080";
    EXPECT_EQ(urls(), "http://127.0.0.1:8080");
    base.listen("http://127.0.0.1:1");
    EXPECT_EQ(urls(), "http://127.0.0.1:1");
    EXPECT_EQ(effective("Address"), "http://127.0.0.1:1 (code)");
}

TEST_F(configuration_endpoints, mistakes_are_kestrels_with_their_place) {
    struct {
        std::string_view endpoint, mistake;
    } const table[] = {
        {"{}", "The endpoint A is missing the required 'Url' parameter."},
        {"null", "The endpoint A is missing the required 'Url' parameter."},
        {"{\"Url\": \"\"}", "The endpoint A is missing the required 'Url' parameter."},
        {"{\"Protocols\": \"Http1\"}", "The endpoint A is missing the required 'Url' parameter."},
        {"{\"Url\": \"localhost\"}",
         "Kestrel:Endpoints:A:Url: Invalid url: 'localhost'. It begins with http://"},
        {"{\"Url\": \"http://*:1\", \"Certificate\": {\"Path\": \"x\", \"Password\": \"y\"}}",
         "The non-HTTPS endpoint A includes HTTPS-only configuration for Certificate."},
        {"{\"Url\": \"http://*:1\", \"SslProtocols\": [\"Tls12\", \"Tls13\"]}",
         "The non-HTTPS endpoint A includes HTTPS-only configuration for SslProtocols."},
        {"{\"Url\": \"http://*:1\", \"ClientCertificateMode\": \"AllowCertificate\"}",
         "The non-HTTPS endpoint A includes HTTPS-only configuration for ClientCertificateMode."},
        {"{\"Url\": \"http://*:1\", \"Sni\": {\"*\": {\"Protocols\": \"Http1\"}}}",
         "The non-HTTPS endpoint A includes HTTPS-only configuration for Sni."},
        {"{\"Url\": \"https://*:1\", \"SslProtocols\": [\"Tls14\"]}", "did you mean Tls12?"},
        {"{\"Url\": \"http://*:1\", \"Uri\": \"x\"}",
         "Kestrel:Endpoints:A:Uri is not known; did you"},
        {"{\"Url\": \"http://*:1\", \"Protocols\": \"Http4\"}",
         "Kestrel:Endpoints:A:Protocols is \"Http4\"; expected"},
        {"{\"Url\": \"tcp://*:1\"}",
         "Kestrel:Endpoints:A:Url: endpoints[0].url is tcp://*:1; valid is http:// or"},
    };
    for (const auto& [endpoint, mistake] : table) {
        given("{\"Kestrel\": {\"Endpoints\": {\n\"A\": " + std::string(endpoint) + "}}}");
        EXPECT_EQ(mistakes().find("appsettings.json:2: "), 0u) << mistakes();
        EXPECT_NE(mistakes().find(mistake), std::string::npos) << endpoint << "\n" << mistakes();
    }
}

TEST_F(configuration_endpoints, every_mistake_is_told_in_the_order_of_the_file) {
    given(
        "{\"Kestrel\": {\"Endpoints\": {\n\"B\": {\"Url\": \"x\"},\n\"A\": {}},\n\"Limits\": "
        "{\"MaxRequestLineSize\": -1}}}");
    EXPECT_EQ(
        mistakes(),
        "appsettings.json:2: Kestrel:Endpoints:B:Url: Invalid url: 'x'. It begins with http:// "
        "or https:// (or with tcp://, for a raw protocol).\n"
        "appsettings.json:3: The endpoint A is missing the required 'Url' parameter.\n"
        "appsettings.json:4: Kestrel:Limits:MaxRequestLineSize is \"-1\"; expected a whole "
        "number of bytes, 1 or more; 64K, 1M and 2G are understood.");
}

TEST_F(configuration_endpoints, each_http_can_be_served_alone) {
    given(R"({"Kestrel": {"EndpointDefaults": {"Protocols": "Http2"}, "Endpoints": {
        "A": {"Url": "http://*:1"}, "B": {"Url": "http://*:2", "Protocols": "http1"},
        "C": {"Url": "http://*:3", "Protocols": "Http2, Http3"}}}})");
    EXPECT_EQ(applied().endpoints[0].options.protocols, http_protocols::http2);
    EXPECT_EQ(applied().endpoints[1].options.protocols, http_protocols::http1);
    EXPECT_EQ(applied().endpoints[2].options.protocols, http_protocols::http2);
    EXPECT_NE(warnings().find("HTTP/3 is not in this version"), std::string::npos);
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Protocols"), "Http2 (appsettings.json:1)");
}

TEST_F(configuration_endpoints, http3_is_dropped_with_a_word) {
    given(R"({"Kestrel": {"Endpoints": {"A": {"Url": "http://*:1",
        "Protocols": "Http1AndHttp2AndHttp3"}, "B": {"Url": "http://*:2",
        "Protocols": "Http1, Http2"}}}})");
    EXPECT_EQ(applied().endpoints[0].options.protocols, http_protocols::http1_and_http2);
    EXPECT_EQ(applied().endpoints[1].options.protocols, http_protocols::http1_and_http2);
    EXPECT_NE(warnings().find("HTTP/3 is not in this version"), std::string::npos);
}

TEST_F(configuration_endpoints, a_last_word_for_nobody_is_told) {
    base.endpoint("Htpp", [](listen_options&) {});
    given(R"({"Kestrel": {"Endpoints": {"Http": {"Url": "http://*:1"}}}})");
    EXPECT_EQ(warnings(),
              "endpoint(\"Htpp\") has no effect: there is no endpoint of that name; did you mean "
              "Http?");
}

TEST_F(configuration_endpoints, effective_lists_them_with_their_keys) {
    given(
        "{\"Kestrel\": {\"EndpointDefaults\": {\"Protocols\": \"Http1\"}, \"Endpoints\": {\"A\": "
        "{\n\"Url\": \"http://*:1\",\n\"ConnectionLogging\": true}}}}");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Url"), "http://*:1 (appsettings.json:2)");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:ConnectionLogging"), "true (appsettings.json:3)");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Protocols"), "Http1 (appsettings.json:1)");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:UnixSocketMode"), "0 (default)");
    EXPECT_EQ(effective("Address"), "not there");
    base.configure_endpoint_defaults([](listen_options& on) { on.transport = "epoll"; });
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Transport"), "epoll (code)");
}

}  // namespace
}  // namespace saker
