// HTTP over TLS: the answers are those of clear text, byte for byte, whatever the version, the
// cipher, the key exchange, and however requests lie in records.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

TLS_SUITE(tls_requests);

CONFORMANCE(tls_requests, are_answered_as_in_clear_text) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        for (int i = 0; i < 3; ++i) expect_greeting(here);
        here.send("HEAD / HTTP/1.1", "Host: a", "", "");
        here.receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 5", "", "");
        here.receive_nothing();
    }
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(tls_requests, know_that_their_scheme_is_https) {
    serve([](request& asked, response& answered) { say(answered, std::string(asked.scheme())); });
    tls().send("GET / HTTP/1.1", "Host: a", "", "");
    tls().receive_raw(ok("https"));
    tls().send("GET https://a/ HTTP/1.1", "Host: a", "", "");
    tls().receive_raw(ok("https"));
}

CONFORMANCE(tls_requests, may_have_bodies) {
    serve(echo);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "", "Hello");
        here.receive_raw(ok("Hello"));
        here.send("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "", "5;a=b", "Hello",
                  "1", " ", "0", "A: b", "", "");
        here.receive_raw(ok("Hello "));
        here.send("POST / HTTP/1.1", "Host: a", "Content-Length: 2", "Expect: 100-continue", "",
                  "");
        here.receive("HTTP/1.1 100 Continue", "", "");
        here.send_raw("ab");
        here.receive_raw(ok("ab"));
    }
}

CONFORMANCE(tls_requests, are_refused_as_in_clear_text) {
    serve(hello);
    tls().send("GET / HTTP/1.1", "", "");
    tls().receive_raw(refusal("400 Bad Request"));
    tls().receive_end();
    tls().end();
    EXPECT_EQ(ended(), end_reason::invalid_request_headers);
}

CONFORMANCE(tls_requests, may_come_pipelined) {
    serve(what_was_asked);
    std::string asked, answered;
    for (int i = 0; i < 100; ++i) {
        const std::string path = "/" + std::to_string(i);
        asked += "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
        answered += ok("GET " + path + " ");
    }
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        const size_t before = here.sent_records().size();
        here.send_raw(asked);
        EXPECT_EQ(here.sent_records().size(), before + 1) << "all of them are in one record";
        here.receive_raw(answered);
    }
}

CONFORMANCE(tls_requests, may_come_in_records_of_a_byte_each) {
    serve(echo);
    const std::string asked = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHello";
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.wire().send_raw(here.seal(asked, 1));
        here.receive_raw(ok("Hello"));
        here.wire().send_raw(here.seal(asked + asked, 7));
        here.receive_raw(ok("Hello") + ok("Hello"));
    }
}

CONFORMANCE(tls_requests, stream_a_mebibyte_there_and_back) {
    serve(echo_streamed);
    std::string body(1024 * 1024, '\0');
    seeded chance(7);
    for (char& one : body) one = static_cast<char>(chance.below(256));
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send("POST / HTTP/1.1", "Host: a", "Content-Length: 1048576", "", "");
        here.send_raw(body);
        EXPECT_NE(here.read_head().find("Content-Length: 1048576\r\n"), std::string::npos);
        // While the answer is read, the rest of the body finds room.
        std::string came = here.read(body.size());
        while (here.unsent() > 0) {
            here.send_rest();
            came += here.read(body.size() - came.size());
        }
        EXPECT_TRUE(came == body) << came.size();
        here.send("POST / HTTP/1.1", "Host: a", "Content-Length: 2", "", "ab");
        EXPECT_TRUE(here.read_answer().ends_with("\r\n\r\nab"));
    }
}

// ---- what can be agreed on ----

TLS_SUITE_WHOLE(tls_agreements);

