// How connections end whose records the kernel seals: close_notify comes last and nothing is lost
// before it, however slowly the client reads; failures are told by the alert that OpenSSL would
// have said.

#include "tests/guest/kernel_serves.h"

namespace saker::test {
namespace {

constexpr std::string_view closing = "Connection: close\r\n";

class ends : public served_by_kernel {
protected:
    // Connected, and the kernel seals; opens, where it is to.
    tls_client& open_sealed(const agreement& on, peer_options how = {}) {
        tls_client& here = open_tls(agreed(on), how);
        settle();
        here.send_raw(get("/of/40000"));
        expect_answer_of_noise(here, 40'000);
        expect_who(here, opens(on.version) ? "kernel, kernel" : "kernel, library");
        return here;
    }
    // It ends with this alert, for a broken record.
    void expect_broken(tls_client& here, tls_alert which) {
        here.receive_alert(which);
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::tls_record_error);
        forget_tls();
    }
};
CONFORMANCE_SUITE_OVER(kernel_tls_ends, ends, kernel_in_both_modes);

// ---- ends that nobody minds ----

CONFORMANCE(kernel_tls_ends, a_close_notify_is_answered_by_one) {
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_sealed(on);
        here.close_notify();
        here.receive_end();
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(kernel_tls_ends, what_was_asked_before_a_close_notify_is_answered) {
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_sealed(on);
        std::string said = here.seal(get("/hello") + get("/of/100000"));
        said += here.sealed_close();
        here.wire().send_raw(said);
        here.wire().end();
        here.receive_raw(ok("hello"));
        expect_answer_of_noise(here, 100'000);
        here.receive_end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(kernel_tls_ends, an_answer_may_be_the_last_one) {
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_sealed(on);
        here.send_raw(get("/of/300000", closing));
        expect_answer_of_noise(here, 300'000);
        here.receive_end();
        here.end();
        EXPECT_FALSE(is_failure(ended()));
    }
}

CONFORMANCE(kernel_tls_ends, a_client_that_reads_slowly_gets_all_of_the_last_answer) {
    serve_all();
    for (const agreement& on : forgeable) {
        for (const size_t size : {100'000u, 1'000'000u}) {
            SCOPED_TRACE(std::string(on.suite) + ", " + std::to_string(size));
            tls_client& slow = open_sealed(on, {.receive_buffer = 8192});
            slow.stop_reading();
            slow.send_raw(get("/of/" + std::to_string(size), closing));
            settle();
            std::string came;
            for (int i = 0; i < 20'000 && !slow.ended() && !slow.was_reset(); ++i) {
                slow.go_on_reading();
                slow.turn();
                slow.stop_reading();
                for (int idle = 0; idle < 3; ++idle) slow.turn();
                pass_time(5ms);
            }
            slow.settle();
            came = slow.read(slow.heard().size());
            const size_t body = came.find("\r\n\r\n") + 4;
            EXPECT_TRUE(came.substr(body) == noise_of(size)) << came.size() - body;
            EXPECT_TRUE(slow.ended());
            EXPECT_TRUE(slow.closed()) << "no close_notify: " << slow.failure();
            slow.end();
            forget_tls();
        }
    }
}

// What fills the kernel's buffer to any degree is with the kernel when nobody has read yet.
CONFORMANCE(kernel_tls_ends, a_client_that_reads_late_gets_all_of_the_last_answer) {
    serve_all();
    for (size_t size = 40'000; size < 200'000; size += 7919) {
        const agreement& on = forgeable[size % 2];
        SCOPED_TRACE(std::string(on.suite) + ", " + std::to_string(size));
        tls_client& late = open_sealed(on, {.receive_buffer = 4096});
        late.stop_reading();
        late.send_raw(get("/of/" + std::to_string(size), closing));
        settle();
        late.go_on_reading();
        const std::string came = read_with_time(late);
        const size_t body = came.find("\r\n\r\n") + 4;
        EXPECT_TRUE(came.substr(body) == noise_of(size)) << came.size() - body;
        EXPECT_TRUE(late.ended());
        EXPECT_TRUE(late.closed()) << "no close_notify: " << late.failure();
        late.end();
        forget_tls();
    }
}

CONFORMANCE(kernel_tls_ends, a_client_that_never_reads_does_not_keep_its_connection) {
    options.limits.min_response_data_rate.reset();
    serve_all();
    tls_client& slow = open_sealed(agreements[3], {.receive_buffer = 8192});
    slow.stop_reading();
    // What the kernel takes off our hands, and the client does not off its.
    slow.send_raw(get("/of/100000", closing));
    for (int i = 0; i < 200 && open_connections() > 0; ++i) advance(1s);
    EXPECT_EQ(open_connections(), 0u);
    slow.vanish();
    forget_tls();
}

CONFORMANCE(kernel_tls_ends, a_side_that_ends_without_a_close_notify_is_answered) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        here.send_raw(get("/of/100000"));
        here.wire().end();
        expect_answer_of_noise(here, 100'000);
        EXPECT_EQ(here.read_all(), "");
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
}

CONFORMANCE(kernel_tls_ends, a_body_that_is_cut_short_is_not_taken_for_a_whole_one) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        here.send("POST /sum HTTP/1.1", "Host: a", "Content-Length: 10", "", "12345");
        here.wire().end();
        here.settle();
        here.ignore();
        EXPECT_TRUE(is_failure(ended()));
        forget_tls();
    }
}

CONFORMANCE(kernel_tls_ends, a_server_that_stops_says_close_notify) {
    serve_all();
    std::vector<tls_client*> all;
    for (const agreement& on : agreements) all.push_back(&open_sealed(on));
    all[0]->send("POST /echo HTTP/1.1", "Host: a", "Content-Length: 4", "", "ab");
    settle();
    host().begin_stop();
    settle();
    all[0]->send_raw("cd");
    EXPECT_TRUE(all[0]->read_answer().ends_with("\r\n\r\nabcd"));
    advance(1s);
    for (tls_client* const one : all) {
        one->receive_end();
        one->end();
    }
    settle();
    EXPECT_EQ(open_connections(), 0u);
}

// ---- ends that are failures ----

CONFORMANCE(kernel_tls_ends, a_client_that_is_gone_in_the_middle_frees_the_connection) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on, {.receive_buffer = 8192});
        here.stop_reading();
        here.send_raw(get("/slowly/5000000"));
        settle();
        here.vanish();
        settle();
        EXPECT_EQ(ended(), end_reason::connection_reset);
        forget_tls();
    }
}

CONFORMANCE(kernel_tls_ends, an_answer_that_is_not_taken_ends_the_connection) {
    options.limits.min_response_data_rate = min_data_rate{1'000'000, 5s};
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& slow = open_sealed(on, {.receive_buffer = 8192});
        slow.stop_reading();
        slow.send_raw(get("/of/8000000"));
        advance(4s);
        EXPECT_EQ(ended(), end_reason::none);
        advance(40s);
        EXPECT_EQ(ended(), end_reason::min_response_data_rate);
        slow.vanish();
        forget_tls();
    }
}

