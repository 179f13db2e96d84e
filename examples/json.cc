// JSON out, and a whole body in. Saker brings no JSON library: text comes in and goes out, and
// yours is as good as any. Try: curl -d 'some text' http://127.0.0.1:8080/measure

#include <saker/saker.h>

#include <string>

namespace {

void hello(saker::request&, saker::response& response) {
    response.json(R"({"message":"Hello, World!"})");
}

// A coroutine, because the body may still be on its way.
saker::task<> measure(saker::request& request, saker::response& response) {
    const saker::result<std::string> text = co_await request.body().text();
    if (!text) co_return;  // too large, cut off: the engine answers with the status for it
    response.json("{\"bytes\":" + std::to_string(text->size()) + "}");
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/json", hello).post("/measure", measure);
    return server.run();
}
