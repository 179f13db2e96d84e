// The request line as the server understands it: the four target forms and the methods that each
// belongs to (RFC 9112 3.2), paths decoded and normalised as Kestrel does, methods of any name.

#include "tests/support/serve.h"

namespace saker::test {
namespace {

CONFORMANCE_SUITE(http1_request_line);

struct understood_line {
    const char* line;
    const char* host;
    const char* understood;  // method, path, query
};

constexpr understood_line understood_lines[] = {
    {"GET / HTTP/1.1", "a", "GET / "},
    {"GET /a/b?c=d HTTP/1.1", "a", "GET /a/b c=d"},
    {"GET /a?b?c HTTP/1.1", "a", "GET /a b?c"},
    {"GET /a? HTTP/1.1", "a", "GET /a "},
    {"GET /a%20b HTTP/1.1", "a", "GET /a b "},
    {"GET /a%2Fb%2fc HTTP/1.1", "a", "GET /a%2Fb%2fc "},
    {"GET /%41 HTTP/1.1", "a", "GET /A "},
    {"GET /%zz%4 HTTP/1.1", "a", "GET /%zz%4 "},
    {"GET /%C3%A4 HTTP/1.1", "a", "GET /\xc3\xa4 "},
    {"GET /%C0%AF HTTP/1.1", "a", "GET /%C0%AF "},
    {"GET /%ff HTTP/1.1", "a", "GET /%ff "},
    {"GET /%252F HTTP/1.1", "a", "GET /%2F "},
    {"GET /a/./b/../c HTTP/1.1", "a", "GET /a/c "},
    {"GET /a/%2e%2e/b HTTP/1.1", "a", "GET /b "},
    {"GET /../../a HTTP/1.1", "a", "GET /a "},
    {"GET /a/.. HTTP/1.1", "a", "GET / "},
    {"GET /a?x=%20/../y HTTP/1.1", "a", "GET /a x=%20/../y"},
    {"GET //a//b HTTP/1.1", "a", "GET //a//b "},
    // The absolute form, to a proxy.
    {"GET http://a/b?c HTTP/1.1", "a", "GET /b c"},
    {"GET http://a HTTP/1.1", "a", "GET / "},
    {"GET http://a:80/ HTTP/1.1", "a", "GET / "},
    {"GET http://a/ HTTP/1.1", "a:80", "GET / "},
    {"GET https://a:443/ HTTP/1.1", "a", "GET / "},
    {"GET HTTP://A/%2e%2e/b HTTP/1.1", "a", "GET /b "},
    {"GET http://[::1]:5000/a HTTP/1.1", "[::1]:5000", "GET /a "},
    {"OPTIONS http://a/b HTTP/1.1", "a", "OPTIONS /b "},
    // Asterisk and authority, of one method each.
    {"OPTIONS * HTTP/1.1", "a", "OPTIONS  "},
    // Methods: the known ones and any token, as it is spelt.
    {"PUT / HTTP/1.1", "a", "PUT / "},
    {"DELETE / HTTP/1.1", "a", "DELETE / "},
    {"TRACE / HTTP/1.1", "a", "TRACE / "},
    {"PATCH / HTTP/1.1", "a", "PATCH / "},
    {"OPTIONS / HTTP/1.1", "a", "OPTIONS / "},
    {"POST / HTTP/1.1", "a", "POST / "},
    {"get / HTTP/1.1", "a", "get / "},
    {"PROPFIND / HTTP/1.1", "a", "PROPFIND / "},
    {"!#$%&'*+-.^_`|~0aZ / HTTP/1.1", "a", "!#$%&'*+-.^_`|~0aZ / "},
};

CONFORMANCE(http1_request_line, is_understood_in_all_its_forms) {
    serve(what_was_asked);
    for (const understood_line& one : understood_lines) {
        SCOPED_TRACE(one.line);
        client().send(one.line, std::string("Host: ") + one.host, "", "");
        client().receive_raw(ok(one.understood));
    }
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(http1_request_line, empty_lines_before_it_are_skipped) {
    serve(what_was_asked);
    client().send("", "", "GET /a HTTP/1.1", "Host: a", "", "", "", "GET /b HTTP/1.1", "Host: a",
                  "", "");
    client().receive_raw(ok("GET /a "));
    client().receive_raw(ok("GET /b "));
}

CONFORMANCE(http1_request_line, the_raw_target_is_as_it_was_sent) {
    serve([](request& asked, response& answered) {
        answered.shared(std::make_shared<const std::string>(asked.target()));
    });
    client().send("GET /a/%2e%2e/%41?b=%20 HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("/a/%2e%2e/%41?b=%20"));
}

CONFORMANCE(http1_request_line, head_is_a_method_whose_answer_has_no_body) {
    serve(what_was_asked);
    client().send("HEAD /abc HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 10", "", "");
    client().receive_nothing();
}

CONFORMANCE(http1_request_line, connect_is_not_a_tunnel_and_closes_the_connection) {
    serve([](request& asked, response& answered) {
        EXPECT_EQ(asked.method(), "CONNECT");
        EXPECT_EQ(asked.target(), "example.com:443");
        EXPECT_EQ(asked.path(), "");
        answered.status(404);
    });
    client().send("CONNECT example.com:443 HTTP/1.1", "Host: example.com:443", "", "");
    client().receive_raw(refusal("404 Not Found"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::connection_close_requested);
}

CONFORMANCE(http1_request_line, an_accepted_connect_is_followed_by_nothing_either) {
    serve(hello);
    client().send("CONNECT a:443 HTTP/1.1", "Host: a:443", "", "GET / HTTP/1.1", "Host: b", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Connection: close", "", "");
    client().receive_end();
}

CONFORMANCE(http1_request_line, tls_spoken_to_a_plain_endpoint_is_told_so) {
    serve(hello);
    client().send_raw(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9));
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::tls_not_supported);
    EXPECT_EQ(rejected_for(), rejection_reason::tls_over_http);
}

CONFORMANCE(http1_request_line, http2_with_prior_knowledge_is_told_the_version) {
    endpoint_options.protocols = http_protocols::http1;
    serve(hello);
    client().send("PRI * HTTP/2.0", "", "SM", "", "");
    client().receive_raw(refusal("505 HTTP Version Not Supported"));
    client().receive_end();
    client().end();
    EXPECT_EQ(ended(), end_reason::invalid_http_version);
    EXPECT_EQ(rejected_for(), rejection_reason::http2_preface);
}

CONFORMANCE(http1_request_line, what_comes_before_the_end_of_the_line_is_no_request_yet) {
    serve(hello);
    client().send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    client().receive_nothing();
    client().send_raw("\r\n");
    client().receive_raw(ok("hello"));
}

}  // namespace
}  // namespace saker::test
