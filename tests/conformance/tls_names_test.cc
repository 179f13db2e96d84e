// Which certificate a client is shown: by the name that it asks for, by the keys that it can use,
// or by a callback, which may wait.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

class names : public served_tls {
protected:
    void add(const std::string& host) {
        sni_options one;
        one.host = host;
        one.certificates = {source_of(certificate_for({host, "*.b.example.com"}))};
        https.sni.push_back(std::move(one));
    }
    // The subject of the certificate that is shown for a name.
    std::string shown_for(const std::string& name) {
        tls_client_options with = chosen;
        with.trusts.clear();  // a name that the certificate has not is no matter here
        with.server_name = name;
        return open_tls(with).server_subject();
    }
    void expect_no_certificate_for(const std::string& name) {
        SCOPED_TRACE(name);
        tls_client_options with = chosen;
        with.server_name = name;
        expect_refused(new_tls(with), tls_alert::unrecognized_name);
    }
};
CONFORMANCE_SUITE_OVER(tls_names, names, whole_settings);

CONFORMANCE(tls_names, are_matched_exactly_then_by_the_longest_wildcard_then_by_the_last_resort) {
    for (const char* const host :
         {"*", "*.example.com", "example.com", "*.b.example.com", "www.example.com"})
        add(host);
    serve(hello);
    constexpr std::pair<const char*, const char*> table[] = {
        {"example.com", "CN=example.com"},
        {"EXAMPLE.com", "CN=example.com"},
        {"www.example.com", "CN=www.example.com"},
        {"a.example.com", "CN=*.example.com"},
        {"a.c.example.com", "CN=*.example.com"},
        {"b.example.com", "CN=*.example.com"},
        {"a.b.example.com", "CN=*.b.example.com"},
        {"notexample.com", "CN=*"},
        {"localhost", "CN=*"},
        {"", "CN=*"},
    };
    for (const auto& [name, subject] : table) EXPECT_EQ(shown_for(name), subject) << name;
}

CONFORMANCE(tls_names, that_match_nothing_are_refused) {
    add("example.com");
    add("*.example.org");
    serve(hello);
    EXPECT_EQ(shown_for("example.com"), "CN=example.com");
    expect_no_certificate_for("example.net");
    expect_no_certificate_for("www.example.com");
    expect_no_certificate_for("example.org");
    expect_no_certificate_for("");
    EXPECT_EQ(counts().requests.value(), 0u);
}

CONFORMANCE(tls_names, are_known_to_the_handler) {
    serve([](request& asked, response& answered) {
        say(answered, std::string(asked.connection().tls()->server_name()));
    });
    for (const char* const name : {"localhost", ""}) {
        tls_client_options with = chosen;
        with.server_name = name;
        tls_client& here = open_tls(with);
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        here.receive_raw(ok(name));
    }
}

CONFORMANCE(tls_names, may_have_versions_of_their_own) {
    add("example.com");
    add("*");
    https.sni.front().protocols = ssl_protocols::tls12;
    serve(hello);
    tls_client_options with = chosen;
    with.server_name = "example.com";
    EXPECT_EQ(open_tls(with).protocol(), "TLSv1.2");
    with.trusts.clear();
    with.server_name = "other";
    EXPECT_EQ(open_tls(with).protocol(), "TLSv1.3");
}

CONFORMANCE(tls_names, without_certificates_of_their_own_have_the_endpoint_s) {
    sni_options one;
    one.host = "localhost";
    https.sni = {one};
    serve(hello);
    EXPECT_EQ(shown_for("localhost"), "CN=localhost");
}

// ---- keys ----

CONFORMANCE(tls_names, each_client_gets_the_key_that_it_can_use) {
    https.loaded_certificates = {loaded(certificate_for({"localhost"})),
                                 loaded(certificate_for({"localhost"}, "rsa"))};
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        EXPECT_EQ(open_tls(with).server_key(), "id-ecPublicKey") << "the cheaper one";
        with.signatures = "ECDSA+SHA256";
        EXPECT_EQ(open_tls(with).server_key(), "id-ecPublicKey");
        // The certificate itself is signed by ECDSA, whatever its key.
        with.signatures = "RSA-PSS+SHA256:RSA+SHA256";
        with.trusts.clear();
        EXPECT_EQ(open_tls(with).server_key(), "rsaEncryption");
    }
}

