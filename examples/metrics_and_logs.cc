// What operators want: metrics for Prometheus at /metrics, an access log on stdout, and a level of
// the log for one category. On the open internet, mount the metrics on a server of their own.

#include <saker/saker.h>

int main(int count, char** given) {
    saker::server_options options;
    options.access_log.format = saker::access_log_options::log_format::ncsa;
    options.log_levels = {{"request", saker::log_level::debug}};  // what was refused, and why

    saker::server server(std::move(options));
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/users/{id}", [](saker::request& request, saker::response& response) {
        response.text("user " + std::string(request.route_value("id")) + '\n');
    });
    server.get("/metrics", saker::metrics(server));
    return server.run();
}
