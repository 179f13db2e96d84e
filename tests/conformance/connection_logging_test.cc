// The middleware that logs bytes, over every transport: it sees all that comes and goes, and nobody
// notices that it is there.

#include "tests/support/serve.h"

#include <saker/connection_logging.h>

#include <algorithm>
#include <mutex>

namespace saker {
namespace {

using namespace std::chrono_literals;

class dumped : public test::served {
protected:
    dumped() {
        options.log = [this](const log_record& record) {
            if (record.category != "connection") return;
            const std::lock_guard lock(guard_);
            // Without the connection's id: "0HN... name ReadAsync[5]\n..."
            records_.push_back(record.message.substr(record.message.find(' ') + 1));
        };
    }
    ~dumped() override { finish(); }
    void SetUp() override {
        test::served::SetUp();
        options.minimum_log_level = log_level::none;
        options.log_levels = {{"connection", log_level::debug}};
    }
    // All records; the server is gone then.
    std::vector<std::string> records() {
        finish();
        const std::lock_guard lock(guard_);
        return records_;
    }
    // What was dumped under that name, as bytes again.
    static std::string bytes_of(const std::vector<std::string>& all, std::string_view method) {
        std::string bytes;
        for (const std::string& one : all) {
            if (!one.starts_with(std::string(method) + '[')) continue;
            for (size_t line = one.find('\n'); line != std::string::npos;
                 line = one.find('\n', line + 1)) {
                const std::string hex = one.substr(line + 1, 49);
                for (size_t at = 0; at + 2 <= hex.size(); at += at == 21 ? 4 : 3)
                    if (hex[at] != ' ')
                        bytes += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
            }
        }
        return bytes;
    }

private:
    std::mutex guard_;
    std::vector<std::string> records_;
};

// Bytes, whatever they are of.
CONFORMANCE_SUITE_OVER(connection_logging_suite, dumped, every_setting);

CONFORMANCE(connection_logging_suite, shows_what_comes_and_goes) {
    endpoint_options.use(connection_logging());
    serve(test::echo);
    const std::string asked = "POST / HTTP/1.1\r\nHost:\r\nContent-Length: 3\r\n\r\nabc";
    client().send_raw(asked);
    client().receive(ok("abc"));
    client().end();
    settle();
    const std::string answered = ok("abc");
    const auto all = records();
    EXPECT_EQ(bytes_of(all, "ReadAsync"), asked);
    EXPECT_EQ(bytes_of(all, "WriteAsync"), answered);
    EXPECT_NE(std::find(all.begin(), all.end(), "ReadAsync[0]"), all.end()) << "the client's end";
}

CONFORMANCE(connection_logging_suite, is_switched_on_for_an_endpoint_by_its_option) {
    endpoint_options.connection_logging = true;
    serve(test::hello);
    client().send("GET / HTTP/1.1", "Host:", "", "");
    const std::string answered = ok("hello");  // its date: the clock goes on when it is all over
    client().receive(answered);
    EXPECT_EQ(bytes_of(records(), "WriteAsync"), answered);
}

CONFORMANCE(connection_logging_suite, says_its_name_and_several_see_the_same) {
    endpoint_options.use(connection_logging("outer")).use(connection_logging("inner"));
    serve(test::hello);
    client().send("GET / HTTP/1.1", "Host:", "", "");
    const std::string answered = ok("hello");
    client().receive(answered);
    const auto all = records();
    EXPECT_EQ(bytes_of(all, "outer WriteAsync"), answered);
    EXPECT_EQ(bytes_of(all, "inner WriteAsync"), answered);
    EXPECT_EQ(bytes_of(all, "outer ReadAsync"), bytes_of(all, "inner ReadAsync"));
}

CONFORMANCE(connection_logging_suite, leaves_bodies_of_any_size_as_they_are) {
    endpoint_options.use(connection_logging());
    options.limits.max_response_buffer_size = 4096;
    serve(test::echo_streamed);
    const std::string body(50'000, 'b');
    client().send("POST / HTTP/1.1", "Host:", "Content-Length: 50000", "", body);
    EXPECT_TRUE(client().read_answer().ends_with(body));
    const auto all = records();
    EXPECT_TRUE(bytes_of(all, "ReadAsync").ends_with(body));
    EXPECT_TRUE(bytes_of(all, "WriteAsync").ends_with(body));
}

CONFORMANCE(connection_logging_suite, ends_with_a_connection_that_is_aborted) {
    endpoint_options.use(connection_logging());
    serve([](request&, response& answered) { answered.abort(); });
    client().send("GET / HTTP/1.1", "Host:", "", "");
    client().receive_reset();
    const auto all = records();
    EXPECT_EQ(bytes_of(all, "WriteAsync"), "");
    EXPECT_EQ(std::find(all.begin(), all.end(), "ReadAsync[0]"), all.end()) << "no orderly end";
}

CONFORMANCE(connection_logging_suite, watches_any_protocol) {
    endpoint_options.use(connection_logging()).run([](connection& accepted) -> task<> {
        while (co_await accepted.input().read()) {
            while (!accepted.input().empty()) accepted.output().append(accepted.input().take(4));
            if (!co_await accepted.output().flush()) co_return;
        }
    });
    serve(test::hello);
    client().send_raw("ping pong");
    client().receive_raw("ping pong");
    client().end();
    client().receive_end();
    const auto all = records();
    EXPECT_EQ(bytes_of(all, "ReadAsync"), "ping pong");
    EXPECT_EQ(bytes_of(all, "WriteAsync"), "ping pong");
}

CONFORMANCE(connection_logging_suite, says_nothing_where_its_level_is_off) {
    options.log_levels = {};
    options.minimum_log_level = log_level::information;
    endpoint_options.use(connection_logging());
    serve(test::hello);
    client().send("GET / HTTP/1.1", "Host:", "", "");
    client().receive(ok("hello"));
    EXPECT_TRUE(records().empty());
}

}  // namespace
}  // namespace saker
