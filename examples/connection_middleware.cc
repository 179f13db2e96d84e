// What stands before a protocol: one middleware logs each connection with the reason of its end,
// another one lets only this machine in. The first one added sees a connection first.
// Try: curl http://127.0.0.1:8080/

#include <saker/saker.h>

#include <cstdio>
#include <string>
#include <utility>

namespace {

saker::connection_delegate logged(saker::connection_delegate next) {
    return [next = std::move(next)](saker::connection& client) -> saker::task<> {
        const std::string id = client.id(), from = client.remote_address();
        std::printf("%s comes from %s\n", id.c_str(), from.c_str());
        co_await next(client);
        std::printf("%s ends: %s\n", id.c_str(), std::string(name(client.ended_by())).c_str());
        std::fflush(stdout);
    };
}

saker::connection_delegate only_from_here(saker::connection_delegate next) {
    return [next = std::move(next)](saker::connection& client) -> saker::task<> {
        const std::string from = client.remote_address();
        const bool here =
            from.starts_with("127.") || from.starts_with("[::1]") || from.starts_with("unix:");
        if (here) co_return co_await next(client);
        client.abort(saker::end_reason::aborted_by_app);
    };
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080",
                  [](saker::listen_options& on) { on.use(logged).use(only_from_here); });
    server.get("/", [](saker::request& request, saker::response& response) {
        response.text("you are connection " + request.connection().id() + '\n');
    });
    return server.run();
}
