// A server inside a program that has something else to do: started, asked how it is, stopped.
// Signals, threads and the allocator of the program are left alone. Ends when its input does
// (Enter, Ctrl+D).

#include <saker/saker.h>

#include <chrono>
#include <cstdio>
#include <string>

int main(int count, char** given) {
    saker::server_options options;
    options.cores = 1;
    options.pin_cores = false;  // the program's threads want processors too
    options.minimum_log_level = saker::log_level::warning;
    options.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");

    saker::server server(std::move(options));
    server.get("/", [](saker::request&, saker::response& response) {
        response.text("from inside a program\n");
    });
    const auto addresses = server.start();
    if (!addresses) {
        std::fprintf(stderr, "%s\n", addresses.error().text().c_str());
        return 1;
    }
    for (const std::string& one : *addresses) std::printf("listening on %s\n", one.c_str());
    std::fflush(stdout);

    std::getchar();  // what the program is really for

    server.stop(std::chrono::seconds(5));  // what is running has five seconds to finish
    const saker::server_statistics counted = server.statistics();
    std::printf("answered %llu requests on %llu connections\n",
                static_cast<unsigned long long>(counted.requests),
                static_cast<unsigned long long>(counted.connections_accepted));
    return 0;
}
