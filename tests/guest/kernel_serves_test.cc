// Conversations in which the kernel seals the records, or opens them too: every version, cipher and
// mode over both transports, byte for byte what the process itself would say.

#include "tests/guest/kernel_serves.h"

namespace saker::test {
namespace {

CONFORMANCE_SUITE_OVER(kernel_tls_automatic, saker::test::served_by_kernel, kernel_automatic);
CONFORMANCE_SUITE_OVER(kernel_tls_on, saker::test::served_by_kernel, kernel_on);

CONFORMANCE(kernel_tls_automatic, leaves_large_answers_to_the_kernel) {
    serve_all();
    auto before = kernel_tls_counters();
    for (const agreement& on : agreements) {
        SCOPED_TRACE(on.suite);
        tls_client& here = open_tls(agreed(on));
        here.send_raw(get("/hello"));
        here.receive_raw(ok("hello"));
        expect_who(here, "library, library");
        talk(here);
        expect_who(here, "kernel, library");
        here.close_notify();
        here.receive_end();
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
    auto after = kernel_tls_counters();
    EXPECT_EQ(after["TlsTxSw"] - before["TlsTxSw"], 6);
    EXPECT_EQ(after["TlsRxSw"] - before["TlsRxSw"], 0);
    EXPECT_EQ(counts().tls_kernel_sends.value(), 6u);
    EXPECT_EQ(counts().tls_kernel_receives.value(), 0u);
}

CONFORMANCE(kernel_tls_automatic, seals_small_answers_itself) {
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_tls(agreed(on));
        for (int i = 0; i < 3; ++i) expect_noise(here, 20'000);
        expect_noise(here, 1'000'000, "/slowly/");
        expect_who(here, "library, library");
    }
    EXPECT_EQ(counts().tls_kernel_sends.value(), 0u);
}

CONFORMANCE(kernel_tls_on, leaves_everything_to_the_kernel) {
    serve_all();
    auto before = kernel_tls_counters();
    for (const agreement& on : agreements) {
        SCOPED_TRACE(on.suite);
        tls_client& here = open_tls(agreed(on));
        settle();
        talk(here);
        expect_who(here, opens(on.version) ? "kernel, kernel" : "kernel, library");
        here.close_notify();
        here.receive_end();
        here.wire().end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
    auto after = kernel_tls_counters();
    const unsigned received = opens(tls_version::tls13) ? 6 : 3;
    EXPECT_EQ(after["TlsTxSw"] - before["TlsTxSw"], 6);
    EXPECT_EQ(after["TlsRxSw"] - before["TlsRxSw"], received);
    EXPECT_EQ(after["TlsDecryptError"] - before["TlsDecryptError"], 0);
    EXPECT_EQ(counts().tls_kernel_sends.value(), 6u);
    EXPECT_EQ(counts().tls_kernel_receives.value(), received);
}

CONFORMANCE(kernel_tls_on, begins_when_the_handshake_is_over) {
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_tls(agreed(on));
        settle();
        expect_who(here, opens(on.version) ? "kernel, kernel" : "kernel, library");
    }
}

CONFORMANCE(kernel_tls_on, begins_behind_a_request_that_came_with_the_end_of_the_handshake) {
    serve_all();
    for (const agreement& on : agreements) {
        SCOPED_TRACE(on.suite);
        tls_client& here = new_tls(agreed(on));
        std::string last;
        while (last = here.flight(), !here.established()) {
            ASSERT_FALSE(last.empty()) << here.failure();
            here.wire().send_raw(last);
            here.wire().turn_until([&] { return !here.wire().heard().empty(); });
        }
        here.wire().send_raw(last + here.seal(get("/hello") + get("/of/100000")));
        here.receive_raw(ok("hello"));
        expect_answer_of_noise(here, 100'000);
        here.send_raw(get("/hello"));
        here.receive_raw(ok("hello"));
        expect_who(here, opens(on.version) ? "kernel, kernel" : "kernel, library");
        expect_upload(here, 100'000);
        expect_noise(here, 100'000);
    }
}

CONFORMANCE(kernel_tls_on, opens_records_of_any_size_and_cut) {
    serve_all();
    for (const agreement& on : agreements) {
        SCOPED_TRACE(on.suite);
        tls_client& here = open_tls(agreed(on));
        settle();
        const std::string body = noise_of(3000);
        const std::string asked = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n";
        const std::string sealed = here.seal(asked + body, 7);
        for (size_t at = 0; at < sealed.size(); at += 1999) {
            here.wire().send_raw(std::string_view(sealed).substr(at, 1999));
            settle();
        }
        EXPECT_TRUE(here.read_answer().ends_with("\r\n\r\n" + body));
    }
}

CONFORMANCE(kernel_tls_on, takes_a_body_that_nobody_reads_no_further_than_the_buffer) {
    options.limits.max_request_buffer_size = 100'000;
    bool go_on = false;
    serve([&](request& asked, response& answered) -> task<> {
        while (!go_on) (void)co_await delay(1s);
        say(answered, std::to_string(co_await asked.body().discard()));
    });
    tls_client& fast = open_tls(agreed(agreements[0]));
    settle();
    fast.send("POST / HTTP/1.1", "Host: a", "Content-Length: 10000000", "", "");
    const uint64_t before = counts().bytes_received.value();
    fast.send_raw(std::string(10'000'000, 'b'));
    ASSERT_GT(fast.unsent(), 0u) << "the client was never stopped";
    EXPECT_LE(counts().bytes_received.value() - before, 400'000u);
    EXPECT_EQ(counts().tls_kernel_receives.value(), 1u);
    go_on = true;
    advance(1s);
    for (int i = 0; i < 1000 && fast.unsent() > 0; ++i) fast.send_rest();
    fast.receive_raw(ok("10000000"));
}

// The module takes no socket whose other end has said its last.
CONFORMANCE(kernel_tls_automatic, seals_itself_what_the_kernel_refuses) {
    std::vector<std::string> told;
    options.minimum_log_level = log_level::debug;
    options.log = [&](const log_record& one) {
        if (one.message.find("The kernel does not take") != std::string_view::npos)
            told.emplace_back(one.message);
    };
    serve_all();
    for (const agreement& on : agreements) {
        tls_client& here = open_tls(agreed(on));
        here.send_raw(get("/later/100000") + get("/of/100000"));
        here.end();
        advance(1s);
        expect_answer_of_noise(here, 100'000);
        expect_answer_of_noise(here, 100'000);
        here.receive_end();
        EXPECT_EQ(ended(), end_reason::client_closed);
    }
    EXPECT_EQ(counts().tls_kernel_sends.value(), 0u);
    finish();
    EXPECT_EQ(told.size(), 6u) << "once a connection";
}

// OpenSSL does not tell of other keys: those that it offered once are worth nothing.
CONFORMANCE(kernel_tls_automatic, goes_on_itself_behind_a_change_of_keys) {
    serve_all();
    for (const bool asks : {false, true}) {
        tls_client& here = open_tls(agreed(agreements[3]));
        here.update_key(asks);
        talk(here);
        expect_who(here, "library, library");
    }
}

// Two records under one nonce would tell both of their contents: the kernel's begin behind the
// last one of ours.
CONFORMANCE(kernel_tls_automatic, never_uses_a_nonce_twice) {
    serve_all();
    for (const uint64_t i : {0u, 1u}) {
        tls_client& here = open_tls(agreed(agreements[i]));
        here.wire().send_raw(here.seal(get("/hello")));
        here.wire().settle();
        here.wire().send_raw(here.seal(get("/hello") + get("/of/1000000")));
        here.wire().settle();
        EXPECT_EQ(counts().tls_kernel_sends.value(), i + 1);
        const std::string all = here.wire().take_heard();
        std::vector<std::string> nonces;
        for (size_t at = 0; at + 13 <= all.size();) {
            nonces.push_back(hex(std::string_view(all).substr(at + 5, 8)));
            at += 5 + static_cast<size_t>(static_cast<uint8_t>(all[at + 3]) << 8 |
                                          static_cast<uint8_t>(all[at + 4]));
        }
        EXPECT_GT(nonces.size(), 60u);
        for (size_t at = 1; at < nonces.size(); ++at) {
            const uint64_t last = std::stoull(nonces[at - 1], nullptr, 16);
            ASSERT_EQ(std::stoull(nonces[at], nullptr, 16), last + 1) << at;
        }
        here.vanish();
        forget_tls();
    }
}

}  // namespace
}  // namespace saker::test
