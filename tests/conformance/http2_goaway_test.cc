// How a connection of HTTP/2 ends without anybody's fault: the server stops, the connection is old
// or has served enough. The first GOAWAY names no stream, so that no request is lost that was on
// its way; the last one says which were served.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

constexpr uint32_t no_stream_yet = 0x7fffffff;

class goodbyes : public served_http2 {
protected:
    // A PING may come along, to see that the client has heard: it is answered, or is not.
    void receive_first_goaway(bool answers_ping = true) {
        client().receive_goaway(error_code::no_error, no_stream_yet);
        client().settle();
        if (!client().has_heard(0)) return;
        const frame came = client().next_of(0);
        EXPECT_EQ(shown(came), "PING(0) 8 bytes");
        if (answers_ping) client().send(http2::ping(came.payload, ack));
    }
    void expect_last(uint32_t stream, end_reason why) {
        client().receive_goaway(error_code::no_error, stream);
        client().receive_end();
        client().end();
        EXPECT_EQ(name(ended()), name(why));
    }
    // Answers after a second; what it has begun it ends.
    void serve_slowly() {
        serve([](request& asked, response& answered) -> task<> {
            if (asked.path() == "/slow") {
                EXPECT_TRUE(co_await delay(1s));
            }
            const auto body = co_await asked.body().text();
            answered.shared(std::make_shared<const std::string>(asked.path()));
        });
        client().start();
    }
};
HTTP2_SUITE_OF(http2_goaway, goodbyes);

CONFORMANCE(http2_goaway, an_idle_connection_is_told_and_ended) {
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    host().begin_stop();
    receive_first_goaway();
    advance(1004ms);
    expect_last(1, end_reason::app_shutdown);
    settle();
    EXPECT_TRUE(host().all_over());
}

// A PING that is not answered is waited for: the path may be long.
CONFORMANCE(http2_goaway, an_idle_connection_has_a_second_to_hear) {
    serve(hello);
    client().start();
    client().get(1);
    client().receive_answer(1, "hello");
    host().begin_stop();
    receive_first_goaway(false);
    advance(996ms);
    client().receive_nothing();
    client().get(3);
    client().receive_answer(3, "hello");
    advance(8ms);
    expect_last(3, end_reason::app_shutdown);
}

CONFORMANCE(http2_goaway, only_the_answer_to_its_own_ping_says_that_it_was_heard) {
    serve(hello);
    client().start();
    host().begin_stop();
    client().receive_goaway(error_code::no_error, no_stream_yet);
    const std::string own = client().next_of(0).payload;
    client().send(http2::ping("another!", ack));
    client().receive_nothing();
    client().get(1);
    client().receive_answer(1, "hello");
    client().send(http2::ping(own, ack));
    expect_last(1, end_reason::app_shutdown);
}

CONFORMANCE(http2_goaway, a_connection_without_a_request_is_told_and_ended) {
    serve(hello);
    client().start();
    host().begin_stop();
    receive_first_goaway(false);
    advance(1004ms);
    expect_last(0, end_reason::app_shutdown);
}

CONFORMANCE(http2_goaway, what_was_on_its_way_is_served) {
    serve(hello);
    client().start();
    host().begin_stop();
    receive_first_goaway(false);
    client().get(1);
    client().receive_answer(1, "hello");
    client().get(3);
    client().receive_answer(3, "hello");
    advance(1004ms);
    expect_last(3, end_reason::app_shutdown);
    EXPECT_EQ(counts().requests.value(), 2u);
}

CONFORMANCE(http2_goaway, what_is_running_is_finished_before_the_end) {
    serve_slowly();
    client().get(1, "/slow");
    client().headers(3, post());
    client().receive_nothing();
    host().begin_stop();
    receive_first_goaway();
    client().get(5, "/slow");
    client().settle();
    advance(1004ms);
    client().receive_answer(1, "/slow");
    EXPECT_FALSE(client().gone());
    client().data(3, "body", end_stream);
    client().receive_answer(3, "/");
    advance(1004ms);
    if (client().has_heard(5)) client().receive_answer(5, "/slow");
    client().settle();
    const frame last = client().next_of(0);
    EXPECT_EQ(name_of(last.kind), "GOAWAY");
    EXPECT_GE(number_in(last.payload, 0), 3u);
    EXPECT_LE(number_in(last.payload, 0), 5u);
    EXPECT_EQ(number_in(last.payload, 4), 0u);
    client().receive_end();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::app_shutdown));
}

CONFORMANCE(http2_goaway, what_comes_behind_the_last_one_is_not_answered) {
    serve_slowly();
    client().get(1, "/slow");
    client().settle();
    host().begin_stop();
    receive_first_goaway();
    client().settle();
    ASSERT_TRUE(client().has_heard(0)) << "the last one does not wait for the streams";
    client().receive_goaway(error_code::no_error, 1);
    client().send(headers(3, block(get())), data(3, "x", end_stream));
    client().receive_nothing();
    advance(1004ms);
    client().receive_answer(1, "/slow");
    client().receive_end();
    EXPECT_EQ(counts().requests.value(), 1u);
}

