// Requests over HTTP/2, without much of a body: what the application sees of a head.

#include "tests/support/serve_http2.h"

#include <stdexcept>

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
    for (const size_t each : {head.size() / 7, head.size() - 1, head.size()}) {
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

CONFORMANCE(http2_requests, leave_nothing_behind_for_the_next_one) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/throws") throw std::runtime_error("on purpose");
        const auto body = co_await asked.body().text();
        std::string all = std::string(asked.method()) + ' ' + std::string(asked.query()) + ' ' +
                          std::string(asked.host()) + ' ' + std::to_string(asked.header_count()) +
                          ' ' + std::to_string(asked.trailer_count()) + ' ' +
                          (body ? *body : "failed");
        EXPECT_EQ(answered.status(), 200);
        if (asked.method() == "POST") {
            answered.status(201).header("x-mine", "value");
            answered.trailer("x-trailer", "value");
        }
        text(answered, all);
    });
    client().start();
    for (uint32_t stream = 1; stream < 60; stream += 10) {
        client().send(headers(stream, block(post({{"cookie", "a"}, {"cookie", "b"}}, "/?q"))),
                      data(stream, "body"), headers(stream, block({{"x", "y"}}), end_stream));
        client().receive_headers(stream, 201);
        client().receive_data(stream, "POST q a 2 1 body");
        client().receive_trailers(stream, {{"x-trailer", "value"}});
        client().get(stream + 2, "/throws");
        client().receive_headers(stream + 2, 500, end_stream);
        client().headers(stream + 4, post({{"content-length", "9"}}));
        client().reset(stream + 4);
        client().get(stream + 6);
        client().receive_headers(stream + 6, 200);
        EXPECT_EQ(client().field("x-mine"), "");
        client().receive_data(stream + 6, "GET  a 1 0 ", end_stream);
    }
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
    client().receive_headers(3, 404);
    (void)client().read_body(3);
    client().headers(5, request_of("PUT", "/users/5"), end_stream);
    client().receive_headers(5, 405);
    EXPECT_EQ(client().field("allow"), "GET, HEAD");
    (void)client().read_body(5);
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
        if (asked.method() == "GET") co_return hello(asked, answered);
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
    client().receive_answer(3, "hello");
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

}  // namespace
}  // namespace saker::test
