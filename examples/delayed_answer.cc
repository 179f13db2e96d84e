// An answer that comes later. The coroutine waits on the core's timer wheel: no thread is blocked,
// and the core serves everybody else meanwhile. Try: curl http://127.0.0.1:8080/later/500

#include <saker/saker.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace {

saker::task<> later(saker::request& request, saker::response& response) {
    const int wanted = std::atoi(std::string(request.route_value("ms")).c_str());
    if (wanted < 0 || wanted > 60'000) {
        response.status(400).text("from 0 to 60000\n");
        co_return;
    }
    // False where the server's stop cuts it short: there is still time for an answer.
    const bool whole = co_await saker::delay(std::chrono::milliseconds(wanted));
    response.text(whole ? "here you are\n" : "the server stops, come again\n");
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/later/{ms}", later);
    return server.run();
}
