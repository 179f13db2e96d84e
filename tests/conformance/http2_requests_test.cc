// Requests and answers over HTTP/2, without much of a body: what the application sees of a head,
// and what becomes of the head that it answers.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_requests);

void text(response& answered, std::string of) {
    answered.shared(std::make_shared<const std::string>(std::move(of)));
}

// All fields as the application sees them: "name=value|name=value|".
void list_fields(request& asked, response& answered) {
    std::string all;
    for (size_t i = 0; i < asked.header_count(); ++i)
        all += std::string(asked.header_at(i).name) + '=' + std::string(asked.header_at(i).value) +
               '|';
    text(answered, all);
}

// ---- what is asked ----

CONFORMANCE(http2_requests, have_a_method) {
    serve(what_was_asked);
    client().start();
    uint32_t stream = 1;
    for (const std::string method :
         {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW", "get"}) {
        client().headers(stream, request_of(method, "/x"), end_stream);
        client().receive_answer(stream, method + " /x ");
        stream += 2;
    }
}

CONFORMANCE(http2_requests, have_what_every_request_has) {
    serve([this](request& asked, response& answered) {
        EXPECT_EQ(asked.protocol(), "HTTP/2");
        EXPECT_EQ(asked.scheme(), scheme());
        EXPECT_EQ(asked.host(), "a");
        EXPECT_EQ(asked.target(), "/p%20q?x=1+2");
        EXPECT_EQ(asked.path(), "/p q");
        EXPECT_EQ(asked.query(), "x=1+2");
        EXPECT_EQ(asked.query_value("x"), "1 2");
        EXPECT_EQ(asked.header("HOST"), "a");
        EXPECT_EQ(asked.header("User-Agent"), "me");
        EXPECT_EQ(asked.header(":path"), "");
        EXPECT_FALSE(asked.content_length());
        EXPECT_FALSE(asked.body().expected());
        EXPECT_FALSE(asked.aborted());
        EXPECT_FALSE(asked.can_upgrade());
        EXPECT_TRUE(asked.id().ends_with(":00000001")) << asked.id();
        hello(asked, answered);
    });
    client().start();
    client().get(1, "/p%20q?x=1+2", {{"user-agent", "me"}});
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_requests, have_a_path_that_is_decoded_once_and_has_no_dots) {
    serve(what_was_asked);
    client().start();
    const std::pair<std::string_view, std::string_view> rows[] = {{"/", "GET / "},
                                                                  {"/a/../b", "GET /b "},
                                                                  {"/a%2fb", "GET /a%2fb "},
                                                                  {"/%41%2541", "GET /A%41 "},
                                                                  {"/?", "GET / "},
                                                                  {"/a?b?c", "GET /a b?c"},
                                                                  {"/.//b/./", "GET //b/ "},
                                                                  {"//a", "GET //a "},
                                                                  {"/?a=%20", "GET / a=%20"},
                                                                  {"/%C3%A4", "GET /\xc3\xa4 "}};
    uint32_t stream = 1;
    for (const auto& [path, expected] : rows) {
        SCOPED_TRACE(path);
        client().get(stream, path);
        client().receive_answer(stream, expected);
        stream += 2;
    }
    client().headers(stream, request_of("OPTIONS", "*"), end_stream);
    client().receive_answer(stream, "OPTIONS  ");
}

CONFORMANCE(http2_requests, have_their_authority_as_host) {
    serve([](request& asked, response& answered) {
        size_t hosts = 0;
        for (size_t i = 0; i < asked.header_count(); ++i)
            hosts += asked.header_at(i).name == "host" ? 1 : 0;
        EXPECT_LE(hosts, 1u);
        EXPECT_EQ(asked.header("Host"), asked.host());
        text(answered, std::string(asked.host()) + '.');
    });
    client().start();
    client().get(1, "/", {{"host", "b"}});  // :authority is "a"
    client().receive_answer(1, "a.");
    const fields alone = {
        {":method", "GET"}, {":scheme", scheme()}, {":path", "/"}, {"host", "b:80"}};
    client().headers(3, alone, end_stream);
    client().receive_answer(3, "b:80.");
    const fields ipv6 = {
        {":method", "GET"}, {":scheme", scheme()}, {":path", "/"}, {":authority", "[::1]:8080"}};
    client().headers(5, ipv6, end_stream);
    client().receive_answer(5, "[::1]:8080.");
}

CONFORMANCE(http2_requests, have_their_fields_in_order) {
    serve(list_fields);
    client().start();
    client().get(
        1, "/", {{"x-b", "1"}, {"x-a", "2"}, {"x-b", ""}, {"te", "trailers"}, {"x-c", "\xc3\xa4"}});
    client().receive_headers(1, 200);
    const std::string body = client().read_body(1);
    EXPECT_NE(body.find("x-b=1|x-a=2|x-b=|te=trailers|x-c=\xc3\xa4|"), std::string::npos) << body;
}

CONFORMANCE(http2_requests, have_their_cookies_in_one_line) {
    serve([](request& asked, response& answered) {
        text(answered, std::string(asked.header("cookie")));
    });
    client().start();
    client().get(1, "/", {{"cookie", "a=b"}, {"x", "y"}, {"cookie", "c=d"}, {"cookie", "e=f"}});
    client().receive_answer(1, "a=b; c=d; e=f");
    client().get(3, "/", {{"cookie", "a=b; c=d"}});
    client().receive_answer(3, "a=b; c=d");
}

CONFORMANCE(http2_requests, may_come_with_huffman_codes_and_the_dynamic_table) {
    serve([](request& asked, response& answered) {
        text(answered, std::string(asked.path()) + ' ' + std::string(asked.header("x-mine")) + ' ' +
                           std::string(asked.header("user-agent")));
    });
    client().start();
    hpack_encoder writes;
    for (uint32_t i = 0; i < 20; ++i) {
        const std::string path = "/number/" + std::to_string(i % 7);
        const std::string value = "value of " + std::to_string(i % 3);
        client().headers(
            1 + 2 * i, writes.block(get(path, {{"x-mine", value}, {"user-agent", "Mozilla/5.0"}})),
            end_stream);
        client().receive_answer(1 + 2 * i, path + ' ' + value + " Mozilla/5.0");
    }
}

CONFORMANCE(http2_requests, may_change_the_size_of_the_table) {
    serve(
        [](request& asked, response& answered) { text(answered, std::string(asked.header("x"))); });
    client().start();
    const std::string head = block(get());
    client().headers(1, head + hpack::incremental("x", "first"), end_stream);
    client().receive_answer(1, "first");
    client().headers(3, head + hpack::indexed(hpack::first_dynamic), end_stream);
    client().receive_answer(3, "first");
    client().headers(
        5,
        hpack::table_size(0) + hpack::table_size(4096) + head + hpack::incremental("x", "second"),
        end_stream);
    client().receive_answer(5, "second");
    client().headers(7, head + hpack::indexed(hpack::first_dynamic), end_stream);
    client().receive_answer(7, "second");
}

CONFORMANCE(http2_requests, may_have_heads_in_parts) {
    serve(
        [](request& asked, response& answered) { text(answered, std::string(asked.header("x"))); });
    client().start();
    const std::string head = block(get("/", {{"x", std::string(200, 'v')}}));
    uint32_t stream = 1;
    for (const size_t each : {size_t{1}, size_t{7}, head.size() - 1, head.size()}) {
        client().send(headers_in_parts(stream, head, each, end_stream));
        client().receive_answer(stream, std::string(200, 'v'));
        stream += 2;
    }
    client().send(headers_begin(stream, "", end_stream), continuation(stream, head),
                  continuation(stream, "", end_headers));
    client().receive_answer(stream, std::string(200, 'v'));
}

CONFORMANCE(http2_requests, may_have_padded_heads_and_old_priorities) {
    serve(hello);
    client().start();
    const std::string head = block(get());
    client().send(
        padded_headers(1, head, 0, end_stream), padded_headers(3, head, 255, end_stream),
        headers_with_priority(5, {.on = 3, .weight = 200, .exclusive = true}, head, end_stream),
        frame_of(type::headers, end_stream | end_headers | padded | with_priority, 7,
                 std::string("\x03\0\0\0\0\x10", 6) + head + std::string(3, '\0')),
        http2::priority(9, {.on = 1}), http2::priority(1, {.on = 9}));
    for (const uint32_t stream : {1u, 3u, 5u, 7u}) client().receive_answer(stream, "hello");
    client().get(9);
    client().receive_answer(9, "hello");
}

CONFORMANCE(http2_requests, may_have_a_large_head) {
    serve([](request& asked, response& answered) {
        text(answered,
             std::to_string(asked.header("x").size()) + ' ' + std::to_string(asked.header_count()));
    });
    client().start();
    client().send(headers_in_parts(1, block(get("/", {{"x", std::string(30'000, 'v')}})), 16'384,
                                   end_stream));
    client().receive_answer(1, "30000 2");
    fields many;
    for (int i = 0; i < 99; ++i) many.push_back({"x-" + std::to_string(i), "v"});
    client().get(3, "/", many);
    client().receive_answer(3, "0 100");
}

CONFORMANCE(http2_requests, are_answered_in_the_order_in_which_they_are_done) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/slow") {
            EXPECT_TRUE(co_await delay(1s));
        }
        text(answered, std::string(asked.path()));
    });
    client().start();
    client().get(1, "/slow");
    client().get(3, "/fast");
    client().receive_answer(3, "/fast");
    client().receive_nothing();
    advance(1s);
    client().receive_answer(1, "/slow");
}

CONFORMANCE(http2_requests, may_be_as_many_at_once_as_the_settings_say) {
    std::vector<responder> kept;
    serve([&](request&, response& answered) { kept.push_back(answered.defer()); });
    client().start();
    std::string all;
    for (uint32_t i = 0; i < 100; ++i) all += headers(1 + 2 * i, block(get()), end_stream);
    client().send(all);
    client().receive_nothing();
    ASSERT_EQ(kept.size(), 100u);
    for (uint32_t i = 100; i-- > 0;) EXPECT_TRUE(kept[i].text("done", 200, ""));
    for (uint32_t i = 0; i < 100; ++i) {
        client().receive_headers(1 + 2 * i, 200);
        client().receive_data(1 + 2 * i, "done", end_stream);
    }
    client().get(201);
    settle();
    ASSERT_EQ(kept.size(), 101u);
    kept.clear();
    client().receive_headers(201, 500, end_stream);
}

CONFORMANCE(http2_requests, are_routed) {
    route("GET", "/users/{id}", [](request& asked, response& answered) {
        text(answered, "user " + std::string(asked.route_value("id")));
    });
    serve_routes();
    client().start();
    client().get(1, "/users/5");
    client().receive_answer(1, "user 5");
    client().get(3, "/none");
    client().receive_headers(3, 404, end_stream);
    client().headers(5, request_of("PUT", "/users/5"), end_stream);
    client().receive_headers(5, 405, end_stream);
    EXPECT_EQ(client().field("allow"), "GET, HEAD");
}

// ---- CONNECT ----

CONFORMANCE(http2_requests, by_connect_have_an_authority_alone) {
    serve([](request& asked, response& answered) {
        text(answered, std::string(asked.method()) + ' ' + std::string(asked.target()) + " [" +
                           std::string(asked.path()) + "] " + std::string(asked.host()) +
                           (asked.can_upgrade() ? " upgrades" : ""));
    });
    client().start();
    client().headers(1, fields{{":method", "CONNECT"}, {":authority", "b:443"}}, end_stream);
    client().receive_answer(1, "CONNECT b:443 [] b:443");
}

CONFORMANCE(http2_requests, by_extended_connect_become_another_protocol) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_EQ(asked.method(), "CONNECT");
        EXPECT_EQ(asked.requested_protocol(), "websocket");
        EXPECT_EQ(asked.path(), "/chat");
        EXPECT_EQ(asked.host(), "a");
        EXPECT_TRUE(asked.can_upgrade());
        answered.header("Sec-WebSocket-Protocol", "chat");
        connection* const own = answered.upgrade("websocket");
        if (own == nullptr) co_return;
        pipe& in = own->input();
        while (co_await in.read()) {
            while (share piece = in.take(in.length())) own->output().append(std::move(piece));
            if (!co_await own->output().flush()) co_return;
        }
        own->output().write("bye");
    });
    client().start();
    client().headers(1, request_of("CONNECT", "/chat", {{":protocol", "websocket"}}));
    client().receive_headers(1, 200);
    EXPECT_EQ(client().field("sec-websocket-protocol"), "chat");
    EXPECT_EQ(client().field("upgrade"), "");
    EXPECT_EQ(client().field("content-length"), "");
    client().data(1, "hello");
    client().receive_data(1, "hello");
    client().get(3, "/chat");  // others go on
    client().receive_headers(3, 200);
    EXPECT_EQ(client().read_body(3).size(), 0u);
    client().data(1, "again");
    client().receive_data(1, "again");
    client().data(1, "", end_stream);
    client().receive_data(1, "bye", end_stream);
}

