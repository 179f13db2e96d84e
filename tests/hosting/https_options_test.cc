// The options of TLS as the code says them: which endpoints have it, what is valid, and what counts
// as the same.

#include "hosting/https/https_check.h"
#include "hosting/https/https_endpoints.h"
#include "hosting/life/options_diff.h"
#include "hosting/options_check.h"

#include <gtest/gtest.h>

namespace saker {
namespace {

using namespace std::chrono_literals;

// All mistakes of an endpoint with these options, one a line.
std::string mistakes_with(const std::function<void(https_options&)>& change) {
    server_options options;
    options.listen("https://127.0.0.1:1", [&](listen_options& on) { on.use_https(change); });
    std::string all;
    for (const std::string& one : mistakes_in(options)) all += (all.empty() ? "" : "\n") + one;
    return all;
}

std::string mistakes_of_server(const std::function<void(server_options&)>& change) {
    server_options options;
    change(options);
    std::string all;
    for (const std::string& one : mistakes_in(options)) all += (all.empty() ? "" : "\n") + one;
    return all;
}

sni_options named(std::string_view host) {
    sni_options made;
    made.host = host;
    return made;
}

TEST(https_options, a_url_that_says_https_has_tls_with_the_defaults) {
    server_options options;
    options.configure_https_defaults([](https_options& with) { with.groups = "X25519"; });
    const connection_middleware nothing = [](connection_delegate inner) { return inner; };
    options.listen("HTTPS://127.0.0.1:1", [&](listen_options& on) { on.use(nothing); });
    options.listen("http://127.0.0.1:2");
    options.listen("tcp://127.0.0.1:3", [](listen_options& on) { on.use_https("own.pfx"); });
    complete_https(options);
    const listen_options& first = options.endpoints[0].options;
    ASSERT_NE(first.https, nullptr);
    EXPECT_EQ(first.https->groups, "X25519");
    EXPECT_EQ(first.middleware_before_https, 1u);
    EXPECT_EQ(options.endpoints[1].options.https, nullptr);
    const auto before = first.https;
    complete_https(options);
    EXPECT_EQ(options.endpoints[0].options.https, before);
    EXPECT_EQ(options.endpoints[2].options.https->certificates[0].path, "own.pfx");
}

TEST(https_options, what_has_tls_is_shown_as_https) {
    listen_options plain, with_tls;
    with_tls.use_https();
    EXPECT_EQ(shown_scheme(address_scheme::http, plain), address_scheme::http);
    EXPECT_EQ(shown_scheme(address_scheme::http, with_tls), address_scheme::https);
    EXPECT_EQ(shown_scheme(address_scheme::https, with_tls), address_scheme::https);
    EXPECT_EQ(shown_scheme(address_scheme::tcp, with_tls), address_scheme::tcp);
}

TEST(https_options, defaults_are_valid) {
    EXPECT_EQ(mistakes_with({}), "");
    EXPECT_EQ(mistakes_with([](https_options& with) {
                  with.certificates.emplace_back().path = "a.pem";
                  with.sni = {named("*"), named("*.example.com"), named("a_b.example")};
                  with.handshake_timeout = infinite;
                  with.check_certificate_revocation = true;
                  with.revocation_lists = {"a.crl"};
                  with.on_connection = [](const client_hello&) { return tls_connection_options(); };
              }),
              "");
}

TEST(https_options, mistakes_are_told_with_what_is_valid) {
    using o = https_options;
    struct {
        void (*change)(o&);
        std::string_view mistake;
    } const table[] = {
        {[](o& with) { with.certificates.emplace_back(); },
         "certificates[0] is without a path and a subject; valid is a file's path, or a subject."},
        {[](o& with) {
             with.certificates.emplace_back().path = "a";
             with.certificates[0].subject = "b";
         },
         "certificates[0] has a path and the subject 'b'; valid is one of them."},
        {[](o& with) { with.certificates.emplace_back().path = std::string("a\0b", 3); },
         "certificates[0].path is 'a\\x00b'; valid is a text without control characters."},
        {[](o& with) { with.loaded_certificates.emplace_back(); },
         "loaded_certificates[0] is null; valid is a certificate that was loaded."},
        {[](o& with) { with.sni.emplace_back(); }, "sni[0].host is ''; valid is a name such as"},
        {[](o& with) {
             with.sni = {named("a"), named("A")};
         },
         "sni[1].host is 'A', as that of sni[0] is already; valid is each name once."},
        {[](o& with) {
             with.sni = {named("a")};
             with.sni[0].http = static_cast<http_protocols>(0);
         },
         "sni[0].http is 0; valid is http1, http2 or http1_and_http2."},
        {[](o& with) {
             with.on_connection = [](const client_hello&) { return tls_connection_options(); };
             with.on_connection_async = [](const client_hello&) -> task<tls_connection_options> {
                 co_return tls_connection_options();
             };
         },
         "on_connection and on_connection_async are both there; valid is one of them."},
        {[](o& with) { with.protocols = static_cast<ssl_protocols>(4); },
         "protocols is 4; valid is none, tls12, tls13 or tls12_and_tls13."},
        {[](o& with) {
             with.cipher_suites_policy = {"a", ""};
         },
         "cipher_suites_policy[1] is empty; valid is a text."},
        {[](o& with) { with.cipher_suites_policy = {"a\n"}; },
         "cipher_suites_policy[0] is 'a\\x0a'; valid is a text without control characters."},
        {[](o& with) { with.groups = "\t"; }, "groups is '\\x09'; valid is a text without control"},
        {[](o& with) { with.client_certificate_mode = static_cast<client_certificate_mode>(4); },
         "client_certificate_mode is 4; valid is no_certificate, allow_certificate"},
        {[](o& with) { with.client_trust_roots = {""}; },
         "client_trust_roots[0] is empty; valid is a text."},
        {[](o& with) { with.check_certificate_revocation = true; },
         "check_certificate_revocation is true without revocation_lists; valid is a list (PEM or "
         "DER) of each issuer in revocation_lists, fetched by you: nothing is fetched here."},
        {[](o& with) { with.handshake_timeout = 0ms; },
         "handshake_timeout is 0 ms; valid is more than 0 ms."},
        {[](o& with) { with.ktls = static_cast<ktls_mode>(3); },
         "ktls is 3; valid is automatic, on or off."},
        {[](o& with) { with.application_protocols = {""}; },
         "application_protocols[0] is 0 bytes long; valid is from 1 to 255 bytes."},
    };
    for (const auto& [change, mistake] : table) {
        const std::string found = mistakes_with(change);
        EXPECT_EQ(found.find("endpoints[0].options.https." + std::string(mistake)), 0u)
            << mistake << "\n"
            << found;
        EXPECT_EQ(found.find('\n'), std::string::npos) << found;
    }
}

TEST(https_options, those_of_all_endpoints_are_checked) {
    using o = server_options;
    EXPECT_EQ(mistakes_of_server([](o& all) { all.tls.max_concurrent_handshakes = 0; }),
              "tls.max_concurrent_handshakes is 0; valid is 1 or more.");
    EXPECT_EQ(mistakes_of_server([](o& all) { all.tls.session_lifetime = 0s; }),
              "tls.session_lifetime is 0 s; valid is from 1 s to 604800 s, a week.");
    EXPECT_EQ(mistakes_of_server([](o& all) { all.tls.session_lifetime = 604801s; }),
              "tls.session_lifetime is 604801 s; valid is from 1 s to 604800 s, a week.");
    EXPECT_EQ(mistakes_of_server([](o& all) { all.tls.expiry_warning = -1h; }),
              "tls.expiry_warning is -1 h; valid is 0 h or more.");
    EXPECT_EQ(
        mistakes_of_server([](o& all) { all.tls.session_ticket_key_file = "\n"; }),
        "tls.session_ticket_key_file is '\\x0a'; valid is a text without control characters.");
    EXPECT_EQ(mistakes_of_server([](o& all) { all.default_certificate.emplace(); }),
              "default_certificate is without a path and a subject; valid is a file's path, or a "
              "subject.");
}

TEST(https_options, names_are_those_that_a_client_can_ask_for) {
    for (const char* host : {"*", "a", "A.example", "*.example.com", "*.com", "xn--bcher-kva.de",
                             "_tls.example", "1.example", "a-b.c1"})
        EXPECT_EQ(valid_instead_of_sni(host), "") << host;
    for (const char* host : {"", "*.", "**", "*a.example", "a.*", "*.*.example", "a.", ".a", "a..b",
                             "-a", "a-.b", "a b", "a:443", "[::1]", "127.0.0.1", "b\xc3\xbc.de"})
        EXPECT_NE(valid_instead_of_sni(host), "") << host;
    EXPECT_NE(valid_instead_of_sni(std::string(64, 'a')), "");
    EXPECT_NE(valid_instead_of_sni("b\xc3\xbc.de").find("xn--"), std::string::npos);
}

TEST(https_options, are_alike_where_nothing_that_can_be_compared_differs) {
    https_options one, other;
    EXPECT_TRUE(serve_alike(one, other));
    const auto differs = [&](const std::function<void(https_options&)>& change) {
        other = one;
        change(other);
        return !serve_alike(one, other) && !serve_alike(other, one);
    };
    EXPECT_TRUE(differs([](https_options& o) { o.certificates.emplace_back(); }));
    EXPECT_TRUE(differs([](https_options& o) { o.loaded_certificates.emplace_back(); }));
    EXPECT_TRUE(differs([](https_options& o) { o.sni.emplace_back(); }));
    EXPECT_TRUE(differs([](https_options& o) { o.protocols = ssl_protocols::tls13; }));
    EXPECT_TRUE(differs([](https_options& o) { o.cipher_suites_policy = {"x"}; }));
    EXPECT_TRUE(differs([](https_options& o) { o.groups = "x"; }));
    EXPECT_TRUE(differs([](https_options& o) {
        o.client_certificate_mode = client_certificate_mode::allow_certificate;
    }));
    EXPECT_TRUE(differs([](https_options& o) { o.client_trust_roots = {"x"}; }));
    EXPECT_TRUE(differs([](https_options& o) { o.check_certificate_revocation = true; }));
    EXPECT_TRUE(differs([](https_options& o) { o.revocation_lists = {"x"}; }));
    EXPECT_TRUE(differs([](https_options& o) { o.handshake_timeout = 1s; }));
    EXPECT_TRUE(differs([](https_options& o) { o.ktls = ktls_mode::off; }));
    EXPECT_TRUE(differs([](https_options& o) { o.application_protocols = {"x"}; }));
    const auto any = [](const client_certificate&, const certificate_verdict&) { return true; };
    EXPECT_TRUE(differs([&](https_options& o) { o.client_certificate_validation = any; }));
    one.client_certificate_validation = any;
    EXPECT_FALSE(differs([](https_options& o) {  // another function: it cannot be seen
        o.client_certificate_validation = [](const client_certificate&,
                                             const certificate_verdict&) { return false; };
    }));
    EXPECT_FALSE(differs([](https_options&) {}));
}

TEST(https_options, endpoints_are_alike_where_their_tls_is) {
    listen_options one, other;
    one.use_https();
    EXPECT_FALSE(serve_alike(one, other));
    other.use_https();
    EXPECT_TRUE(serve_alike(one, other));
    other.https = one.https;
    EXPECT_TRUE(serve_alike(one, other));
    other.use_https("a.pfx");
    EXPECT_FALSE(serve_alike(one, other));
    const connection_middleware nothing = [](connection_delegate inner) { return inner; };
    one.use(nothing);
    other = {};
    other.use(nothing).use_https();
    EXPECT_FALSE(serve_alike(one, other));  // it is on the other side of TLS
}

TEST(https_options, differences_are_told_without_passwords) {
    server_options from, to;
    from.default_certificate.emplace().path = "a.pfx";
    from.default_certificate->password = "geheimnis";
    to = from;
    EXPECT_TRUE(difference(from, to).empty());
    to.default_certificate->password = "anderes";
    to.tls.session_lifetime = 1h;
    to.tls.max_concurrent_handshakes = 7;
    to.tls.session_ticket_key_file = "keys";
    std::string all;
    for (const option_change& one : difference(from, to)) all += one.text() + '\n';
    EXPECT_EQ(all,
              "tls.max_concurrent_handshakes 1024 -> 7\n"
              "tls.session_ticket_key_file \"\" -> \"keys\", from the next start on\n"
              "tls.session_lifetime 7200000 ms -> 3600000 ms\n"
              "default_certificate \"a.pfx\" and a password -> the same with another password\n");
    to.default_certificate.reset();
    EXPECT_EQ(difference(from, to).back().to, "none");
    EXPECT_EQ(difference(from, to).back().when, takes_effect::connections);
    keep_until_next_start(to, from);
    EXPECT_EQ(to.tls.session_ticket_key_file, "");
    EXPECT_EQ(to.tls.session_lifetime, 1h);
}

}  // namespace
}  // namespace saker
