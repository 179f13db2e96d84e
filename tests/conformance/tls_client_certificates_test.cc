// Certificates of clients: asked for in the handshake or later, trusted or not and by whose word,
// and what a client is told whose certificate will not do.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

constexpr uint8_t certificate_request = 13;  // RFC 8446 4: the message's number

std::string subject_of(const client_certificate* shown) {
    return shown == nullptr ? "nobody" : shown->facts.subject;
}

void answer_who(request& asked, response& answered) {
    say(answered, subject_of(asked.connection().tls()->client_certificate()));
}

class client_certificates : public served_tls {
protected:
    void serve_with(client_certificate_mode mode) {
        https.client_certificate_mode = mode;
        if (https.client_trust_roots.empty()) trust_clients_of(ca());
        serve(answer_who);
    }
    [[nodiscard]] tls_client_options nobody(tls_version version) const {
        return chosen_with(version);
    }
    [[nodiscard]] tls_client_options as(const issued_certificate& own, tls_version version) const {
        tls_client_options with = chosen_as(own);
        with.lowest = with.highest = version;
        return with;
    }
    [[nodiscard]] tls_client_options known(tls_version version) const {
        return as(client_certificate_for("client"), version);
    }
    void expect_told(tls_client& here, std::string_view who) {
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        here.receive_raw(ok(who));
    }
    // The handshake of both versions is refused with this alert.
    void expect_refused_with(const issued_certificate& own, tls_alert which) {
        for (const tls_version version : both_versions)
            expect_refused(new_tls(as(own, version)), which);
        EXPECT_EQ(counts().requests.value(), 0u);
    }
};
CONFORMANCE_SUITE_OVER(tls_client_certificates, client_certificates, every_setting);

using enum client_certificate_mode;

CONFORMANCE(tls_client_certificates, are_not_asked_for_unless_an_option_says_so) {
    serve(answer_who);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(known(version));
        EXPECT_EQ(here.messages_of(certificate_request), 0u);
        expect_told(here, "nobody");
    }
}

CONFORMANCE(tls_client_certificates, may_be_allowed) {
    serve_with(allow_certificate);
    for (const tls_version version : both_versions) {
        expect_told(open_tls(nobody(version)), "nobody");
        tls_client& here = open_tls(known(version));
        EXPECT_EQ(here.messages_of(certificate_request), 1u);
        expect_told(here, "CN=client");
        expect_told(here, "CN=client");
    }
}

CONFORMANCE(tls_client_certificates, may_be_required) {
    serve_with(require_certificate);
    expect_refused(new_tls(nobody(tls_version::tls12)), tls_alert::handshake_failure);
    expect_refused(new_tls(nobody(tls_version::tls13)), tls_alert::certificate_required);
    for (const tls_version version : both_versions)
        expect_told(open_tls(known(version)), "CN=client");
}

CONFORMANCE(tls_client_certificates, come_with_their_chain) {
    serve_with(require_certificate);
    const test_ca between = ca().intermediate();
    const issued_certificate own = between.issue({.names = {"below"}, .client = true});
    for (const tls_version version : both_versions)
        expect_told(open_tls(as(own, version)), "CN=below");
}

CONFORMANCE(tls_client_certificates, tell_what_is_in_them) {
    const issued_certificate own =
        ca().issue({.names = {"client.test", "10.0.0.1"}, .common_name = "Client", .client = true});
    https.client_certificate_mode = require_certificate;
    trust_clients_of(ca());
    std::optional<client_certificate> seen;
    serve([&](request& asked, response& answered) {
        seen = *asked.connection().tls()->client_certificate();
        hello(asked, answered);
    });
    expect_greeting(open_tls(chosen_as(own)));
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->pem, own.certificate_pem);
    EXPECT_EQ(seen->facts.subject, "CN=Client");
    EXPECT_EQ(seen->facts.issuer, "CN=Saker test root");
    EXPECT_EQ(seen->facts.serial, own.serial);
    EXPECT_EQ(seen->facts.key, "ECDSA P-256");
    EXPECT_EQ(seen->facts.dns_names, (std::vector<std::string>{"client.test", "10.0.0.1"}));
    EXPECT_LT(seen->facts.not_before, seen->facts.not_after);
    EXPECT_EQ(seen->facts.thumbprint.size(), 64u);
}

