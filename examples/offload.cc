// Blocking work, off the core: a thread of the server's pool does it, and the coroutine goes on
// with its result on the core that it came from. An exception of the work comes back as well. Try:
// curl http://127.0.0.1:8080/query/3

#include <saker/saker.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

// Stands for a database that takes its time.
std::string slow_query(const std::string& key) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (key == "0") throw std::runtime_error("no such row");
    return "row " + key + '\n';
}

saker::task<> query(saker::request& request, saker::response& response) {
    const std::string key(request.route_value("key"));
    try {
        response.text(co_await saker::offload([&] { return slow_query(key); }));
    } catch (const std::runtime_error& why) {
        response.status(404).text(std::string(why.what()) + '\n');
    }
}

}  // namespace

int main(int count, char** given) {
    saker::server_options options;
    options.offload_threads = 4;  // at most so many queries at a time
    options.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    saker::server server(std::move(options));
    server.get("/query/{key}", query);
    return server.run();
}
