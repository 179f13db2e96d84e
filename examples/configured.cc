// Options from appsettings.json, appsettings.Production.json, the environment and the command line,
// as .NET reads them; a change of the files counts while the server runs. Try:
//   configured --urls=http://127.0.0.1:9090 --Kestrel:Limits:MaxRequestBodySize=10

#include <saker/saker.h>

int main(int count, char** given) {
    saker::configuration_sources sources;
    sources.arguments.assign(given + 1, given + count);
    sources.default_urls = "http://127.0.0.1:8080";

    saker::server server;
    server.options().limits.max_request_body_size = 1000;  // where nothing else is configured
    server.configure(std::move(sources), [](saker::server_options& options) {
        options.add_server_header = false;  // whatever is configured
    });
    server.post("/", [](saker::request& request, saker::response& response) -> saker::task<> {
        const saker::result<std::string> text = co_await request.body().text();
        if (text) response.text(std::to_string(text->size()) + " bytes\n");
    });
    return server.run();
}
