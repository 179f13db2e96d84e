// Every reason for which a request is refused, over the wire: the status of the table, an empty
// body, Connection: close, one rejection counted, and a connection that ends for that reason. The
// heads are those of the parser's own test. Then Host, and the fields that decide about the body.

#include "protocols/http/status.h"
#include "tests/support/serve.h"
#include "tests/support/vectors/rejected_heads.h"

namespace saker::test {
namespace {

class refusing : public served {
protected:
    // Where HTTP/2 is spoken its preface is none of these.
    refusing() { endpoint_options.protocols = http_protocols::http1; }
    // Says it on a connection of its own, and expects it to be refused so.
    void expect_refused(std::string_view bytes, rejection_reason reason) {
        SCOPED_TRACE(bytes);
        const auto which = static_cast<size_t>(reason);
        const uint64_t before = counts().rejections[which].value();
        conversation& here = new_client();
        here.send_raw(bytes);
        const uint16_t status = status_of(reason);
        const std::string_view allow = allowed_method(reason);
        here.receive_raw(refusal(std::to_string(status) + ' ' + std::string(reason_phrase(status)),
                                 allow.empty() ? std::string() : "Allow: " + std::string(allow)));
        here.receive_end();
        here.end();
        EXPECT_NE(ended(), end_reason::none);
        EXPECT_EQ(counts().rejections[which].value(), before + 1) << name(reason);
        EXPECT_EQ(counts().requests.value(), 0u);
        forget_client(used_++);
        covered_[which] = true;
    }
    [[nodiscard]] bool covered(rejection_reason reason) const {
        return covered_[static_cast<size_t>(reason)];
    }

private:
    size_t used_ = 0;
    bool covered_[rejection_reason_count] = {};
};

CONFORMANCE_SUITE_OVER(http1_rejections, refusing, every_setting);
using enum rejection_reason;

CONFORMANCE(http1_rejections, request_lines_are_refused_with_the_status_of_the_table) {
    serve(hello);
    for (const vectors::rejected_head& one : vectors::rejected_request_lines) {
        if (one.reason != none) expect_refused(one.bytes, one.reason);
    }
}

CONFORMANCE(http1_rejections, fields_are_refused_with_the_status_of_the_table) {
    serve(hello);
    for (const vectors::rejected_head& one : vectors::rejected_fields)
        expect_refused("GET / HTTP/1.1\r\n" + std::string(one.bytes), one.reason);
}

CONFORMANCE(http1_rejections, heads_that_contradict_themselves_are_refused) {
    serve(hello);
    for (const vectors::rejected_head& one : vectors::rejected_heads)
        expect_refused(one.bytes, one.reason);
    expect_refused("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", invalid_request_target);
}

CONFORMANCE(http1_rejections, the_tables_leave_out_no_reason_that_a_head_can_have) {
    serve(hello);
    bool seen[rejection_reason_count] = {};
    const auto see = [&](const auto& rows) {
        for (const auto& row : rows) seen[static_cast<size_t>(row.reason)] = true;
    };
    see(vectors::rejected_request_lines);
    see(vectors::rejected_fields);
    see(vectors::rejected_heads);
    for (const rejection_reason elsewhere :
         {request_line_too_long, headers_exceed_max_total_size, too_many_headers,
          header_name_too_long,                           // the limits
          request_headers_timeout, request_body_timeout,  // time
          request_body_too_large, unexpected_end_of_request_content, bad_chunk_size_data,
          bad_chunk_extension, bad_chunk_suffix, chunked_request_incomplete, chunk_size_too_large,
          chunk_extension_too_large, forbidden_trailer_field})  // bodies
        seen[static_cast<size_t>(elsewhere)] = true;
    for (size_t i = 0; i < rejection_reason_count; ++i)
        EXPECT_TRUE(seen[i]) << name(static_cast<rejection_reason>(i));
}

CONFORMANCE(http1_rejections, what_was_pipelined_before_is_answered_first) {
    serve(hello);
    client().send("GET / HTTP/1.1", "Host: a", "", "GET / HTTP/1.1", "Host: a b", "",
                  "GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("hello"));
    client().receive_raw(refusal("400 Bad Request"));
    client().receive_end();
    EXPECT_EQ(counts().requests.value(), 1u);
    EXPECT_EQ(rejected_for(), invalid_host_header);
}

CONFORMANCE(http1_rejections, without_the_server_header_none_is_sent) {
    options.add_server_header = false;
    serve(hello);
    client().send("BAD", "");
    client().receive("HTTP/1.1 400 Bad Request", date(), "Content-Length: 0", "Connection: close",
                     "", "");
    client().receive_end();
}

CONFORMANCE(http1_rejections, hosts_that_are_good) {
    serve([](request& asked, response& answered) {
        answered.shared(std::make_shared<const std::string>(asked.host()));
    });
    for (const std::string_view host :
         {"a", "a:80", "a.b-c_d~e", "127.0.0.1:5000", "[::1]", "[::1]:80", "[2001:db8::1.2.3.4]:1",
          "a!$&'()", "a:99999"}) {
        SCOPED_TRACE(host);
        client().send("GET / HTTP/1.1", "Host: " + std::string(host), "", "");
        client().receive_raw(ok(host));
    }
    client().send("GET / HTTP/1.1", "Host:", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Length: 0", "", "");
}

CONFORMANCE(http1_rejections, the_authority_of_an_absolute_target_is_the_host) {
    serve([](request& asked, response& answered) {
        answered.shared(std::make_shared<const std::string>(asked.host()));
    });
    client().send("GET http://a:80/ HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("a:80"));
}

CONFORMANCE(http1_rejections, header_names_and_values_that_are_good) {
    serve([](request& asked, response& answered) {
        std::string all;
        for (size_t i = 0; i < asked.header_count(); ++i)
            all += std::string(asked.header_at(i).name) + '=' +
                   std::string(asked.header_at(i).value) + '|';
        answered.shared(std::make_shared<const std::string>(all));
    });
    client().send("GET / HTTP/1.1", "Host:a", "X:", "X: ", "x:\t b \tc\t ", "!#$%&'*+-.^_`|~1: d",
                  "U: \xc3\xa4\xf0\x9f\x98\x80", "C: a:b: c", "", "");
    client().receive_raw(
        ok("Host=a|X=|X=|x=b \tc|!#$%&'*+-.^_`|~1=d|U=\xc3\xa4\xf0\x9f\x98\x80|C=a:b: c|"));
}

CONFORMANCE(http1_rejections, headers_are_found_whatever_their_case) {
    serve([](request& asked, response& answered) {
        EXPECT_TRUE(asked.has_header("user-agent"));
        EXPECT_FALSE(asked.has_header("User-Agen"));
        EXPECT_TRUE(asked.has_header("x-mine"));
        EXPECT_EQ(asked.header("USER-AGENT"), "b");
        EXPECT_EQ(asked.header("X-MINE"), "c");
        EXPECT_EQ(asked.header("X-Yours"), "");
        hello(asked, answered);
    });
    client().send("GET / HTTP/1.1", "Host: a", "uSER-aGENT: b", "X-mine: c", "x-MINE: d", "", "");
    client().receive_raw(ok("hello"));
}

}  // namespace
}  // namespace saker::test
