// Flow control (RFC 9113 5.2): what is sent keeps to the client's windows, whatever becomes of
// them; what comes is let in only as the application reads it; and no stream stops another.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

class windows : public served_http2 {
protected:
    // "0123456789" over and over.
    static std::string digits(size_t size) {
        std::string text;
        while (text.size() < size) text += "0123456789";
        return text.substr(0, size);
    }
    // Answers with as many bytes as the path says.
    void serve_sizes() {
        serve([](request& asked, response& answered) {
            const size_t size = std::stoul(std::string(asked.path().substr(1)));
            answered.shared(std::make_shared<const std::string>(digits(size)));
        });
    }
};
HTTP2_SUITE_OF(http2_windows, windows);

// ---- the client's ----

CONFORMANCE(http2_windows, of_a_stream_may_be_tiny) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 1}});
    client().get(1, "/5");
    client().receive_headers(1, 200);
    client().receive_data(1, "0");
    client().receive_nothing();
    client().window_update(1, 2);
    client().receive_data(1, "12");
    client().receive_nothing();
    client().window_update(1, 100);
    client().receive_data(1, "34", end_stream);
}

CONFORMANCE(http2_windows, may_be_opened_byte_by_byte) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 0}});
    client().get(1, "/20");
    client().receive_headers(1, 200);
    std::string all;
    for (int i = 0; i < 20; ++i) {
        client().window_update(1, 1);
        all += client().read_data(1);
        EXPECT_EQ(all.size(), static_cast<size_t>(i + 1));
    }
    EXPECT_EQ(all, digits(20));
}

CONFORMANCE(http2_windows, of_nothing_keep_a_body_back_and_no_head_without_one) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 0}});
    client().get(1, "/10");
    client().receive_headers(1, 200);
    client().receive_nothing();
    client().get(3, "/0");
    client().receive_answer(3, "");
    client().headers(5, request_of("HEAD", "/10"), end_stream);
    client().receive_headers(5, 200, end_stream);
    client().send(window_update(1, 10));
    client().receive_data(1, digits(10), end_stream);
}

CONFORMANCE(http2_windows, are_changed_by_settings_for_streams_that_are_open) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 0}});
    client().get(1, "/30");
    client().receive_headers(1, 200);
    client().settings({{setting_id::initial_window_size, 10}});
    client().receive_settings_ack();
    client().receive_data(1, digits(10));
    client().receive_nothing();
    // Ten were sent: five less than none are left.
    client().settings({{setting_id::initial_window_size, 5}});
    client().receive_settings_ack();
    client().window_update(1, 5);
    client().receive_nothing();
    client().window_update(1, 1);
    client().receive_data(1, "0");
    client().settings({{setting_id::initial_window_size, 100}});
    client().receive_settings_ack();
    client().receive_data(1, digits(30).substr(11), end_stream);
}

CONFORMANCE(http2_windows, are_changed_by_the_last_of_several_settings) {
    serve_sizes();
    client().start();
    client().settings({{setting_id::initial_window_size, 5},
                       {setting_id::initial_window_size, 50},
                       {setting_id::initial_window_size, 3}});
    client().receive_settings_ack();
    client().get(1, "/5");
    client().receive_headers(1, 200);
    client().receive_data(1, "012");
    client().receive_nothing();
    client().window_update(1, 2);
    client().receive_data(1, "34", end_stream);
}

