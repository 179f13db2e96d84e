// What clients do to a server over TLS that costs it more than them: handshakes that stand in line
// or in callbacks, floods of records without data, silence; and callbacks that fail in odd ways.

#include "tests/support/serve_tls.h"

namespace saker::test {
namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class hardened : public served_tls {
protected:
    [[nodiscard]] static tls_connection_options with_usual_certificate() {
        tls_connection_options decided;
        decided.certificates = {loaded(certificate_for({"localhost"}))};
        return decided;
    }
};

// ---- handshakes that wait for us ----

class waiting : public hardened {
protected:
    // Connections decide for a second of the clock each.
    void decide_slowly(std::chrono::seconds time = 1s) {
        https.on_connection_async = [=](const client_hello&) -> task<tls_connection_options> {
            (void)co_await delay(time);
            co_return with_usual_certificate();
        };
    }
    tls_client& say_hello(const tls_client_options& with) {
        tls_client& here = new_tls(with);
        here.wire().send_raw(here.flight());
        return here;
    }
    uint64_t timed_out() {
        const auto& of = counts().tls_handshakes[static_cast<size_t>(handshake_end::timed_out)];
        uint64_t sum = 0;
        for (size_t i = 0; i < of.size; ++i) sum += of.bucket(i);
        return sum;
    }
    // The connection is over without another word of the client's.
    void expect_gone(tls_client& here) {
        here.wire().settle();
        EXPECT_TRUE(here.wire().ended() || here.was_reset());
        here.wire().ignore();
    }
};
CONFORMANCE_SUITE_OVER(tls_waiting_handshakes, waiting, every_setting);

CONFORMANCE(tls_waiting_handshakes, have_their_time_in_the_line_too) {
    int selected = 0;
    https.server_certificate_selector = [&](connection&, std::string_view) {
        ++selected;
        pass_time(11s);  // so that nobody else has one for now
        return loaded(certificate_for({"localhost"}));
    };
    serve(hello);
    tls_client& one = new_tls();
    tls_client& another = new_tls();
    const std::string first = one.flight(), second = another.flight();
    one.wire().say_at_once(first);
    another.wire().say_at_once(second);
    settle();
    EXPECT_EQ(selected, 1) << "the other one's time was over before its turn";
    EXPECT_EQ(ended_by(end_reason::tls_handshake_timeout), 2u);
    EXPECT_EQ(timed_out(), 2u);
    EXPECT_EQ(open_connections(), 0u);
    expect_gone(one);
    expect_gone(another);
}

CONFORMANCE(tls_waiting_handshakes, that_time_out_in_a_callback_are_counted) {
    decide_slowly(60s);
    serve(hello);
    for (const tls_version version : both_versions) {
        tls_client& here = say_hello(chosen_with(version));
        advance(9'900ms);
        EXPECT_EQ(ended(), end_reason::none);
        advance(200ms);
        expect_gone(here);
        advance(60s);
        EXPECT_EQ(ended(), end_reason::tls_handshake_timeout);
        forget_tls();
    }
    EXPECT_EQ(timed_out(), 2u);
}

CONFORMANCE(tls_waiting_handshakes, in_callbacks_are_not_ended_for_newcomers) {
    options.tls.max_concurrent_handshakes = 4;
    decide_slowly();
    serve(hello);
    std::vector<tls_client*> deciding;
    for (size_t i = 0; i < 4; ++i)
        deciding.push_back(&say_hello(chosen_with(both_versions[i % 2])));
    for (uint64_t i = 1; i <= 3; ++i) {
        tls_client& newcomer = say_hello(chosen);
        newcomer.wire().receive_reset();
        EXPECT_EQ(ended_by(end_reason::max_concurrent_handshakes_exceeded), i);
        forget_tls();
    }
    EXPECT_EQ(open_connections(), 4u);
    advance(1s);
    for (tls_client* const one : deciding) {
        EXPECT_TRUE(one->handshake()) << one->failure();
        expect_greeting(*one);
    }
    tls_client& later = say_hello(chosen);
    advance(1s);
    EXPECT_TRUE(later.handshake()) << later.failure();
    expect_greeting(later);
}

CONFORMANCE(tls_waiting_handshakes, in_callbacks_may_be_gone_when_newcomers_come) {
    options.tls.max_concurrent_handshakes = 2;
    decide_slowly();
    serve(hello);
    tls_client& first = say_hello(chosen);
    say_hello(chosen).vanish();
    settle();
    say_hello(chosen).wire().receive_reset();
    forget_tls();
    advance(1s);
    EXPECT_TRUE(first.handshake()) << first.failure();
    expect_greeting(first);
    EXPECT_EQ(open_connections(), 1u);
    EXPECT_EQ(counts().tls_handshakes_active.value(), 0u);
}

// ---- a stop ----

CONFORMANCE(tls_waiting_handshakes, that_have_not_begun_do_not_hold_up_a_stop) {
    serve(hello);
    tls_client& silent = new_tls();
    settle();
    host().begin_stop();
    advance(300ms);
    silent.wire().receive_end();
    silent.wire().end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
    EXPECT_TRUE(host().all_over());
}

CONFORMANCE(tls_waiting_handshakes, that_begin_while_a_stop_waits_are_made) {
    serve(hello);
    tls_client& late = new_tls();
    host().begin_stop();
    advance(200ms);
    EXPECT_TRUE(late.handshake()) << late.failure();
    late.send_raw(get);
    EXPECT_NE(late.read_answer().find("\r\nConnection: close\r\n"), std::string::npos);
    late.receive_end();
    late.end();
    EXPECT_EQ(ended(), end_reason::app_shutdown);
}

CONFORMANCE(tls_waiting_handshakes, that_have_begun_keep_their_time_at_a_stop) {
    serve(hello);
    tls_client& half = new_tls();
    half.handshake_up_to(100);
    tls_client& never = new_tls();
    never.handshake_up_to(1);
    host().begin_stop();
    advance(9'900ms);
    half.wire().receive_nothing();
    EXPECT_EQ(open_connections(), 2u);
    EXPECT_TRUE(half.handshake()) << half.failure();
    half.send_raw(get);
    EXPECT_NE(half.read_answer().find("\r\nConnection: close\r\n"), std::string::npos);
    half.receive_end();
    half.end();
    advance(200ms);
    expect_gone(never);
    EXPECT_EQ(ended_by(end_reason::tls_handshake_timeout), 1u);
    EXPECT_TRUE(host().all_over());
}

// ---- callbacks that fail ----

class failing : public hardened {
protected:
    void expect_refused_once() {
        serve(hello);
        for (const tls_version version : both_versions) {
            asked_ = 0;
            expect_refused(new_tls(chosen_with(version)));
            EXPECT_EQ(asked_, 1);
            forget_tls();
        }
        EXPECT_EQ(open_connections(), 0u);
    }
    void expect_served() {
        serve(hello);
        for (const tls_version version : both_versions) {
            tls_client& here = open_tls(chosen_with(version));
            expect_greeting(here);
            EXPECT_EQ(ended(), end_reason::none);
        }
    }
    // Who asks again and again is answered in the end, so that the test has one.
    void throw_silently() {
        if (++asked_ < 10) throw std::runtime_error("");
    }
    int asked_ = 0;
};
CONFORMANCE_SUITE_OVER(tls_failing_callbacks, failing, every_setting);

CONFORMANCE(tls_failing_callbacks, that_throw_without_a_word_refuse_once) {
    https.on_connection_async = [&](const client_hello&) -> task<tls_connection_options> {
        throw_silently();
        co_return with_usual_certificate();
    };
    expect_refused_once();
}

CONFORMANCE(tls_failing_callbacks, that_do_not_wait_throw_without_a_word_as_well) {
    https.on_connection = [&](const client_hello&) {
        throw_silently();
        return with_usual_certificate();
    };
    expect_refused_once();
}

CONFORMANCE(tls_failing_callbacks, that_select_throw_without_a_word_as_well) {
    https.server_certificate_selector = [&](connection&, std::string_view) {
        throw_silently();
        return loaded(certificate_for({"localhost"}));
    };
    expect_refused_once();
}

CONFORMANCE(tls_failing_callbacks, that_select_may_leave_errors_in_openssl) {
    https.server_certificate_selector = [](connection&, std::string_view) {
        server_certificate own = loaded(certificate_for({"localhost"}));
        leave_an_error_in_openssl();
        return own;
    };
    expect_served();
}

CONFORMANCE(tls_failing_callbacks, may_leave_errors_in_openssl) {
    https.on_connection = [](const client_hello&) {
        tls_connection_options decided = with_usual_certificate();
        leave_an_error_in_openssl();
        return decided;
    };
    expect_served();
}

CONFORMANCE(tls_failing_callbacks, that_wait_may_leave_errors_in_openssl) {
    https.on_connection_async = [](const client_hello&) -> task<tls_connection_options> {
        tls_connection_options decided = with_usual_certificate();
        leave_an_error_in_openssl();
        co_return decided;
    };
    expect_served();
}

CONFORMANCE(tls_failing_callbacks, that_validate_may_leave_errors_in_openssl) {
    https.client_certificate_mode = client_certificate_mode::require_certificate;
    https.client_certificate_validation = [](const client_certificate&,
                                             const certificate_verdict& verdict) {
        leave_an_error_in_openssl();
        return verdict.trusted;
    };
    trust_clients_of(ca());
    chosen = chosen_as(client_certificate_for("client"));
    expect_served();
}

}  // namespace
}  // namespace saker::test