CONFORMANCE(tls_names, a_client_that_can_use_no_key_is_refused) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.signatures = "RSA-PSS+SHA256:RSA+SHA256";
        expect_refused(new_tls(with), tls_alert::handshake_failure);
    }
}

CONFORMANCE(tls_names, ed25519_is_a_key_too) {
    https.loaded_certificates = {loaded(certificate_for({"localhost"}, "ed25519"))};
    serve(hello);
    for (const tls_version version : both_versions)
        EXPECT_EQ(open_tls(chosen_with(version)).server_key(), "ED25519");
}

// ---- callbacks ----

TLS_SUITE(tls_selectors);

CONFORMANCE(tls_selectors, choose_by_name_once_a_handshake) {
    const server_certificate for_a = loaded(certificate_for({"a.test"}));
    const server_certificate for_others = loaded(certificate_for({"others.test"}));
    std::string trace;
    https.server_certificate_selector = [&](connection& of, std::string_view name) {
        EXPECT_TRUE(of.remote_address().starts_with("127.0.0.1:"));
        trace += std::string(name) + ';';
        return name == "a.test" ? for_a : for_others;
    };
    serve(hello);
    tls_client_options with = chosen;
    for (const char* const name : {"a.test", "others.test"}) {
        with.server_name = name;
        tls_client& here = open_tls(with);
        EXPECT_EQ(here.server_subject(), std::string("CN=") + name);
        expect_greeting(here);
    }
    with.server_name.clear();
    EXPECT_EQ(open_tls(with).server_subject(), "CN=others.test");
    EXPECT_EQ(trace, "a.test;others.test;;");
}

CONFORMANCE(tls_selectors, refuse_by_no_certificate) {
    https.server_certificate_selector = [](connection&, std::string_view) {
        return server_certificate();
    };
    serve(hello);
    for (const tls_version version : both_versions) expect_refused(new_tls(chosen_with(version)));
}

CONFORMANCE(tls_selectors, that_throw_refuse) {
    https.server_certificate_selector = [](connection&, std::string_view) -> server_certificate {
        throw std::runtime_error("no certificate today");
    };
    serve(hello);
    expect_refused(new_tls());
}

CONFORMANCE(tls_selectors, see_what_the_client_says) {
    std::vector<std::string> seen;
    https.on_connection = [&](const client_hello& said) {
        EXPECT_NE(said.connection, nullptr);
        seen.emplace_back(said.server_name);
        for (const std::string_view one : said.application_protocols) seen.emplace_back(one);
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({"localhost"}))};
        chosen_here.protocols = ssl_protocols::tls12;
        return chosen_here;
    };
    serve(hello);
    tls_client_options with = chosen;
    with.application_protocols = {"unknown", "http/1.1"};
    tls_client& here = open_tls(with);
    EXPECT_EQ(here.protocol(), "TLSv1.2");
    EXPECT_EQ(here.application_protocol(), "http/1.1");
    expect_greeting(here);
    EXPECT_EQ(seen, (std::vector<std::string>{"localhost", "unknown", "http/1.1"}));
}

CONFORMANCE(tls_selectors, of_connections_may_choose_several_keys) {
    https.on_connection = [&](const client_hello&) {
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({"localhost"}, "rsa")),
                                    loaded(certificate_for({"localhost"}))};
        return chosen_here;
    };
    serve(hello);
    tls_client_options with = chosen;
    with.signatures = "ECDSA+SHA256";
    EXPECT_EQ(open_tls(with).server_key(), "id-ecPublicKey");
}

CONFORMANCE(tls_selectors, of_connections_refuse_by_no_certificate) {
    https.on_connection = [](const client_hello&) { return tls_connection_options(); };
    serve(hello);
    expect_refused(new_tls());
}

