// Handshakes: which protocol is agreed on behind TLS, what is no TLS at all, handshakes that are
// broken off wherever they can be, that take too long, or are too many.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

TLS_SUITE(tls_handshakes);

CONFORMANCE(tls_handshakes, agree_on_http1) {
    serve([](request& asked, response& answered) {
        say(answered, std::string(asked.connection().tls()->application_protocol()));
    });
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.application_protocols = {"unknown", "http/1.1"};
        tls_client& here = open_tls(with);
        EXPECT_EQ(here.application_protocol(), "http/1.1");
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        here.receive_raw(ok("http/1.1"));
    }
}

CONFORMANCE(tls_handshakes, need_no_alpn) {
    serve(hello);
    tls_client& here = open_tls(chosen);
    EXPECT_EQ(here.application_protocol(), "");
    expect_greeting(here);
}

CONFORMANCE(tls_handshakes, without_a_common_protocol_are_refused) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.application_protocols = {"spdy/3", "http/0.9"};
        expect_refused(new_tls(with), tls_alert::no_application_protocol);
    }
}

CONFORMANCE(tls_handshakes, show_the_certificate_and_its_chain) {
    const test_ca between = ca().intermediate();
    const issued_certificate issued = between.issue({.names = {"localhost"}});
    https.loaded_certificates = {loaded(issued)};
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        EXPECT_EQ(here.server_certificate_pem(), issued.certificate_pem);
        EXPECT_EQ(here.server_chain_length(), 2u);
        expect_greeting(here);
    }
}

CONFORMANCE(tls_handshakes, staple_an_ocsp_response_where_it_is_asked_for) {
    const issued_certificate& issued = certificate_for({"localhost"});
    const std::string response = ca().ocsp_response(issued);
    https.certificates = {source_of(issued)};
    https.certificates.front().ocsp_path = file_of(response);
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.asks_for_staple = true;
        EXPECT_EQ(hex(open_tls(with).staple()), hex(response));
        with.asks_for_staple = false;
        EXPECT_EQ(open_tls(with).staple(), "");
    }
}

CONFORMANCE(tls_handshakes, a_client_that_does_not_trust_the_server_tells_it_so) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.trusts = test_ca("Another root").pem();
        tls_client& here = new_tls(with);
        EXPECT_FALSE(here.handshake());
        here.wire().settle();
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::tls_handshake_failed);
    }
}

// ---- what is no TLS ----

CONFORMANCE(tls_handshakes, plain_http_is_told_so_in_plain_http) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    const std::string told = client().read_all();
    EXPECT_TRUE(told.starts_with("HTTP/1.1 400 Bad Request\r\n")) << told;
    EXPECT_NE(told.find("\r\nConnection: close\r\n"), std::string::npos) << told;
    EXPECT_TRUE(client().ended());
    client().end();
    EXPECT_EQ(ended(), end_reason::http_not_supported);
    EXPECT_EQ(counts().requests.value(), 0u);
}

CONFORMANCE(tls_handshakes, with_a_plain_endpoint_are_told_so_in_plain_http) {
    in_clear = true;
    serve(hello);
    tls_client& here = new_tls();
    here.wire().send_raw(here.flight());
    here.wire().receive_raw(refusal("400 Bad Request"));
    here.wire().receive_end();
    here.wire().end();
    EXPECT_EQ(ended(), end_reason::tls_not_supported);
}

