// The n-th operation fails, for every n until a script gets through: with whatever error the
// network ends a conversation, nothing crashes, nothing is kept, and the connection has a reason.

#include "tests/support/serve.h"

#include <cerrno>

namespace saker::test {
namespace {

class with_failures : public served {
protected:
    void SetUp() override {
        served::SetUp();
        network_options.window = 30'000;
    }
    // Says the script and hears what comes, as far as the network lets it.
    void converse(const memory_peer& end_given, std::string_view script) {
        memory_peer end = end_given;
        std::string heard;
        for (int quiet = 0; quiet < 4;) {
            const size_t said = end.say(script);
            script.remove_prefix(said);
            const uint64_t before = counts().bytes_sent.value();
            here().turn({});
            const std::string came = end.hear();
            heard += came;
            const bool moved = said > 0 || !came.empty() || counts().bytes_sent.value() != before;
            quiet = moved ? 0 : quiet + 1;
        }
        EXPECT_TRUE(heard.empty() || heard.starts_with("HTTP/1.1 ")) << heard;
    }
    void run(std::string_view script) {
        for (const int error : {-ECONNRESET, -ENOMEM, -EPIPE}) {
            bool failed = true;
            uint64_t nth = 0;
            while (failed) {
                SCOPED_TRACE("operation " + std::to_string(++nth) + ", error " +
                             std::to_string(error));
                network()->fail(nth, error);
                memory_peer end = network()->connect(port());
                converse(end, script);
                failed = network()->has_failed();
                network()->fail(0, 0);
                if (failed) advance(54ms);  // the listener's pause, if it was its accept
                end.vanish();
                settle();
                EXPECT_EQ(open_connections(), 0u);
                EXPECT_EQ(ended_by(end_reason::none), 0u);
                ASSERT_LT(nth, 500u);
            }
            EXPECT_GT(nth, 3u) << "the script asked for nothing";
        }
    }
};
// Of HTTP/2: http2_failures_test.cc.
CONFORMANCE_SUITE_OVER(failing_operations, with_failures, memory_settings);

CONFORMANCE(failing_operations, during_a_get) {
    serve(hello);
    run("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

CONFORMANCE(failing_operations, during_a_chunked_echo) {
    serve(echo_streamed);
    run("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        "5\r\nHello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n");
}

CONFORMANCE(failing_operations, during_pipelined_requests) {
    serve(echo);
    std::string script;
    for (int i = 0; i < 20; ++i)
        script += "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHello";
    run(script + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
}

CONFORMANCE(failing_operations, during_a_large_upload) {
    serve([](request& asked, response& answered) -> task<> {
        const uint64_t size = co_await asked.body().discard();
        if (!asked.body().failed()) answered.text(std::to_string(size));
    });
    run("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'a'));
}

CONFORMANCE(failing_operations, during_a_large_download) {
    static const std::string large(400'000, 'x');
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/whole") co_return answered.static_text(large);
        for (int i = 0; i < 40; ++i) {
            if (!co_await answered.body().write(large.substr(0, 10'000))) co_return;
        }
        answered.trailer("A", "b");
    });
    run("GET /whole HTTP/1.1\r\nHost: a\r\n\r\nGET /streamed HTTP/1.1\r\nHost: a\r\n\r\n");
}

CONFORMANCE(failing_operations, while_an_answer_is_deferred) {
    std::vector<responder> kept;
    serve([&](request& asked, response& answered) -> task<> {
        kept.push_back(answered.defer());
        (void)co_await asked.body().discard();
    });
    run("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nHello");
    for (responder& one : kept) EXPECT_TRUE(one.aborted());
    kept.clear();
}

CONFORMANCE(failing_operations, of_a_raw_protocol) {
    endpoint_options.run([](connection& accepted) -> task<> {
        pipe& in = accepted.input();
        while (co_await in.read()) {
            while (share piece = in.take(in.length())) accepted.output().append(std::move(piece));
            if (!co_await accepted.output().flush()) co_return;
        }
    });
    serve_routes();
    run("HTTP/1.1 is what this is not" + std::string(100'000, '.'));
}

}  // namespace
}  // namespace saker::test