// ---- that will not do ----

CONFORMANCE(tls_client_certificates, of_somebody_else_s_are_refused) {
    serve_with(require_certificate);
    const test_ca other("Another root");
    expect_refused_with(other.issue({.names = {"client"}, .client = true}), tls_alert::unknown_ca);
}

CONFORMANCE(tls_client_certificates, of_somebody_else_s_are_refused_even_where_none_will_do) {
    serve_with(allow_certificate);
    const test_ca other("Another root");
    expect_refused_with(other.issue({.names = {"client"}, .client = true}), tls_alert::unknown_ca);
}

CONFORMANCE(tls_client_certificates, that_sign_themselves_are_refused) {
    serve_with(require_certificate);
    expect_refused_with(test_ca::self_signed({.names = {"client"}, .client = true}),
                        tls_alert::unknown_ca);
}

CONFORMANCE(tls_client_certificates, that_have_expired_are_refused) {
    serve_with(require_certificate);
    expect_refused_with(
        ca().issue({.names = {"client"}, .client = true, .begins = -48h, .ends = -24h}),
        tls_alert::certificate_expired);
}

CONFORMANCE(tls_client_certificates, that_are_not_valid_yet_are_refused) {
    serve_with(require_certificate);
    expect_refused_with(
        ca().issue({.names = {"client"}, .client = true, .begins = 24h, .ends = 48h}),
        tls_alert::bad_certificate);
}

CONFORMANCE(tls_client_certificates, that_are_for_servers_are_refused) {
    serve_with(require_certificate);
    expect_refused_with(ca().issue({.names = {"client"}}), tls_alert::unsupported_certificate);
}

CONFORMANCE(tls_client_certificates, without_the_key_are_refused) {
    serve_with(require_certificate);
    for (const tls_version version : both_versions) {
        tls_client_options with = known(version);
        with.key = forged_key_pem(with.certificate);
        expect_refused(new_tls(with), tls_alert::decrypt_error);
    }
}

// ---- revoked ----

CONFORMANCE(tls_client_certificates, that_are_revoked_are_refused) {
    const issued_certificate revoked = ca().issue({.names = {"revoked"}, .client = true});
    https.check_certificate_revocation = true;
    https.revocation_lists = {file_of(ca().crl({revoked.serial}))};
    serve_with(require_certificate);
    expect_refused_with(revoked, tls_alert::certificate_revoked);
    for (const tls_version version : both_versions)
        expect_told(open_tls(known(version)), "CN=client");
}

CONFORMANCE(tls_client_certificates, of_issuers_without_a_list_are_refused) {
    const test_ca between = ca().intermediate();
    https.check_certificate_revocation = true;
    https.revocation_lists = {file_of(ca().crl({}))};
    serve_with(require_certificate);
    for (const tls_version version : both_versions)
        expect_refused(new_tls(as(between.issue({.names = {"below"}, .client = true}), version)));
}

CONFORMANCE(tls_client_certificates, with_a_list_that_has_expired_are_refused) {
    https.check_certificate_revocation = true;
    https.revocation_lists = {file_of(ca().crl({}, -1h))};
    serve_with(require_certificate);
    for (const tls_version version : both_versions) expect_refused(new_tls(known(version)));
}

// ---- whose word counts ----

