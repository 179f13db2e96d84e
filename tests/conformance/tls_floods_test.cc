// Records that carry nothing for the application, few or many: key updates, answers to what was
// asked later; and requests that come along with them or with the end of the handshake.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr uint8_t key_update = 24;  // RFC 8446 4: the message's number
constexpr size_t slab = slab_pool::slab_size;

// ---- key updates ----

class key_updates : public served_tls {
protected:
    tls_client& newest() { return open_tls(chosen_with(tls_version::tls13)); }
    static std::string many(tls_client& of, size_t count, bool ask) {
        std::string all;
        while (count-- > 0) all += of.sealed_key_update(ask);
        return all;
    }
};
CONFORMANCE_SUITE_OVER(tls_key_updates, key_updates, every_setting);

CONFORMANCE(tls_key_updates, may_be_many_between_data) {
    serve(hello);
    tls_client& here = newest();
    for (const bool ask : {false, true}) {
        std::string all;
        for (int i = 0; i < 40; ++i) {
            all += here.sealed_key_update(ask);
            all += here.seal(get);
        }
        here.wire().send_raw(all);
        for (int i = 0; i < 40; ++i) here.receive_raw(ok("hello"));
    }
    EXPECT_EQ(here.messages_of(key_update), 40u) << "all that were asked for";
}

CONFORMANCE(tls_key_updates, may_be_thirty_two_in_a_row) {
    serve(hello);
    tls_client& here = newest();
    for (const bool ask : {false, true}) {
        for (int i = 0; i < 2; ++i) {
            const std::string all = many(here, 32, ask);
            here.wire().send_raw(all + here.seal(get));
            here.receive_raw(ok("hello"));
        }
    }
}

CONFORMANCE(tls_key_updates, that_are_more_in_a_row_end_the_connection) {
    serve(hello);
    for (const bool ask : {false, true}) {
        tls_client& here = newest();
        const std::string all = many(here, 33, ask);
        here.wire().send_raw(all + here.seal(get));
        here.wire().end();
        here.settle();
        EXPECT_EQ(here.heard(), "");
        EXPECT_EQ(ended(), end_reason::tls_record_error);
        EXPECT_EQ(counts().requests.value(), 0u);
        forget_tls();
    }
}

