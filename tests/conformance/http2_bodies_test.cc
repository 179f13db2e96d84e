// Bodies over HTTP/2, both ways: frames of any kind, lengths that are not kept, trailers, and
// what becomes of a body that nobody reads. Windows have a test of their own.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_bodies);

// Says how much has come, and why no more.
task<> count_body(request& asked, response& answered) {
    const uint64_t size = co_await asked.body().discard();
    if (asked.body().failed()) co_return;
    answered.shared(std::make_shared<const std::string>(std::to_string(size)));
}

// ---- what comes ----

CONFORMANCE(http2_bodies, come_in_any_number_of_frames) {
    serve(echo);
    client().start();
    const std::string head = block(post());
    client().send(headers(1, head), data(1, "hel"), data(1, ""), data(1, "lo", end_stream));
    client().receive_answer(1, "hello");
    client().send(headers(3, head), data(3, "hello"), data(3, "", end_stream));
    client().receive_answer(3, "hello");
    client().send(headers(5, head), data(5, "", end_stream));
    client().receive_answer(5, "");
    client().headers(7, post(), end_stream);
    client().receive_answer(7, "");
}

CONFORMANCE(http2_bodies, may_be_padded) {
    serve(echo);
    client().start();
    client().send(headers(1, block(post({{"content-length", "10"}}))), padded_data(1, "hel", 0),
                  padded_data(1, "lo", 255), padded_data(1, "", 7),
                  padded_data(1, "world", 3, end_stream));
    client().receive_answer(1, "helloworld");
}

CONFORMANCE(http2_bodies, come_while_the_answer_goes) {
    serve(echo_streamed);
    client().start();
    client().headers(1, post());
    client().data(1, "ping");
    client().receive_headers(1, 200);
    client().receive_data(1, "ping");
    client().data(1, "pong");
    client().receive_data(1, "pong");
    client().data(1, "", end_stream);
    client().receive_data(1, "", end_stream);
}

CONFORMANCE(http2_bodies, come_on_many_streams_at_once) {
    serve(echo);
    client().start();
    std::string all;
    for (uint32_t stream = 1; stream < 20; stream += 2) all += headers(stream, block(post()));
    for (int i = 0; i < 5; ++i) {
        for (uint32_t stream = 1; stream < 20; stream += 2)
            all += data(stream, std::to_string(stream) + '.');
    }
    for (uint32_t stream = 1; stream < 20; stream += 2) all += data(stream, "", end_stream);
    client().send(all);
    for (uint32_t stream = 1; stream < 20; stream += 2)
        client().receive_answer(stream, times(5, std::to_string(stream) + '.'));
}

CONFORMANCE(http2_bodies, have_the_length_that_was_announced) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_EQ(asked.content_length(), 5u);
        co_await echo(asked, answered);
    });
    client().start();
    client().post(1, "hello", {{"content-length", "5"}});
    client().receive_answer(1, "hello");
}

CONFORMANCE(http2_bodies, that_are_longer_than_announced_are_an_error_of_the_stream) {
    bool has_failed = false;
    serve([&](request& asked, response& answered) -> task<> {
        co_await count_body(asked, answered);
        has_failed = has_failed || asked.body().failed();
    });
    client().start();
    client().send(headers(1, block(post({{"content-length", "5"}}))), data(1, "hello"));
    client().receive_nothing();
    client().data(1, "!");
    client().receive_reset(1, error_code::protocol_error);
    settle();
    EXPECT_TRUE(has_failed);
    client().post(3, "!", {{"content-length", "0"}});
    client().receive_reset(3, error_code::protocol_error);
    client().post(5, "!", {{"content-length", "1"}});
    client().receive_answer(5, "1");
}

CONFORMANCE(http2_bodies, that_are_shorter_than_announced_are_an_error_of_the_stream) {
    bool has_failed = false;
    serve([&](request& asked, response& answered) -> task<> {
        co_await count_body(asked, answered);
        has_failed = has_failed || asked.body().failed();
    });
    client().start();
    client().post(1, "hell", {{"content-length", "5"}});
    client().receive_reset(1, error_code::protocol_error);
    settle();
    EXPECT_TRUE(has_failed);
    client().get(3, "/", {{"content-length", "5"}});
    client().receive_reset(3, error_code::protocol_error);
    // Trailers end it as well.
    client().send(headers(5, block(post({{"content-length", "5"}}))), data(5, "hell"),
                  headers(5, block({{"x", "y"}}), end_stream));
    client().receive_reset(5, error_code::protocol_error);
    client().get(7, "/", {{"content-length", "0"}});
    client().receive_answer(7, "0");
}