CONFORMANCE(tls_client_certificates, may_be_let_in_by_the_validation_whoever_issued_them) {
    std::vector<std::string> reasons;
    https.client_certificate_validation = [&](const client_certificate& shown,
                                              const certificate_verdict& verdict) {
        EXPECT_FALSE(verdict.trusted);
        reasons.push_back(shown.facts.subject + ": " + verdict.reason);
        return true;
    };
    serve_with(require_certificate);
    const issued_certificate own = test_ca::self_signed({.names = {"itself"}, .client = true});
    const issued_certificate old =
        ca().issue({.names = {"old"}, .client = true, .begins = -48h, .ends = -24h});
    for (const tls_version version : both_versions) {
        reasons.clear();
        expect_told(open_tls(as(own, version)), "CN=itself");
        expect_told(open_tls(as(old, version)), "CN=old");
        ASSERT_EQ(reasons.size(), 2u);
        EXPECT_EQ(reasons[0], "CN=itself: self-signed certificate");
        EXPECT_EQ(reasons[1], "CN=old: certificate has expired");
    }
}

CONFORMANCE(tls_client_certificates, may_be_refused_by_the_validation_though_they_are_trusted) {
    https.client_certificate_validation = [](const client_certificate& shown,
                                             const certificate_verdict& verdict) {
        EXPECT_TRUE(verdict.trusted);
        EXPECT_EQ(verdict.reason, "");
        return shown.facts.subject != "CN=client";
    };
    serve_with(require_certificate);
    for (const tls_version version : both_versions) {
        expect_refused(new_tls(known(version)));
        expect_told(open_tls(as(client_certificate_for("other"), version)), "CN=other");
    }
}

CONFORMANCE(tls_client_certificates, are_refused_by_a_validation_that_throws) {
    https.client_certificate_validation = [](const client_certificate&,
                                             const certificate_verdict&) -> bool {
        throw std::runtime_error("cannot say");
    };
    serve_with(require_certificate);
    for (const tls_version version : both_versions) expect_refused(new_tls(known(version)));
}

CONFORMANCE(tls_client_certificates, are_asked_for_as_a_name_or_a_callback_says) {
    trust_clients_of(ca());
    https.on_connection = [](const client_hello& said) {
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({"a.test", "b.test"}))};
        if (said.server_name == "a.test")
            chosen_here.client_certificates = client_certificate_mode::require_certificate;
        return chosen_here;
    };
    serve(answer_who);
    for (const tls_version version : both_versions) {
        tls_client_options with = known(version);
        with.server_name = "a.test";
        expect_told(open_tls(with), "CN=client");
        with.server_name = "b.test";
        expect_told(open_tls(with), "nobody");
        with = nobody(version);
        with.server_name = "a.test";
        expect_refused(new_tls(with));
    }
}