CONFORMANCE(http2_requests, by_extended_connect_may_be_answered_as_any_other) {
    serve([](request& asked, response& answered) {
        EXPECT_TRUE(asked.can_upgrade());
        answered.status(403);
        text(answered, "no");
    });
    client().start();
    client().headers(1, request_of("CONNECT", "/chat", {{":protocol", "websocket"}}));
    client().receive_headers(1, 403);
    client().receive_data(1, "no", end_stream);
    client().receive_reset(1, error_code::no_error);
}

CONFORMANCE(http2_requests, that_are_no_connect_cannot_upgrade) {
    serve([](request& asked, response& answered) {
        EXPECT_FALSE(asked.can_upgrade());
        EXPECT_EQ(answered.upgrade("websocket"), nullptr);
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
}

// ---- what is answered ----

CONFORMANCE(http2_requests, by_head_get_no_body) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/whole") co_return hello(asked, answered);
        EXPECT_FALSE(co_await answered.body().write("not to be seen"));
        answered.trailer("x", "y");
    });
    client().start();
    client().headers(1, request_of("HEAD", "/whole"), end_stream);
    client().receive_fields(1, common(200, {{"content-length", "5"}}), end_stream);
    client().headers(3, request_of("HEAD", "/streamed"), end_stream);
    client().receive_headers(3, 200, end_stream);
}