CONFORMANCE(tls_key_updates, as_the_last_word_do_not_cut_the_answer) {
    serve([](request& asked, response& answered) -> task<> {
        EXPECT_TRUE(co_await delay(1s));
        say(answered, std::to_string(co_await asked.body().discard()));
    });
    for (const size_t size : {size_t{0}, size_t{150'000}}) {  // the last one is read ahead in part
        for (const bool ask : {false, true}) {
            tls_client& here = newest();
            const std::string asked =
                here.seal("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) +
                          "\r\n\r\n" + std::string(size, 'b'));
            here.wire().send_raw(asked + here.sealed_key_update(ask));
            here.wire().end();
            advance(1s);
            here.receive_raw(ok(std::to_string(size)));
            EXPECT_EQ(here.read_all(), "");
            EXPECT_EQ(ended(), end_reason::client_closed);
            forget_tls();
        }
    }
}

CONFORMANCE_SUITE_OVER(tls_key_update_floods, key_updates, whole_settings);

// Each asks for an answer, which the client does not take, and is followed by a byte of data.
CONFORMANCE(tls_key_update_floods, hold_no_memory) {
    static constexpr size_t count = 10'000, large = 8'000'000;
    options.limits.max_request_buffer_size = 64 * 1024;
    serve([](request& asked, response& answered) -> task<> {
        if (asked.method() == "GET") co_return say(answered, "hello");
        answered.content_length(large);
        const std::string piece(10'000, 'x');
        for (size_t said = 0; said < large; said += piece.size())
            if (!co_await answered.body().write(piece)) co_return;
        EXPECT_EQ(co_await asked.body().discard(), count);
    });
    tls_client& slow = open_tls(chosen_with(tls_version::tls13), {.receive_buffer = 16'384});
    slow.stop_reading();
    slow.send("POST / HTTP/1.1", "Host: a", "Content-Length: " + std::to_string(count), "", "");
    slow.settle();
    const size_t before = here().slabs().in_use();
    const uint64_t received = counts().bytes_received.value();
    std::string flood;
    for (size_t i = 0; i < count; ++i) {
        flood += slow.sealed_key_update(true);
        flood += slow.seal("b");
    }
    slow.wire().send_raw(flood);
    slow.settle();
    EXPECT_LE(counts().bytes_received.value(), received + flood.size() / 2);
    // A receive of io_uring's may have filled many of them before it is stopped.
    if (GetParam().transport != "io_uring") {
        EXPECT_LE(here().slabs().in_use(), before + 128 * 1024 / slab);
    }
    EXPECT_EQ(ended(), end_reason::none);
    slow.go_on_reading();
    slow.wire().send_raw(flood.substr(flood.size() - slow.wire().unsent()));
    EXPECT_EQ(slow.wire().unsent(), 0u);
    slow.read_head();
    EXPECT_EQ(slow.read(large).size(), large);
    expect_greeting(slow);
    EXPECT_EQ(slow.messages_of(key_update), count) << "each was answered in the end";
}

// ---- certificates that were asked for later ----

class asked_later : public served_tls {
protected:
    asked_later() {
        https.client_certificate_mode = client_certificate_mode::delay_certificate;
        chosen.post_handshake_auth = true;
        chosen.lowest = tls_version::tls13;
    }
    void serve_who() {
        trust_clients_of(ca());
        serve([this](request& asked, response& answered) -> task<> {
            const uint64_t size = co_await asked.body().discard();
            if (asked.path() != "/who") co_return say(answered, std::to_string(size));
            tls_connection& own = *asked.connection().tls();
            const client_certificate* const shown = co_await own.client_certificate_async();
            received_ = counts().bytes_received.value();
            say(answered, shown == nullptr ? "nobody" : shown->facts.subject);
        });
    }
    uint64_t received_ = 0;  // when the answer was there
};
CONFORMANCE_SUITE_OVER(tls_unanswered_questions, asked_later, whole_settings);

CONFORMANCE(tls_unanswered_questions, are_given_up_when_requests_come_instead) {
    constexpr size_t size = 3'000'000;
    options.limits.max_request_buffer_size = 64 * 1024;
    serve_who();
    tls_client& deaf = open_tls(chosen);
    deaf.stop_reading();  // so it does not know that it was asked
    deaf.send_raw(
        "GET /who HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " +
        std::to_string(size) + "\r\n\r\n" + std::string(size, 'b'));
    EXPECT_EQ(deaf.unsent(), 0u) << "the clock stands still, and all of it is taken";
    EXPECT_GT(received_, 0u);
    EXPECT_LE(received_, 256u * 1024);
    deaf.go_on_reading();
    deaf.receive_raw(ok("nobody") + ok(std::to_string(size)));
    deaf.send("GET /who HTTP/1.1", "Host: a", "", "");  // behind its answer
    deaf.receive_raw(ok("nobody"));
}

CONFORMANCE(tls_unanswered_questions, are_given_up_in_time) {
    serve_who();
    tls_client& deaf = open_tls(chosen);
    deaf.stop_reading();
    deaf.send("GET /who HTTP/1.1", "Host: a", "", "");
    advance(9'900ms);
    EXPECT_EQ(received_, 0u);
    advance(200ms);
    EXPECT_GT(received_, 0u);
    deaf.go_on_reading();
    deaf.receive_raw(ok("nobody"));
    deaf.send("GET / HTTP/1.1", "Host: a", "", "");
    deaf.receive_raw(ok("0"));
}

class raw_asked_later : public asked_later {
protected:
    raw_asked_later() {
        url = "tcp://127.0.0.1:0";
        endpoint_options.run([this](connection& accepted) -> task<> {
            const client_certificate* const shown =
                co_await accepted.tls()->client_certificate_async();
            accepted.output().write(shown == nullptr ? "nobody" : shown->facts.subject);
            pipe& in = accepted.input();
            while (co_await accepted.output().flush() && co_await in.read()) {
                while (const share piece = in.take(in.length()))
                    accepted.output().write(piece.text());
            }
            EXPECT_TRUE(in.completed()) << "it was woken by nothing";
            over_ = true;
        });
    }
    bool over_ = false;
};
CONFORMANCE_SUITE_OVER(tls_late_certificates_of_raw_protocols, raw_asked_later, every_setting);

CONFORMANCE(tls_late_certificates_of_raw_protocols, are_not_followed_by_an_end_that_is_none) {
    trust_clients_of(ca());
    serve_routes();
    tls_client_options with = chosen_as(client_certificate_for("client"));
    tls_client& here = open_tls(with);
    here.receive_raw("CN=client");
    for (const bool ask : {false, true}) {
        here.update_key(ask);
        here.receive_nothing();
        EXPECT_FALSE(over_) << "a key update was taken for the end";
        here.send_raw("line");
        here.receive_raw("line");
    }
    here.end();
    here.receive_end();
    EXPECT_TRUE(over_);
    EXPECT_EQ(ended(), end_reason::application_completed);
}

// ---- what comes with something else ----

// Which is answered in the turn that has received it, together with whatever else is: the first
// bytes that the client hears are followed by all of them without another turn.
class first_words : public served_tls {
protected:
    void expect_answered_at_once(tls_client& to, std::string_view with) {
        to.wire().turn_until([&] { return !to.wire().heard().empty(); });
        to.turn_until([] { return true; });
        EXPECT_EQ(to.heard(), with);
        to.ignore();
    }
    // OpenSSL answers the first one when it reads the second, which it answers when it writes.
    static std::string two_updates(tls_client& of) {
        const std::string first = of.sealed_key_update(true);
        return first + of.sealed_key_update(true);
    }
    // Ready for its last flight of the handshake.
    tls_client& almost(const tls_client_options& with) {
        tls_client& made = new_tls(with);
        made.wire().send_raw(made.flight());
        made.wire().turn_until([&] { return !made.wire().heard().empty(); });
        return made;
    }
};
CONFORMANCE_SUITE_OVER(tls_first_words, first_words, whole_settings);

CONFORMANCE(tls_first_words, may_come_with_the_end_of_the_handshake) {
    serve(hello);
    for (int i = 0; i < 3; ++i) {
        tls_client& here = almost(chosen_with(tls_version::tls13));
        const std::string last = here.flight();
        ASSERT_TRUE(here.established()) << here.failure();
        here.wire().say_at_once(last + here.seal(get));
        expect_answered_at_once(here, ok("hello"));
    }
}

CONFORMANCE(tls_first_words, may_come_with_the_end_of_a_resumed_handshake) {
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        tls_client& before = open_tls(with);
        expect_greeting(before);
        with.resumes = before.session();
        tls_client& here = almost(with);
        const std::string last = here.flight();
        ASSERT_TRUE(here.established()) << here.failure();
        EXPECT_TRUE(here.resumed());
        here.wire().say_at_once(last + here.seal(get));
        expect_answered_at_once(here, ok("hello"));
    }
}

CONFORMANCE(tls_first_words, may_come_with_key_updates) {
    serve(hello);
    tls_client& here = open_tls(chosen_with(tls_version::tls13));
    here.settle();
    for (int i = 0; i < 3; ++i) {
        const std::string updates = two_updates(here);
        here.wire().say_at_once(updates + here.seal(get));
        expect_answered_at_once(here, ok("hello"));
    }
}

}  // namespace
}  // namespace saker::test
