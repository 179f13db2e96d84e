// What breaks the rules of a connection: each is told by GOAWAY with its code, the connection ends
// for its reason, and nobody else is any the wiser. The rows are RFC 9113's and Kestrel's.

#include "tests/support/broken_rules.h"

namespace saker::test {
namespace {

using namespace http2;
using enum error_code;

HTTP2_SUITE_OF(http2_errors, connection_errors);

CONFORMANCE(http2_errors, of_stream_ids) {
    const std::string head = block(get());
    constexpr auto why = end_reason::invalid_stream_id;
    expect_each({
        {"HEADERS on an even stream", headers(2, head, end_stream), protocol_error, why},
        {"HEADERS on stream 0", headers(0, head, end_stream), protocol_error, why},
        {"DATA on stream 0", data(0, "x"), protocol_error, why},
        {"DATA on an even stream", data(2, "x"), protocol_error, why},
        {"PRIORITY on stream 0", http2::priority(0, {.on = 1}), protocol_error, why},
        {"RST_STREAM on stream 0", rst_stream(0, cancel), protocol_error, why},
        {"CONTINUATION on stream 0", continuation(0, head), protocol_error, why},
        {"SETTINGS on a stream", frame_of(type::settings, none, 3, ""), protocol_error, why},
        {"PING on a stream", frame_of(type::ping, none, 3, "12345678"), protocol_error, why},
        {"GOAWAY on a stream", frame_of(type::goaway, none, 3, std::string(8, '\0')),
         protocol_error, why},
        {"PRIORITY_UPDATE on a stream",
         frame_of(type::priority_update, none, 3, std::string("\0\0\0\3u=1", 7)), protocol_error,
         why},
        {"PRIORITY_UPDATE of stream 0", priority_update(0, "u=1"), protocol_error, why},
    });
}

CONFORMANCE(http2_errors, of_streams_that_nobody_has_opened) {
    constexpr auto why = end_reason::invalid_stream_id;
    expect_each({
        {"DATA", data(7, "x"), protocol_error, why},
        {"RST_STREAM", rst_stream(7, cancel), protocol_error, why},
        {"WINDOW_UPDATE", window_update(7, 1), protocol_error, why},
        {"WINDOW_UPDATE on an even one", window_update(2, 1), protocol_error, why},
        {"RST_STREAM on an even one", rst_stream(2, cancel), protocol_error, why},
    });
}

CONFORMANCE(http2_errors, of_streams_that_the_client_has_ended) {
    constexpr auto why = end_reason::received_frame_after_stream_close;
    const std::string head = block(get());
    expect_each({
        {"DATA on a closed stream", data(1, "x"), stream_closed, why},
        {"HEADERS on a closed stream", headers(1, head, end_stream), stream_closed, why},
        {"DATA on a half-closed stream", data(5, "x"), stream_closed, why},
        {"HEADERS on a half-closed stream", headers(5, head, end_stream), stream_closed, why},
        {"trailers behind the end", data(3, "", end_stream) + headers(3, "", end_stream),
         stream_closed, why},
        {"DATA behind the end", data(3, "", end_stream) + data(3, "x", end_stream), stream_closed,
         why},
        {"DATA behind its reset", rst_stream(3, cancel) + data(3, "x"), stream_closed, why},
        {"HEADERS behind its reset", rst_stream(3, cancel) + headers(3, head, end_stream),
         stream_closed, why},
        {"a stream below another", headers(9, head, end_stream) + headers(7, head, end_stream),
         stream_closed, why},
    });
}

CONFORMANCE(http2_errors, of_frames_where_they_have_no_place) {
    const std::string head = block(get());
    const std::string begun = headers_begin(7, head, end_stream);
    constexpr auto why = end_reason::invalid_frame_for_state;
    expect_each({
        {"DATA inside of a head", begun + data(3, "x"), protocol_error, why},
        {"PING inside of a head", begun + http2::ping(), protocol_error, why},
        {"SETTINGS inside of a head", begun + settings({}), protocol_error, why},
        {"WINDOW_UPDATE inside of a head", begun + window_update(0, 1), protocol_error, why},
        {"RST_STREAM inside of a head", begun + rst_stream(7, cancel), protocol_error, why},
        {"HEADERS inside of a head", begun + headers(9, head), protocol_error, why},
        {"its own HEADERS again", begun + headers(7, head), protocol_error, why},
        {"another's CONTINUATION", begun + continuation(3, "", end_headers), protocol_error, why},
        {"an unknown frame inside of a head", begun + frame_of(type{0xbb}, none, 0, "x"),
         protocol_error, why},
        {"CONTINUATION without a head", continuation(3, "", end_headers), protocol_error, why},
        {"CONTINUATION behind a whole head",
         headers(7, head, end_stream) + continuation(7, "", end_headers), protocol_error, why},
        {"PUSH_PROMISE", push_promise(3, 2, head), protocol_error,
         end_reason::received_unsupported_frame},
    });
}

CONFORMANCE(http2_errors, of_lengths) {
    constexpr auto why = end_reason::invalid_frame_length;
    const auto sized = [](type kind, uint32_t stream, size_t size, uint8_t flags = none) {
        return frame_of(kind, flags, stream, std::string(size, '\0'));
    };
    expect_each({
        {"DATA larger than a frame", header_of(type::data, none, 3, 16'385), frame_size_error, why},
        {"HEADERS larger than a frame", header_of(type::headers, end_headers, 7, 16'385),
         frame_size_error, why},
        {"an unknown one larger than a frame", header_of(type{0xbb}, none, 0, 0xffffff),
         frame_size_error, why},
        {"SETTINGS of 5", sized(type::settings, 0, 5), frame_size_error, why},
        {"an ACK of SETTINGS with a value", sized(type::settings, 0, 6, ack), frame_size_error,
         why},
        {"PING of 7", sized(type::ping, 0, 7), frame_size_error, why},
        {"PING of 9", sized(type::ping, 0, 9), frame_size_error, why},
        {"WINDOW_UPDATE of 3", sized(type::window_update, 0, 3), frame_size_error, why},
        {"WINDOW_UPDATE of 5", sized(type::window_update, 3, 5), frame_size_error, why},
        {"RST_STREAM of 3", sized(type::rst_stream, 3, 3), frame_size_error, why},
        {"RST_STREAM of 5", sized(type::rst_stream, 3, 5), frame_size_error, why},
        {"PRIORITY of 4", sized(type::priority, 3, 4), frame_size_error, why},
        {"PRIORITY of 6", sized(type::priority, 3, 6), frame_size_error, why},
        {"GOAWAY of 7", sized(type::goaway, 0, 7), frame_size_error, why},
        {"PRIORITY_UPDATE of 3", sized(type::priority_update, 0, 3), frame_size_error, why},
        {"HEADERS that end inside of the priority",
         sized(type::headers, 7, 4, end_headers | with_priority), frame_size_error, why},
        {"padded HEADERS of nothing", sized(type::headers, 7, 0, end_headers | padded),
         frame_size_error, why},
        {"padded DATA of nothing", sized(type::data, 3, 0, padded), frame_size_error, why},
    });
}

CONFORMANCE(http2_errors, of_padding) {
    constexpr auto why = end_reason::invalid_data_padding;
    const auto padded_by = [](type kind, uint32_t stream, char padding, size_t size,
                              uint8_t flags = none) {
        return frame_of(kind, padded | flags, stream, padding + std::string(size, '\0'));
    };
    expect_each({
        {"DATA, all of it and one", padded_by(type::data, 3, 6, 5), protocol_error, why},
        {"DATA with nothing but the length", padded_by(type::data, 3, 1, 0), protocol_error, why},
        {"HEADERS, all of it and one", padded_by(type::headers, 7, 6, 5, end_headers),
         protocol_error, why},
        {"HEADERS, into the priority",
         padded_by(type::headers, 7, 1, 5, end_headers | with_priority), protocol_error, why},
    });
}

CONFORMANCE(http2_errors, of_settings) {
    const auto one = [](setting_id id, uint32_t value) { return settings({{id, value}}); };
    constexpr auto why = end_reason::invalid_settings;
    expect_each({
        {"ENABLE_PUSH=2", one(setting_id::enable_push, 2), protocol_error, why},
        {"MAX_FRAME_SIZE=16383", one(setting_id::max_frame_size, 16'383), protocol_error, why},
        {"MAX_FRAME_SIZE=2^24", one(setting_id::max_frame_size, 1 << 24), protocol_error, why},
        {"INITIAL_WINDOW_SIZE=2^31", one(setting_id::initial_window_size, 0x80000000),
         flow_control_error, why},
        {"ENABLE_CONNECT_PROTOCOL=2", one(setting_id::enable_connect_protocol, 2), protocol_error,
         why},
        {"NO_RFC7540_PRIORITIES=2", one(setting_id::no_rfc7540_priorities, 2), protocol_error, why},
        {"a good one before a bad one",
         settings({{setting_id::max_frame_size, 20'000}, {setting_id::enable_push, 3}}),
         protocol_error, why},
    });
}

CONFORMANCE(http2_errors, of_windows) {
    constexpr auto nothing = end_reason::window_update_size_invalid;
    constexpr auto too_much = end_reason::flow_control_window_exceeded;
    expect_each({
        {"by nothing", window_update(0, 0), protocol_error, nothing},
        {"by nothing, of a stream", window_update(3, 0), protocol_error, nothing},
        {"by nothing but the reserved bit", window_update(0, 0x80000000), protocol_error, nothing},
        {"beyond what a window can be", window_update(0, largest_window), flow_control_error,
         too_much},
        {"beyond it in two steps",
         window_update(0, largest_window - 65'535) + window_update(0, 100), flow_control_error,
         too_much},
    });
}

CONFORMANCE(http2_errors, of_windows_that_settings_make_too_large) {
    serve([](request& asked, response&) -> task<> { (void)co_await asked.until_aborted(); });
    client().start();
    client().get(1);
    client().send(window_update(1, largest_window - 65'535),
                  settings({{setting_id::initial_window_size, 65'536}}));
    client().receive_settings_ack();
    expect_error(flow_control_error, end_reason::flow_control_window_exceeded, 1);
}

CONFORMANCE(http2_errors, of_priorities) {
    constexpr auto why = end_reason::stream_self_dependency;
    expect_each({
        {"PRIORITY on itself", http2::priority(3, {.on = 3}), protocol_error, why},
        {"HEADERS on itself", headers_with_priority(7, {.on = 7}, block(get()), end_stream),
         protocol_error, why},
    });
}

CONFORMANCE(http2_errors, of_trailers) {
    constexpr auto why = end_reason::missing_stream_end;
    const auto bad = [](const fields& all) { return headers(3, block(all), end_stream); };
    constexpr auto malformed = end_reason::invalid_request_headers;
    expect_each({
        {"without an end", headers(3, block({{"x", "y"}})), protocol_error, why},
        {"a second head", headers(3, block(get())), protocol_error, why},
        {"with a pseudo-header", bad({{":path", "/"}}), protocol_error, malformed},
        {"with a status", bad({{"x", "y"}, {":status", "200"}}), protocol_error, malformed},
        {"in capitals", bad({{"X", "y"}}), protocol_error, malformed},
        {"of the connection", bad({{"connection", "close"}}), protocol_error, malformed},
        {"with a line feed", bad({{"x", "y\nz: a"}}), protocol_error, malformed},
        {"with a carriage return", bad({{"x", "y\r"}}), protocol_error, malformed},
    });
}

CONFORMANCE(http2_errors, of_a_window_that_is_overrun) {
    std::string flood;
    for (int i = 0; i < 4; ++i) flood += data(3, std::string(16'384, 'b'));
    options.limits.http2.initial_stream_window_size = 65'535;
    options.limits.http2.initial_connection_window_size = 65'535;
    serve([](request& asked, response&) -> task<> { (void)co_await asked.until_aborted(); });
    client().begin();
    client().settle();
    client().ignore();
    client().send(settings_ack());
    client().headers(3, post());
    client().receive_nothing();
    client().send_bytes(flood);  // a byte too many
    expect_error(flow_control_error, end_reason::flow_control_window_exceeded, 3);
}

CONFORMANCE(http2_errors, are_told_to_handlers_that_run) {
    int told = 0;
    serve([&](request& asked, response&) -> task<> {
        if (asked.path() == "/reads") {
            (void)co_await asked.body().discard();
            EXPECT_TRUE(asked.body().failed());
        } else {
            (void)co_await asked.until_aborted();
        }
        EXPECT_TRUE(asked.aborted());
        ++told;
    });
    client().start();
    client().get(1);
    client().headers(3, post({}, "/reads"));
    client().receive_nothing();
    client().send(window_update(0, 0));
    expect_error(protocol_error, end_reason::window_update_size_invalid, 3);
    EXPECT_EQ(told, 2);
}

CONFORMANCE(http2_errors, of_a_table_where_there_is_none) {
    options.limits.http2.header_table_size = 0;
    serve(hello);
    http2_client::greeting expected = http2_client::usual_greeting();
    expected.settings.insert(expected.settings.begin(), {setting_id::header_table_size, 0});
    client().start({}, expected);
    client().headers(1, hpack::table_size(0) + block(get()) + hpack::incremental("x", "y"),
                     end_stream);
    client().receive_answer(1, "hello");
    client().headers(3, block(get()) + hpack::indexed(hpack::first_dynamic), end_stream);
    expect_error(compression_error, end_reason::error_reading_headers);
}

}  // namespace
}  // namespace saker::test
