// What breaks the rules of a stream ends that stream alone: RST_STREAM with its code, or a status;
// the connection goes on. And what breaks no rule though it looks like it.

#include "protocols/http/rejection.h"
#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;
using enum error_code;

class stream_errors : public served_http2 {
protected:
    // On streams of one connection; behind each of them another one is served.
    void expect_reset_each(const std::vector<fields>& heads, error_code code = protocol_error) {
        for (const fields& head : heads) {
            SCOPED_TRACE(shown(head));
            client().headers(next(), head, end_stream);
            client().receive_reset(last_, code);
            expect_served();
        }
    }
    void expect_status_each(const std::vector<fields>& heads, int status) {
        for (const fields& head : heads) {
            SCOPED_TRACE(shown(head));
            client().headers(next(), head, end_stream);
            client().receive_headers(last_, status, end_stream);
            expect_served();
        }
    }
    void expect_served() {
        client().get(next());
        client().receive_answer(last_, "hello");
    }
    uint32_t next() { return last_ += 2; }
    [[nodiscard]] uint32_t last() const { return last_; }
    void begin() {
        serve([this](request& asked, response& answered) -> task<> {
            ++calls_;
            (void)co_await asked.body().discard();
            hello(asked, answered);
        });
        client().start();
    }
    // Of handlers, besides those of `expect_served`.
    [[nodiscard]] uint64_t calls() const { return calls_; }

private:
    uint32_t last_ = uint32_t(-1);
    uint64_t calls_ = 0;
};
HTTP2_SUITE_OF(http2_stream_errors, stream_errors);

fields without(fields all, std::string_view name) {
    std::erase_if(all, [=](const field& one) { return one.name == name; });
    return all;
}

fields with(fields all, std::string_view name, std::string_view value) {
    for (field& one : all) {
        if (one.name == name) one.value = value;
    }
    return all;
}

CONFORMANCE(http2_stream_errors, of_pseudo_headers_that_are_missing) {
    begin();
    expect_reset_each({without(get(), ":method"),
                       without(get(), ":path"),
                       without(get(), ":scheme"),
                       {},
                       {{"x", "y"}},
                       without(get(), ":authority")});  // and no Host: RFC 9113 8.3.1
    EXPECT_EQ(calls(), 6u) << "only those that were served in between";
}

CONFORMANCE(http2_stream_errors, of_methods) {
    begin();
    expect_reset_each({with(get(), ":method", ""), with(get(), ":method", "G T"),
                       with(get(), ":method", "G@T"), with(get(), ":method", "GET/")});
}

CONFORMANCE(http2_stream_errors, of_paths) {
    begin();
    std::vector<fields> bad;
    for (const std::string_view path :
         {"", "a", "*", "http://a/", "/a b", "/\xc3\xa4", "/?\xc3\xa4", "/?a b", "/a#b", "/%00"})
        bad.push_back(with(get(), ":path", path));
    bad.push_back(request_of("OPTIONS", "**"));
    expect_reset_each(bad);
}

CONFORMANCE(http2_stream_errors, of_paths_that_are_too_long) {
    options.limits.max_request_line_size = 100;
    begin();
    const auto of_size = [&](size_t size) { return get('/' + std::string(size - 1, 'p')); };
    // As over HTTP/1, "GET {path} HTTP/1.1" and its CRLF; or nearly so.
    client().headers(next(), of_size(80), end_stream);
    client().receive_answer(last(), "hello");
    expect_reset_each({of_size(101), of_size(5000)});
}

CONFORMANCE(http2_stream_errors, of_schemes) {
    begin();
    expect_reset_each({with(get(), ":scheme", over_tls() ? "http" : "https"),
                       with(get(), ":scheme", "ftp"), with(get(), ":scheme", "")});
}

CONFORMANCE(http2_stream_errors, but_not_of_other_schemes_where_they_are_allowed) {
    options.allow_alternate_schemes = true;
    serve(hello);
    client().start();
    client().headers(1, with(get(), ":scheme", over_tls() ? "http" : "https"), end_stream);
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_stream_errors, of_hosts) {
    begin();
    std::vector<fields> bad;
    for (const std::string_view host :
         {"a b", "a/b", "a@b", "a:b", "[::1", "a:80:80", "\xc3\xa4"}) {
        bad.push_back(with(get(), ":authority", host));
        fields by_field = without(get(), ":authority");
        by_field.push_back({"host", std::string(host)});
        bad.push_back(by_field);
    }
    bad.push_back(get("/", {{"host", "a"}, {"host", "a"}}));
    bad.push_back(get("/", {{"host", "b"}}));  // is not :authority (RFC 9113 8.3.1)
    expect_reset_each(bad);
}

CONFORMANCE(http2_stream_errors, of_connect) {
    begin();
    const fields plain = {{":method", "CONNECT"}, {":authority", "a:80"}};
    fields with_scheme = plain, with_path = plain;
    with_scheme.push_back({":scheme", "http"});
    with_path.push_back({":path", "/"});
    expect_reset_each({
        with_scheme,
        with_path,
        {{":method", "CONNECT"}},
        get("/", {{":protocol", "websocket"}}),
        without(request_of("CONNECT", "/", {{":protocol", "websocket"}}), ":path"),
        without(request_of("CONNECT", "/", {{":protocol", "websocket"}}), ":scheme"),
    });
}

CONFORMANCE(http2_stream_errors, of_content_lengths) {
    begin();
    std::vector<fields> bad;
    for (const std::string_view size :
         {"+5", "-5", "5 5", "5,5", "0x5", "five", "", "5.0", "99999999999999999999999"})
        bad.push_back(get("/", {{"content-length", std::string(size)}}));
    bad.push_back(get("/", {{"content-length", "0"}, {"content-length", "5"}}));
    expect_reset_each(bad);
}

