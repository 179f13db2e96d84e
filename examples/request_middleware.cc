// What stands before all handlers: one middleware times every request, another one asks for a key.
// The first one added is the outermost. Headers are set before the handler has begun to answer.
// Try: curl -i -H 'Api-Key: open sesame' http://127.0.0.1:8080/

#include <saker/saker.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace {

using clock = std::chrono::steady_clock;

saker::task<> timed(saker::request& request, saker::response& response,
                    const saker::request_delegate& next) {
    const clock::time_point begin = clock::now();
    response.header("Request-Id", request.id());
    co_await next(request, response);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - begin);
    std::printf("%s %s -> %u in %lld us\n", std::string(request.method()).c_str(),
                std::string(request.path()).c_str(), unsigned{response.status()},
                static_cast<long long>(took.count()));
    std::fflush(stdout);
}

saker::task<> with_key(saker::request& request, saker::response& response,
                       const saker::request_delegate& next) {
    if (request.header("Api-Key") == "open sesame") {
        co_await next(request, response);
    } else {
        response.status(401).text("the key is missing\n");
    }
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.use(timed).use(with_key);
    server.get("/", [](saker::request&, saker::response& response) { response.text("in\n"); });
    return server.run();
}
