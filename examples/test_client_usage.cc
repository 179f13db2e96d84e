// How an application is tested: the whole server in memory, with no socket, no thread and no
// waiting. Time passes when it is told to. Ends with 0 where everything is as it should be.

#include <saker/saker.h>
#include <saker/test_client.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace {

using namespace std::chrono_literals;

void add_application(saker::server& server) {
    server.get("/greet/{name}", [](saker::request& request, saker::response& response) {
        response.text("hello, " + std::string(request.route_value("name")));
    });
    server.post("/count", [](saker::request& request, saker::response& response) -> saker::task<> {
        const uint64_t size = co_await request.body().discard();
        response.text(std::to_string(size));
    });
}

int failures = 0;
void expect(bool is_so, const char* what) {
    std::printf("%s: %s\n", is_so ? "ok" : "FAILED", what);
    failures += is_so ? 0 : 1;
}

}  // namespace

int main() {
    saker::server server;
    add_application(server);
    saker::test_client client(server);

    expect(client.get("/greet/you").body == "hello, you", "a route with a parameter");
    expect(client.get("/nowhere").status == 404, "what is not there is not found");
    expect(client.post("/count", "12345").body == "5", "a body is read to its end");
    expect(client.send({.method = "DELETE", .target = "/count", .headers = {}, .body = {}})
                   .header("Allow") == "POST",
           "a wrong method is told which would be right");
    expect(client.exchange("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"),
           "raw bytes are refused");
    client.advance(5s);  // a refused connection is closed soon
    expect(client.closed(), "and the connection with them");
    return failures == 0 ? 0 : 1;
}