CONFORMANCE(http2_windows, of_the_connection_are_not_changed_by_settings) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 1'000'000}});
    client().get(1, "/100000");
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_data(1).size(), 65'535u);
    client().window_update(1, 100'000);
    client().receive_nothing();
    client().window_update(0, 100'000);
    EXPECT_EQ(client().read_data(1).size(), 100'000u - 65'535u);
    client().get(3, "/10");
    client().receive_answer(3, digits(10));
}

CONFORMANCE(http2_windows, of_the_connection_are_shared_by_its_streams) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 1'000'000}});
    for (const uint32_t stream : {1u, 3u, 5u}) client().get(stream, "/50000");
    client().settle();
    for (const uint32_t stream : {1u, 3u, 5u}) client().receive_headers(stream, 200);
    size_t all = 0;
    size_t sizes[3] = {};
    while (all < 150'000) {
        size_t now = 0;
        for (const size_t i : {0u, 1u, 2u}) {
            const size_t more = client().read_data(static_cast<uint32_t>(1 + 2 * i)).size();
            sizes[i] += more;
            now += more;
        }
        ASSERT_GT(now, 0u) << "after " << all;
        all += now;
        if (all < 150'000) {
            EXPECT_EQ(client().window(0), 0) << "all that there is is used";
        }
        client().window_update(0, 20'000);
    }
    for (const size_t size : sizes) EXPECT_EQ(size, 50'000u);
}

CONFORMANCE(http2_windows, may_be_as_large_as_they_can_be) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, largest_window}});
    client().window_update(0, largest_window - 65'535);
    client().get(1, "/200000");
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_body(1).size(), 200'000u);
    client().window_update(0, 200'000);
    client().receive_nothing();
}

CONFORMANCE(http2_windows, that_are_closed_do_not_stop_other_streams) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 10}});
    client().get(1, "/50000");
    client().receive_headers(1, 200);
    client().receive_data(1, digits(10));
    for (uint32_t stream = 3; stream < 20; stream += 2) {
        client().get(stream, "/10");
        client().receive_answer(stream, digits(10));
    }
    client().receive_nothing();
    client().window_update(1, 50'000);
    EXPECT_EQ(client().read_body(1).size(), 49'990u);
}

CONFORMANCE(http2_windows, may_be_opened_before_anything_is_sent) {
    serve_sizes();
    client().start({{setting_id::initial_window_size, 0}});
    client().send(headers(1, block(get("/10")), end_stream), window_update(1, 4),
                  window_update(1, 6));
    client().receive_headers(1, 200);
    client().receive_data(1, digits(10), end_stream);
    client().window_update(1, 10);  // too late, and no mistake
    client().receive_nothing();
}

CONFORMANCE(http2_windows, do_not_hold_trailers_back) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("hello");
        answered.trailer("x", "y");
    });
    client().start({{setting_id::initial_window_size, 5}});
    client().get(1);
    client().receive_headers(1, 200);
    client().receive_data(1, "hello");
    client().receive_trailers(1, {{"x", "y"}});
}