// The last GOAWAY waits behind what the client does not read, and names no more than it did.
CONFORMANCE(http2_goaway, what_comes_while_the_last_one_waits_to_be_sent_is_not_run) {
    static const std::string large(8'000'000, 'x');
    std::vector<std::string> run;
    serve([&](request& asked, response& answered) {
        run.emplace_back(asked.path());
        if (asked.path() == "/large") return answered.static_text(large);
        hello(asked, answered);
    });
    client().start({{setting_id::initial_window_size, largest_window}});
    client().window_update(0, largest_window - 65'535);
    client().settle();
    client().wire().stop_reading();
    client().get(1, "/large");
    settle();
    host().begin_stop();
    advance(1004ms);  // the PING behind the first one is not answered
    client().get(3, "/late");
    client().headers(5, post({}, "/late"));
    client().data(5, std::string(1000, 'x'));
    client().data(5, "", end_stream);
    settle();
    client().wire().go_on_reading();
    client().settle();
    EXPECT_EQ(run, std::vector<std::string>{"/large"});
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_body(1).size(), large.size());
    for (const uint32_t stream : {3u, 5u}) {
        if (client().has_heard(stream)) client().receive_reset(stream, error_code::refused_stream);
    }
    client().receive_goaway(error_code::no_error, no_stream_yet);
    client().settle();
    while (client().has_heard(0)) {
        const frame came = client().next_of(0);
        if (came.kind == type::goaway) {
            EXPECT_EQ(number_in(came.payload, 0), 1u);
        }
    }
    client().receive_end();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::app_shutdown));
}

CONFORMANCE(http2_goaway, a_large_answer_is_delivered_to_its_end) {
    static const std::string large(200'000, 'x');
    serve([](request&, response& answered) { answered.static_text(large); });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    std::string all = client().read_data(1);
    host().begin_stop();
    receive_first_goaway();
    advance(1004ms);
    EXPECT_FALSE(client().gone());
    while (all.size() < large.size()) {
        client().send(window_update(0, 65'535), window_update(1, 65'535));
        const std::string more = client().read_data(1);
        ASSERT_FALSE(more.empty()) << all.size();
        all += more;
    }
    expect_last(1, end_reason::app_shutdown);
}

CONFORMANCE(http2_goaway, what_does_not_end_is_aborted) {
    bool cut_short = false;
    serve([&](request&, response&) -> task<> { cut_short = !co_await delay(1h); });
    client().start();
    client().get(1);
    client().receive_nothing();
    host().begin_stop();
    receive_first_goaway();
    advance(30s);
    EXPECT_FALSE(client().gone());
    host().abort();
    client().settle();
    client().ignore();
    EXPECT_TRUE(client().gone());
    EXPECT_TRUE(cut_short);
    EXPECT_EQ(name(ended()), name(end_reason::app_shutdown_timeout));
}

CONFORMANCE(http2_goaway, a_connection_that_has_not_begun_ends) {
    serve(hello);
    (void)client();
    settle();
    host().begin_stop();
    advance(1004ms);
    client().receive_end();
    client().end();
    EXPECT_EQ(name(ended()), name(end_reason::app_shutdown));
}

CONFORMANCE(http2_goaway, a_preface_that_comes_late_is_served) {
    serve(hello);
    (void)client();
    settle();
    host().begin_stop();
    client().begin();
    client().get(1);
    client().settle();
    while (client().has_heard(0)) (void)client().next_of(0);
    client().receive_answer(1, "hello");
    advance(1004ms);
    client().settle();
    while (client().has_heard(0)) EXPECT_EQ(name_of(client().next_of(0).kind), "GOAWAY");
    client().receive_end();
}

// ---- limits ----

CONFORMANCE(http2_goaway, behind_as_many_requests_as_a_connection_may_have) {
    options.limits.max_requests_per_connection = 3;
    serve_slowly();
    for (const uint32_t stream : {1u, 3u}) {
        client().get(stream);
        client().receive_answer(stream, "/");
    }
    client().receive_nothing();
    client().get(5, "/slow");
    client().settle();
    receive_first_goaway(false);
    client().get(7);  // was on its way
    client().receive_answer(7, "/");
    advance(1004ms);
    client().receive_answer(5, "/slow");
    expect_last(7, end_reason::request_limit_reached);
}

CONFORMANCE(http2_goaway, of_a_connection_that_is_old) {
    options.limits.max_connection_age = 60s;
    serve_slowly();
    client().get(1);
    client().receive_answer(1, "/");
    advance(59s);
    client().receive_nothing();
    advance(7s);  // a tenth may have been added
    receive_first_goaway();
    advance(1004ms);
    expect_last(1, end_reason::request_limit_reached);
}

CONFORMANCE(http2_goaway, of_an_old_connection_that_is_busy) {
    options.limits.max_connection_age = 60s;
    serve_slowly();
    advance(59'500ms);
    client().receive_nothing();
    for (int i = 0; i < 65 && !client().has_heard(0); ++i) {
        advance(100ms);
        client().settle();
    }
    receive_first_goaway(false);
    client().get(1, "/slow");
    advance(1004ms);
    client().receive_answer(1, "/slow");
    advance(1004ms);
    expect_last(1, end_reason::request_limit_reached);
}

}  // namespace
}  // namespace saker::test
