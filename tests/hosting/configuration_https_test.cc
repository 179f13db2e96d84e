// TLS in the configuration: what becomes of its keys, who has the last word, Kestrel's sentences
// about mistakes, and that a password is told to nobody.

#include "tests/hosting/configuration_fixture.h"

namespace saker {
namespace {

using namespace std::chrono_literals;

class configuration_https : public configuration_test {
protected:
    // One endpoint with this inside, and what else stands beside Endpoints.
    void endpoint(std::string_view keys, std::string_view beside = "") {
        given("{\"Kestrel\": {\"Endpoints\": {\"A\": {\n" + std::string(keys) + "\n}}" +
              std::string(beside) + "}}");
    }
    https_options of(size_t index = 0) {
        const server_options options = applied();
        if (index >= options.endpoints.size() || !options.endpoints[index].options.https) {
            ADD_FAILURE() << "no https endpoint " << index;
            return {};
        }
        return *options.endpoints[index].options.https;
    }
    std::string folder(const std::string& file) { return sources.directory + '/' + file; }
    // Everything that is told of this configuration, wherever.
    std::string all_that_is_told() {
        std::string all = mistakes() + warnings();
        const auto read = configuration::load(sources);
        if (!read) return all;
        for (const auto& one : read->effective(base)) all += one.key + one.value + one.origin;
        return all;
    }
};

TEST_F(configuration_https, a_url_is_enough) {
    endpoint(R"("Url": "https://127.0.0.1:8443")");
    EXPECT_EQ(urls(), "A=https://127.0.0.1:8443");
    EXPECT_TRUE(of().certificates.empty());
    EXPECT_EQ(of().protocols, ssl_protocols::none);
    EXPECT_EQ(effective("Kestrel:Endpoints:A:SslProtocols"), "None (default)");
    EXPECT_EQ(warnings(), "");
    given(R"({"Urls": "https://127.0.0.1:1;http://127.0.0.1:2"})");
    EXPECT_NE(applied().endpoints[0].options.https, nullptr);
    EXPECT_EQ(applied().endpoints[1].options.https, nullptr);
}

TEST_F(configuration_https, an_endpoint_has_keys_of_its_own) {
    endpoint(R"("Url": "https://*", "SslProtocols": ["tls13"],
        "ClientCertificateMode": "requirecertificate", "HandshakeTimeout": "00:00:05",
        "CipherSuites": ["TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
        "Groups": "X25519:P-256", "ClientTrustRoots": ["roots.pem", "/etc/other.pem"],
        "CheckCertificateRevocation": true, "RevocationLists": ["a.crl"], "KernelTls": "off")");
    const https_options with = of();
    EXPECT_EQ(with.protocols, ssl_protocols::tls13);
    EXPECT_EQ(with.client_certificate_mode, client_certificate_mode::require_certificate);
    EXPECT_EQ(with.handshake_timeout, 5s);
    EXPECT_EQ(with.cipher_suites_policy,
              (std::vector<std::string>{"TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"}));
    EXPECT_EQ(with.groups, "X25519:P-256");
    EXPECT_EQ(with.client_trust_roots,
              (std::vector<std::string>{folder("roots.pem"), "/etc/other.pem"}));
    EXPECT_TRUE(with.check_certificate_revocation);
    EXPECT_EQ(with.revocation_lists, std::vector<std::string>{folder("a.crl")});
    EXPECT_EQ(with.ktls, ktls_mode::off);
    EXPECT_EQ(effective("Kestrel:Endpoints:A:CipherSuites"),
              "TLS_AES_128_GCM_SHA256, ECDHE-RSA-AES128-GCM-SHA256 (appsettings.json:4)");
}

TEST_F(configuration_https, versions_add_up) {
    struct {
        std::string_view list;
        ssl_protocols protocols;
    } const table[] = {
        {R"(["Tls12", "Tls13"])", ssl_protocols::tls12_and_tls13},
        {R"(["Tls13, Tls12"])", ssl_protocols::tls12_and_tls13},
        {R"(["Tls12"])", ssl_protocols::tls12},
        {R"(["None"])", ssl_protocols::none},
        {R"([])", ssl_protocols::none},
        {R"([null, "Tls12"])", ssl_protocols::tls12},
        {R"(null)", ssl_protocols::none},
    };
    for (const auto& [list, protocols] : table) {
        endpoint("\"Url\": \"https://*\", \"SslProtocols\": " + std::string(list));
        EXPECT_EQ(of().protocols, protocols) << list;
    }
}

TEST_F(configuration_https, certificates_are_files_or_of_the_store) {
    endpoint(R"("Url": "https://*", "Certificate": {"Path": "a.pem", "KeyPath": "keys/a.key",
        "Password": " x ", "OcspPath": "/run/a.der"})");
    certificate_source file;
    file.path = folder("a.pem");
    file.key_path = folder("keys/a.key");
    file.password = " x ";
    file.ocsp_path = "/run/a.der";
    EXPECT_EQ(of().certificates, std::vector<certificate_source>{file});
    endpoint(R"("Url": "https://*", "Certificate": {"Subject": "localhost", "Store": "Web",
        "Location": "localmachine", "AllowInvalid": "True"})");
    certificate_source stored;
    stored.subject = "localhost";
    stored.store = "Web";
    stored.location = "localmachine";
    stored.allow_invalid = true;
    EXPECT_EQ(of().certificates, std::vector<certificate_source>{stored});
    endpoint(R"("Url": "https://*", "Certificate": {"Subject": "a", "Store": "", "Location": ""})");
    EXPECT_EQ(of().certificates[0].store, "My");
    EXPECT_EQ(of().certificates[0].location, "CurrentUser");
}

TEST_F(configuration_https, an_endpoint_may_have_several_certificates) {
    endpoint(R"("Url": "https://*", "Certificate": {"Path": "/0"},
        "Certificates": [{"Path": "/1"}, {"Path": "/2"}])");
    std::string paths;
    for (const auto& one : of().certificates) paths += one.path;
    EXPECT_EQ(paths, "/0/1/2");
    endpoint(R"("Url": "https://*", "Certificates": {"Rsa": {"Path": "/r"}, "10": {"Path": "/10"},
        "9": {"Path": "/9"}})");
    paths.clear();
    for (const auto& one : of().certificates) paths += one.path;
    EXPECT_EQ(paths, "/9/10/r");
}

TEST_F(configuration_https, names_have_what_they_say) {
    endpoint(R"("Url": "https://*", "Sni": {"*": {}, "a.example": {"Protocols": "Http1",
        "SslProtocols": ["Tls12", "Tls13"], "ClientCertificateMode": "AllowCertificate",
        "Certificate": {"Path": "/a"}}, "*.b.example": {"Certificates": [{"Path": "/b"}]}})");
    sources.arguments = {"--Kestrel:Endpoints:A:Sni:A.EXAMPLE:Certificate:Password=x"};
    const std::vector<sni_options> names = of().sni;
    ASSERT_EQ(names.size(), 3u);
    EXPECT_EQ(names[0].host, "*");
    EXPECT_TRUE(names[0].certificates.empty());
    EXPECT_FALSE(names[0].http || names[0].protocols || names[0].client_certificates);
    EXPECT_EQ(names[1].host, "*.b.example");
    EXPECT_EQ(names[1].certificates[0].path, "/b");
    EXPECT_EQ(names[2].host, "a.example");
    EXPECT_EQ(names[2].http, http_protocols::http1);
    EXPECT_EQ(names[2].protocols, ssl_protocols::tls12_and_tls13);
    EXPECT_EQ(names[2].client_certificates, client_certificate_mode::allow_certificate);
    ASSERT_EQ(names[2].certificates.size(), 1u);
    EXPECT_EQ(names[2].certificates[0].path, "/a");
    EXPECT_EQ(names[2].certificates[0].password, "x");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Sni:a.example:Protocols"),
              "Http1 (appsettings.json:2)");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Protocols"), "Http1AndHttp2 (default)");
}

