#pragma once
// Drives a server in memory: no sockets, no threads, no waiting. Requests go through the same
// parser, limits, router and handlers as those from a network, and time passes when it is told to.
//
//     saker::server server;
//     server.get("/", [](saker::request&, saker::response& response) { response.text("hi"); });
//     saker::test_client client(server);
//     EXPECT_EQ(client.get("/").body, "hi");

#include <saker/server.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker {

class test_client {
public:
    struct answer {
        uint16_t status = 0;  // 0: the connection ended without one, or it waits for `advance`
        std::vector<std::pair<std::string, std::string>> headers;
        std::string body;  // chunked ones put together
        [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    };
    struct question {
        std::string method = "GET";
        std::string target = "/";
        std::vector<std::pair<std::string, std::string>> headers;
        std::string body;
    };

    // The server must not have been started; it is this client's from now on, and must outlive it.
    explicit test_client(server&);
    ~test_client();
    test_client(const test_client&) = delete;
    test_client& operator=(const test_client&) = delete;

    answer get(std::string_view target);
    answer post(std::string_view target, std::string_view body,
                std::string_view content_type = "text/plain");
    // On the kept-alive connection, or on a new one where that has ended.
    answer send(const question&);
    // Raw bytes in, and what the server has said since; the connection is opened when needed.
    std::string exchange(std::string_view raw);
    // Lets the server's clock go on, and its timers run.
    void advance(std::chrono::milliseconds time);
    // The client goes away: politely, or with a reset.
    void end();
    void reset();
    // Whether the server has closed the connection.
    [[nodiscard]] bool closed() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace saker
