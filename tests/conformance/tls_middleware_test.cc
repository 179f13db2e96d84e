// What is before TLS in the chain of middleware and what is behind it; raw protocols over TLS; and
// what a handler can know of the connection that its request came by.

#include "tests/support/serve_tls.h"

#include <saker/connection_logging.h>

#include <mutex>

namespace saker::test {
namespace {

task<> echo_lines(connection& accepted) {
    pipe& in = accepted.input();
    while (co_await in.read()) {
        while (const share piece = in.take(in.length())) accepted.output().write(piece.text());
        if (!co_await accepted.output().flush()) co_return;
    }
}

// Keeps what passes, and hands it on.
class kept final : public pipe_tap {
public:
    explicit kept(std::string& into) : into_(into) {}
    void watch(pipe& one) { next_ = one.tap(this); }
    void leave(pipe& one) { one.tap(next_); }
    void written(std::string_view bytes) noexcept override {
        into_ += bytes;
        if (next_ != nullptr) next_->written(bytes);
    }
    void completed(int error) noexcept override {
        if (next_ != nullptr) next_->completed(error);
    }

private:
    std::string& into_;
    pipe_tap* next_ = nullptr;
};

struct seen {
    std::string in, out;
    bool knows_tls = false;
    connection_middleware middleware() {
        return [this](connection_delegate next) -> connection_delegate {
            return [this, next = std::move(next)](connection& accepted) -> task<> {
                knows_tls = accepted.tls() != nullptr;
                kept asked(in), answered(out);
                asked.watch(accepted.input());
                answered.watch(accepted.output());
                co_await next(accepted);
                asked.leave(accepted.input());
                answered.leave(accepted.output());
                EXPECT_EQ(knows_tls, accepted.tls() != nullptr);
            };
        };
    }
};

TLS_SUITE(tls_middleware);

CONFORMANCE(tls_middleware, sees_ciphertext_before_it_and_plaintext_behind_it) {
    seen outer, inner;
    endpoint_options.use(outer.middleware())
        .use_https(https_with_certificate())
        .use(inner.middleware());
    serve(echo);
    const std::string asked = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    const std::string answered = ok("abc");
    tls().send_raw(asked);
    tls().receive_raw(answered);
    tls().end();
    tls().receive_end();
    settle();
    EXPECT_EQ(inner.out, answered);
    EXPECT_TRUE(inner.knows_tls);
    EXPECT_FALSE(outer.knows_tls);
    EXPECT_TRUE(outer.in.starts_with("\x16\x03\x01")) << hex(outer.in.substr(0, 3));
    EXPECT_TRUE(outer.out.starts_with("\x16\x03\x03")) << hex(outer.out.substr(0, 3));
    EXPECT_EQ(outer.in.find("Host"), std::string::npos);
    EXPECT_EQ(outer.out.find("HTTP/1.1"), std::string::npos);
}

CONFORMANCE(tls_middleware, of_an_https_url_is_before_it_where_nobody_says_otherwise) {
    seen one;
    endpoint_options.use(one.middleware());
    serve(hello);
    expect_greeting(tls());
    finish();  // which `one` has to outlive
    EXPECT_FALSE(one.knows_tls);
    EXPECT_TRUE(one.in.starts_with("\x16\x03\x01"));
}

CONFORMANCE(tls_middleware, may_refuse_a_connection_on_either_side) {
    const auto refuses = [](std::string with) {
        return [=](connection_delegate) -> connection_delegate {
            return [=](connection& accepted) -> task<> {
                accepted.output().write(with);
                co_return;
            };
        };
    };
    endpoint_options.use_https(https_with_certificate()).use(refuses("not you"));
    serve(hello);
    tls_client& here = open_tls(chosen);
    here.receive_raw("not you");
    here.receive_end();
    here.end();
    EXPECT_EQ(ended(), end_reason::application_completed);
}

CONFORMANCE(tls_middleware, that_throws_behind_it_aborts) {
    endpoint_options.use_https(https_with_certificate())
        .use([](connection_delegate) -> connection_delegate {
            return [](connection&) -> task<> { throw std::runtime_error("not even a coroutine"); };
        });
    serve(hello);
    tls_client& here = new_tls();
    here.handshake();
    here.receive_reset();
    EXPECT_EQ(ended(), end_reason::unhandled_exception);
}

TLS_SUITE_WHOLE(tls_connection_logging);

CONFORMANCE(tls_connection_logging, may_be_on_both_sides) {
    std::mutex guard;
    std::string plain, encrypted;
    options.log_levels = {{"connection", log_level::debug}};
    options.log = [&](const log_record& record) {
        const std::lock_guard lock(guard);
        (record.message.find(" inner ") != std::string::npos ? plain : encrypted) += record.message;
    };
    endpoint_options.use(connection_logging("outer"))
        .use_https(https_with_certificate())
        .use(connection_logging("inner"));
    serve(hello);
    expect_greeting(tls());
    finish();
    const std::lock_guard lock(guard);
    EXPECT_NE(plain.find("GET"), std::string::npos) << plain;
    EXPECT_NE(plain.find("hello"), std::string::npos) << plain;
    EXPECT_EQ(encrypted.find("hello"), std::string::npos);
    EXPECT_NE(encrypted.find("16 03 01"), std::string::npos) << encrypted;
}

// ---- raw protocols ----

class raw_over_tls : public served_tls {
protected:
    raw_over_tls() { url = "tcp://127.0.0.1:0"; }
};
CONFORMANCE_SUITE_OVER(raw_protocols_over_tls, raw_over_tls, every_setting);

CONFORMANCE(raw_protocols_over_tls, have_the_plaintext) {
    endpoint_options.run(echo_lines);
    serve_routes();
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.send_raw("anything\n at all");
        here.receive_raw("anything\n at all");
        std::string large(100'000, 'l');
        here.send_raw(large);
        here.receive_raw(large);
        here.end();
        here.receive_end();
        EXPECT_EQ(ended(), end_reason::application_completed);
    }
}

CONFORMANCE(raw_protocols_over_tls, may_speak_first) {
    endpoint_options.run([](connection& accepted) -> task<> {
        accepted.output().write("welcome, ");
        accepted.output().write("and good bye");
        co_return;
    });
    serve_routes();
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        here.receive_raw("welcome, and good bye");
        here.receive_end();
        here.end();
        EXPECT_EQ(ended(), end_reason::application_completed);
    }
}

CONFORMANCE(raw_protocols_over_tls, are_not_h2_over_a_cipher_that_it_forbids) {
    https.application_protocols = {"h2", "lines/1"};
    https.cipher_suites_policy = {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"};
    endpoint_options.run([](connection& accepted) -> task<> {
        accepted.output().write(accepted.tls()->application_protocol());
        co_return;
    });
    serve(hello);
    tls_client_options with = chosen_with(tls_version::tls12);
    with.application_protocols = {"h2", "lines/1"};
    with.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    open_tls(with).receive_raw("h2");
    with.ciphers = "ECDHE-ECDSA-AES128-SHA256";  // no AEAD (RFC 9113 9.2.2)
    open_tls(with).receive_raw("lines/1");
    with.application_protocols = {"h2"};
    expect_refused(new_tls(with), tls_alert::no_application_protocol);
}

CONFORMANCE(raw_protocols_over_tls, have_application_protocols_of_their_own) {
    https.application_protocols = {"lines/2", "lines/1"};
    endpoint_options.run([](connection& accepted) -> task<> {
        accepted.output().write(accepted.tls()->application_protocol());
        co_return;
    });
    serve_routes();
    tls_client_options with = chosen;
    with.application_protocols = {"lines/1", "lines/2"};
    tls_client& here = open_tls(with);
    EXPECT_EQ(here.application_protocol(), "lines/2") << "in the server's order";
    here.receive_raw("lines/2");
    here.receive_end();
    here.end();
    EXPECT_EQ(ended(), end_reason::application_completed);
    with.application_protocols = {"http/1.1"};
    expect_refused(new_tls(with), tls_alert::no_application_protocol);
}

CONFORMANCE(raw_protocols_over_tls, may_abort) {
    endpoint_options.run([](connection& accepted) -> task<> {
        (void)co_await accepted.input().read();
        accepted.input().advance(accepted.input().length());
        accepted.abort(end_reason::aborted_by_app);
        EXPECT_FALSE(co_await accepted.input().read());
        EXPECT_TRUE(accepted.input().error() != 0);
    });
    serve_routes();
    tls().send_raw("x");
    tls().receive_reset();
    EXPECT_EQ(ended(), end_reason::aborted_by_app);
}

CONFORMANCE(raw_protocols_over_tls, that_throw_are_aborted) {
    endpoint_options.run([](connection& accepted) -> task<> {
        (void)co_await accepted.input().read();
        throw std::runtime_error("wrong");
    });
    serve_routes();
    tls().send_raw("x");
    tls().receive_reset();
    EXPECT_EQ(ended(), end_reason::unhandled_exception);
}

CONFORMANCE(raw_protocols_over_tls, are_told_of_a_stop) {
    connection* open = nullptr;
    endpoint_options.run([&](connection& accepted) -> task<> {
        open = &accepted;
        return echo_lines(accepted);
    });
    serve_routes();
    tls().send_raw("x");
    tls().receive_raw("x");
    host().begin_stop();
    settle();
    ASSERT_NE(open, nullptr);
    EXPECT_TRUE(open->close_requested());
    tls().send_raw("y");
    tls().receive_raw("y");
    host().abort();
    settle();
    EXPECT_EQ(ended(), end_reason::app_shutdown_timeout);
    tls().receive_reset();
}

CONFORMANCE(raw_protocols_over_tls, upgraded_from_http_have_the_plaintext_too) {
    url = "https://127.0.0.1:0";
    serve([](request&, response& answered) -> task<> {
        connection* const own = answered.upgrade("lines");
        EXPECT_NE(own->tls(), nullptr);
        co_await echo_lines(*own);
    });
    tls().send("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: lines", "", "");
    EXPECT_TRUE(tls().read_head().starts_with("HTTP/1.1 101 "));
    tls().send_raw("line\n");
    tls().receive_raw("line\n");
    tls().end();
    tls().receive_end();
    EXPECT_EQ(ended(), end_reason::upgraded);
}

// ---- what a handler can know ----

TLS_SUITE(tls_features);

CONFORMANCE(tls_features, are_what_the_client_knows) {
    std::string told;
    serve([&](request& asked, response& answered) {
        const tls_connection& own = *asked.connection().tls();
        told = std::string(own.protocol()) + ' ' + std::string(own.cipher_suite()) + ' ' +
               std::string(own.server_name()) + ' ' + std::string(own.application_protocol());
        EXPECT_FALSE(own.resumed());
        EXPECT_EQ(own.client_certificate(), nullptr);
        hello(asked, answered);
    });
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        with.application_protocols = {"http/1.1"};
        tls_client& here = open_tls(with);
        expect_greeting(here);
        EXPECT_EQ(told, here.protocol() + ' ' + here.cipher_suite() + " localhost http/1.1");
    }
}

CONFORMANCE(tls_features, are_not_there_in_clear_text) {
    in_clear = true;
    serve([](request& asked, response& answered) {
        EXPECT_EQ(asked.connection().tls(), nullptr);
        say(answered, std::string(asked.scheme()));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("http"));
}

CONFORMANCE(tls_features, bind_channels) {
    using binding = tls_connection::binding;
    std::string end_point, unique, exporter;
    serve([&](request& asked, response& answered) {
        const tls_connection& own = *asked.connection().tls();
        end_point = own.channel_binding(binding::server_end_point);
        unique = own.channel_binding(binding::unique);
        exporter = own.channel_binding(binding::exporter);
        hello(asked, answered);
    });
    for (const tls_version version : both_versions) {
        tls_client& here = open_tls(chosen_with(version));
        expect_greeting(here);
        EXPECT_EQ(hex(end_point), hex(here.end_point_binding()));
        EXPECT_EQ(end_point.size(), 32u);
        EXPECT_EQ(hex(exporter), hex(here.exporter_binding()));
        EXPECT_EQ(exporter.size(), 32u);
        if (version == tls_version::tls12) {
            EXPECT_EQ(hex(unique), hex(here.unique_binding()));
            EXPECT_EQ(unique.size(), 12u);
        } else {
            EXPECT_EQ(unique, "");
        }
    }
}

CONFORMANCE(tls_features, bind_channels_of_resumed_sessions) {
    using binding = tls_connection::binding;
    std::string end_point, unique;
    serve([&](request& asked, response& answered) {
        end_point = asked.connection().tls()->channel_binding(binding::server_end_point);
        unique = asked.connection().tls()->channel_binding(binding::unique);
        hello(asked, answered);
    });
    tls_client_options with = chosen_with(tls_version::tls12);
    expect_greeting(open_tls(with));
    const std::string before = end_point;
    with.resumes = tls().session();
    tls_client& here = open_tls(with);
    ASSERT_TRUE(here.resumed());
    expect_greeting(here);
    EXPECT_EQ(hex(unique), hex(here.unique_binding()));
    EXPECT_EQ(hex(end_point), hex(before));
}

}  // namespace
}  // namespace saker::test
