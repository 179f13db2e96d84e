// A server that several threads start, change and stop, and one that is asked to stop by what it
// calls itself, where it would wait for its own end.

#include "hosting/server_host.h"
#include "tests/support/temporary_folder.h"
#include "transports/transports.h"

#include <saker/saker.h>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace saker {
namespace {

using namespace std::chrono_literals;

class asked_by_many : public testing::Test {
protected:
    asked_by_many() {
        sources.directory = folder.path();
        sources.environment_variables = false;
        sources.reload_on_change = false;
        options.cores = 2;
        options.pin_cores = false;
        options.transport.name = "epoll";
        options.log = [this](const log_record& one) {
            {
                const std::lock_guard lock(guard);
                said += one.message + '\n';
            }
            if (on_log) on_log(one);
        };
        options.listen("http://127.0.0.1:0");
    }
    ~asked_by_many() override {
        const bool whole = !host || host->stop(10s);
        EXPECT_TRUE(whole);
    }
    template <class Handler>
    void handle(Handler h) {
        host->requests.routes.fallback(std::make_unique<application_of<Handler>>(std::move(h)));
    }
    // Its stop has nothing to wait for, so that there can be many.
    void listen_without_handshakes() {
        options.endpoints.clear();
        options.listen_unix_socket(folder / "socket");
    }
    void start() {
        const auto bound = host->start();
        ASSERT_TRUE(bound) << bound.error().text();
        address = bound->front();
    }
    // One exchange; empty where nobody listens.
    [[nodiscard]] std::string ask() const {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port =
            htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        std::string heard;
        if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
            const std::string_view asked = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            EXPECT_EQ(send(fd, asked.data(), asked.size(), MSG_NOSIGNAL),
                      static_cast<ssize_t>(asked.size()));
            char piece[4096];
            for (ssize_t size; (size = recv(fd, piece, sizeof piece, 0)) > 0;)
                heard.append(piece, static_cast<size_t>(size));
        }
        close(fd);
        return heard;
    }
    void wait_until(const std::function<bool()>& what) const {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!what()) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            std::this_thread::yield();
        }
    }
    [[nodiscard]] bool has_said(std::string_view part) {
        const std::lock_guard lock(guard);
        return said.find(part) != std::string::npos;
    }
    // It goes on as if nobody had asked, but for a word in the log.
    void expect_refused() {
        EXPECT_TRUE(host->ready());
        wait_until([&] { return has_said("stop() was called where it would wait for itself"); });
        EXPECT_NE(ask(), "");
    }

    test::temporary_folder folder;
    configuration_sources sources;
    server_options options;
    std::function<void(const log_record&)> on_log;
    std::atomic<int> calls = 0;  // of what the server calls, until its end
    std::mutex guard;
    std::string said;
    std::optional<server_host> host;
    std::string address;
};

TEST_F(asked_by_many, two_may_stop_it_at_once) {
    listen_without_handshakes();
    for (int round = 0; round < 100; ++round) {
        host.emplace(options);
        start();
        std::latch ready{2};
        const auto stop = [&] {
            ready.arrive_and_wait();
            EXPECT_TRUE(host->stop(10s));
        };
        std::thread one(stop), other(stop);
        one.join();
        other.join();
        EXPECT_FALSE(host->ready());
        host.reset();
    }
}

TEST_F(asked_by_many, only_one_start_is_the_start) {
    listen_without_handshakes();
    for (int round = 0; round < 10; ++round) {
        host.emplace(options);
        std::latch ready{2};
        std::atomic<int> started = 0;
        const auto start = [&] {
            ready.arrive_and_wait();
            if (host->start()) ++started;
        };
        std::thread one(start), other(start);
        one.join();
        other.join();
        EXPECT_EQ(started.load(), 1);
        EXPECT_TRUE(host->ready()) << "who comes too late does not stop it";
        host.reset();
    }
}

TEST_F(asked_by_many, a_stop_that_comes_while_it_starts_has_the_last_word) {
    std::thread stopping;
    host.emplace(options);
    host->configure(sources, [&](server_options&) {
        std::latch comes{1};
        stopping = std::thread([&] {
            comes.count_down();
            EXPECT_TRUE(host->stop(10s));
        });
        comes.wait();
    });
    const auto bound = host->start();
    stopping.join();
    EXPECT_FALSE(host->ready());
    EXPECT_EQ(host->statistics().connections_open, 0u);
    EXPECT_FALSE(host->start()) << "it has been started once";
    if (bound) {
        address = bound->front();
        EXPECT_EQ(ask(), "");
    }
}

TEST_F(asked_by_many, a_reload_that_comes_while_it_starts_waits_for_it) {
    std::thread reloading;
    std::atomic<int> inside = 0, most = 0;
    host.emplace(options);
    host->configure(sources, [&](server_options&) {
        most = std::max(most.load(), ++inside);
        if (++calls == 1) {
            std::latch comes{1};
            reloading = std::thread([&] {
                comes.count_down();
                EXPECT_TRUE(host->reload());
            });
            comes.wait();
        }
        --inside;
    });
    start();
    reloading.join();
    EXPECT_EQ(calls.load(), 2);
    EXPECT_EQ(most.load(), 1);
}

