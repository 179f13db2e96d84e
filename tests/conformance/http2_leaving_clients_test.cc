// Clients of HTTP/2 that end their side, or leave their windows shut, where the server has
// something to wait for that will not come: nothing is waited for for ever.

#include "tests/support/http2_side.h"
#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_SUITE(http2_leaving_clients);

CONFORMANCE(http2_leaving_clients, that_end_inside_a_head_leave_nothing) {
    serve(hello);
    client().start();
    const std::string head = http2::headers(1, block(get()));
    client().send_bytes(head.substr(0, frame_header_size + 2));
    client().settle();
    client().end();
    client().settle();
    client().ignore();
    EXPECT_EQ(name(ended()), name(end_reason::unexpected_end_of_request));
}

CONFORMANCE(http2_leaving_clients, that_end_between_two_parts_of_a_head_leave_nothing) {
    serve(hello);
    client().start();
    const std::string all = block(get());
    client().send_bytes(headers_begin(1, std::string_view(all).substr(0, 3), end_stream));
    client().settle();
    client().end();
    client().settle();
    client().ignore();
    EXPECT_EQ(name(ended()), name(end_reason::unexpected_end_of_request));
}

// END_STREAM alone waits for a window as bytes do.
task<> say_nothing_at_last(request& asked, response& answered) {
    if (asked.path() == "/large")
        co_return answered.shared(std::make_shared<const std::string>(70'000, 'x'));
    (void)co_await answered.body().flush();
    co_await asked.until_aborted();
}

CONFORMANCE(http2_leaving_clients, whose_windows_are_shut_are_not_waited_for) {
    serve(say_nothing_at_last);
    client().start();
    client().get(1, "/late");
    client().get(3, "/large");
    client().settle();
    client().end();
    advance(1s + core::tick_length);
    client().ignore();
    EXPECT_EQ(open_connections(), 0u);
    EXPECT_EQ(name(ended()), name(end_reason::client_closed));
}

CONFORMANCE(http2_leaving_clients, that_take_no_end_are_too_slow) {
    serve([](request&, response& answered) -> task<> { (void)co_await answered.body().flush(); });
    client().start({{setting_id::initial_window_size, 0}});
    client().get(1);
    client().receive_headers(1, 200);
    advance(5s);
    EXPECT_EQ(name(ended()), name(end_reason::none));
    advance(2s);
    client().receive_error(error_code::internal_error, std::nullopt);
    EXPECT_EQ(name(ended()), name(end_reason::min_response_data_rate));
}

// ---- at every point of a conversation ----

class at_every_point_of_http2 : public served {
protected:
    // Requests with a body, with trailers, in parts, reset, and what is between them.
    static std::string script() {
        client_side says;
        const auto ask = [&](std::string_view method, std::string_view path, bool last) {
            return says.open(request_fields(method, path), last);
        };
        ask("GET", "/a", true);
        says.data(ask("POST", "/b", false), "body", true);
        const uint32_t third = ask("POST", "/c", false);
        says.data(third, "more", false);
        says.trailers(third, {{"x-trailer", "t"}});
        says.reset(ask("POST", "/d", false), 8);
        says.say(settings_ack() + ping() + window_update(0, 1000));
        const std::string parts = headers_in_parts(9, block(request_fields("HEAD", "/e")), 3, 1);
        says.say(parts + priority_update(9, "u=1"));
        return says.outbox;
    }
    // One client for each beginning of it, which `leaves` then.
    template <class Leaving>
    void leave_at_every_point(const Leaving& leaves) {
        serve([](request& asked, response& answered) -> task<> {
            (void)co_await asked.body().discard();
            if (asked.path() == "/a") (void)co_await delay(20ms);
            (void)co_await answered.body().write("a");
            if (asked.path() == "/b") co_await asked.until_aborted();
        });
        const std::string all = script();
        for (size_t said = 0; said <= all.size(); ++said) {
            SCOPED_TRACE("after " + std::to_string(said));
            const std::unique_ptr<raw_client> here = connect();
            here->send_raw(all.substr(0, said));
            leaves(*here);
            for (int i = 0; i < 10 && open_connections() > 0; ++i) {
                advance(20ms);
                here->turn();
            }
            ASSERT_EQ(open_connections(), 0u);
            EXPECT_NE(ended(), end_reason::none);
        }
    }
};
CONFORMANCE_SUITE_OVER(http2_clients_leaving_at_every_point, at_every_point_of_http2,
                       whole_settings);

CONFORMANCE(http2_clients_leaving_at_every_point, by_a_reset_leave_nothing) {
    leave_at_every_point([](raw_client& one) { one.vanish(); });
}

CONFORMANCE(http2_clients_leaving_at_every_point, by_an_end_leave_nothing) {
    leave_at_every_point([](raw_client& one) { one.end(); });
}

}  // namespace
}  // namespace saker::test