CONFORMANCE(tls_agreements, every_cipher_suite_of_tls13) {
    serve(hello);
    for (const char* const suite :
         {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
        tls_client_options with = chosen_with(tls_version::tls13);
        with.suites = suite;
        tls_client& here = open_tls(with);
        EXPECT_EQ(here.protocol(), "TLSv1.3");
        EXPECT_EQ(here.cipher_suite(), suite);
        expect_greeting(here);
    }
}

CONFORMANCE(tls_agreements, every_cipher_suite_of_tls12_with_both_kinds_of_keys) {
    https.loaded_certificates = {loaded(certificate_for({"localhost"})),
                                 loaded(certificate_for({"localhost"}, "rsa"))};
    serve(hello);
    for (const std::string key : {"ECDSA", "RSA"}) {
        for (const std::string cipher :
             {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"}) {
            tls_client_options with = chosen_with(tls_version::tls12);
            with.ciphers = "ECDHE-" + key + '-' + cipher;
            SCOPED_TRACE(with.ciphers);
            tls_client& here = open_tls(with);
            EXPECT_EQ(here.protocol(), "TLSv1.2");
            EXPECT_TRUE(here.cipher_suite().starts_with("TLS_ECDHE_" + key)) << here.cipher_suite();
            EXPECT_EQ(here.server_key(), key == "RSA" ? "rsaEncryption" : "id-ecPublicKey");
            expect_greeting(here);
        }
    }
}

CONFORMANCE(tls_agreements, every_group) {
    // In TLS 1.2 the groups are of the certificate's curve, too.
    https.loaded_certificates = {loaded(certificate_for({"localhost"}, "rsa"))};
    serve(hello);
    for (const tls_version version : both_versions) {
        for (const char* const group : {"X25519", "P-256", "P-384"}) {
            tls_client_options with = chosen_with(version);
            with.groups = group;
            expect_greeting(open_tls(with));
        }
    }
}

CONFORMANCE(tls_agreements, a_group_that_the_client_did_not_guess_takes_another_flight) {
    https.groups = "P-256";
    serve(hello);
    tls_client_options with = chosen_with(tls_version::tls13);
    with.groups = "X25519:P-256";
    tls_client& here = open_tls(with);
    EXPECT_EQ(here.messages_of(2), 2u) << "a HelloRetryRequest looks as a ServerHello";
    EXPECT_EQ(here.messages_of(1, true), 2u);
    expect_greeting(here);
}

CONFORMANCE(tls_agreements, no_shared_group_is_none) {
    https.groups = "P-256";
    serve(hello);
    tls_client_options with = chosen;
    with.groups = "X25519";
    expect_refused(new_tls(with), tls_alert::handshake_failure);
}

CONFORMANCE(tls_agreements, prefer_the_policy_s_order) {
    https.cipher_suites_policy = {"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256",
                                  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                                  "ECDHE-ECDSA-AES128-GCM-SHA256"};
    serve(hello);
    tls_client_options with = chosen_with(tls_version::tls13);
    with.suites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
    EXPECT_EQ(open_tls(with).cipher_suite(), "TLS_AES_256_GCM_SHA384");
    with.suites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
    EXPECT_EQ(open_tls(with).cipher_suite(), "TLS_AES_128_GCM_SHA256");
    with.suites = "TLS_CHACHA20_POLY1305_SHA256";
    expect_refused(new_tls(with), tls_alert::handshake_failure);
    with = chosen_with(tls_version::tls12);
    with.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384";
    EXPECT_EQ(open_tls(with).cipher_suite(), "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    with.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    expect_refused(new_tls(with), tls_alert::handshake_failure);
}

CONFORMANCE(tls_agreements, ciphers_without_forward_secrecy_or_aead_are_none) {
    https.loaded_certificates = {loaded(certificate_for({"localhost"}, "rsa"))};
    serve(hello);
    for (const char* const cipher :
         {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA"}) {
        tls_client_options with = chosen_with(tls_version::tls12);
        with.ciphers = cipher;
        expect_refused(new_tls(with), tls_alert::handshake_failure);
    }
}

CONFORMANCE(tls_agreements, versions_that_the_endpoint_does_not_have_are_none) {
    https.protocols = ssl_protocols::tls13;
    serve(hello);
    expect_refused(new_tls(chosen_with(tls_version::tls12)), tls_alert::protocol_version);
    expect_greeting(open_tls(chosen));
}

CONFORMANCE(tls_agreements, the_highest_common_version_is_chosen) {
    https.protocols = ssl_protocols::tls12;
    serve(hello);
    EXPECT_EQ(open_tls(chosen).protocol(), "TLSv1.2");
    expect_refused(new_tls(chosen_with(tls_version::tls13)), tls_alert::protocol_version);
}

CONFORMANCE(tls_agreements, tls11_is_not_to_be_had) {
    serve(hello);
    tls_client_options with = chosen_with(tls_version::tls11);
    with.ciphers = "ALL:@SECLEVEL=0";
    expect_refused(new_tls(with), tls_alert::protocol_version);
}

}  // namespace
}  // namespace saker::test
