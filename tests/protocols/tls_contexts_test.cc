// What of the options OpenSSL has to take: ciphers by either name, certificates by the name that is
// asked for, files that are read anew.

#include "protocols/tls/tls_endpoint.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"

#include <gtest/gtest.h>

#include <fstream>

namespace saker::tls {
namespace {

class tls_contexts_test : public testing::Test {
protected:
    server_certificate loaded(const test::issued_certificate& issued) {
        auto made = server_certificate::from_pem(issued.certificate_pem, issued.key_pem);
        EXPECT_TRUE(made) << made.error().text();
        return *made;
    }
    void SetUp() override { settings.options.loaded_certificates = {loaded(ca.issue({}))}; }
    std::string mistakes() {
        auto made = tls_endpoint::make(settings, keys);
        return made ? "" : made.error().text();
    }
    std::shared_ptr<const context_set> contexts() {
        auto made = tls_endpoint::make(settings, keys);
        EXPECT_TRUE(made) << made.error().text();
        return (*made)->contexts();
    }
    static std::vector<std::string> ciphers_of(const host_settings& host) {
        std::vector<std::string> names;
        STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(host.context.get());
        for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i)
            names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)));
        return names;
    }

    test::test_ca ca;
    endpoint_settings settings;
    std::shared_ptr<ticket_keys> keys = std::make_shared<ticket_keys>(std::chrono::hours(2));
};

TEST_F(tls_contexts_test, usual_ciphers_have_forward_secrecy_and_are_fit_for_http2) {
    const auto made = contexts();
    STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(made->hosts.front()->context.get());
    ASSERT_EQ(sk_SSL_CIPHER_num(all), 9);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i)
        EXPECT_TRUE(is_fit_for_http2(sk_SSL_CIPHER_value(all, i)));
}

TEST_F(tls_contexts_test, what_http2_forbids_is_told) {
    const context_ptr context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
    STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(context.get());
    const auto fit = [&](std::string_view name) {
        for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i)
            if (name == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(all, i)))
                return is_fit_for_http2(sk_SSL_CIPHER_value(all, i));
        ADD_FAILURE() << name;
        return false;
    };
    EXPECT_TRUE(fit("ECDHE-RSA-AES128-GCM-SHA256"));
    EXPECT_TRUE(fit("DHE-RSA-AES128-GCM-SHA256"));
    EXPECT_TRUE(fit("TLS_AES_128_GCM_SHA256"));
    EXPECT_FALSE(fit("AES128-GCM-SHA256")) << "no ephemeral key";
    EXPECT_FALSE(fit("ECDHE-RSA-AES128-SHA256")) << "no AEAD";
    EXPECT_FALSE(fit("AES256-SHA"));
    EXPECT_FALSE(is_fit_for_http2(nullptr));
}

