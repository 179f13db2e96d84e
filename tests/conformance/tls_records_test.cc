// Records: those that are broken, too large, of no use or of no known kind, and what the client is
// told; keys that are changed; and how large the records of answers are.

#include "tests/support/serve_tls.h"

#include <algorithm>

namespace saker::test {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view last_get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
constexpr uint8_t key_update = 24;  // RFC 8446 4: the message's number

class records : public served_tls {
protected:
    // Whose records can be forged.
    tls_client& forger(tls_version version) {
        tls_client_options with = chosen_with(version);
        with.suites = "TLS_AES_128_GCM_SHA256";
        with.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
        return open_tls(with);
    }
    // The connection has ended with this alert, for a failure, and nothing was served.
    void expect_ended_with(tls_client& here, tls_alert which) {
        here.receive_alert(which);
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::tls_record_error);
        EXPECT_EQ(counts().requests.value(), served_);
        forget_tls();
    }
    uint64_t served_ = 0;
};
CONFORMANCE_SUITE_OVER(tls_records, records, every_setting);

CONFORMANCE(tls_records, that_are_corrupted_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        for (const size_t at : {tls_record_header, size_t{20}, size_t{40}}) {
            tls_client& here = open_tls(chosen_with(version));
            std::string sealed = here.seal(get);
            sealed[at] = static_cast<char>(sealed[at] ^ 1);
            here.wire().send_raw(sealed);
            expect_ended_with(here, tls_alert::bad_record_mac);
        }
    }
}

CONFORMANCE(tls_records, that_come_twice_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        const std::string sealed = here.seal("GET / HT");
        here.wire().send_raw(sealed + sealed);
        expect_ended_with(here, tls_alert::bad_record_mac);
    }
}

CONFORMANCE(tls_records, that_are_left_out_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        (void)here.seal("GET / HT");
        here.wire().send_raw(here.seal(get));
        expect_ended_with(here, tls_alert::bad_record_mac);
    }
}

CONFORMANCE(tls_records, of_clear_text_behind_the_handshake_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.wire().send_raw("\x17\x03\x03" + std::string("\0\x1b", 2) + std::string(get));
        expect_ended_with(here, tls_alert::bad_record_mac);
    }
}

CONFORMANCE(tls_records, that_are_none_at_all_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.wire().send_raw(get);
        here.wire().end();
        here.wire().settle();
        here.settle();
        here.wire().ignore();
        EXPECT_EQ(ended(), end_reason::tls_record_error);
        EXPECT_EQ(counts().requests.value(), 0u);
        forget_tls();
    }
}

CONFORMANCE(tls_records, that_announce_too_much_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.wire().send_raw("\x17\x03\x03\xff\xff" + std::string(100, 'x'));
        expect_ended_with(here, tls_alert::record_overflow);
    }
}

CONFORMANCE(tls_records, may_be_as_large_as_can_be_and_no_larger) {
    serve(hello);
    for (const tls_version version : both_versions) {
        const std::string begun = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        tls_client& here = forger(version);
        here.wire().send_raw(
            here.forge(tls_content::data, begun + std::string(16385 - begun.size(), 'x')));
        expect_ended_with(here, tls_alert::record_overflow);
        tls_client& full = forger(version);
        std::string whole = begun + std::string(16384 - begun.size() - 4, 'x') + "\r\n\r\n";
        full.wire().send_raw(full.forge(tls_content::data, whole));
        full.receive_raw(ok("hello"));
        full.wire().end();
        full.settle();
        ++served_;
    }
}

CONFORMANCE(tls_records, that_are_empty_are_nothing) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = forger(version);
        std::string all;
        for (int i = 0; i < 20; ++i) all += here.forge(tls_content::data, "");
        here.wire().send_raw(all + here.forge(tls_content::data, get));
        here.receive_raw(ok("hello"));
    }
}

CONFORMANCE(tls_records, that_are_empty_and_many_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = forger(version);
        std::string all;
        for (int i = 0; i < 100; ++i) all += here.forge(tls_content::data, "");
        here.wire().send_raw(all);
        expect_ended_with(here, tls_alert::unexpected_message);
    }
}

CONFORMANCE(tls_records, may_be_padded) {
    serve(hello);
    tls_client& here = forger(tls_version::tls13);
    const std::string first = here.forge(tls_content::data, get, 1);
    here.wire().send_raw(first + here.forge(tls_content::data, get, 10'000));
    here.receive_raw(ok("hello") + ok("hello"));
}

CONFORMANCE(tls_records, of_padding_alone_end_the_connection) {
    serve(hello);
    tls_client& here = forger(tls_version::tls13);
    here.wire().send_raw(here.forge(tls_content::none, "", 100));
    expect_ended_with(here, tls_alert::unexpected_message);
}

CONFORMANCE(tls_records, of_heartbeats_are_not_answered) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = forger(version);
        // CVE-2014-0160: it asks for more than it says.
        here.wire().send_raw(here.forge(tls_content::heartbeat, std::string("\x01\x40\x00", 3)));
        expect_ended_with(here, tls_alert::unexpected_message);
    }
}

CONFORMANCE(tls_records, with_messages_of_a_handshake_that_is_over_end_the_connection) {
    serve(hello);
    tls_client& here = forger(tls_version::tls13);
    here.wire().send_raw(
        here.forge(tls_content::handshake, std::string("\x01\x00\x00\x04", 4) + "abcd"));
    expect_ended_with(here, tls_alert::unexpected_message);
}

CONFORMANCE(tls_records, with_warnings_are_not_taken_for_ever) {
    serve(hello);
    tls_client& here = forger(tls_version::tls12);
    std::string all;
    for (int i = 0; i < 50; ++i) all += here.forge(tls_content::alert, "\x01\x5a");
    here.wire().send_raw(all);
    expect_ended_with(here, tls_alert::unexpected_message);
}

