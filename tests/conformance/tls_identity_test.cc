// Whom a connection is with, and by what: tickets that are good where they were made alone, names
// that clients change in the middle, and decisions of callbacks that say less or more than the
// endpoint does.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

using enum client_certificate_mode;

class identities : public served_tls {
protected:
    // "new localhost nobody": how the handshake was, the name that was asked for, the client's.
    void serve_who() {
        serve([](request& asked, response& answered) {
            const tls_connection& own = *asked.connection().tls();
            const client_certificate* const shown = own.client_certificate();
            say(answered, std::string(own.resumed() ? "resumed " : "new ") +
                              std::string(own.server_name()) + ' ' +
                              (shown == nullptr ? "nobody" : shown->facts.subject));
        });
    }
    void expect_told(tls_client& here, std::string_view who) {
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        here.receive_raw(ok(who));
    }
    [[nodiscard]] tls_client_options for_name(const std::string& name, tls_version version) const {
        tls_client_options with = chosen_with(version);
        with.server_name = name;
        return with;
    }
    // What a client gets for this name that is served and goes.
    tls_session session_of(const tls_client_options& with, std::string_view who) {
        tls_client& here = open_tls(with);
        expect_told(here, who);
        const tls_session given = here.session();
        EXPECT_NE(given, nullptr);
        here.end();
        here.receive_end();
        settle();
        forget_tls();
        return given;
    }
    // Who shows no certificate is told that it has to.
    void expect_certificate_required(const tls_client_options& with) {
        expect_refused(new_tls(with), with.highest == tls_version::tls13
                                          ? tls_alert::certificate_required
                                          : tls_alert::handshake_failure);
    }
    [[nodiscard]] static tls_client_options with_certificate(tls_client_options with) {
        const issued_certificate& own = client_certificate_for("client");
        with.certificate = own.certificate_pem;
        with.key = own.key_pem;
        return with;
    }
    void add_name(const std::string& host, const issued_certificate& shown) {
        sni_options one;
        one.host = host;
        one.certificates = {source_of(shown)};
        https.sni.push_back(std::move(one));
    }
};
CONFORMANCE_SUITE_OVER(tls_identities, identities, every_setting);

// ---- tickets ----

CONFORMANCE(tls_identities, a_ticket_of_nobody_is_none_where_a_certificate_is_required) {
    https.client_certificate_mode = require_certificate;
    trust_clients_of(ca());
    https.on_connection = [](const client_hello& said) {
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"open.test", "closed.test"}))};
        if (said.server_name == "open.test") decided.client_certificates = no_certificate;
        return decided;
    };
    serve_who();
    for (const tls_version version : both_versions) {
        tls_client_options with = for_name("open.test", version);
        with.resumes = session_of(with, "new open.test nobody");
        expect_told(open_tls(with), "resumed open.test nobody");
        with.server_name = "closed.test";
        expect_certificate_required(with);
        expect_told(open_tls(with_certificate(with)), "new closed.test CN=client");
    }
}

CONFORMANCE(tls_identities, a_ticket_is_good_for_the_same_certificate_alone) {
    const issued_certificate& shared = certificate_for({"a.test", "same.test"});
    add_name("a.test", shared);
    add_name("same.test", shared);
    add_name("other.test", certificate_for({"other.test"}));
    serve_who();
    for (const tls_version version : both_versions) {
        tls_client_options with = for_name("a.test", version);
        with.resumes = session_of(with, "new a.test nobody");
        expect_told(open_tls(with), "resumed a.test nobody");
        with.server_name = "same.test";
        expect_told(open_tls(with), "resumed same.test nobody");
        with.server_name = "other.test";
        tls_client& here = open_tls(with);
        EXPECT_EQ(here.server_subject(), "CN=other.test") << "nobody has shown that name yet";
        expect_told(here, "new other.test nobody");
    }
}