CONFORMANCE(tls_selectors, may_wait) {
    https.on_connection_async = [&](const client_hello& said) -> task<tls_connection_options> {
        const std::string name(said.server_name);
        EXPECT_TRUE(co_await delay(1s));
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({name}))};
        co_return chosen_here;
    };
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.server_name = "waited.test";
        tls_client& here = new_tls(with);
        here.wire().send_raw(here.flight());
        advance(990ms);
        here.wire().receive_nothing();
        advance(20ms);
        EXPECT_TRUE(here.handshake()) << here.failure();
        EXPECT_EQ(here.server_subject(), "CN=waited.test");
        expect_greeting(here);
    }
}

CONFORMANCE(tls_selectors, may_wait_for_another_thread) {
    options.offload_threads = 1;
    const issued_certificate& issued = certificate_for({"localhost"});
    https.on_connection_async = [&](const client_hello&) -> task<tls_connection_options> {
        auto work = [&] { return loaded(issued); };
        tls_connection_options chosen_here;
        chosen_here.certificates.push_back(co_await offload(work));
        co_return chosen_here;
    };
    serve(hello);
    tls_client& here = new_tls();
    run_until([&] { return here.handshake() || !here.failure().empty(); });
    EXPECT_EQ(here.failure(), "");
    expect_greeting(here);
}

CONFORMANCE(tls_selectors, that_wait_too_long_are_left) {
    bool over = false;
    https.on_connection_async = [&](const client_hello&) -> task<tls_connection_options> {
        (void)co_await delay(60s);
        over = true;
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({"localhost"}))};
        co_return chosen_here;
    };
    serve(hello);
    tls_client& here = new_tls();
    here.wire().send_raw(here.flight());
    advance(9'900ms);
    here.wire().receive_nothing();
    EXPECT_EQ(ended(), end_reason::none);
    advance(200ms);
    EXPECT_FALSE(over);
    here.receive_reset();
    advance(60s);  // nothing ends what runs, and what it says is of no use
    EXPECT_TRUE(over);
    EXPECT_EQ(ended(), end_reason::tls_handshake_timeout);
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(tls_selectors, that_wait_have_their_time_though_the_client_goes_on_saying_things) {
    https.on_connection_async = [&](const client_hello&) -> task<tls_connection_options> {
        (void)co_await delay(60s);
        co_return tls_connection_options();
    };
    serve(hello);
    tls_client& here = new_tls();
    here.wire().send_raw(here.flight());
    for (int i = 0; i < 9; ++i) {
        here.wire().send_raw("\x16\x03\x03");
        advance(1s);
    }
    EXPECT_FALSE(here.was_reset());
    advance(1'100ms);
    here.receive_reset();
    advance(60s);
    EXPECT_EQ(ended(), end_reason::tls_handshake_timeout);
}

CONFORMANCE(tls_selectors, that_wait_may_lose_their_client) {
    https.on_connection_async = [&](const client_hello& said) -> task<tls_connection_options> {
        EXPECT_NE(said.connection, nullptr);
        (void)co_await delay(1s);
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({"localhost"}))};
        co_return chosen_here;
    };
    serve(hello);
    for (const bool by_reset : {false, true}) {
        tls_client& here = new_tls();
        here.wire().send_raw(here.flight());
        by_reset ? here.vanish() : here.wire().end();
        advance(1100ms);
        if (!by_reset) {
            here.wire().settle();
            here.wire().ignore();
        }
        EXPECT_NE(ended(), end_reason::none);
        forget_tls();
    }
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(tls_selectors, that_throw_after_they_have_waited_refuse) {
    https.on_connection_async = [&](const client_hello&) -> task<tls_connection_options> {
        (void)co_await delay(1s);
        throw std::runtime_error("no certificate today");
    };
    serve(hello);
    tls_client& here = new_tls();
    here.wire().send_raw(here.flight());
    advance(1100ms);
    expect_refused(here);
}

}  // namespace
}  // namespace saker::test