CONFORMANCE(http2_requests, may_get_a_status_without_a_body) {
    serve([](request& asked, response& answered) {
        answered.status(static_cast<uint16_t>(std::stoi(std::string(asked.path().substr(1)))));
    });
    client().start();
    client().get(1, "/204");
    client().receive_fields(1, common(204), end_stream);
    client().get(3, "/304");
    client().receive_headers(3, 304, end_stream);
    client().get(5, "/205");
    client().receive_headers(5, 205, end_stream);
    client().get(7, "/200");
    client().receive_fields(7, common(200, {{"content-length", "0"}}), end_stream);
    client().get(9, "/599");
    client().receive_headers(9, 599, end_stream);
}

CONFORMANCE(http2_requests, get_names_in_small_letters_and_nothing_of_a_connection) {
    serve([](request&, response& answered) {
        answered.header("X-Mine", "Value");
        answered.append_header("Set-Cookie", "a=b");
        answered.append_header("Set-Cookie", "c=d");
        answered.header("Connection", "keep-alive");
        answered.header("Keep-Alive", "timeout=5");
        answered.header("Proxy-Connection", "close");
        answered.header("Transfer-Encoding", "chunked");
        answered.header("Upgrade", "h2c");
        text(answered, "hello");
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    EXPECT_EQ(client().field("x-mine"), "Value");
    EXPECT_EQ(client().field("set-cookie"), "a=b, c=d");
    EXPECT_EQ(client().head().size(), 7u) << shown(client().head());
    client().receive_data(1, "hello", end_stream);
}

CONFORMANCE(http2_requests, get_a_head_of_any_size) {
    serve([](request&, response& answered) {
        answered.header("X-Long", std::string(50'000, 'v'));
        for (int i = 0; i < 200; ++i) answered.header("X-" + std::to_string(i), "w");
        text(answered, "hello");
    });
    client().start();
    for (const uint32_t stream : {1u, 3u}) {
        client().get(stream);
        client().receive_headers(stream, 200);
        EXPECT_EQ(client().field("x-long"), std::string(50'000, 'v'));
        EXPECT_EQ(client().field("x-199"), "w");
        client().receive_data(stream, "hello", end_stream);
    }
}

CONFORMANCE(http2_requests, get_no_server_field_where_none_is_wanted) {
    options.add_server_header = false;
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    EXPECT_EQ(client().field("server"), "");
    EXPECT_EQ("Date: " + client().field("date"), date());
}

CONFORMANCE(http2_requests, get_a_head_that_is_compressed_for_the_table_that_they_allow) {
    serve(hello);
    client().start({{setting_id::header_table_size, 0}});
    for (const uint32_t stream : {1u, 3u}) {
        client().get(stream);
        client().receive_fields(stream, common(200, {{"content-length", "5"}}));
        client().receive_data(stream, "hello", end_stream);
    }
    client().settings({{setting_id::header_table_size, 65'536}});
    client().receive_settings_ack();
    client().get(5);
    client().receive_fields(5, common(200, {{"content-length", "5"}}));
    client().receive_data(5, "hello", end_stream);
}

CONFORMANCE(http2_requests, get_100_when_a_handler_reads_what_was_not_sent_yet) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/late") {
            EXPECT_TRUE(co_await delay(1s));
        }
        return_body(answered, co_await asked.body().text());
    });
    client().start();
    client().headers(1, post({{"expect", "100-continue"}, {"content-length", "5"}}));
    client().receive_fields(1, {{":status", "100"}});
    client().data(1, "hello", end_stream);
    client().receive_answer(1, "hello");
    client().headers(3, post({{"expect", "100-Continue"}}, "/late"));
    client().data(3, "hello", end_stream);  // has not waited
    advance(1s);
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_requests, get_no_100_when_a_handler_does_not_read) {
    serve([](request&, response& answered) { answered.status(403); });
    client().start();
    client().headers(1, post({{"expect", "100-continue"}, {"content-length", "5"}}));
    client().receive_headers(1, 403, end_stream);
    client().receive_reset(1, error_code::no_error);
}

CONFORMANCE(http2_requests, may_get_early_hints) {
    serve([](request& asked, response& answered) -> task<> {
        answered.early_hints({"</a.css>; rel=preload", "</b.js>; rel=preload"});
        EXPECT_TRUE(co_await delay(1s));
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 103);
    EXPECT_EQ(client().field("link"), "</a.css>; rel=preload, </b.js>; rel=preload");
    EXPECT_EQ(client().field("server"), "");
    advance(1s);
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_requests, whose_handler_throws_get_500) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/late") (void)co_await answered.body().write("begun");
        throw std::runtime_error("on purpose");
    });
    client().start();
    client().get(1);
    client().receive_fields(1, common(500, {{"content-length", "0"}}), end_stream);
    client().get(3, "/late");
    client().receive_headers(3, 200);
    client().receive_data(3, "begun");
    client().receive_reset(3, error_code::internal_error);
    client().get(5);
    client().receive_headers(5, 500, end_stream);
}

CONFORMANCE(http2_requests, may_be_reset_by_their_handler) {
    serve([](request& asked, response& answered) {
        if (asked.path() == "/abort") answered.abort();
        if (asked.path() == "/reset") answered.reset(0x0d);
        if (asked.path() == "/other") hello(asked, answered);
    });
    client().start();
    client().get(1, "/abort");
    client().receive_reset(1, error_code::internal_error);
    client().get(3, "/reset");
    client().receive_reset(3, error_code::http_1_1_required);
    client().get(5, "/other");
    client().receive_answer(5, "hello");
    EXPECT_EQ(ended(), end_reason::none);
}

CONFORMANCE(http2_requests, may_be_cancelled) {
    bool was_told = false;
    bool could_write = true;
    serve([&](request& asked, response& answered) -> task<> {
        if (asked.path() == "/other") co_return hello(asked, answered);
        (void)co_await asked.until_aborted();
        was_told = asked.aborted();
        could_write = co_await answered.body().write("nobody hears it");
    });
    client().start();
    client().get(1);
    client().receive_nothing();
    EXPECT_FALSE(was_told);
    client().reset(1);
    client().receive_nothing();
    EXPECT_TRUE(was_told);
    EXPECT_FALSE(could_write);
    client().get(3, "/other");
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_requests, that_are_cancelled_while_they_are_deferred_tell_the_responder) {
    std::vector<responder> kept;
    serve([&](request& asked, response& answered) {
        if (asked.path() == "/other") return hello(asked, answered);
        kept.push_back(answered.defer());
    });
    client().start();
    client().get(1);
    settle();
    ASSERT_EQ(kept.size(), 1u);
    EXPECT_FALSE(kept[0].aborted());
    client().reset(1);
    client().receive_nothing();
    EXPECT_TRUE(kept[0].aborted());
    EXPECT_FALSE(kept[0].text("late"));
    kept.clear();
    client().get(3, "/other");
    client().receive_answer(3, "hello");
}

CONFORMANCE(http2_requests, may_close_the_connection_behind_them) {
    serve([](request& asked, response& answered) {
        if (asked.path() == "/last") answered.close_connection();
        hello(asked, answered);
    });
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    client().get(3, "/last");
    client().receive_answer(3, "hello");
    client().receive_goaway(error_code::no_error, 3);
    client().receive_end();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::connection_close_requested));
}

CONFORMANCE(http2_requests, end_with_their_connection) {
    bool was_told = false;
    serve([&](request& asked, response&) -> task<> {
        (void)co_await asked.until_aborted();
        was_told = asked.aborted();
    });
    client().start();
    client().get(1);
    client().receive_nothing();
    client().vanish();
    settle();
    EXPECT_TRUE(was_told);
    EXPECT_EQ(open_connections(), 0u);
    EXPECT_NE(ended(), end_reason::none);
}

}  // namespace
}  // namespace saker::test