CONFORMANCE(tls_identities, a_ticket_is_good_for_the_same_certificate_of_a_selector_alone) {
    const server_certificate one = loaded(certificate_for({"a.test", "same.test"}));
    const server_certificate another = loaded(certificate_for({"other.test"}));
    https.server_certificate_selector = [=](connection&, std::string_view name) {
        return name == "other.test" ? another : one;
    };
    serve_who();
    for (const tls_version version : both_versions) {
        tls_client_options with = for_name("a.test", version);
        with.resumes = session_of(with, "new a.test nobody");
        expect_told(open_tls(with), "resumed a.test nobody");
        with.server_name = "same.test";
        expect_told(open_tls(with), "resumed same.test nobody");
        with.server_name = "other.test";
        expect_told(open_tls(with), "new other.test nobody");
    }
}

CONFORMANCE(tls_identities, a_resumed_connection_knows_its_name) {
    serve_who();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.resumes = session_of(with, "new localhost nobody");
        expect_told(open_tls(with), "resumed localhost nobody");
    }
}

// ---- what a callback says over what the endpoint says ----

CONFORMANCE(tls_identities, a_callback_may_require_what_the_endpoint_delays) {
    https.client_certificate_mode = delay_certificate;
    trust_clients_of(ca());
    https.on_connection = [](const client_hello&) {
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"localhost"}))};
        decided.client_certificates = require_certificate;
        return decided;
    };
    serve_who();
    for (const tls_version version : both_versions) {
        expect_certificate_required(chosen_with(version));
        EXPECT_EQ(counts().requests.value(), 0u);
    }
    for (const tls_version version : both_versions)
        expect_told(open_tls(with_certificate(chosen_with(version))), "new localhost CN=client");
}

CONFORMANCE(tls_identities, a_callback_s_protocols_do_not_widen_the_policy) {
    https.cipher_suites_policy = {"TLS_AES_128_GCM_SHA256"};
    ssl_protocols allowed = ssl_protocols::tls12_and_tls13;
    https.on_connection = [&](const client_hello&) {
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"localhost"}))};
        decided.protocols = allowed;
        return decided;
    };
    serve_who();
    expect_refused(new_tls(chosen_with(tls_version::tls12)), tls_alert::protocol_version);
    tls_client& newest = open_tls(chosen);
    EXPECT_EQ(newest.cipher_suite(), "TLS_AES_128_GCM_SHA256");
    expect_told(newest, "new localhost nobody");
    allowed = ssl_protocols::tls12;  // and nothing is left
    for (const tls_version version : both_versions)
        expect_refused(new_tls(chosen_with(version)), tls_alert::protocol_version);
}

CONFORMANCE(tls_identities, a_callback_s_protocols_do_not_widen_those_of_a_name) {
    add_name("localhost", certificate_for({"localhost"}));
    https.sni.front().protocols = ssl_protocols::tls13;
    https.on_connection = [](const client_hello&) {
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"localhost"}))};
        decided.protocols = ssl_protocols::tls12_and_tls13;
        return decided;
    };
    serve_who();
    expect_refused(new_tls(chosen_with(tls_version::tls12)), tls_alert::protocol_version);
    expect_told(open_tls(chosen), "new localhost nobody");
}

// The response of a certificate that only a callback knows.
class stapled : public identities {
protected:
    stapled() {
        const issued_certificate& issued = certificate_for({"localhost"});
        response_ = ca().ocsp_response(issued);
        certificate_source from = source_of(issued);
        from.ocsp_path = file_of(response_);
        const auto made = server_certificate::load(from);
        EXPECT_TRUE(made) << made.error().text();
        if (made) own_ = *made;
    }
    [[nodiscard]] tls_connection_options with_own() const {
        tls_connection_options decided;
        decided.certificates = {own_};
        return decided;
    }
    void expect_stapled() {
        serve_who();
        for (const tls_version version : both_versions) {
            tls_client_options with = chosen_with(version);
            with.asks_for_staple = true;
            EXPECT_EQ(hex(open_tls(with).staple()), hex(response_));
            with.asks_for_staple = false;
            EXPECT_EQ(open_tls(with).staple(), "");
        }
    }
    server_certificate own_;
    std::string response_;
};
CONFORMANCE_SUITE_OVER(tls_staples_of_callbacks, stapled, every_setting);

CONFORMANCE(tls_staples_of_callbacks, come_with_a_selector_s_certificate) {
    https.server_certificate_selector = [this](connection&, std::string_view) { return own_; };
    expect_stapled();
}