TEST_F(configuration_https, the_server_has_a_default_certificate) {
    given(R"({"Kestrel": {"Certificates": {"Default": {"Path": "d.pfx", "Password": "x"}}}})");
    ASSERT_TRUE(applied().default_certificate);
    EXPECT_EQ(applied().default_certificate->path, folder("d.pfx"));
    EXPECT_EQ(applied().default_certificate->password, "x");
    EXPECT_EQ(effective("Kestrel:Certificates:Default:Path"), "d.pfx (appsettings.json:1)");
    given("{}");
    base.default_certificate.emplace().path = "/code";
    EXPECT_EQ(applied().default_certificate->path, "/code");
    EXPECT_EQ(effective("Kestrel:Certificates:Default:Path"), "/code (code)");
}

TEST_F(configuration_https, other_certificates_are_told_to_be_unused) {
    given(R"({"Kestrel": {"Certificates": {"Development": {"Password": "x"},
        "Other": {"Path": "a", "Password": "b"}, "Default": {"Password": "c"}}}})");
    const std::string all = warnings();
    EXPECT_NE(all.find("appsettings.json:1: Kestrel:Certificates:Development has no effect. The"),
              std::string::npos);
    EXPECT_NE(all.find("appsettings.json:2: Kestrel:Certificates:Other has no effect. Only"),
              std::string::npos);
    EXPECT_NE(all.find("appsettings.json:2: Kestrel:Certificates:Default has no effect: it has "
                       "neither Path nor Subject."),
              std::string::npos);
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2) << all;
    EXPECT_FALSE(applied().default_certificate);
}

