// Limits for the whole server, and others for a single request: an upload that may be large and
// slow, beside everything else that may not be. Try: curl --limit-rate 1k -T big.file -X POST
// http://127.0.0.1:8080/upload

#include <saker/saker.h>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;

saker::task<> upload(saker::request& request, saker::response& response) {
    // Before the first read; afterwards the limit is what it was, and this says false.
    request.body().limit_to(10'000'000'000);
    request.body().require_rate(saker::min_data_rate{100, 30s});
    const uint64_t size = co_await request.body().discard();
    if (request.body().failed()) co_return;  // 408 or 413 is answered
    response.text(std::to_string(size) + " bytes\n");
}

}  // namespace

int main(int count, char** given) {
    saker::server_options options;
    options.limits.max_request_body_size = 1000;
    options.limits.keep_alive_timeout = 30s;
    options.limits.max_concurrent_connections = 10'000;
    options.limits.max_connections_per_client = 100;
    options.limits.max_connection_age = 10min;

    saker::server server(std::move(options));
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.post("/upload", upload);
    server.post("/note", [](saker::request& request, saker::response& response) -> saker::task<> {
        const auto note = co_await request.body().text();
        if (note) response.text("noted: " + *note);
    });
    return server.run();
}
