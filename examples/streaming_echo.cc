// A body that is sent back while it comes in: each piece is the memory it was received into, never
// copied, and whoever is ahead waits. Works for any size in a few kilobytes of memory.
// Try: curl -T big.file -X POST http://127.0.0.1:8080/echo | cmp - big.file

#include <saker/saker.h>

#include <utility>

namespace {

saker::task<> echo(saker::request& request, saker::response& response) {
    request.body().limit_to(std::nullopt);  // instead of max_request_body_size
    if (!request.content_type().empty()) response.content_type(request.content_type());
    while (saker::body_chunk piece = co_await request.body().read()) {
        // Suspends while the client is slow to read; false when it has gone.
        if (!co_await response.body().write(std::move(piece))) co_return;
    }
    // Half an echo must not look like a whole one.
    if (request.body().failed() && response.started()) response.abort();
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.post("/echo", echo);
    return server.run();
}