TEST_F(configuration_https, a_password_is_told_to_nobody) {
    constexpr std::string_view secret = "geheimnis";
    for (const char* value :
         {"\"geheimnis\"", "\"geheimnis\\u0007\"", "[\"geheimnis\"]", "{\"geheimnisvoll\": 1}"}) {
        const std::string certificate =
            "{\"Path\": \"a\", \"Password\": " + std::string(value) + '}';
        endpoint("\"Url\": \"https://*\", \"Certificate\": " + certificate +
                     ", \"Certificates\": [" + certificate +
                     "], \"Sni\": {\"a.b\": {\"Certificate\": " + certificate + "}}",
                 ", \"Certificates\": {\"Default\": " + certificate +
                     ", \"Development\": " + certificate + '}');
        const std::string told = all_that_is_told();
        const bool is_key = std::string_view(value).starts_with('{');
        EXPECT_EQ(told.find(secret) != std::string::npos, is_key) << told;
    }
    endpoint(R"("Url": "https://*", "Certificate": {"Path": "a", "Password": "geheimnis"})");
    EXPECT_EQ(effective("Kestrel:Endpoints:A:Certificate:Password"), "*** (appsettings.json:2)");
    endpoint(R"("Url": "http://*", "Certificate": {"Pasword": "geheimnis"})");
    EXPECT_NE(mistakes().find("did you mean Password?"), std::string::npos) << mistakes();
    EXPECT_EQ(mistakes().find(secret), std::string::npos) << mistakes();
}

TEST_F(configuration_https, the_section_tls_is_set) {
    given(R"({"Saker": {"Tls": {"MaxConcurrentHandshakes": 9, "SessionTicketKeyFile": "keys",
        "SessionLifetime": "01:00:00", "ExpiryWarning": "30.00:00:00",
        "DevelopmentCertificateFolder": "/var/dev"}}})");
    const tls_options tls = applied().tls;
    EXPECT_EQ(tls.max_concurrent_handshakes, 9u);
    EXPECT_EQ(tls.session_ticket_key_file, folder("keys"));
    EXPECT_EQ(tls.session_lifetime, 1h);
    EXPECT_EQ(tls.expiry_warning, 720h);
    EXPECT_EQ(tls.development_certificate_folder, "/var/dev");
}