CONFORMANCE(tls_handshakes, garbage_is_none) {
    serve(hello);
    seeded chance(11);
    std::string noise(300, '\0');
    for (char& one : noise) one = static_cast<char>(chance.below(256));
    const std::string beginnings[] = {
        std::string(1, '\0'),
        "\x80\x2e\x01\x03\x01",  // a ClientHello of SSL 2.0
        "\xff\xff\xff\xff",
        std::string("\x16\x03\x01\x00\x64", 5),
        std::string("\x16\x03\x01\x00\x64\x01\x00\x00\x60\x03\x03", 11),
        std::string("\x15\x03\x01\x00\x02\x02\x28", 7),          // an alert
        std::string("\x17\x03\x03\x00\x20", 5),                  // data
        std::string("\x14\x03\x03\x00\x01\x01", 6),              // ChangeCipherSpec
        std::string("\x16\x03\x03\x00\x00\x16\x03\x03\x00", 9),  // empty records
        std::string("\x16\x03\x01\xff\xff", 5),                  // too large
    };
    for (const std::string& beginning : beginnings) {
        SCOPED_TRACE(hex(beginning));
        tls_client& here = new_tls();
        here.wire().send_raw(beginning + noise);
        here.wire().end();
        here.wire().settle();
        here.wire().ignore();
        EXPECT_EQ(ended(), end_reason::tls_handshake_failed);
        forget_tls();
    }
    EXPECT_EQ(counts().requests.value(), 0u);
}

// ---- broken off ----

TLS_SUITE_WHOLE(broken_tls_handshakes);

CONFORMANCE(broken_tls_handshakes, leave_nothing) {
    https.client_certificate_mode = client_certificate_mode::allow_certificate;
    trust_clients_of(ca());
    serve(hello);
    size_t broken = 0;
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_as(client_certificate_for("client"));
        with.lowest = with.highest = version;
        // Signatures vary by some bytes.
        const size_t whole = new_tls(with).handshake_up_to(SIZE_MAX) - 8;
        forget_tls();
        settle();
        for (size_t said = 0; said < whole; said += in_memory() ? 2 : 17) {
            for (const bool by_reset : {false, true}) {
                tls_client& here = new_tls(with);
                EXPECT_EQ(here.handshake_up_to(said), said);
                by_reset ? here.vanish() : here.wire().end();
                const end_reason reason = ended();
                EXPECT_TRUE(reason == end_reason::tls_handshake_failed ||
                            (by_reset && reason == end_reason::connection_reset) ||
                            (said == 0 && reason == end_reason::client_closed))
                    << name(reason) << " after " << said << " bytes of " << name_of(version);
                forget_tls();
                ++broken;
            }
        }
    }
    if (in_memory()) {
        EXPECT_GE(broken, 1000u);
    }
    EXPECT_EQ(open_connections(), 0u);
    expect_greeting(open_tls(chosen));
}

CONFORMANCE(broken_tls_handshakes, of_clients_that_never_read_leave_nothing) {
    serve(hello);
    for (int i = 0; i < 100; ++i) {
        tls_client& here = new_tls(chosen_with(both_versions[i % 2]));
        here.stop_reading();
        here.wire().send_raw(here.flight());
        i % 3 == 0 ? here.vanish() : here.wire().end();
        EXPECT_NE(ended(), end_reason::none);
        forget_tls();
    }
    EXPECT_EQ(open_connections(), 0u);
}

CONFORMANCE(broken_tls_handshakes, that_a_stop_meets_are_ended) {
    serve(hello);
    tls_client& silent = new_tls();
    tls_client& half = new_tls();
    half.handshake_up_to(100);
    tls_client& finished = open_tls(chosen);
    settle();
    host().begin_stop();
    advance(10s);
    EXPECT_TRUE(finished.closed() || (finished.settle(), finished.closed()));
    EXPECT_LE(open_connections(), 3u);
    for (tls_client* const one : {&silent, &half, &finished}) {
        one->wire().settle();
        one->wire().ignore();
        one->wire().end();
    }
    settle();
    EXPECT_TRUE(host().all_over());
}

// ---- time and number ----

TLS_SUITE_WHOLE(slow_tls_handshakes);

CONFORMANCE(slow_tls_handshakes, have_ten_seconds_from_the_accept_on) {
    serve(hello);
    for (const size_t said : {0u, 1u, 5u, 100u}) {
        tls_client& here = new_tls();
        here.handshake_up_to(said);
        advance(9'900ms);
        EXPECT_EQ(ended(), end_reason::none) << said;
        here.wire().receive_nothing();
        advance(200ms);
        here.wire().settle();
        here.wire().ignore();  // it may be told by an alert
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::tls_handshake_timeout) << said;
        forget_tls();
    }
}

