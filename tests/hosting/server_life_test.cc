// A server with threads and real sockets: what is opened, moved, shared between transports, and
// stopped while clients go on connecting.

#include "hosting/server_host.h"
#include "tests/support/peer.h"
#include "transports/transports.h"

#include <saker/saker.h>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace saker {
namespace {

using namespace std::chrono_literals;

// What the server has said, for tests to look through.
struct journal {
    std::mutex guard;
    std::vector<std::string> lines;
    [[nodiscard]] log_sink sink() {
        return [this](const log_record& one) {
            const std::lock_guard lock(guard);
            lines.push_back(one.message);
        };
    }
    [[nodiscard]] bool has(std::string_view part) {
        const std::lock_guard lock(guard);
        for (const std::string& one : lines)
            if (one.find(part) != std::string::npos) return true;
        return false;
    }
};

uint16_t port_of(const std::string& address) {
    return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

int connect_to(uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
    const int error = errno;
    close(fd);
    return -error;
}

bool say(int fd, std::string_view text) {
    return send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

// Until the server's end, or a reset, of which it tells.
std::string hear(int fd) {
    std::string all;
    char piece[4096];
    for (;;) {
        const ssize_t size = recv(fd, piece, sizeof piece, 0);
        if (size == 0) return all;
        if (size < 0) return all + "(error " + std::to_string(errno) + ')';
        all.append(piece, static_cast<size_t>(size));
    }
}

// A whole exchange on a connection of its own; what came, or why it could not be had.
std::string ask(uint16_t port) {
    const int fd = connect_to(port);
    if (fd < 0) return "cannot connect: " + std::to_string(-fd);
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    std::string heard = hear(fd);
    close(fd);
    return heard;
}

bool is_answer(const std::string& heard) { return heard.ends_with("\r\n\r\nhello"); }

std::vector<std::string> usable_transports() {
    std::vector<std::string> names;
    for (const transport_factory* const one : built_in_transports())
        if (one->probe().usable) names.emplace_back(one->name());
    return names;
}

class living : public testing::TestWithParam<std::string> {
protected:
    living() {
        options.cores = 2;
        options.pin_cores = false;
        options.transport.name = GetParam();
        options.log = told.sink();
    }
    std::unique_ptr<server_host> start() {
        auto host = std::make_unique<server_host>(options);
        host->requests.routes.add("", "/",
                                  std::make_unique<application_of<decltype(&hello)>>(hello));
        const auto bound = host->start();
        EXPECT_TRUE(bound) << bound.error().text();
        addresses = bound ? *bound : std::vector<std::string>();
        return host;
    }
    static void hello(request&, response& answered) { answered.static_text("hello"); }

    journal told;
    server_options options;
    std::vector<std::string> addresses;
};

INSTANTIATE_TEST_SUITE_P(over, living, testing::ValuesIn(usable_transports()),
                         [](const auto& one) { return one.param; });

// Clients that connect as fast as they can, until they are told to stop.
class crowd {
public:
    explicit crowd(uint16_t port) {
        for (auto& one : threads_)
            one = std::thread([this, port] {
                while (!over_.load()) {
                    const std::string heard = ask(port);
                    is_answer(heard) ? ++served_ : ++failed_;
                    if (!is_answer(heard)) {
                        const std::lock_guard lock(guard_);
                        last_ = heard;
                    }
                }
            });
    }
    ~crowd() { stop(); }
    void wait_for_more(uint64_t count) const {
        const uint64_t enough = served_.load() + count;
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (served_.load() < enough && failed_.load() == 0) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << "nobody is served";
            std::this_thread::yield();
        }
    }
    void stop() {
        over_ = true;
        for (auto& one : threads_)
            if (one.joinable()) one.join();
    }
    [[nodiscard]] uint64_t failed() const { return failed_.load(); }
    [[nodiscard]] std::string last_failure() {
        const std::lock_guard lock(guard_);
        return last_;
    }

private:
    std::atomic<bool> over_ = false;
    std::atomic<uint64_t> served_ = 0, failed_ = 0;
    std::mutex guard_;
    std::string last_;
    std::thread threads_[3];
};

TEST_P(living, an_address_that_stays_is_never_refused_while_everything_else_changes) {
    options.listen("http://*:0", [](auto& on) { on.name = "Http"; });
    auto host = start();
    const uint16_t port = port_of(addresses.front());
    crowd clients(port);
    for (int round = 0; round < 20; ++round) {
        clients.wait_for_more(20);
        server_options fresh = host->options;
        fresh.limits.max_request_body_size = round + 1;
        fresh.endpoints[0].options.protocols =
            round % 2 == 0 ? http_protocols::http1 : http_protocols::http1_and_http2;
        const auto done = host->apply(fresh);
        ASSERT_TRUE(done) << done.error().text();
    }
    clients.wait_for_more(20);
    clients.stop();
    EXPECT_EQ(clients.failed(), 0u) << clients.last_failure();
    EXPECT_TRUE(host->stop(10s));
}

TEST_P(living, all_addresses_become_one_of_them_and_back_without_refusing_anybody) {
    options.listen("http://*:0", [](auto& on) { on.name = "Http"; });
    auto host = start();
    const std::string port = std::to_string(port_of(addresses.front()));
    {
        server_options fresh = host->options;
        fresh.endpoints[0].url = "http://*:" + port;
        ASSERT_TRUE(host->apply(fresh));
    }
    crowd clients(static_cast<uint16_t>(std::stoi(port)));
    for (int round = 0; round < 2; ++round) {
        clients.wait_for_more(20);
        server_options fresh = host->options;
        fresh.endpoints[0].url = (round % 2 == 0 ? "http://127.0.0.1:" : "http://*:") + port;
        const auto done = host->apply(fresh);
        ASSERT_TRUE(done) << done.error().text();
        ASSERT_EQ(done->size(), 2u);
    }
    clients.wait_for_more(20);
    clients.stop();
    EXPECT_EQ(clients.failed(), 0u) << clients.last_failure();
    EXPECT_TRUE(host->stop(10s));
}

TEST_P(living, an_endpoint_goes_over_to_another_transport_without_refusing_anybody) {
    const auto usable = usable_transports();
    if (usable.size() < 2) GTEST_SKIP() << "there is only one transport here";
    const std::string other = usable[0] == GetParam() ? usable[1] : usable[0];
    options.listen("http://127.0.0.1:0", [](auto& on) { on.name = "Http"; });
    auto host = start();
    const std::string port = std::to_string(port_of(addresses.front()));
    server_options fresh = host->options;
    fresh.endpoints[0].url = "http://127.0.0.1:" + port;
    ASSERT_TRUE(host->apply(fresh));
    crowd clients(static_cast<uint16_t>(std::stoi(port)));
    for (int round = 0; round < 2; ++round) {
        clients.wait_for_more(20);
        fresh = host->options;
        fresh.endpoints[0].options.transport = round % 2 == 0 ? other : GetParam();
        const auto done = host->apply(fresh);
        ASSERT_TRUE(done) << done.error().text();
    }
    clients.wait_for_more(20);
    clients.stop();
    EXPECT_EQ(clients.failed(), 0u) << clients.last_failure();
    EXPECT_TRUE(told.has("Now listening on: http://127.0.0.1:" + port + " (" + other +
                         ", HTTP/1.1 and HTTP/2)"));
    EXPECT_TRUE(host->stop(10s));
}

TEST_P(living, two_transports_serve_at_once) {
    options.listen("http://127.0.0.1:0");
    for (const std::string& name : usable_transports())
        options.listen("http://127.0.0.1:0", [&](auto& on) { on.transport = name; });
    auto host = start();
    for (const std::string& address : addresses) EXPECT_TRUE(is_answer(ask(port_of(address))));
    const server_statistics counted = host->statistics();
    EXPECT_EQ(counted.requests, addresses.size());
    EXPECT_EQ(counted.cores, 2 * usable_transports().size());
    EXPECT_TRUE(host->stop(10s));  // which waits for the log
    for (const std::string& name : usable_transports()) {
        EXPECT_NE(counted.transport.find(name), std::string::npos) << counted.transport;
        EXPECT_TRUE(told.has(" (" + name + ", "));
    }
}

TEST_P(living, who_waits_to_be_accepted_when_the_stop_comes_is_served) {
    options.cores = 2;
    options.listen("http://127.0.0.1:0");
    auto host = start();
    const uint16_t port = port_of(addresses.front());
    // The cores are busy, so that the kernel's queues fill.
    std::atomic<int> held = 0;
    std::atomic<bool> go = false;
    host->cores().for_each_core([&](core_runner& one) {
        one.post([&] {
            ++held;
            while (!go.load()) std::this_thread::yield();
        });
    });
    while (held.load() < 2) std::this_thread::yield();
    std::vector<int> waiting;
    for (int i = 0; i < 64; ++i) {
        waiting.push_back(connect_to(port));
        ASSERT_GE(waiting.back(), 0);
        ASSERT_TRUE(say(waiting.back(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    std::thread stopping([&] { EXPECT_TRUE(host->stop(infinite)); });
    while (host->ready()) std::this_thread::yield();
    go = true;
    for (const int fd : waiting) {
        const std::string heard = hear(fd);
        EXPECT_TRUE(is_answer(heard)) << heard;
        close(fd);
    }
    stopping.join();
    EXPECT_LT(connect_to(port), 0) << "nobody listens any more";
}

TEST_P(living, a_descriptor_that_was_given_listens_on_after_the_stop) {
    const int given = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    ASSERT_EQ(bind(given, reinterpret_cast<sockaddr*>(&where), sizeof where), 0);
    ASSERT_EQ(listen(given, 16), 0);
    ASSERT_EQ(getsockname(given, reinterpret_cast<sockaddr*>(&where), &size), 0);
    const uint16_t port = ntohs(where.sin_port);
    options.listen_handle(given);
    for (int round = 0; round < 3; ++round) {
        auto host = start();
        EXPECT_EQ(addresses.front(), "http://127.0.0.1:" + std::to_string(port));
        EXPECT_TRUE(is_answer(ask(port)));
        EXPECT_TRUE(host->stop(10s));
        const int waits = connect_to(port);
        EXPECT_GE(waits, 0) << "it is not the server's to close";
        close(waits);
    }
    close(given);
}

TEST_P(living, a_unix_socket_stays_while_its_mode_changes_and_goes_with_its_endpoint) {
    const std::string path = testing::TempDir() + "saker-life-" + std::to_string(getpid());
    const auto mode = [&]() -> int {
        struct stat found {};
        return stat(path.c_str(), &found) < 0 ? -1 : static_cast<int>(found.st_mode & 0777);
    };
    options.listen("http://127.0.0.1:0");
    options.listen_unix_socket(path, [](auto& on) { on.unix_socket_mode = 0660; });
    auto host = start();
    EXPECT_EQ(mode(), 0660);
    server_options fresh = host->options;
    fresh.endpoints[1].options.unix_socket_mode = 0600;
    const auto changed = host->apply(fresh);
    ASSERT_TRUE(changed) << changed.error().text();
    EXPECT_EQ(*changed, std::vector<std::string>{"endpoint http://unix:" + path + " changed"});
    EXPECT_EQ(mode(), 0600);
    fresh = host->options;
    fresh.endpoints.pop_back();
    ASSERT_TRUE(host->apply(fresh));
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (mode() != -1) ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it is still there";
    EXPECT_TRUE(is_answer(ask(port_of(addresses.front()))));
    EXPECT_TRUE(host->stop(10s));
}

TEST_P(living, a_port_that_is_taken_changes_nothing) {
    options.listen("http://127.0.0.1:0");
    auto host = start();
    auto other = std::make_unique<server_host>(host->options);
    ASSERT_TRUE(other->start());
    server_options fresh = host->options;
    fresh.limits.max_request_body_size = 1;
    fresh.listen(other->addresses().front());
    fresh.listen("http://127.0.0.1:0");
    const auto refused = host->apply(fresh);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().text().find("address already in use"), std::string::npos)
        << refused.error().text();
    EXPECT_EQ(host->addresses(), addresses);
    EXPECT_EQ(host->options.limits.max_request_body_size, 30'000'000u);
    EXPECT_TRUE(is_answer(ask(port_of(addresses.front()))));
    EXPECT_TRUE(other->stop(10s));
    EXPECT_TRUE(host->stop(10s));
}

TEST_P(living, a_handler_that_blocks_its_core_does_not_keep_the_stop) {
    static std::atomic<bool> go;
    static std::atomic<int> held;
    go = false;
    held = 0;
    options.cores = 1;
    options.listen("http://127.0.0.1:0");
    server_host* const host = new server_host(options);
    host->abort_time = 50ms;
    const auto block = [](request&, response& answered) {
        ++held;
        while (!go.load()) std::this_thread::yield();
        answered.static_text("hello");
    };
    host->requests.routes.add("", "/", std::make_unique<application_of<decltype(block)>>(block));
    const auto bound = host->start();
    ASSERT_TRUE(bound);
    const int fd = connect_to(port_of(bound->front()));
    say(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    while (held.load() == 0) std::this_thread::yield();
    EXPECT_FALSE(host->stop(0ms));
    EXPECT_TRUE(told.has("handlers that did not return"));
    go = true;  // the test, other than a program, can go on to the real end
    while (!host->all_over()) std::this_thread::yield();
    EXPECT_TRUE(host->stop(0ms));
    close(fd);
    delete host;
}

}  // namespace
}  // namespace saker
