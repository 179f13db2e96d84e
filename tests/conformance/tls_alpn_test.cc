// Which HTTP a client and an https endpoint agree on by ALPN: for each setting of the endpoint and
// of a name, in the server's order, and not HTTP/2 over what it forbids. What is then spoken is
// other tests' matter.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

class alpn : public served_tls {
protected:
    void add(const std::string& host, std::optional<http_protocols> http) {
        sni_options& one = https.sni.emplace_back();
        one.host = host;
        one.http = http;
    }
    std::string agreed_on(const tls_client_options& with) {
        tls_client& here = open_tls(with);
        std::string name = here.application_protocol();
        leave_at_once(here);
        return name;
    }
    // Whatever the server has begun to say.
    void leave_at_once(tls_client& here) {
        here.wire().end();
        here.settle();
        here.ignore();
        here.wire().ignore();
        EXPECT_NE(ended(), end_reason::none);
        forget_tls();
    }
    void expect_none_in_common(const tls_client_options& with) {
        expect_refused(new_tls(with), tls_alert::no_application_protocol);
        forget_tls();
    }
    static tls_client_options offering(tls_client_options with, std::vector<std::string> names) {
        with.application_protocols = std::move(names);
        return with;
    }
};
CONFORMANCE_SUITE_OVER(tls_alpn, alpn, whole_settings);

CONFORMANCE(tls_alpn, http2_is_preferred_where_both_are_served) {
    serve(hello);
    for (const tls_version version : both_versions) {
        const tls_client_options with = chosen_with(version);
        EXPECT_EQ(agreed_on(offering(with, {"h2"})), "h2");
        EXPECT_EQ(agreed_on(offering(with, {"http/1.1", "h2"})), "h2") << "the server's order";
        EXPECT_EQ(agreed_on(offering(with, {"http/1.1"})), "http/1.1");
        EXPECT_EQ(agreed_on(offering(with, {"http/1.0", "http/1.1"})), "http/1.1");
        EXPECT_EQ(agreed_on(offering(with, {})), "");
        // In clear text alone (RFC 9113 3.1).
        expect_none_in_common(offering(with, {"h2c"}));
    }
}

CONFORMANCE(tls_alpn, http1_alone_is_no_http2) {
    endpoint_options.protocols = http_protocols::http1;
    serve(hello);
    for (const tls_version version : both_versions) {
        const tls_client_options with = chosen_with(version);
        EXPECT_EQ(agreed_on(offering(with, {"h2", "http/1.1"})), "http/1.1");
        expect_none_in_common(offering(with, {"h2"}));
    }
}

CONFORMANCE(tls_alpn, http2_alone_is_no_http1) {
    endpoint_options.protocols = http_protocols::http2;
    serve(hello);
    for (const tls_version version : both_versions) {
        const tls_client_options with = chosen_with(version);
        EXPECT_EQ(agreed_on(offering(with, {"http/1.1", "h2"})), "h2");
        expect_none_in_common(offering(with, {"http/1.1"}));
    }
}

CONFORMANCE(tls_alpn, a_name_may_have_protocols_of_its_own) {
    https.loaded_certificates = {loaded(certificate_for({"one.test", "two.test", "other.test"}))};
    add("one.test", http_protocols::http1);
    add("two.test", http_protocols::http2);
    add("*", {});
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.server_name = "one.test";
        EXPECT_EQ(agreed_on(offering(with, {"h2", "http/1.1"})), "http/1.1");
        expect_none_in_common(offering(with, {"h2"}));
        with.server_name = "two.test";
        EXPECT_EQ(agreed_on(offering(with, {"h2", "http/1.1"})), "h2");
        expect_none_in_common(offering(with, {"http/1.1"}));
        with.server_name = "other.test";
        EXPECT_EQ(agreed_on(offering(with, {"h2", "http/1.1"})), "h2");
        EXPECT_EQ(agreed_on(offering(with, {"http/1.1"})), "http/1.1");
    }
}

// And what is agreed on is spoken, whatever the endpoint says of other names.
CONFORMANCE(tls_alpn, a_name_may_have_another_protocol_than_the_endpoint) {
    const std::string beginning("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
    endpoint_options.protocols = http_protocols::http1;
    add("localhost", http_protocols::http2);
    serve(hello);
    tls_client& here = open_tls(offering(chosen, {"h2", "http/1.1"}));
    here.send_raw(beginning);
    const std::string frame = here.read(9);
    EXPECT_EQ(hex(frame.substr(3, 1)), "04") << "SETTINGS: " << hex(frame);
    here.settle();
    here.ignore();
}

CONFORMANCE(tls_alpn, a_name_may_have_http1_where_the_endpoint_has_http2) {
    endpoint_options.protocols = http_protocols::http2;
    add("localhost", http_protocols::http1);
    serve(hello);
    for (const auto& offered : {std::vector<std::string>{"h2", "http/1.1"}, {}})
        expect_greeting(open_tls(offering(chosen, offered)));
}

// Who says nothing is taken to speak HTTP/1.1.
CONFORMANCE(tls_alpn, a_client_without_it_is_left_where_there_is_only_http2) {
    https.loaded_certificates = {loaded(certificate_for({"two.test", "other.test"}))};
    add("two.test", http_protocols::http2);
    add("*", {});
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.server_name = "two.test";
        tls_client& here = open_tls(with);
        here.receive_end();
        here.end();
        EXPECT_EQ(ended(), end_reason::http2_not_negotiated);
        with.server_name = "other.test";
        expect_greeting(open_tls(with));
    }
    EXPECT_EQ(counts().requests.value(), 2u);
}

// RFC 9113 9.2.2.
CONFORMANCE(tls_alpn, http2_is_not_agreed_on_over_a_cipher_that_it_forbids) {
    https.cipher_suites_policy = {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"};
    serve(hello);
    tls_client_options with = chosen_with(tls_version::tls12);
    with.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    EXPECT_EQ(agreed_on(offering(with, {"h2", "http/1.1"})), "h2");
    with.ciphers = "ECDHE-ECDSA-AES128-SHA256";
    EXPECT_EQ(agreed_on(offering(with, {"h2", "http/1.1"})), "http/1.1");
    expect_none_in_common(offering(with, {"h2"}));
}

// What is agreed on is no part of a session (RFC 7301 3.1).
CONFORMANCE(tls_alpn, a_session_is_resumed_with_another_protocol) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = offering(chosen_with(version), {"http/1.1"});
        tls_client& first = open_tls(with);
        expect_greeting(first);
        with.resumes = first.session();
        tls_client& second = open_tls(offering(with, {"h2", "http/1.1"}));
        EXPECT_TRUE(second.resumed());
        EXPECT_EQ(second.application_protocol(), "h2");
        leave_at_once(second);
    }
}

}  // namespace
}  // namespace saker::test
