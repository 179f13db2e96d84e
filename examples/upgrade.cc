// HTTP that becomes another protocol on the same connection: the client asks with `Upgrade`, gets
// 101, and then every byte is the handler's. Here they come back in capitals. Try: printf 'GET /
// HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nhello\n' |
//      nc -N 127.0.0.1 8080

#include <saker/saker.h>

#include <cctype>
#include <string>

namespace {

saker::task<> shout(saker::request& request, saker::response& response) {
    saker::connection* const own = request.can_upgrade() ? response.upgrade("shout") : nullptr;
    if (own == nullptr) {
        // Not asked for, or max_concurrent_upgraded_connections are there already.
        response.status(request.can_upgrade() ? 503 : 426).header("Upgrade", "shout");
        co_return;
    }
    saker::pipe &in = own->input(), &out = own->output();
    while (co_await in.read()) {
        while (!in.empty()) {
            std::string piece(in.front().text());
            in.advance(piece.size());
            for (char& one : piece)
                one = static_cast<char>(std::toupper(static_cast<unsigned char>(one)));
            if (!out.write(piece)) co_return;
        }
        if (!co_await out.flush()) co_return;
    }
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "http://127.0.0.1:8080");
    server.get("/", shout);
    return server.run();
}