CONFORMANCE(tls_client_certificates, are_trusted_by_the_endpoint_s_roots_where_a_callback_decides) {
    trust_clients_of(ca());
    const auto decide = [] {
        tls_connection_options chosen_here;
        chosen_here.certificates = {loaded(certificate_for({"localhost"}))};
        chosen_here.client_certificates = client_certificate_mode::require_certificate;
        return chosen_here;
    };
    const bool waits = GetParam().way == delivery::cut;  // either kind of callback
    if (waits)
        https.on_connection_async = [=](const client_hello&) -> task<tls_connection_options> {
            (void)co_await delay(1s);
            co_return decide();
        };
    else
        https.on_connection = [=](const client_hello&) { return decide(); };
    serve(answer_who);
    const auto shake_hands = [&](tls_client& here) {
        if (!waits) return;
        here.wire().send_raw(here.flight());
        advance(1'010ms);
    };
    const issued_certificate strange =
        test_ca("Another root").issue({.names = {"client"}, .client = true});
    for (const tls_version version : both_versions) {
        tls_client& here = new_tls(known(version));
        shake_hands(here);
        EXPECT_TRUE(here.handshake()) << here.failure();
        expect_told(here, "CN=client");
        tls_client& other = new_tls(as(strange, version));
        shake_hands(other);
        expect_refused(other, tls_alert::unknown_ca);
    }
}

// ---- asked for later ----

class later : public client_certificates {
protected:
    void serve_later() {
        https.client_certificate_mode = delay_certificate;
        trust_clients_of(ca());
        serve([](request& asked, response& answered) -> task<> {
            (void)co_await asked.body().discard();
            tls_connection& own = *asked.connection().tls();
            if (asked.path() == "/who")
                say(answered, subject_of(co_await own.client_certificate_async()));
            else
                say(answered, subject_of(own.client_certificate()));
        });
    }
    void expect_told_of(tls_client& here, std::string_view path, std::string_view who) {
        here.send("GET " + std::string(path) + " HTTP/1.1", "Host: a", "", "");
        here.receive_raw(ok(who));
    }
};
CONFORMANCE_SUITE_OVER(tls_late_client_certificates, later, every_setting);

CONFORMANCE(tls_late_client_certificates, are_asked_for_when_a_handler_wants_one) {
    serve_later();
    tls_client_options with = known(tls_version::tls13);
    with.post_handshake_auth = true;
    tls_client& here = open_tls(with);
    expect_told_of(here, "/", "nobody");
    EXPECT_EQ(here.messages_of(certificate_request), 0u);
    expect_told_of(here, "/who", "CN=client");
    EXPECT_EQ(here.messages_of(certificate_request), 1u);
    expect_told_of(here, "/who", "CN=client");
    expect_told_of(here, "/", "CN=client");
    EXPECT_EQ(here.messages_of(certificate_request), 1u) << "once is enough";
}

CONFORMANCE(tls_late_client_certificates, may_be_asked_for_behind_pipelined_requests) {
    serve_later();
    tls_client_options with = known(tls_version::tls13);
    with.post_handshake_auth = true;
    tls_client& here = open_tls(with);
    here.send("GET / HTTP/1.1", "Host: a", "", "GET /who HTTP/1.1", "Host: a", "", "GET / HTTP/1.1",
              "Host: a", "", "");
    here.receive_raw(ok("nobody") + ok("CN=client") + ok("CN=client"));
}

CONFORMANCE(tls_late_client_certificates, are_nobody_s_where_the_client_has_none) {
    serve_later();
    tls_client_options with = nobody(tls_version::tls13);
    with.post_handshake_auth = true;
    tls_client& here = open_tls(with);
    expect_told_of(here, "/who", "nobody");
    expect_told_of(here, "/who", "nobody");
}

CONFORMANCE(tls_late_client_certificates, are_not_asked_for_where_that_cannot_be_done) {
    serve_later();
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(known(version));  // without the extension
        expect_told_of(here, "/who", "nobody");
        expect_told_of(here, "/", "nobody");
        EXPECT_EQ(here.messages_of(certificate_request), 0u);
    }
}

CONFORMANCE(tls_late_client_certificates, that_are_not_trusted_end_the_connection) {
    serve_later();
    const test_ca other("Another root");
    tls_client_options with =
        as(other.issue({.names = {"client"}, .client = true}), tls_version::tls13);
    with.post_handshake_auth = true;
    tls_client& here = open_tls(with);
    here.send("GET /who HTTP/1.1", "Host: a", "", "");
    here.receive_alert(tls_alert::unknown_ca);
    here.wire().end();
    EXPECT_NE(ended(), end_reason::none);
}

CONFORMANCE(tls_late_client_certificates, may_lose_their_client) {
    serve_later();
    for (const bool by_reset : {false, true}) {
        tls_client_options with = known(tls_version::tls13);
        with.post_handshake_auth = true;
        tls_client& here = open_tls(with);
        here.wire().send_raw(here.seal("GET /who HTTP/1.1\r\nHost: a\r\n\r\n"));
        here.wire().settle();
        by_reset ? here.vanish() : here.wire().end();
        settle();
        if (!by_reset) here.ignore();
        EXPECT_NE(ended(), end_reason::none);
        forget_tls();
    }
}

}  // namespace
}  // namespace saker::test
