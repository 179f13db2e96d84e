// What handlers do besides answering: throw, wait, work elsewhere, answer from another thread, give
// up, and go on after the client has left.

#include "tests/support/serve.h"

#include <atomic>
#include <stdexcept>
#include <thread>

namespace saker::test {
namespace {

HANDLER_SUITE(handlers);

struct not_an_exception {};

CONFORMANCE(handlers, an_exception_before_the_answer_is_500_and_the_connection_goes_on) {
    serve([](request& asked, response& answered) {
        answered.status(201).header("A", "b").text("half");
        if (asked.path() == "/std") throw std::runtime_error("wrong");
        if (asked.path() == "/other") throw not_an_exception();
    });
    for (const char* const path : {"/std", "/other"}) {
        client().send(std::string("GET ") + path + " HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 500 Internal Server Error", server(), date(),
                         "Content-Length: 0", "", "");
    }
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 201 Created", server(), date(), "A: b", "Content-Type: text/plain",
                     "Content-Length: 4", "", "half");
}

CONFORMANCE(handlers, an_exception_of_a_coroutine_is_500_too_and_its_body_is_drained) {
    serve([](request& asked, response& answered) -> task<> {
        (void)co_await asked.body().read();
        (void)co_await delay(1s);
        answered.text("half");
        throw std::runtime_error("wrong");
    });
    client().send("POST / HTTP/1.1", "Host: a", "Content-Length: 3", "", "abcGET / HTTP/1.1",
                  "Host: a", "", "");
    for (int i = 0; i < 2; ++i) {
        if (i == 0 || !over_http2()) advance(1s);  // streams wait together
        client().receive("HTTP/1.1 500 Internal Server Error", server(), date(),
                         "Content-Length: 0", "", "");
    }
}

CONFORMANCE(handlers, an_exception_after_the_start_aborts) {
    serve([](request&, response& answered) -> task<> {
        (void)co_await answered.body().write("half");
        (void)co_await delay(1s);
        throw std::runtime_error("wrong");
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive("HTTP/1.1 200 OK", server(), date(), "Transfer-Encoding: chunked", "", "4",
                     "half", "");
    advance(1s);
    expect_cut_off(client(), end_reason::unhandled_exception);
}

CONFORMANCE(handlers, an_exception_is_logged_with_the_request) {
    std::vector<std::string> lines;
    std::mutex guard;
    options.minimum_log_level = log_level::error;
    options.log = [&](const log_record& event) {
        const std::lock_guard lock(guard);
        lines.emplace_back(event.message);
    };
    serve([](request&, response&) { throw std::runtime_error("wrong\r\n"); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().read_answer();
    finish();
    const std::lock_guard lock(guard);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find(":00000001 unhandled exception: wrong"), std::string::npos) << lines[0];
    EXPECT_EQ(lines[0].find('\n'), std::string::npos);
}

CONFORMANCE(handlers, a_handler_may_abort) {
    serve([](request&, response& answered) -> task<> {
        answered.text("never");
        answered.abort();
        (void)co_await delay(1s);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_reset();
    EXPECT_EQ(ended(), end_reason::none) << "the handler has not returned";
    advance(1s);
    EXPECT_EQ(ended(), only_http1s(end_reason::aborted_by_app));
}

CONFORMANCE(handlers, a_plain_handler_may_abort) {
    serve([](request&, response& answered) { answered.abort(); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    expect_cut_off(client(), end_reason::aborted_by_app);
}

// ---- waiting ----

CONFORMANCE(handlers, a_delay_takes_its_time_and_does_not_hold_the_others) {
    serve([](request& asked, response& answered) -> task<> {
        if (asked.path() == "/slow") {
            EXPECT_TRUE(co_await delay(500ms));
        }
        answered.shared(std::make_shared<const std::string>(asked.path()));
    });
    client().send("GET /slow HTTP/1.1", "Host: a", "", "");
    conversation& other = new_client();
    other.send("GET /quick HTTP/1.1", "Host: a", "", "");
    other.receive_raw(ok("/quick"));
    advance(499ms);
    client().receive_nothing();
    advance(1ms);
    client().receive_raw(ok("/slow"));
}

CONFORMANCE(handlers, a_delay_of_nothing_does_not_wait) {
    serve([](request&, response& answered) -> task<> {
        for (int i = 0; i < 1000; ++i) EXPECT_TRUE(co_await delay(0ms));
        EXPECT_TRUE(co_await delay(-1s));
        answered.shared(std::make_shared<const std::string>("now"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_raw(ok("now"));
}

CONFORMANCE(handlers, offloaded_work_runs_elsewhere_and_comes_back) {
    const auto core_thread = std::this_thread::get_id();
    serve([=](request&, response& answered) -> task<> {
        const auto worker = co_await offload([] { return std::this_thread::get_id(); });
        EXPECT_NE(worker, core_thread);
        EXPECT_EQ(std::this_thread::get_id(), core_thread);
        const std::string made = co_await offload([] { return std::string("made elsewhere"); });
        answered.shared(std::make_shared<const std::string>(made));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    run_until([&] { return counts().responses_by_class[2].value() == 1; });
    client().receive_raw(ok("made elsewhere"));
}

CONFORMANCE(handlers, offloaded_work_that_throws_throws_at_who_awaits_it) {
    serve([](request&, response& answered) -> task<> {
        try {
            co_await offload([] { throw std::runtime_error("elsewhere"); });
        } catch (const std::runtime_error& known) {
            answered.shared(std::make_shared<const std::string>(known.what()));
        }
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    run_until([&] { return counts().responses_by_class[2].value() == 1; });
    client().receive_raw(ok("elsewhere"));
}

CONFORMANCE(handlers, offloaded_work_is_awaited_though_its_client_has_gone) {
    std::atomic<bool> may_end = false;
    bool ended_by_itself = false;
    serve([&](request& asked, response& answered) -> task<> {
        auto work = [&] {
            while (!may_end.load()) std::this_thread::yield();
        };
        co_await offload(work);
        EXPECT_TRUE(asked.aborted());
        ended_by_itself = true;
        hello(asked, answered);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    client().vanish();
    EXPECT_EQ(ended(), end_reason::none);
    may_end = true;
    run_until([&] { return open_connections() == 0; });
    EXPECT_TRUE(ended_by_itself);
    EXPECT_EQ(ended(), end_reason::connection_reset);
}

// ---- answers from elsewhere ----

CONFORMANCE(handlers, a_responder_answers_from_another_thread) {
    std::thread other;
    serve([&](request&, response& answered) {
        other = std::thread([later = answered.defer()]() mutable {
            EXPECT_FALSE(later.aborted());
            EXPECT_TRUE(later.text("from afar", 202, "text/x"));
        });
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    run_until([&] { return counts().responses_by_class[2].value() == 1; });
    other.join();
    client().receive("HTTP/1.1 202 Accepted", server(), date(), "Content-Type: text/x",
                     "Content-Length: 9", "", "from afar");
}

CONFORMANCE(handlers, a_responder_runs_its_answer_on_the_core) {
    std::optional<responder> kept;
    serve([&](request&, response& answered) { kept.emplace(answered.defer()); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().receive_nothing();
    ASSERT_TRUE(kept);
    EXPECT_TRUE(kept->complete([](response& answered) {
        EXPECT_NE(core::current(), nullptr);
        answered.status(404).header("A", "b").text("no");
    }));
    client().receive("HTTP/1.1 404 Not Found", server(), date(), "A: b", "Content-Type: text/plain",
                     "Content-Length: 2", "", "no");
    client().send("GET / HTTP/1.1", "Host: a", "Connection: close", "", "");
    settle();
    EXPECT_TRUE(kept->text("again"));
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Type: text/plain",
                     "Content-Length: 5" + and_close(), "", "again");
    expect_http1_end(client());
}

CONFORMANCE(handlers, a_dropped_responder_is_500) {
    serve([](request&, response& answered) { (void)answered.defer(); });
    for (int i = 0; i < 2; ++i) {
        client().send("GET / HTTP/1.1", "Host: a", "", "");
        client().receive("HTTP/1.1 500 Internal Server Error", server(), date(),
                         "Content-Length: 0", "", "");
    }
}

CONFORMANCE(handlers, a_responder_whose_answer_throws_is_500) {
    std::optional<responder> kept;
    serve([&](request&, response& answered) { kept.emplace(answered.defer()); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_TRUE(kept->complete([](response&) { throw std::runtime_error("wrong"); }));
    client().receive("HTTP/1.1 500 Internal Server Error", server(), date(), "Content-Length: 0",
                     "", "");
}

// The connection may be over in the midst of the answer; the next one begins with nothing of it.
CONFORMANCE(handlers, a_responder_may_abort_and_go_on) {
    std::optional<responder> kept;
    serve([&](request& asked, response& answered) {
        if (asked.path() == "/other") return hello(asked, answered);
        kept.emplace(answered.defer());
    });
    for (const bool throws : {false, true}) {
        SCOPED_TRACE(throws);
        auto& aborted = new_client();
        aborted.send("GET / HTTP/1.1", "Host: a", "", "");
        settle();
        EXPECT_TRUE(kept->complete([throws](response& answered) {
            answered.abort();
            answered.status(404).header("A", "b").text("nobody");
            answered.trailer("C", "d");
            if (throws) throw std::runtime_error("wrong");
        }));
        settle();
        aborted.ignore();
        aborted.vanish();
        settle();
        auto& other = new_client();
        other.send("GET /other HTTP/1.1", "Host: a", "", "");
        other.receive_raw(ok("hello"));
    }
}

CONFORMANCE(handlers, a_responder_that_breaks_its_own_length_is_cut_short) {
    std::optional<responder> kept;
    serve([&](request& asked, response& answered) {
        if (asked.path() == "/other") return hello(asked, answered);
        kept.emplace(answered.defer());
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_TRUE(kept->complete([](response& answered) {
        answered.content_length(3);
        (void)answered.body().write("four");
        answered.status(500);
    }));
    settle();
    client().ignore();
    client().vanish();
    auto& other = new_client();
    other.send("GET /other HTTP/1.1", "Host: a", "", "");
    other.receive_raw(ok("hello"));
}

CONFORMANCE(handlers, one_that_waits_for_its_client_goes_on_when_its_responder_has_answered) {
    std::optional<responder> kept;
    int woken = 0;
    serve([&](request& asked, response& answered) -> task<> {
        kept.emplace(answered.defer());
        co_await asked.until_aborted();
        ++woken;
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_EQ(woken, 0);
    EXPECT_TRUE(kept->text("done"));
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Type: text/plain",
                     "Content-Length: 4", "", "done");
    EXPECT_EQ(woken, 1);
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    client().vanish();
    settle();
    EXPECT_EQ(woken, 2) << "with a responder that has not answered";
    EXPECT_FALSE(kept->text("nobody"));
}

CONFORMANCE(handlers, an_answer_is_deferred_once) {
    std::optional<responder> kept;
    serve([&](request&, response& answered) {
        kept.emplace(answered.defer());
        EXPECT_THROW((void)answered.defer(), std::logic_error);
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_TRUE(kept->text("one"));
    client().receive("HTTP/1.1 200 OK", server(), date(), "Content-Type: text/plain",
                     "Content-Length: 3", "", "one");
}

CONFORMANCE(handlers, a_responder_whose_client_has_gone_is_told) {
    std::optional<responder> kept;
    serve([&](request&, response& answered) { kept.emplace(answered.defer()); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    ASSERT_TRUE(kept);
    EXPECT_FALSE(kept->aborted());
    client().vanish();
    EXPECT_EQ(ended(), end_reason::connection_reset);
    EXPECT_TRUE(kept->aborted());
    EXPECT_FALSE(kept->text("nobody"));
}

CONFORMANCE(handlers, a_responder_may_outlive_the_server) {
    std::optional<responder> kept;
    serve([&](request&, response& answered) { kept.emplace(answered.defer()); });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    stop();
    EXPECT_TRUE(kept->aborted());
    EXPECT_FALSE(kept->text("nobody"));
    client().receive_reset();
}

// ---- clients that leave ----

CONFORMANCE(handlers, a_handler_learns_that_its_client_has_gone) {
    bool learned = false;
    serve([&](request& asked, response& answered) -> task<> {
        EXPECT_FALSE(asked.aborted());
        co_await asked.until_aborted();
        learned = asked.aborted();
        EXPECT_FALSE(co_await answered.body().write("nobody"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    settle();
    EXPECT_FALSE(learned);
    client().vanish();
    EXPECT_EQ(ended(), end_reason::connection_reset);
    EXPECT_TRUE(learned);
}

CONFORMANCE(handlers, one_that_has_only_ended_its_side_still_hears) {
    serve([](request& asked, response& answered) -> task<> {
        co_await asked.until_aborted();
        answered.shared(std::make_shared<const std::string>("still there?"));
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    client().end();
    client().receive_raw(ok("still there?"));
    client().receive_end();
    EXPECT_EQ(ended(), end_reason::client_closed);
}

CONFORMANCE(handlers, a_stream_to_a_client_that_has_gone_ends) {
    int writes = 0;
    serve([&](request&, response& answered) -> task<> {
        while (co_await answered.body().write(std::string(10'000, 'x'))) {
            ++writes;
            (void)co_await delay(4ms);
        }
    });
    client().send("GET / HTTP/1.1", "Host: a", "", "");
    for (int i = 0; i < 5; ++i) advance(4ms);
    EXPECT_GE(writes, 5);
    client().vanish();
    for (int i = 0; i < 5; ++i) advance(4ms);
    EXPECT_EQ(ended(), end_reason::connection_reset);
}

}  // namespace
}  // namespace saker::test