CONFORMANCE(http2_bodies, that_are_too_large_are_413) {
    options.limits.max_request_body_size = 10;
    serve(count_body);
    client().start();
    client().headers(1, post({{"content-length", "11"}}));
    client().receive_headers(1, 413, end_stream);
    client().receive_reset(1, error_code::no_error);
    client().headers(3, post());
    client().data(3, "0123456789");
    client().receive_nothing();
    client().data(3, "!");
    client().receive_headers(3, 413, end_stream);
    client().receive_reset(3, error_code::no_error);
    client().post(5, "0123456789");
    client().receive_answer(5, "10");
    EXPECT_EQ(
        counts().rejections[static_cast<size_t>(rejection_reason::request_body_too_large)].value(),
        2u);
}

CONFORMANCE(http2_bodies, may_have_a_limit_of_their_own) {
    options.limits.max_request_body_size = 10;
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(asked.body().limit_to(20));
        co_await count_body(asked, answered);
    });
    client().start();
    client().post(1, std::string(20, 'b'));
    client().receive_answer(1, "20");
    client().post(3, std::string(21, 'b'));
    client().receive_headers(3, 413, end_stream);
}

CONFORMANCE(http2_bodies, that_are_cut_by_a_reset_have_failed) {
    bool has_failed = false;
    serve([&](request& asked, response&) -> task<> {
        (void)co_await asked.body().discard();
        has_failed = asked.body().failed();
    });
    client().start();
    client().headers(1, post());
    client().data(1, "hel");
    client().reset(1);
    client().receive_nothing();
    EXPECT_TRUE(has_failed);
}

CONFORMANCE(http2_bodies, that_are_cut_by_the_end_of_the_connection_have_failed) {
    bool has_failed = false;
    serve([&](request& asked, response&) -> task<> {
        (void)co_await asked.body().discard();
        has_failed = asked.body().failed();
    });
    client().start();
    client().headers(1, post());
    client().data(1, "hel");
    client().settle();
    client().end();
    client().settle();
    client().ignore();
    EXPECT_TRUE(has_failed);
    EXPECT_EQ(name(ended()), name(end_reason::unexpected_end_of_request));
}

CONFORMANCE(http2_bodies, that_nobody_reads_are_stopped_behind_the_answer) {
    serve(hello);
    client().start();
    client().headers(1, post());
    client().data(1, "begun");
    client().receive_answer(1, "hello");
    client().receive_reset(1, error_code::no_error);
    client().send(data(1, std::string(10'000, 'b')), data(1, "", end_stream));  // on its way
    client().receive_nothing();
    client().post(3, "all of it");
    client().receive_answer(3, "hello");
    client().settle();
    if (client().has_heard(3)) client().receive_reset(3, error_code::no_error);  // was cut
    client().receive_nothing();
}

CONFORMANCE(http2_bodies, that_nobody_reads_do_not_use_up_the_window_of_the_connection) {
    serve(hello);
    client().start();
    const std::string much(16'384, 'b');
    int64_t left = 1024 * 1024;
    for (uint32_t stream = 1; stream < 160; stream += 2) {
        client().headers(stream, post());
        client().receive_answer(stream, "hello");
        client().receive_reset(stream, error_code::no_error);
        client().data(stream, much, end_stream);
        client().settle();
        left += static_cast<int64_t>(client().granted(0)) - 16'384;
        ASSERT_GT(left, 400'000) << "what was dropped is not given back";
    }
}

// ---- trailers ----

CONFORMANCE(http2_bodies, may_have_trailers) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_EQ(asked.trailer_count(), 0u);
        const auto body = co_await asked.body().text();
        std::string all = (body ? *body : "failed") + ':';
        for (size_t i = 0; i < asked.trailer_count(); ++i)
            all += std::string(asked.trailer_at(i).name) + '=' +
                   std::string(asked.trailer_at(i).value) + '|';
        EXPECT_FALSE(asked.has_header("x-sum"));
        answered.shared(std::make_shared<const std::string>(all));
    });
    client().start();
    client().send(headers(1, block(post())), data(1, "hello"),
                  headers(1, block({{"x-sum", "5"}, {"x-more", ""}}), end_stream));
    client().receive_answer(1, "hello:x-sum=5|x-more=|");
    client().send(headers(3, block(post())), headers(3, block({{"x-sum", "0"}}), end_stream));
    client().receive_answer(3, ":x-sum=0|");
    client().send(headers(5, block(post())), data(5, "a"), headers(5, "", end_stream));
    client().receive_answer(5, "a:");
    client().send(headers(7, block(post())), data(7, "a"),
                  headers_in_parts(7, block({{"x-sum", std::string(100, 'v')}}), 20, end_stream));
    client().receive_answer(7, "a:x-sum=" + std::string(100, 'v') + '|');
}

CONFORMANCE(http2_bodies, whose_trailers_are_too_large_have_failed) {
    serve(echo);
    client().start();
    fields many;
    for (int i = 0; i < 101; ++i) many.push_back({"x", "y"});
    client().send(headers(1, block(post())), data(1, "a"), headers(1, block(many), end_stream));
    client().receive_headers(1, 431, end_stream);
    const std::string half(17'000, 'v');
    client().send(headers(3, block(post())), data(3, "a"),
                  headers_in_parts(3, block({{"x", half}, {"y", half}}), 16'384, end_stream));
    client().receive_headers(3, 431, end_stream);
    client().post(5, "a");
    client().receive_answer(5, "a");
}

CONFORMANCE(http2_bodies, may_be_answered_with_trailers) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() != "/none") (void)co_await answered.body().write("hello");
        answered.trailer("X-Sum", "5");
        answered.trailer("x-more", "");
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    client().receive_data(1, "hello");
    client().receive_trailers(1, {{"x-sum", "5"}, {"x-more", ""}});
    client().get(3, "/none");
    client().receive_headers(3, 200);
    const frame next = client().next_of(3);
    if (next.kind == type::data) {
        EXPECT_EQ(shown(next), "DATA(3) 0 bytes");
        client().receive_trailers(3, {{"x-sum", "5"}, {"x-more", ""}});
    } else {
        EXPECT_EQ(shown(client().head()), "x-sum: 5\nx-more: \n");
        EXPECT_TRUE(next.has(end_stream));
    }
}

// ---- what goes ----

CONFORMANCE(http2_bodies, go_piece_by_piece) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/sized") answered.content_length(6);
        EXPECT_TRUE(co_await answered.body().write("abc"));
        EXPECT_TRUE(co_await delay(1s));
        EXPECT_TRUE(co_await answered.body().write("def"));
    });
    client().start();
    client().get(1);
    client().receive_fields(1, common(200));
    client().receive_data(1, "abc");
    client().receive_nothing();
    advance(1s);
    client().receive_data(1, "def", end_stream);
    client().get(3, "/sized");
    client().receive_fields(3, common(200, {{"content-length", "6"}}));
    client().receive_data(3, "abc");
    advance(1s);
    client().receive_data(3, "def", end_stream);
}