CONFORMANCE(tls_records, with_a_fatal_alert_end_the_connection) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = forger(version);
        here.wire().send_raw(here.forge(tls_content::alert, "\x02\x50"));
        here.wire().end();
        here.settle();
        EXPECT_TRUE(is_failure(ended()));
        forget_tls();
    }
}

// ---- keys that are changed ----

CONFORMANCE(tls_records, may_change_their_keys) {
    serve(hello);
    tls_client& here = open_tls(chosen_with(tls_version::tls13));
    expect_greeting(here);
    here.update_key(false);
    expect_greeting(here);
    EXPECT_EQ(here.messages_of(key_update), 0u);
    for (size_t i = 1; i <= 3; ++i) {
        here.update_key(true);
        expect_greeting(here);
        EXPECT_EQ(here.messages_of(key_update), i) << "the server changes its own";
    }
}

CONFORMANCE(tls_records, may_change_their_keys_inside_a_body) {
    serve(echo_streamed);
    tls_client& here = open_tls(chosen_with(tls_version::tls13));
    here.send("POST / HTTP/1.1", "Host: a", "Content-Length: 8", "", "abcd");
    here.update_key(true);
    here.send_raw("efgh");
    EXPECT_TRUE(here.read_answer().ends_with("\r\n\r\nabcdefgh"));
}

CONFORMANCE(tls_records, may_not_begin_a_handshake_anew) {
    serve(hello);
    tls_client& here = open_tls(chosen_with(tls_version::tls12));
    expect_greeting(here);
    here.wire().send_raw(here.renegotiation());
    here.settle();
    EXPECT_EQ(here.messages_of(2), 1u) << "there is no second ServerHello";
    EXPECT_EQ(here.alert(), tls_alert::no_renegotiation);
    here.wire().end();
    here.wire().settle();
    here.wire().ignore();
    EXPECT_NE(ended(), end_reason::none);
}

CONFORMANCE(tls_records, are_never_compressed) {
    serve(hello);
    tls_client& here = new_tls(chosen_with(tls_version::tls12));
    // "deflate" among the methods of the ClientHello, which are behind the cipher suites.
    std::string said = here.flight();
    size_t at = tls_record_header + 4 + 2 + 32;
    at += 1 + static_cast<unsigned char>(said[at]);
    at += 2 + static_cast<size_t>(static_cast<unsigned char>(said[at]) << 8 |
                                  static_cast<unsigned char>(said[at + 1]));
    ASSERT_EQ(said.substr(at, 2), std::string("\x01\x00", 2));
    said.replace(at, 2, std::string("\x02\x01\x00", 3));
    for (const size_t length : {size_t{4}, tls_record_header + 3}) {
        ASSERT_NE(said[length], '\xff');
        said[length] = static_cast<char>(said[length] + 1);
    }
    here.wire().send_raw(said);
    here.wire().settle();
    const std::string hello_back = here.wire().heard();
    ASSERT_GT(hello_back.size(), 80u);
    at = tls_record_header + 4 + 2 + 32;
    at += 1 + static_cast<unsigned char>(hello_back[at]) + 2;
    EXPECT_EQ(hello_back[at], '\0') << "the method that was chosen";
    here.wire().ignore();
    here.vanish();
    forget_tls();
    EXPECT_FALSE(open_tls(chosen_with(tls_version::tls12)).compressed());
}

// ---- answers ----

class answers : public served_tls {
protected:
    // The sizes of the records that an answer of that size comes in.
    std::vector<size_t> sizes_of(tls_client& here) {
        const size_t before = here.data_sizes().size();
        here.send_raw(get);
        here.read_answer();
        std::vector<size_t> sizes = here.data_sizes();
        sizes.erase(sizes.begin(), sizes.begin() + static_cast<ptrdiff_t>(before));
        return sizes;
    }
};
CONFORMANCE_SUITE_OVER(tls_answer_records, answers, whole_settings);

constexpr size_t overhead = 29;  // of a record: at most the nonce, the tag and the kind

CONFORMANCE(tls_answer_records, a_small_answer_is_one) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        for (int i = 0; i < 3; ++i) {
            const std::vector<size_t> sizes = sizes_of(here);
            ASSERT_EQ(sizes.size(), 1u);
            EXPECT_LE(sizes[0], ok("hello").size() + overhead);
        }
    }
}

CONFORMANCE(tls_answer_records, a_large_answer_begins_with_small_ones_and_goes_on_with_full_ones) {
    static const std::string large(1'000'000, 'x');
    serve([](request&, response& answered) { answered.static_text(large); });
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        const std::vector<size_t> sizes = sizes_of(here);
        ASSERT_GT(sizes.size(), 60u);
        EXPECT_LE(sizes.front(), 1400u + overhead) << "one segment is enough to begin with";
        const auto full = std::count_if(sizes.begin(), sizes.end(), [](size_t one) {
            return one >= 16384 && one <= 16384 + overhead;
        });
        EXPECT_GT(full, 50) << "and the rest costs as little as it can";
        EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()), 16384 + overhead);
        EXPECT_LE(sizes.size(), 150u);
    }
}

CONFORMANCE(tls_answer_records, answers_to_pipelined_requests_share_one) {
    serve(hello);
    tls_client& here = open_tls(chosen);
    const size_t before = here.data_sizes().size();
    here.send_raw(std::string(get) + std::string(get) + std::string(get));
    here.receive_raw(ok("hello") + ok("hello") + ok("hello"));
    EXPECT_EQ(here.data_sizes().size(), before + 1);
}

}  // namespace
}  // namespace saker::test