TEST_F(asked_by_many, a_stop_of_what_has_mistakes_lets_it_be_started_again) {
    options.limits.max_request_body_size = 1;
    options.cores = 100'000;
    host.emplace(options);
    ASSERT_FALSE(host->start());
    EXPECT_TRUE(host->stop(0ms));
    host->options.cores = 1;
    start();
    EXPECT_TRUE(host->ready());
}

// Of an address that was closed at once: its number may be the host program's by now.
void stop_after_an_abort(const transport_factory& over, const server_options& options) {
    const real_clock time;
    server_host aborted(options);
    ASSERT_TRUE(aborted.start_here(over, time));
    aborted.abort();
    for (int i = 0; i < 10; ++i) aborted.core_here().turn(time.now());
    int theirs[8];
    for (int& one : theirs) {
        one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ASSERT_EQ(listen(one, 1), 0);
    }
    aborted.begin_stop();
    for (const int one : theirs) {
        sock_filter found[16];
        socklen_t size = 16;  // of instructions
        EXPECT_EQ(getsockopt(one, SOL_SOCKET, SO_GET_FILTER, found, &size), 0);
        EXPECT_EQ(size, 0u) << "descriptor " << one;
        close(one);
    }
    EXPECT_TRUE(aborted.stop(10s));
}

TEST_F(asked_by_many, a_stop_after_an_abort_leaves_other_peoples_sockets_alone) {
    for (const transport_factory* const one : built_in_transports())
        if (one->probe().usable) stop_after_an_abort(*one, options);
}

// ---- by itself ----

TEST_F(asked_by_many, a_function_of_the_configuration_cannot_stop_it) {
    host.emplace(options);
    host->configure(sources, [&](server_options&) {
        EXPECT_FALSE(host->stop(0ms));
        EXPECT_FALSE(host->reload());
        EXPECT_FALSE(host->start());
        ++calls;
    });
    start();
    EXPECT_EQ(calls.load(), 1);
    EXPECT_TRUE(host->ready());
    EXPECT_TRUE(host->reload());
    EXPECT_EQ(calls.load(), 2);
    expect_refused();
}

TEST_F(asked_by_many, nor_can_it_on_the_thread_that_follows_files) {
    sources.reload_on_change = true;
    host.emplace(options);
    host->configure(sources, [&](server_options&) {
        if (++calls <= 2) return;  // the start reads twice
        EXPECT_FALSE(host->stop(0ms));
    });
    start();
    folder.write("appsettings.json", "{}");
    wait_until([&] { return calls.load() > 2; });
    expect_refused();
}

TEST_F(asked_by_many, a_sink_of_the_log_cannot_stop_it) {
    on_log = [&](const log_record&) {
        ++calls;
        EXPECT_FALSE(host->stop(0ms));
    };
    host.emplace(options);
    start();
    wait_until([&] { return calls.load() > 1; });
    expect_refused();
}

TEST_F(asked_by_many, a_sink_of_the_access_log_cannot_stop_it) {
    options.access_log.format = access_log_options::log_format::json;
    options.access_log.sink = [&](std::string_view) {
        ++calls;
        EXPECT_FALSE(host->stop(0ms));
    };
    host.emplace(options);
    start();
    EXPECT_NE(ask(), "");
    wait_until([&] { return calls.load() > 0; });
    expect_refused();
}

TEST_F(asked_by_many, a_handler_cannot_stop_it_nor_work_that_it_hands_over) {
    host.emplace(options);
    handle([&](request&, response& answered) -> task<> {
        if (!host->stop(0ms)) ++calls;
        co_await offload([&] {
            if (!host->stop(0ms)) ++calls;
        });
        answered.static_text("hello");
    });
    start();
    EXPECT_NE(ask(), "");
    EXPECT_EQ(calls.load(), 2);
    expect_refused();
}

TEST_F(asked_by_many, a_handler_of_another_server_can) {
    host.emplace(options);
    start();
    server_host other(options);
    std::optional<bool> stopped;
    const auto stops = [&](request&, response& answered) -> task<> {
        co_await offload([&] { stopped = host->stop(10s); });
        answered.static_text("hello");
    };
    other.requests.routes.fallback(
        std::make_unique<application_of<std::remove_const_t<decltype(stops)>>>(stops));
    const auto bound = other.start();
    ASSERT_TRUE(bound);
    address = bound->front();
    EXPECT_NE(ask(), "");
    EXPECT_EQ(stopped, true);
    EXPECT_FALSE(host->ready());
    EXPECT_TRUE(other.stop(10s));
}

}  // namespace
}  // namespace saker
