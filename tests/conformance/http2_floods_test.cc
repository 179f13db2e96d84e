// Attacks on HTTP/2 that are known by name, and those that any frame can be made into: much work
// for the server, and none for the client. Each ends the attacker's connection and for the right
// reason; another client is served all the while; memory stays bounded and comes back.

#include "tests/support/attacked.h"

namespace saker::test {
namespace {

using namespace http2;

HTTP2_FLOOD_SUITE(http2_floods);

// ---- requests that are thrown away ----

// CVE-2023-44487.
CONFORMANCE(http2_floods, rapid_reset) {
    begin();
    const std::string head = block(get("/wait"));
    attack(20'000, [&](uint32_t stream) {
        return headers(stream, head, end_stream) + rst_stream(stream, error_code::cancel);
    });
    expect_calm();
    EXPECT_LT(started(), 1000u) << "handlers";
}

CONFORMANCE(http2_floods, rapid_reset_of_requests_that_are_answered_at_once) {
    begin();
    const std::string head = block(get());
    attack(20'000, [&](uint32_t stream) {
        return headers(stream, head, end_stream) + rst_stream(stream, error_code::cancel);
    });
    expect_calm();
}

CONFORMANCE(http2_floods, rapid_reset_in_one_segment) {
    begin();
    const std::string head = block(get("/wait"));
    std::string all;
    for (uint32_t stream = 1; stream < 4000; stream += 2)
        all += headers(stream, head, end_stream) + rst_stream(stream, error_code::cancel);
    attacker().send_bytes(all);
    expect_calm();
    EXPECT_LT(started(), 1000u);
}

// Handlers that do not notice that their client has gone are not started for ever.
CONFORMANCE(http2_floods, rapid_reset_of_handlers_that_go_on) {
    begin();
    const std::string head = block(get("/deaf"));
    attack(20'000, [&](uint32_t stream) {
        return headers(stream, head, end_stream) + rst_stream(stream, error_code::cancel);
    });
    EXPECT_LE(running(), 200u) << "twice what may be open";
    advance(10s);
    expect_calm();
}

// As few resets as an honest client's, of handlers that take long.
CONFORMANCE(http2_floods, slow_reset_of_handlers_that_go_on) {
    begin();
    const std::string head = block(get("/deafer"));
    uint32_t stream = 1;
    for (int second = 0; second < 40 && !attacker().gone(); ++second) {
        for (int i = 0; i < 15; ++i, stream += 2)
            attacker().send_bytes(headers(stream, head, end_stream) +
                                  rst_stream(stream, error_code::cancel));
        advance(1s);
        EXPECT_LE(running(), 200u) << "after " << second << " s";
    }
    serve_bystander();
    advance(1min);
    attacker().settle();
    attacker().ignore();
    attacker().vanish();
    expect_memory_back();
}

CONFORMANCE(http2_floods, resets_of_answers_that_wait_for_a_window) {
    begin({{setting_id::initial_window_size, 0}});
    const std::string head = block(get("/large"));
    attack(20'000, [&](uint32_t stream) {
        attacker().send(headers(stream, head, end_stream));
        attacker().settle();
        return rst_stream(stream, error_code::cancel);
    });
    expect_calm();
}

// CVE-2025-8671: the server is made to reset.
CONFORMANCE(http2_floods, made_you_reset_by_windows) {
    begin();
    const std::string head = block(get("/wait"));
    attack(20'000, [&](uint32_t stream) {
        return headers(stream, head, end_stream) + window_update(stream, largest_window);
    });
    expect_calm();
    EXPECT_LT(started(), 1000u);
}