CONFORMANCE(http2_stream_errors, of_heads_that_are_too_large_are_431) {
    begin();
    const std::string half(17'000, 'v');
    client().send(
        headers_in_parts(next(), block(get("/", {{"x", half}, {"y", half}})), 16'384, end_stream));
    client().receive_headers(last(), 431, end_stream);
    expect_served();
    fields many;
    for (int i = 0; i < 101; ++i) many.push_back({"x", "y"});
    expect_status_each({get("/", many)}, 431);
    EXPECT_EQ(calls(), 2u);
    const auto counted = [this](rejection_reason of) {
        return counts().rejections[static_cast<size_t>(of)].value();
    };
    EXPECT_EQ(counted(rejection_reason::headers_exceed_max_total_size), 1u);
    EXPECT_EQ(counted(rejection_reason::too_many_headers), 1u);
}

CONFORMANCE(http2_stream_errors, of_streams_beyond_the_limit_are_refused) {
    options.limits.http2.max_streams_per_connection = 2;
    std::vector<responder> kept;
    serve([&](request& asked, response& answered) {
        if (asked.path() == "/wait") {
            kept.push_back(answered.defer());
        } else {
            hello(asked, answered);
        }
    });
    http2_client::greeting expected = http2_client::usual_greeting();
    expected.settings[0].second = 2;
    client().start({}, expected);
    const std::string head = block(get("/wait"));
    // What the refused one puts into the table is there for the others.
    client().send(headers(1, head, end_stream), headers(3, head, end_stream),
                  headers(5, head + hpack::incremental("x-mine", "value"), end_stream));
    client().receive_reset(5, refused_stream);
    client().receive_nothing();
    kept[0].text("done", 200, "");
    client().receive_headers(1, 200);
    client().receive_data(1, "done", end_stream);
    client().send(headers(7, block(get()) + hpack::indexed(hpack::first_dynamic), end_stream));
    client().receive_answer(7, "hello");
    kept[1].text("done", 200, "");
    client().receive_headers(3, 200);
    client().receive_data(3, "done", end_stream);
    kept.clear();
}

CONFORMANCE(http2_stream_errors, of_windows) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/wait") (void)co_await asked.until_aborted();
        hello(asked, answered);
    });
    client().start();
    client().get(1, "/wait");
    client().window_update(1, largest_window - 65'535);
    client().receive_nothing();
    client().window_update(1, 1);
    client().receive_reset(1, flow_control_error);
    client().get(3);
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_stream_errors, of_data_beyond_a_streams_window) {
    options.limits.http2.initial_stream_window_size = 65'535;
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/wait") (void)co_await asked.until_aborted();
        hello(asked, answered);
    });
    http2_client::greeting expected = http2_client::usual_greeting();
    std::erase_if(expected.settings, [](const setting_value& one) {
        return one.first == setting_id::initial_window_size;
    });
    client().start({}, expected);
    client().headers(1, post({}, "/wait"));
    std::string all;
    for (int i = 0; i < 4; ++i) all += data(1, std::string(16'384, 'b'));
    client().send_bytes(all);  // a byte too many
    const frame came = client().next();
    // Kestrel ends the connection; RFC 9113 6.9.1 lets it choose.
    EXPECT_TRUE(came.kind == type::rst_stream || came.kind == type::goaway) << shown(came);
    EXPECT_EQ(name_of_error(number_in(came.payload, came.kind == type::goaway ? 4 : 0)),
              "FLOW_CONTROL_ERROR");
    if (came.kind == type::goaway) {
        client().receive_end();
        client().end();
    }
}

// ---- what is no error ----

CONFORMANCE(http2_stream_errors, are_not_made_by_what_was_on_its_way) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/reset") co_return answered.reset(0);
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    client().send(window_update(1, 5), rst_stream(1, cancel), http2::priority(1, {.on = 0}),
                  priority_update(1, "u=1"));
    client().receive_nothing();
    client().headers(3, post({}, "/reset"));
    client().receive_reset(3, no_error);
    client().send(data(3, "on its way"), window_update(3, 5),
                  headers(3, block({{"x", "y"}}), end_stream), rst_stream(3, cancel));
    client().receive_nothing();
    client().get(5);
    client().receive_answer(5, "hello");
}

CONFORMANCE(http2_stream_errors, are_not_made_by_streams_that_were_left_out) {
    serve(hello);
    client().start();
    client().get(101);
    client().receive_answer(101, "hello");
    client().get(0x7fffffff);
    client().receive_answer(0x7fffffff, "hello");
}

CONFORMANCE(http2_stream_errors, are_not_made_by_priorities_of_any_stream) {
    serve(hello);
    client().start();
    client().send(http2::priority(7, {.on = 5}), http2::priority(5, {.on = 7}),
                  http2::priority(1, {.on = 1001}), priority_update(9, "u=1"),
                  priority_update(9, "nonsense \x01"), priority_update(1, ""));
    client().get(5);
    client().receive_answer(5, "hello");
    client().get(9);
    client().receive_answer(9, "hello");
}

// What a stream was ended for is no reason of the connection's.
CONFORMANCE(http2_stream_errors, are_not_the_reason_of_a_later_end) {
    serve([](request& asked, response&) -> task<> { co_await asked.until_aborted(); });
    client().start();
    client().get(1);
    client().window_update(1, largest_window);
    client().receive_reset(1, error_code::flow_control_error);
    client().send(settings({{setting_id::enable_push, 2}}));
    client().settle();
    client().ignore();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::invalid_settings));
}

}  // namespace
}  // namespace saker::test