TEST_F(tls_contexts_test, ciphers_are_named_as_openssl_or_the_iana_does) {
    settings.options.cipher_suites_policy = {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                                             "ecdhe-ecdsa-chacha20-poly1305",
                                             "TLS_CHACHA20_POLY1305_SHA256"};
    EXPECT_EQ(
        ciphers_of(*contexts()->hosts.front()),
        (std::vector<std::string>{"TLS_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                                  "ECDHE-ECDSA-CHACHA20-POLY1305"}));
}

TEST_F(tls_contexts_test, a_generation_without_ciphers_is_not_served) {
    settings.options.cipher_suites_policy = {"TLS_AES_256_GCM_SHA384"};
    SSL_CTX* const only13 = contexts()->hosts.front()->context.get();
    EXPECT_EQ(SSL_CTX_get_min_proto_version(only13), TLS1_3_VERSION);
    settings.options.cipher_suites_policy = {"ECDHE-RSA-AES256-GCM-SHA384"};
    SSL_CTX* const only12 = contexts()->hosts.front()->context.get();
    EXPECT_EQ(SSL_CTX_get_max_proto_version(only12), TLS1_2_VERSION);
}

TEST_F(tls_contexts_test, ciphers_that_are_not_there_and_those_of_no_version_are_mistakes) {
    settings.options.cipher_suites_policy = {"RC4-MD5", "TLS_AES_128_GCM_SHA256", "NONSENSE"};
    const std::string both = mistakes();
    EXPECT_NE(both.find("'RC4-MD5'"), std::string::npos) << both;
    EXPECT_NE(both.find("'NONSENSE'"), std::string::npos) << both;
    settings.options.cipher_suites_policy = {"TLS_AES_128_GCM_SHA256"};
    settings.options.protocols = ssl_protocols::tls12;
    EXPECT_NE(mistakes().find("no cipher suite of the protocols"), std::string::npos);
}

// In the form of the wire, which is each name behind its length.
TEST_F(tls_contexts_test, http2_is_offered_first_where_it_is_served) {
    settings.http = http_protocols::http1_and_http2;
    for (const auto http : {http_protocols::http1, http_protocols::http2}) {
        sni_options& one = settings.options.sni.emplace_back();
        one.host = http == http_protocols::http1 ? "one.example" : "two.example";
        one.http = http;
    }
    settings.options.sni.emplace_back().host = "*";
    EXPECT_EQ(contexts()->hosts[0]->alpn, "\x02h2\x08http/1.1");
    EXPECT_EQ(contexts()->for_name("one.example")->alpn, "\x08http/1.1");
    EXPECT_EQ(contexts()->for_name("two.example")->alpn, "\x02h2");
    EXPECT_EQ(contexts()->for_name("other")->alpn, "\x02h2\x08http/1.1");
    settings.http = http_protocols::http1;
    EXPECT_EQ(contexts()->for_name("other")->alpn, "\x08http/1.1");
    EXPECT_EQ(contexts()->for_name("two.example")->alpn, "\x02h2");
    settings.is_http = false;
    EXPECT_EQ(contexts()->for_name("other")->alpn, "");
}

TEST_F(tls_contexts_test, http2_alone_behind_nothing_but_what_it_forbids_is_a_mistake) {
    const std::string why = "nothing but cipher suites that HTTP/2 forbids";
    settings.http = http_protocols::http2;
    settings.options.cipher_suites_policy = {"ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"};
    EXPECT_NE(mistakes().find(why), std::string::npos) << mistakes();
    settings.options.cipher_suites_policy.emplace_back("ECDHE-ECDSA-AES128-GCM-SHA256");
    EXPECT_EQ(mistakes(), "");
    settings.options.cipher_suites_policy.back() = "TLS_AES_128_GCM_SHA256";
    EXPECT_EQ(mistakes(), "");
    settings.options.protocols = ssl_protocols::tls12;  // so that nobody gets the last one
    EXPECT_NE(mistakes().find(why), std::string::npos) << mistakes();
    settings.http = http_protocols::http1_and_http2;
    EXPECT_EQ(mistakes(), "");
    settings.options.sni.emplace_back().host = "a.example";
    settings.options.sni.front().http = http_protocols::http2;
    EXPECT_EQ(mistakes().find("Sni:a.example: cipher_suites_policy names " + why), 0u)
        << mistakes();
}

TEST_F(tls_contexts_test, groups_that_are_not_there_are_a_mistake) {
    settings.options.groups = "X25519:P-999";
    EXPECT_NE(mistakes().find("'X25519:P-999'"), std::string::npos);
    settings.options.groups = "P-384";
    EXPECT_EQ(mistakes(), "");
}

TEST_F(tls_contexts_test, without_any_certificate_it_says_what_to_do) {
    settings.options.loaded_certificates = {};
    EXPECT_NE(mistakes().find("--certificate"), std::string::npos);
    settings.options.on_connection = [](const client_hello&) { return tls_connection_options{}; };
    EXPECT_EQ(mistakes(), "") << "the callback brings them";
}

TEST_F(tls_contexts_test, every_name_has_what_is_said_of_it) {
    sni_options one{.host = "a.example"};
    one.protocols = ssl_protocols::tls13;
    settings.options.sni = {one, {.host = "*.b.example"}};
    const auto made = contexts();
    ASSERT_NE(made->for_name("A.Example"), nullptr);
    EXPECT_EQ(made->for_name("a.example")->protocols, ssl_protocols::tls13);
    EXPECT_EQ(made->for_name("x.b.example")->protocols, ssl_protocols::none);
    EXPECT_EQ(made->for_name("c.example"), nullptr);
    EXPECT_EQ(made->for_name(""), nullptr);
}

TEST_F(tls_contexts_test, all_mistakes_of_all_names_are_told_together) {
    settings.options.client_certificate_mode = client_certificate_mode::require_certificate;
    settings.options.client_trust_roots = {"/nowhere/roots.pem"};
    settings.options.sni = {{.host = "a.example", .certificates = {{.path = "/nowhere/a.pem"}}},
                            {.host = "b.example", .certificates = {{.path = "/nowhere/b.pem"}}}};
    const std::string all = mistakes();
    EXPECT_NE(all.find("Sni:a.example: "), std::string::npos) << all;
    EXPECT_NE(all.find("/nowhere/b.pem"), std::string::npos) << all;
    EXPECT_NE(all.find("/nowhere/roots.pem"), std::string::npos) << all;
}

TEST_F(tls_contexts_test, files_are_read_anew_and_what_is_no_use_changes_nothing) {
    const test::temporary_folder folder;
    const std::string path = folder.path() + "/site.pem";
    const auto write = [&](const std::string& text) { std::ofstream(path) << text; };
    const auto first = ca.issue({}), second = ca.issue({});
    write(first.certificate_pem + first.key_pem);
    settings.options.loaded_certificates = {};
    settings.options.certificates = {{.path = path}};
    auto made = tls_endpoint::make(settings, keys);
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_EQ((*made)->files(), std::vector<std::string>{path});
    const auto before = (*made)->contexts();

    write(second.certificate_pem + first.key_pem);
    EXPECT_NE((*made)->renew().text().find("private key"), std::string::npos);
    EXPECT_EQ((*made)->contexts(), before);

    write(second.certificate_pem + second.key_pem);
    EXPECT_TRUE((*made)->renew().messages.empty());
    EXPECT_FALSE(served_alike(*before, *(*made)->contexts()));
}

}  // namespace
}  // namespace saker::tls