CONFORMANCE(kernel_tls_ends, an_abort_is_a_reset) {
    serve_all();
    for (const agreement& on : forgeable) open_sealed(on);
    host().abort();
    settle();
    for (size_t i = 0; i < 2; ++i) tls(i).receive_reset();
}

CONFORMANCE(kernel_tls_ends, records_that_are_corrupted_are_told_of) {
    serve_all();
    for (const agreement& on : agreements) {
        SCOPED_TRACE(on.suite);
        for (const size_t at : {size_t{20}, size_t{40}}) {
            tls_client& here = open_sealed(on);
            std::string sealed = here.seal(get("/hello"));
            sealed[at] = static_cast<char>(sealed[at] ^ 1);
            here.wire().send_raw(sealed);
            expect_broken(here, tls_alert::bad_record_mac);
        }
    }
}

CONFORMANCE(kernel_tls_ends, records_that_come_twice_are_told_of) {
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_sealed(on);
        const std::string sealed = here.seal("GET / HT");
        here.wire().send_raw(sealed + sealed);
        expect_broken(here, tls_alert::bad_record_mac);
    }
}

CONFORMANCE(kernel_tls_ends, records_that_announce_too_much_are_told_of) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        here.wire().send_raw("\x17\x03\x03\xff\xff" + std::string(100, 'x'));
        expect_broken(here, tls_alert::record_overflow);
    }
}

