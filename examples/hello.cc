// The smallest server: one route, one answer. Try: curl http://127.0.0.1:8080/

#include <saker/saker.h>

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/",
               [](saker::request&, saker::response& response) { response.text("hello, world\n"); });
    return server.run();
}
