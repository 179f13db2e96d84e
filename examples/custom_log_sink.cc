// The log, to where the program wants it: here one JSON object a line on stdout. The sink is called
// on a thread of the log's own, one record at a time; a slow one never blocks a core.

#include <saker/saker.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

// Messages are one line of printable characters; quotes and backslashes are left to escape.
std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

void write_json(const saker::log_record& record) {
    const auto when = std::chrono::floor<std::chrono::milliseconds>(record.when);
    std::printf("{\"ms\":%lld,\"level\":%s,\"category\":%s,\"message\":%s}\n",
                static_cast<long long>(when.time_since_epoch().count()),
                in_quotes(name(record.level)).c_str(), in_quotes(record.category).c_str(),
                in_quotes(record.message).c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** given) {
    saker::server_options options;
    options.log = write_json;
    options.minimum_log_level = saker::log_level::debug;
    options.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    saker::server server(std::move(options));
    server.get("/", [](saker::request&, saker::response& response) { response.text("logged\n"); });
    return server.run();
}