CONFORMANCE(http2_floods, made_you_reset_by_a_body_that_is_too_long) {
    begin();
    const std::string head = block(post({{"content-length", "1"}}, "/wait"));
    attack(20'000, [&](uint32_t stream) { return headers(stream, head) + data(stream, "xx"); });
    expect_calm();
}

CONFORMANCE(http2_floods, made_you_reset_by_heads_that_make_no_request) {
    begin();
    const std::string head = block({{":method", "GET"}, {":path", "/"}});
    attack(20'000, [&](uint32_t stream) { return headers(stream, head, end_stream); });
    expect_calm();
}

CONFORMANCE(http2_floods, streams_beyond_the_limit) {
    begin();
    const std::string head = block(get("/wait"));
    attack(20'000, [&](uint32_t stream) { return headers(stream, head, end_stream); });
    expect_calm();
    EXPECT_LE(started(), 200u);
}

CONFORMANCE(http2_floods, resets_of_what_is_over) {
    begin();
    attacker().get(1);
    attacker().receive_answer(1, "hello");
    attack(100'000, [&](uint32_t) { return times(50, rst_stream(1, error_code::cancel)); });
    expect_calm();
}

// ---- heads ----

// CVE-2024-27316 and its like.
CONFORMANCE(http2_floods, continuation_of_small_parts) {
    begin();
    attacker().send_bytes(headers_begin(1, block(get()), end_stream));
    attack(100'000, [&](uint32_t) { return times(20, continuation(1, hpack::literal("x", "y"))); });
    expect_end({error_code::enhance_your_calm, error_code::protocol_error},
               {end_reason::enhance_your_calm, end_reason::max_request_header_count_exceeded});
}

CONFORMANCE(http2_floods, continuation_of_large_parts) {
    begin();
    attacker().send_bytes(headers_begin(1, block(get()), end_stream));
    const std::string part = hpack::literal("x", std::string(16'000, 'v'));
    attack(1000, [&](uint32_t) { return continuation(1, part); });
    expect_end(
        {error_code::enhance_your_calm, error_code::protocol_error},
        {end_reason::enhance_your_calm, end_reason::max_request_headers_total_size_exceeded});
}

// CVE-2019-9518, and the one that only time ends in Kestrel.
CONFORMANCE(http2_floods, continuation_of_nothing) {
    begin();
    attacker().send_bytes(headers_begin(1, block(get()), end_stream));
    attack(100'000, [&](uint32_t) { return times(20, continuation(1, "")); });
    expect_calm();
}

CONFORMANCE(http2_floods, continuation_of_a_value_that_does_not_end) {
    begin();
    attacker().send_bytes(headers_begin(
        1, block(get()) + '\0' + hpack::text("x") + hpack::text_of_length(10'000'000, ""),
        end_stream));
    attack(1000, [&](uint32_t) { return continuation(1, std::string(16'000, 'v')); });
    expect_end({error_code::enhance_your_calm, error_code::compression_error},
               {end_reason::enhance_your_calm, end_reason::error_reading_headers});
}

// CVE-2016-6581: a table's entry that is named over and over.
CONFORMANCE(http2_floods, hpack_bomb) {
    begin();
    const std::string head = block(get());
    attacker().send_bytes(
        headers(1, head + hpack::incremental("x", std::string(4000, 'v')), end_stream));
    attacker().receive_answer(1, "hello");
    const std::string bomb(16'000, hpack::indexed(hpack::first_dynamic)[0]);
    attack(100, [&](uint32_t stream) { return headers(stream + 2, head + bomb, end_stream); });
    expect_end({error_code::protocol_error}, {end_reason::max_request_headers_total_size_exceeded});
}

CONFORMANCE(http2_floods, cookies_in_crumbs) {
    begin();
    std::string head = block(get());
    for (int i = 0; i < 5000; ++i) head += hpack::literal(32, "");
    attack(100,
           [&](uint32_t stream) { return headers_in_parts(stream, head, 16'384, end_stream); });
    expect_end({error_code::protocol_error}, {end_reason::max_request_header_count_exceeded});
}

// A head that is refused costs no more than any request: it is answered each time.
CONFORMANCE(http2_floods, heads_that_are_too_large_are_refused_each) {
    begin();
    const std::string head =
        block(get("/", {{"x", std::string(20'000, 'v')}, {"y", std::string(20'000, 'v')}}));
    for (uint32_t stream = 1; stream < 200; stream += 2) {
        attacker().send_bytes(headers_in_parts(stream, head, 16'384, end_stream));
        attacker().receive_headers(stream, 431, end_stream);
        watch();
    }
    EXPECT_FALSE(attacker().gone());
}

// ---- bodies ----

// CVE-2019-9518.
CONFORMANCE(http2_floods, data_of_nothing) {
    begin();
    attacker().headers(1, post());
    attack(100'000, [&](uint32_t) { return times(20, data(1, "")); });
    expect_calm();
}

CONFORMANCE(http2_floods, data_of_padding) {
    begin();
    attacker().headers(1, post());
    attack(100'000, [&](uint32_t) { return times(20, padded_data(1, "", 3)); });
    expect_calm();
}

CONFORMANCE(http2_floods, data_in_bytes_that_nobody_reads) {
    begin();
    attacker().headers(1, post({}, "/wait"));
    attack(30'000, [&](uint32_t) { return times(20, data(1, "b")); });
    // Ended, or kept in little room.
    if (attacker().gone()) expect_calm();
    EXPECT_LT(most_slabs() - slabs_before(), 128u);
}

// Each comes in a receive of its own, and its handler gives it back at once.
CONFORMANCE(http2_floods, bytes_that_are_echoed_to_a_window_that_stays_shut) {
    begin({{setting_id::initial_window_size, 0}});
    attacker().headers(1, post({}, "/echo"));
    attacker().settle();
    attack(2000, [&](uint32_t) {
        attacker().settle();
        return data(1, "b");
    });
    EXPECT_LT(most_slabs() - slabs_before(), 64u);
    attacker().settle();
    attacker().ignore();
    attacker().vanish();
    settle();
    expect_memory_back();
}

CONFORMANCE(http2_floods, data_that_nobody_reads_on_many_streams) {
    options.max_slabs_per_core = 512;
    begin();
    for (uint32_t stream = 1; stream < 200; stream += 2)
        attacker().headers(stream, post({}, "/wait"));
    for (int i = 0; i < 64; ++i) {  // all that the connection's window lets in
        for (uint32_t stream = 1; stream < 200; stream += 2) {
            if (i * 100 + static_cast<int>(stream) / 2 >= 1024) break;
            attacker().send_bytes(data(stream, std::string(1000, 'b')));
        }
        watch();
    }
    EXPECT_LT(most_slabs() - slabs_before(), 200u) << "a mebibyte, and a little";
    EXPECT_FALSE(attacker().gone());
    attacker().vanish();
    settle();
    expect_memory_back();
}

CONFORMANCE(http2_floods, streams_that_are_opened_and_never_finished) {
    begin();
    for (uint32_t stream = 1; stream < 200; stream += 2) attacker().headers(stream, post());
    attacker().receive_nothing();
    EXPECT_EQ(started(), 100u);
    serve_bystander();
    advance(40s);
    attacker().settle();
    attacker().ignore();
    serve_bystander();
    EXPECT_EQ(running(), 0u) << "a body that does not come has its rate";
    attacker().end();
    settle();
    expect_memory_back();
}

// ---- answers that are not taken ----

// CVE-2019-9511 and 9517.
CONFORMANCE(http2_floods, answers_whose_windows_stay_shut) {
    begin({{setting_id::initial_window_size, 0}});
    const std::string head = block(get("/large"));
    for (uint32_t stream = 1; stream < 200; stream += 2)
        attacker().send_bytes(headers(stream, head, end_stream));
    watch();
    EXPECT_LT(most_slabs() - slabs_before(), 512u) << "8 MiB for one connection";
    serve_bystander();
    advance(30s);
    expect_end({error_code::internal_error, error_code::enhance_your_calm},
               {end_reason::min_response_data_rate});
}

CONFORMANCE(http2_floods, answers_whose_windows_are_opened_by_bytes) {
    begin({{setting_id::initial_window_size, 0}});
    const std::string head = block(get("/large"));
    attacker().send_bytes(headers(1, head, end_stream));
    attacker().settle();
    for (int i = 0; i < 200 && !attacker().gone(); ++i) {
        attacker().send_bytes(times(10, window_update(1, 1)));
        attacker().settle();
        (void)attacker().read_data(1);
        advance(100ms);
    }
    expect_end({error_code::internal_error, error_code::enhance_your_calm},
               {end_reason::min_response_data_rate, end_reason::enhance_your_calm});
}

// CVE-2019-9511: what is to be sent is cut into bytes, as fast as the client can ask for them.
CONFORMANCE(http2_floods, answers_that_are_cut_into_bytes) {
    begin({{setting_id::initial_window_size, 0}});
    attacker().get(1, "/large");
    attack(4000, [&](uint32_t) { return times(50, window_update(1, 1)); });
    expect_calm();
    renew_attacker();
    attacker().get(1, "/large");
    attack(4000, [&](uint32_t) { return window_update(1, 1); });
    expect_calm();
}

CONFORMANCE(http2_floods, settings_with_very_many_values) {
    begin();
    attacker().settings(setting_values(2700, {setting_id::initial_window_size, 1}));
    expect_end({error_code::enhance_your_calm, error_code::protocol_error},
               {end_reason::enhance_your_calm, end_reason::invalid_settings});
}

CONFORMANCE(http2_floods, answers_that_are_not_read_from_the_socket) {
    begin({{setting_id::initial_window_size, largest_window}});
    attacker().window_update(0, largest_window - 65'535);
    attacker().wire().stop_reading();
    const std::string head = block(get("/large"));
    for (uint32_t stream = 1; stream < 200; stream += 2)
        attacker().send_bytes(headers(stream, head, end_stream));
    watch();
    EXPECT_LT(most_slabs() - slabs_before(), 512u);
    serve_bystander();
    for (int seconds = 0; seconds < 6000 && open_connections() > 1; seconds += 60) {
        advance(60s);
        serve_bystander();
    }
    EXPECT_EQ(ended_by(end_reason::min_response_data_rate), 1u);
    attacker().vanish();
    expect_memory_back();
}

// ---- frames that are answered, or mean nothing ----

struct frame_flood {
    std::string_view what;
    std::string frame;
};

CONFORMANCE(http2_floods, of_frames_that_bring_nothing) {
    begin();
    const frame_flood floods[] = {
        {"PING", http2::ping()},     // CVE-2019-9512
        {"SETTINGS", settings({})},  // CVE-2019-9515
        {"SETTINGS that say something", settings({{setting_id::max_frame_size, 20'000}})},
        {"PRIORITY", http2::priority(1, {.on = 3})},  // CVE-2019-9513
        {"PRIORITY_UPDATE", priority_update(1, "u=1")},
        {"WINDOW_UPDATE", window_update(0, 1)},
        {"unknown frames", frame_of(type{0xbb}, none, 0, "")},
        {"PING's ACK", http2::ping("12345678", ack)},
    };
    for (const frame_flood& flood : floods) {
        SCOPED_TRACE(flood.what);
        attack(100'000, [&](uint32_t) { return times(50, flood.frame); });
        expect_calm();
        renew_attacker();
    }
}

CONFORMANCE(http2_floods, of_frames_whose_answers_are_not_read) {
    begin();
    const frame_flood floods[] = {{"PING", http2::ping()}, {"SETTINGS", settings({})}};
    for (const frame_flood& flood : floods) {
        SCOPED_TRACE(flood.what);
        attacker().wire().stop_reading();
        attack(100, [&](uint32_t) { return times(50, flood.frame); });
        attacker().wire().go_on_reading();
        expect_calm();
        renew_attacker();
    }
}

// As slowly as one can: what is earned by time is less than what many cost.
CONFORMANCE(http2_floods, that_go_on_for_a_minute) {
    begin();
    for (int i = 0; i < 600 && !attacker().gone(); ++i) {
        attacker().send_bytes(times(50, http2::ping()));
        attacker().settle();
        pass_time(100ms);
    }
    expect_calm();
}

}  // namespace
}  // namespace saker::test
