// A protocol of one's own, without HTTP: every line is sent back with its number. The delegate has
// the connection's two pipes; when it returns, what it wrote is delivered and the socket closed.
// Try: telnet 127.0.0.1 8080

#include <saker/saker.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace {

constexpr size_t longest_line = 64 * 1024;

saker::task<> line_echo(saker::connection& client) {
    saker::pipe &in = client.input(), &out = client.output();
    std::string line;
    for (int number = 1; co_await in.read();) {
        while (!in.empty()) {
            const std::string_view text = in.front().text();
            const size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
            line += text.substr(0, size);
            in.advance(size);
            if (line.size() > longest_line) {
                client.abort(saker::end_reason::aborted_by_app);
                co_return;
            }
            if (line.back() != '\n') continue;
            if (!out.write(std::to_string(number++) + ' ' + line)) co_return;
            line.clear();
        }
        // All lines that came together leave in one send; waits while the client does not read.
        if (!co_await out.flush()) co_return;
    }
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "tcp://127.0.0.1:8080",
                  [](saker::listen_options& on) { on.run(line_echo); });
    return server.run();
}