CONFORMANCE(tls_staples_of_callbacks, come_with_a_connection_s_certificates) {
    https.on_connection = [this](const client_hello&) {
        tls_connection_options decided = with_own();
        decided.certificates.insert(decided.certificates.begin(),
                                    loaded(certificate_for({"localhost"}, "rsa")));
        return decided;
    };
    chosen.signatures = "ECDSA+SHA256";
    expect_stapled();
}

CONFORMANCE(tls_staples_of_callbacks, come_with_those_that_are_waited_for) {
    https.on_connection_async = [this](const client_hello&) -> task<tls_connection_options> {
        co_return with_own();
    };
    expect_stapled();
}

// ---- a second hello ----

// A client that has no key share for the group that is served says its hello twice.
class second_hellos : public identities {
protected:
    second_hellos() { https.groups = "P-384"; }
    [[nodiscard]] tls_client_options twice(const std::string& name) const {
        tls_client_options with = for_name(name, tls_version::tls13);
        with.groups = "X25519:P-384";
        return with;
    }
    // The second hello asks for another name than the first, of the same length.
    void expect_refused_after(const std::string& first, const std::string& second) {
        tls_client& here = new_tls(twice(first));
        here.wire().send_raw(here.flight());
        here.wire().turn_until([&] { return !here.wire().heard().empty(); });
        std::string again = here.flight();
        EXPECT_EQ(here.messages_of(1, true), 2u) << "there is a second hello";
        const size_t at = again.find(first);
        ASSERT_NE(at, std::string::npos);
        ASSERT_EQ(first.size(), second.size());
        again.replace(at, first.size(), second);
        here.wire().send_raw(again);
        expect_refused(here, tls_alert::illegal_parameter);
        EXPECT_EQ(counts().requests.value(), 0u);
    }
};
CONFORMANCE_SUITE_OVER(tls_second_hellos, second_hellos, every_setting);

CONFORMANCE(tls_second_hellos, for_the_same_name_are_served) {
    serve_who();
    tls_client& here = open_tls(twice("localhost"));
    EXPECT_EQ(here.group(), "secp384r1");
    EXPECT_EQ(here.messages_of(1, true), 2u);
    expect_told(here, "new localhost nobody");
}

CONFORMANCE(tls_second_hellos, for_another_name_are_refused) {
    for (const char* const host : {"open.test", "shut.test"})
        add_name(host, certificate_for({"open.test", "shut.test"}));
    https.sni.back().client_certificates = require_certificate;
    trust_clients_of(ca());
    serve_who();
    expect_refused_after("open.test", "shut.test");
    expect_refused_after("shut.test", "open.test");
}

CONFORMANCE(tls_second_hellos, for_another_name_are_refused_whatever_was_decided) {
    int asked = 0;
    https.on_connection = [&](const client_hello& said) {
        ++asked;
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"open.test", "shut.test"}))};
        if (said.server_name == "shut.test") decided.client_certificates = require_certificate;
        return decided;
    };
    trust_clients_of(ca());
    serve_who();
    expect_refused_after("open.test", "shut.test");
    EXPECT_EQ(asked, 1);
}

CONFORMANCE(tls_second_hellos, do_not_ask_a_selector_again) {
    std::string trace;
    https.server_certificate_selector = [&](connection&, std::string_view name) {
        trace += std::string(name) + ';';
        return loaded(certificate_for({"localhost"}));
    };
    serve_who();
    expect_told(open_tls(twice("localhost")), "new localhost nobody");
    EXPECT_EQ(trace, "localhost;");
}

CONFORMANCE(tls_second_hellos, do_not_ask_for_a_connection_again) {
    int asked = 0;
    https.on_connection_async = [&](const client_hello&) -> task<tls_connection_options> {
        ++asked;
        EXPECT_TRUE(co_await delay(1s));
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"localhost"}))};
        co_return decided;
    };
    serve_who();
    tls_client& here = new_tls(twice("localhost"));
    here.wire().send_raw(here.flight());
    advance(1s);
    EXPECT_TRUE(here.handshake()) << here.failure();
    EXPECT_EQ(here.messages_of(1, true), 2u);
    expect_told(here, "new localhost nobody");
    EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace saker::test