CONFORMANCE(slow_tls_handshakes, are_not_given_more_time_by_bytes) {
    serve(hello);
    tls_client& here = new_tls();
    const std::string first = here.flight();
    for (size_t i = 0; i < 10; ++i) {
        here.wire().send_raw(first.substr(i, 1));
        advance(990ms);
    }
    EXPECT_EQ(ended(), end_reason::none);
    here.wire().send_raw(first.substr(10, 1));
    advance(200ms);
    here.wire().settle();
    here.wire().ignore();
    here.wire().end();
    EXPECT_EQ(ended(), end_reason::tls_handshake_timeout);
}

CONFORMANCE(slow_tls_handshakes, have_the_endpoint_s_time) {
    https.handshake_timeout = 2s;
    serve(hello);
    tls_client& here = new_tls(chosen_with(tls_version::tls12));
    here.wire().send_raw(here.flight());  // and the client's last flight is awaited
    advance(1'900ms);
    EXPECT_EQ(ended(), end_reason::none);
    advance(200ms);
    EXPECT_EQ(open_connections(), 0u) << "there is nothing to be waited for";
    here.wire().settle();
    here.wire().ignore();
    EXPECT_EQ(ended(), end_reason::tls_handshake_timeout);
}

CONFORMANCE(slow_tls_handshakes, may_have_all_the_time_of_the_world) {
    https.handshake_timeout = infinite;
    serve(hello);
    tls_client& here = new_tls();
    advance(1000s);
    EXPECT_EQ(ended(), end_reason::none);
    EXPECT_TRUE(here.handshake()) << here.failure();
    expect_greeting(here);
}

CONFORMANCE(slow_tls_handshakes, that_are_over_have_no_time_any_more) {
    serve(hello);
    tls_client& here = new_tls();
    advance(9s);
    EXPECT_TRUE(here.handshake()) << here.failure();
    advance(10s);
    expect_greeting(here);
    advance(100s);
    expect_greeting(here);
}

CONFORMANCE(slow_tls_handshakes, of_many_clients_give_way_to_others) {
    options.tls.max_concurrent_handshakes = 4;
    serve(hello);
    tls_client& served_already = open_tls(chosen);
    std::vector<tls_client*> slow;
    for (int i = 0; i < 4; ++i) {
        slow.push_back(&new_tls(chosen_with(tls_version::tls12)));
        const std::string hello_itself = slow.back()->flight();
        slow.back()->wire().send_raw(hello_itself);
        advance(10ms);
    }
    EXPECT_EQ(open_connections(), 5u);
    expect_greeting(open_tls(chosen));
    slow.front()->wire().settle();
    EXPECT_TRUE(slow.front()->ended() || slow.front()->was_reset()) << "the oldest one is ended";
    slow.front()->wire().ignore();
    if (!slow.front()->was_reset()) slow.front()->wire().end();
    EXPECT_EQ(ended_by(end_reason::max_concurrent_handshakes_exceeded), 1u);
    for (size_t i = 1; i < slow.size(); ++i) {
        EXPECT_TRUE(slow[i]->handshake()) << "the others go on: " << slow[i]->failure();
        expect_greeting(*slow[i]);
    }
    expect_greeting(served_already);
    settle();
    EXPECT_EQ(open_connections(), 5u);
}

CONFORMANCE(slow_tls_handshakes, a_thousand_silent_ones_are_gone_when_their_time_is_over) {
    const size_t count = in_memory() ? 1000 : 100;
    serve(hello);
    for (size_t i = 0; i < count; ++i) new_tls().handshake_up_to(i % 200);
    EXPECT_EQ(open_connections(), count);
    advance(10'100ms);
    for (size_t i = 0; i < count; ++i) forget_tls();
    settle();
    EXPECT_EQ(ended_by(end_reason::tls_handshake_timeout), count);
    EXPECT_EQ(open_connections(), 0u);
}

}  // namespace
}  // namespace saker::test