// RFC 9113 6.9.1 would let it go at once, and does not ask for that; nghttp2 waits.
CONFORMANCE(http2_windows, that_are_used_up_hold_an_end_back) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/all") {
            (void)co_await answered.body().write(digits(65'535));
        } else {
            (void)co_await answered.body().flush();
        }
        EXPECT_TRUE(co_await delay(1s));
    });
    client().start({{setting_id::initial_window_size, 65'535}});
    client().get(1, "/all");
    client().get(3);
    client().receive_headers(1, 200);
    client().receive_headers(3, 200);
    client().receive_data(1, digits(65'535));
    EXPECT_EQ(client().window(0), 0);
    advance(1004ms);
    client().send(window_update(0, 1), window_update(1, 1));
    client().receive_data(1, "", end_stream);
    client().receive_data(3, "", end_stream);
}

// ---- the server's ----

CONFORMANCE(http2_windows, are_given_back_only_as_the_application_reads) {
    bool may_read = false;
    size_t read = 0;
    serve([&](request& asked, response& answered) -> task<> {
        while (!may_read) (void)co_await delay(1s);
        while (const body_chunk piece = co_await asked.body().read()) read += piece.size();
        answered.shared(std::make_shared<const std::string>("done"));
    });
    client().start();
    client().headers(1, post());
    std::string all;
    for (int i = 0; i < 48; ++i) all += data(1, std::string(16'384, 'b'));
    client().send(all);  // its whole window
    client().receive_nothing();
    EXPECT_EQ(client().granted(1), 0u);
    EXPECT_EQ(read, 0u);
    may_read = true;
    advance(1s);
    EXPECT_EQ(read, 786'432u);
    EXPECT_GE(client().granted(1), 786'432u / 2);
    client().data(1, "more", end_stream);
    client().receive_answer(1, "done");
}

CONFORMANCE(http2_windows, of_the_connection_are_not_used_up_by_a_stream_that_nobody_reads) {
    bool may_read = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (asked.path() == "/slow" && !may_read) (void)co_await delay(1s);
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().start();
    client().headers(1, post({}, "/slow"));
    std::string all;
    for (int i = 0; i < 48; ++i) all += data(1, std::string(16'384, 'b'));
    client().send(all);
    // 256 KiB are left: others go on with them, and get them back.
    for (uint32_t stream = 3; stream < 23; stream += 2) {
        client().post(stream, std::string(16'384, 'c'));
        client().receive_answer(stream, "16384");
    }
    client().receive_nothing();
    may_read = true;
    advance(1s);
    client().data(1, "", end_stream);
    client().receive_answer(1, "786432");
}

CONFORMANCE(http2_windows, are_given_back_for_padding_too) {
    serve([](request& asked, response& answered) -> task<> {
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().start();
    client().headers(1, post());
    uint64_t back = 0;
    for (int i = 0; i < 16; ++i) {  // 256 bytes of padding each: more than a window
        client().send(times(250, padded_data(1, "p", 255)));
        back += client().granted(1);
    }
    EXPECT_GE(back, 4000u * 257 - 786'432 / 2 - 257);
    client().data(1, "x", end_stream);
    client().receive_answer(1, "4001");
}

CONFORMANCE(http2_windows, are_given_back_when_a_stream_is_reset) {
    serve([](request& asked, response&) -> task<> { (void)co_await asked.until_aborted(); });
    client().start();
    int64_t shared = 1024 * 1024;
    for (uint32_t stream = 1; stream < 20; stream += 2) {
        client().headers(stream, post());
        std::string all;
        for (int i = 0; i < 12; ++i) all += data(stream, std::string(16'384, 'b'));
        client().send(all, rst_stream(stream, error_code::cancel));
        client().settle();
        shared += static_cast<int64_t>(client().granted(0)) - 12 * 16'384;
        ASSERT_GE(shared, 400'000) << "stream " << stream;
    }
}

CONFORMANCE(http2_windows, are_given_back_for_what_is_refused) {
    serve(echo);
    client().start();
    int64_t shared = 1024 * 1024;
    for (uint32_t stream = 1; stream < 140; stream += 2) {
        client().post(stream, std::string(16'384, 'b'), {{"content-length", "1"}});
        client().receive_reset(stream, error_code::protocol_error);
        shared += static_cast<int64_t>(client().granted(0)) - 16'384;
        ASSERT_GE(shared, 400'000) << "stream " << stream;
    }
}

CONFORMANCE(http2_windows, may_be_small) {
    options.limits.http2.initial_stream_window_size = 65'535;
    options.limits.http2.initial_connection_window_size = 65'535;
    serve([](request& asked, response& answered) -> task<> {
        const uint64_t size = co_await asked.body().discard();
        answered.shared(std::make_shared<const std::string>(std::to_string(size)));
    });
    client().begin();
    client().settle();
    client().ignore();
    client().send(settings_ack());
    client().headers(1, post());
    int64_t window = 65'535;
    int64_t shared = 65'535;
    for (int i = 0; i < 100; ++i) {
        client().data(1, std::string(10'000, 'b'));
        client().settle();
        window += static_cast<int64_t>(client().granted(1)) - 10'000;
        shared += static_cast<int64_t>(client().granted(0)) - 10'000;
        ASSERT_GE(std::min(window, shared), 10'000) << i;
    }
    client().data(1, "", end_stream);
    client().receive_answer(1, "1000000");
}

}  // namespace
}  // namespace saker::test