// ---- who has the last word ----

TEST_F(configuration_https, the_last_word_is_defaults_code_keys_named) {
    const auto modes = [&] {
        std::string all;
        for (const auto& one : applied().endpoints)
            all += std::to_string(static_cast<int>(one.options.https->client_certificate_mode));
        return all;
    };
    given(R"({"Kestrel": {"EndpointDefaults": {"ClientCertificateMode": "AllowCertificate",
        "SslProtocols": ["Tls13"]}, "Endpoints": {"A": {"Url": "https://*:1"},
        "B": {"Url": "https://*:2", "ClientCertificateMode": "RequireCertificate"},
        "C": {"Url": "https://*:3", "ClientCertificateMode": "RequireCertificate"}}}})");
    EXPECT_EQ(modes(), "122");
    base.configure_https_defaults([](https_options& with) {
        with.client_certificate_mode = client_certificate_mode::no_certificate;
        with.groups = "X25519";
    });
    EXPECT_EQ(modes(), "022");
    base.endpoint("c", [](listen_options& on) {
        on.use_https([](https_options& with) {
            EXPECT_EQ(with.groups, "X25519");  // all that was said before
            EXPECT_EQ(with.client_certificate_mode, client_certificate_mode::require_certificate);
            with.client_certificate_mode = client_certificate_mode::delay_certificate;
        });
    });
    EXPECT_EQ(modes(), "023");
    EXPECT_EQ(of(2).protocols, ssl_protocols::tls13);
    EXPECT_EQ(effective("Kestrel:Endpoints:A:SslProtocols"), "Tls13 (appsettings.json:2)");
}

TEST_F(configuration_https, defaults_reach_the_codes_endpoints_too) {
    base.listen("https://127.0.0.1:1");
    base.listen("http://127.0.0.1:2", [](listen_options& on) { on.use_https(); });
    base.listen("https://127.0.0.1:3", [](listen_options& on) {
        on.use_https([](https_options& with) { with.protocols = ssl_protocols::tls12; });
    });
    base.listen("http://127.0.0.1:4");
    given(R"({"Kestrel": {"EndpointDefaults": {"SslProtocols": ["Tls13"]}}})");
    EXPECT_EQ(of(0).protocols, ssl_protocols::tls13);
    EXPECT_EQ(of(1).protocols, ssl_protocols::tls13);
    EXPECT_EQ(of(2).protocols, ssl_protocols::tls12);
    EXPECT_EQ(applied().endpoints[3].options.https, nullptr);
    EXPECT_EQ(base.endpoints[0].options.https, nullptr);
    EXPECT_EQ(base.endpoints[1].options.https->protocols, ssl_protocols::none);
}