CONFORMANCE(http2_bodies, may_begin_by_their_head_alone) {
    serve([](request&, response& answered) -> task<> {
        EXPECT_TRUE(co_await answered.body().flush());
        EXPECT_TRUE(co_await delay(1s));
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    client().receive_nothing();
    advance(1s);
    client().receive_data(1, "", end_stream);
}

CONFORMANCE(http2_bodies, that_are_not_what_was_announced_are_reset) {
    serve([](request& asked, response& answered) -> task<> {
        answered.content_length(5);
        (void)co_await answered.body().write(asked.path() == "/short" ? "abc" : "abcde");
        (void)co_await delay(1s);
        if (asked.path() == "/long") (void)co_await answered.body().write("f");
    });
    client().start();
    client().get(1, "/short");
    client().receive_headers(1, 200);
    client().receive_data(1, "abc");
    advance(1004ms);
    client().receive_reset(1, error_code::internal_error);
    client().get(3, "/long");
    client().receive_headers(3, 200);
    client().receive_data(3, "abcde");
    advance(1004ms);
    client().receive_reset(3, error_code::internal_error);
    client().get(5, "/right");
    client().receive_headers(5, 200);
    advance(1004ms);
    client().receive_data(5, "abcde", end_stream);
}

CONFORMANCE(http2_bodies, that_are_large_go_in_frames_that_the_client_takes) {
    static const std::string large(300'000, 'x');
    serve([](request&, response& answered) { answered.static_text(large); });
    client().start({{setting_id::initial_window_size, 1'000'000},
                    {setting_id::max_frame_size, 20'000}});  // no more than ours are
    client().window_update(0, 1'000'000);
    client().get(1);
    client().receive_headers(1, 200);
    size_t all = 0;
    for (bool over = false; !over;) {
        const frame came = client().next_of(1);
        ASSERT_EQ(name_of(came.kind), "DATA");
        EXPECT_LE(came.payload.size(), 16'384u);
        all += came.payload.size();
        over = came.has(end_stream);
    }
    EXPECT_EQ(all, large.size());
}

CONFORMANCE(http2_bodies, stop_when_the_client_resets) {
    uint64_t written = 0;
    bool over = false;
    serve([&](request& asked, response& answered) -> task<> {
        if (asked.path() == "/other") co_return hello(asked, answered);
        const std::string piece(10'000, 'x');
        while (co_await answered.body().write(piece)) written += piece.size();
        over = true;
    });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_data(1).size(), 65'535u);
    EXPECT_FALSE(over);
    EXPECT_LT(written, 400'000u) << "nobody writes far ahead of the client";
    client().reset(1);
    client().window_update(0, 65'535);
    client().receive_nothing();
    EXPECT_TRUE(over);
    client().get(3, "/other");
    client().receive_answer(3, "hello");
}

}  // namespace
}  // namespace saker::test
