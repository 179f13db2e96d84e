// Clients of HTTP/2 that end their side, or leave their windows shut, where the server has
// something to wait for that will not come: nothing is waited for for ever.

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

}  // namespace
}  // namespace saker::test