TEST_F(configuration_https, a_certificate_of_the_configuration_wins_over_the_codes) {
    base.configure_https_defaults([](https_options& with) {
        with.certificates.emplace_back().path = "/code";
        with.loaded_certificates.emplace_back();
    });
    base.configure_endpoint_defaults([](listen_options& on) { on.use_https(); });
    endpoint(R"("Url": "https://*", "Certificate": {"Path": "/file"})");
    EXPECT_EQ(of().certificates.size(), 1u);
    EXPECT_EQ(of().certificates[0].path, "/file");
    EXPECT_TRUE(of().loaded_certificates.empty());
}

TEST_F(configuration_https, tls_is_behind_all_middleware_where_nobody_says_another_place) {
    const connection_middleware nothing = [](connection_delegate inner) { return inner; };
    base.configure_endpoint_defaults([&](listen_options& on) { on.use(nothing); });
    base.endpoint("A", [&](listen_options& on) { on.use(nothing); });
    endpoint(R"("Url": "https://*")");
    EXPECT_EQ(applied().endpoints[0].options.middleware_before_https, 2u);
    base.endpoint("A", [&](listen_options& on) { on.use_https().use(nothing); });
    EXPECT_EQ(applied().endpoints[0].options.middleware_before_https, 1u);
    EXPECT_EQ(applied().endpoints[0].options.middleware.size(), 2u);
}

// ---- mistakes ----

TEST_F(configuration_https, mistakes_are_kestrels_with_their_place) {
    struct {
        std::string_view keys, mistake;
    } const table[] = {
        {R"("SslProtocols": ["Tls12", "Tls11"])",
         "Kestrel:Endpoints:A:SslProtocols:1 is \"Tls11\"; expected Tls12 or Tls13: older versions "
         "are not to be had."},
        {R"("SslProtocols": ["Ssl3"])", "older versions are not to be had."},
        {R"("SslProtocols": ["Ssl2"])", "older versions are not to be had."},
        {R"("SslProtocols": ["Tls"])", "older versions are not to be had."},
        {R"("SslProtocols": ["Default"])", "older versions are not to be had."},
        {R"("SslProtocols": ["Tsl13"])", "expected None, Tls12 or Tls13; did you mean Tls13?"},
        {R"("SslProtocols": "Tls12")", "is \"Tls12\"; expected a list such as [\"Tls12\", \"Tl"},
        {R"("SslProtocols": {"0": {"X": "Tls12"}})",
         "Kestrel:Endpoints:A:SslProtocols:0:X is not known; expected None, Tls12 or Tls13."},
        {R"("CipherSuites": "x")", "CipherSuites is \"x\"; expected a list of texts."},
        {R"("CipherSuites": ["a", ""])",
         "Kestrel:Endpoints:A:CipherSuites:1 is \"\"; expected a text that is not empty."},
        {R"("ClientCertificateMode": "Perhaps")",
         "ClientCertificateMode is \"Perhaps\"; expected "
         "NoCertificate, AllowCertificate"},
        {R"("HandshakeTimeout": "00:00:00")", "more than none, or \"Infinite\"."},
        {R"("KernelTls": "yes")", "KernelTls is \"yes\"; expected Auto, On or Off."},
        {R"("Certificate": "a.pfx")", "Certificate is a text; expected a section with Path"},
        {R"("Certificate": {"Pth": "a"})", "Certificate:Pth is not known; expected a section with"},
        {R"("Certificate": {"Path": "a", "Subject": "b"})",
         "The endpoint A specified multiple certificate sources."},
        {R"("Certificate": {"Path": "a\nb"})",
         "Certificate:Path is \"a\\x0ab\"; expected a text without control characters."},
        {R"("Certificate": {"Subject": "a", "Location": "CurrentUsr"})",
         "did you mean CurrentUser?"},
        {R"("Certificate": {"Subject": "a", "AllowInvalid": "perhaps"})",
         "AllowInvalid is \"perhaps\"; expected true or false."},
        {R"("Certificates": [{"Path": "a", "Subject": "b"}])",
         "The endpoint A:Certificates:0 specified multiple certificate sources."},
        {R"("Sni": {"a.b": {"Certificate": {"Path": "a", "Subject": "b"}}})",
         "The endpoint A:Sni:a.b specified multiple certificate sources."},
        {R"("Sni": {"": {"Protocols": "Http1"}})",
         "The endpoint A is invalid because an SNI configuration section has an empty string as "
         "its key. Use a wildcard ('*') SNI section to match all server names."},
        {R"("Sni": {"": {}})", "has an empty string as its key."},
        {R"("Sni": {"a.b": {"Protocol": "Http1"}})", "Sni:a.b:Protocol is not known; did you mean"},
        {R"("Sni": {"a.b": {"Protocols": "Http11"}})", "did you mean Http1?"},
        {R"("Sni": {"a..b": {}})",
         "Kestrel:Endpoints:A:Sni has the name \"a..b\"; expected a name "
         "such as example.com, *.example.com or *."},
        {R"("Sni": {"127.0.0.1": {}})", "addresses are not asked for by name."},
        {R"("CheckCertificateRevocation": true)",
         "Kestrel:Endpoints:A:CheckCertificateRevocation: "
         "endpoints[0].options.https.check_certificate_revocation is true without "
         "revocation_lists; valid is a list"},
        {R"("Protocols": "None")", "an endpoint must be configured to serve at least one"},
        {R"("Sni": {"a.b": {"Protocols": "None"}})", "to serve at least one protocol."},
        {R"("Protocols": "Http3")", "HTTP/3 requires HTTPS, and is not in this version."},
    };
    for (const auto& [keys, mistake] : table) {
        endpoint("\"Url\": \"https://*\",\n" + std::string(keys));
        EXPECT_EQ(mistakes().find("appsettings.json:3: "), 0u) << mistakes();
        EXPECT_NE(mistakes().find(mistake), std::string::npos) << keys << "\n" << mistakes();
        EXPECT_EQ(mistakes().find('\n'), std::string::npos) << "once: " << mistakes();
    }
}

TEST_F(configuration_https, what_is_of_https_alone_is_told_once_a_key) {
    endpoint(R"("Url": "tcp://*:1", "KernelTls": "On", "CipherSuites": ["a", "b"],
        "Certificates": [{"Path": "a"}], "Sni": {"*": {}}, "SslProtocols": null)");
    const std::string start = "The non-HTTPS endpoint A includes HTTPS-only configuration for ";
    EXPECT_EQ(mistakes(), "appsettings.json:2: " + start + "KernelTls.\nappsettings.json:2: " +
                              start + "CipherSuites.\nappsettings.json:3: " + start +
                              "Certificates.\nappsettings.json:3: " + start + "Sni.");
}

TEST_F(configuration_https, mistakes_in_defaults_and_of_the_server_have_their_place) {
    struct {
        std::string_view text, mistake;
    } const table[] = {
        {R"("Kestrel": {"EndpointDefaults": {"SslProtocols": ["Tls10"]}})",
         "Kestrel:EndpointDefaults:SslProtocols:0 is \"Tls10\"; expected"},
        {R"("Kestrel": {"EndpointDefaults": {"ClientCertificateMode": "x"}})",
         "Kestrel:EndpointDefaults:ClientCertificateMode is \"x\"; expected"},
        {R"("Kestrel": {"EndpointDefaults": {"Certificate": {"Path": "x"}}})",
         "Kestrel:EndpointDefaults:Certificate is not known"},
        {R"("Kestrel": {"Certificates": {"Default": {"Path": "a", "Subject": "b"}}})",
         "The endpoint Default specified multiple certificate sources."},
        {R"("Saker": {"Tls": {"SessionLifetime": "8.00:00:00"}})", "7.00:00:00 at most."},
        {R"("Saker": {"Tls": {"SessionLifetime": "00:00:01.5"}})", "in whole seconds."},
        {R"("Saker": {"Tls": {"ExpiryWarning": "00:30:00"}})", "in whole hours."},
        {R"("Saker": {"Tls": {"MaxConcurrentHandshakes": 0}})", "handshakes, 1 or more."},
        {R"("Saker": {"Tls": {"TicketKeys": 0}})", "Saker:Tls:TicketKeys is not known"},
    };
    for (const auto& [text, mistake] : table) {
        given('{' + std::string(text) + '}');
        EXPECT_EQ(mistakes().find("appsettings.json:1: "), 0u) << mistakes();
        EXPECT_NE(mistakes().find(mistake), std::string::npos) << text << "\n" << mistakes();
    }
}

}  // namespace
}  // namespace saker
