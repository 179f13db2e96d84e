// What the router finds in a path, and what is in the query. Literal segments win over "{name}",
// and
// "{name}" over "{*rest}". Try: curl http://127.0.0.1:8080/users/7?greeting=hi

#include <saker/saker.h>

#include <string>

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");

    server.get("/users/me",
               [](saker::request&, saker::response& response) { response.text("that is you\n"); });
    server.get("/users/{id}", [](saker::request& request, saker::response& response) {
        const std::string greeting = request.query_value("greeting").value_or("hello");
        response.text(greeting + ", user " + std::string(request.route_value("id")) + '\n');
    });
    server.del("/users/{id}",
               [](saker::request&, saker::response& response) { response.status(204); });
    server.get("/files/{*path}", [](saker::request& request, saker::response& response) {
        response.text("a file called " + std::string(request.route_value("path")) + '\n');
    });
    // Everything that no pattern matches.
    server.handle([](saker::request& request, saker::response& response) {
        response.status(404).text("there is no " + std::string(request.path()) + '\n');
    });
    return server.run();
}
