// Sessions that are resumed, by tickets: for as long as they live, by whom they were given to, and
// never with early data.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

class resumption : public served_tls {
protected:
    // What the server says of it beside what the client knows.
    void serve_resumed() {
        serve([](request& asked, response& answered) {
            const tls_connection& own = *asked.connection().tls();
            const client_certificate* const shown = own.client_certificate();
            say(answered, std::string(own.resumed() ? "resumed" : "new") +
                              (shown != nullptr ? ' ' + shown->facts.subject : std::string()));
        });
    }
    std::string told_by(tls_client& here) {
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        const std::string answer = here.read_answer();
        return answer.substr(answer.find("\r\n\r\n") + 4);
    }
    // The session of a client that has been served and is gone.
    tls_session session_of(const tls_client_options& with) {
        tls_client& here = open_tls(with);
        EXPECT_EQ(told_by(here).substr(0, 3), "new");
        const tls_session given = here.session();
        EXPECT_NE(given, nullptr);
        here.end();
        here.settle();
        forget_tls();
        return given;
    }
};
CONFORMANCE_SUITE_OVER(tls_resumption, resumption, every_setting);

CONFORMANCE(tls_resumption, saves_a_handshake) {
    serve_resumed();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.resumes = session_of(with);
        for (int i = 0; i < 2; ++i) {
            SCOPED_TRACE(std::string(name_of(version)) + ", " + std::to_string(i));
            tls_client& here = open_tls(with);
            EXPECT_TRUE(here.resumed());
            EXPECT_EQ(here.messages_of(11), 0u) << "no certificate is shown";
            EXPECT_EQ(told_by(here), "resumed");
        }
    }
}

CONFORMANCE(tls_resumption, goes_on_with_what_the_resumed_one_was_given) {
    serve_resumed();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.resumes = session_of(with);
        for (int i = 0; i < 3; ++i) {
            SCOPED_TRACE(std::string(name_of(version)) + ", " + std::to_string(i));
            tls_client& here = open_tls(with);
            EXPECT_TRUE(here.resumed());
            EXPECT_EQ(told_by(here), "resumed");
            const tls_session next = here.session();
            // RFC 8446 C.4: clients use a ticket once, lest they are recognized by it.
            if (version == tls_version::tls13) {
                ASSERT_NE(next, nullptr) << "it is given another ticket";
                EXPECT_NE(hex(tls_client::ticket_of(next)),
                          hex(tls_client::ticket_of(with.resumes)));
            }
            if (next != nullptr) with.resumes = next;
        }
    }
}

CONFORMANCE(tls_resumption, is_not_for_clients_without_a_session) {
    serve_resumed();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.tickets = false;
        EXPECT_EQ(told_by(open_tls(with)), "new");
        EXPECT_EQ(told_by(open_tls(with)), "new");
    }
}

CONFORMANCE(tls_resumption, works_for_each_cipher_suite) {
    serve_resumed();
    for (const char* const suite :
         {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
        tls_client_options with = chosen_with(tls_version::tls13);
        with.suites = suite;
        with.resumes = session_of(with);
        EXPECT_EQ(told_by(open_tls(with)), "resumed") << suite;
    }
}

CONFORMANCE(tls_resumption, is_not_across_versions) {
    serve_resumed();
    tls_client_options with = chosen_with(tls_version::tls12);
    const tls_session old = session_of(with);
    with = chosen;
    with.resumes = old;
    tls_client& here = new_tls(with);
    if (here.handshake() && here.protocol() == "TLSv1.3") {
        EXPECT_FALSE(here.resumed());
    }
}

CONFORMANCE(tls_resumption, lasts_as_long_as_the_options_say) {
    options.tls.session_lifetime = 1h;
    serve_resumed();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.resumes = session_of(with);
        EXPECT_EQ(tls_client::lifetime_of(with.resumes), 3600u);
    }
}

CONFORMANCE(tls_resumption, gives_two_hours_unless_the_options_say_otherwise) {
    serve_resumed();
    EXPECT_EQ(tls_client::lifetime_of(session_of(chosen)), 7200u);
}

// ---- early data ----

CONFORMANCE(tls_resumption, offers_no_early_data_and_takes_none) {
    serve_resumed();
    tls_client_options with = chosen_with(tls_version::tls13);
    with.resumes = session_of(with);
    EXPECT_EQ(tls_client::early_data_of(with.resumes), 0u);
    tls_client::promise_early_data(with.resumes, 1000);
    const uint64_t before = counts().requests.value();
    tls_client& here = new_tls(with);
    here.wire().send_raw(here.early_flight("GET /early HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_TRUE(here.handshake()) << here.failure();
    EXPECT_FALSE(here.early_data_accepted());
    here.receive_nothing();
    EXPECT_EQ(counts().requests.value(), before);
    EXPECT_NE(told_by(here), "");
    EXPECT_EQ(counts().requests.value(), before + 1);
}

// ---- with certificates of clients ----

CONFORMANCE(tls_resumption, keeps_the_client_s_certificate) {
    https.client_certificate_mode = client_certificate_mode::require_certificate;
    trust_clients_of(ca());
    serve_resumed();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_as(client_certificate_for("client"));
        with.lowest = with.highest = version;
        with.resumes = session_of(with);
        EXPECT_EQ(told_by(open_tls(with)), "resumed CN=client");
    }
}

CONFORMANCE(tls_resumption, is_not_between_names_that_ask_differently_for_certificates) {
    for (const char* const host : {"open.test", "closed.test"}) {
        sni_options one;
        one.host = host;
        one.certificates = {source_of(certificate_for({host}))};
        https.sni.push_back(one);
    }
    https.sni.back().client_certificates = client_certificate_mode::require_certificate;
    trust_clients_of(ca());
    serve_resumed();
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.server_name = "open.test";
        with.resumes = session_of(with);
        EXPECT_EQ(told_by(open_tls(with)), "resumed");
        with.server_name = "closed.test";
        tls_client& here = new_tls(with);
        here.handshake();
        here.settle();
        EXPECT_TRUE(here.alert()) << "a session has opened what only a certificate opens";
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::tls_handshake_failed);
    }
}

}  // namespace
}  // namespace saker::test