CONFORMANCE(kernel_tls_ends, what_came_before_a_broken_record_is_answered) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        std::string sealed = here.seal(get("/hello")), broken = here.seal(get("/hello"));
        broken[30] = static_cast<char>(broken[30] ^ 1);
        here.wire().send_raw(sealed);
        here.receive_raw(ok("hello"));
        here.wire().send_raw(broken);
        expect_broken(here, tls_alert::bad_record_mac);
    }
}

CONFORMANCE(kernel_tls_ends, a_fatal_alert_of_the_client_is_not_answered) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        here.wire().send_raw(here.forge(tls_content::alert, "\x02\x50"));
        here.wire().end();
        here.settle();
        EXPECT_FALSE(here.alert());
        EXPECT_FALSE(here.closed());
        EXPECT_EQ(ended(), end_reason::tls_record_error);
        forget_tls();
    }
}

CONFORMANCE(kernel_tls_ends, records_of_no_use_are_told_of) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        here.wire().send_raw(here.forge(tls_content::heartbeat, std::string("\x01\x40\x00", 3)));
        expect_broken(here, tls_alert::unexpected_message);
    }
}

CONFORMANCE(kernel_tls_ends, empty_and_padded_records_are_nothing) {
    serve_all();
    for (const agreement& on : forgeable) {
        tls_client& here = open_sealed(on);
        std::string all;
        for (int i = 0; i < 10; ++i) all += here.forge(tls_content::data, "");
        here.wire().send_raw(all + here.forge(tls_content::data, get("/hello")));
        here.receive_raw(ok("hello"));
        if (on.version != tls_version::tls13) continue;
        here.wire().send_raw(here.forge(tls_content::data, get("/hello"), 10'000));
        here.receive_raw(ok("hello"));
    }
}

// ---- keys, and handshakes that are begun anew ----

CONFORMANCE(kernel_tls_ends, a_client_that_changes_its_keys) {
    serve_all();
    const agreement& on = agreements[3];
    tls_client& here = open_sealed(on);
    here.update_key(false);
    here.send_raw(get("/of/100000"));
    if (opens(on.version)) {
        expect_broken(here, tls_alert::internal_error);  // no kernel follows
    } else {
        expect_answer_of_noise(here, 100'000);
    }
}

CONFORMANCE(kernel_tls_ends, a_client_that_asks_for_other_keys_is_refused) {
    serve_all();
    tls_client& here = open_sealed(agreements[3]);
    here.update_key(true);
    expect_broken(here, tls_alert::internal_error);
}

CONFORMANCE(kernel_tls_ends, a_handshake_may_not_be_begun_anew) {
    serve_all();
    tls_client& here = open_sealed(agreements[0]);
    here.wire().send_raw(here.renegotiation());
    here.settle();
    EXPECT_EQ(here.messages_of(2), 1u) << "there is no second ServerHello";
    EXPECT_EQ(here.alert(), tls_alert::no_renegotiation);
    here.wire().end();
    here.wire().settle();
    here.wire().ignore();
    EXPECT_NE(ended(), end_reason::none);
}

}  // namespace
}  // namespace saker::test
