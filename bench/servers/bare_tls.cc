// The bare minimum of a server over TLS: one thread, blocking calls, one connection after another,
// SSL_accept, SSL_read, SSL_write and nothing else. What a server with one connection is compared
// with. It answers /plaintext, /bytes/N and POST /upload, trusts its client, and is no server.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr char usage[] =
    "usage: saker_bare_tls PORT FILE.pem [PIECE [ahead]]\n"
    "\n"
    "Serves https://127.0.0.1:PORT, one connection at a time, with the certificate and the key of\n"
    "FILE.pem. Bodies are written in pieces of PIECE bytes (16384). `ahead`: OpenSSL reads as "
    "much\n"
    "as there is, not first a record's header and then the record. Ends on SIGTERM.\n";

const std::string block(1 << 20, 'x');

struct freed {
    void operator()(SSL* it) const noexcept { SSL_free(it); }
    void operator()(SSL_CTX* it) const noexcept { SSL_CTX_free(it); }
};

class bare_connection {
public:
    bare_connection(SSL* ssl, size_t piece) : ssl_(ssl), piece_(piece) {}

    void serve() {
        while (read_head()) {
            const std::string_view head(input_.data(), head_size_);
            const size_t body = number_after(head, "Content-Length: ");
            const size_t had = std::min(filled_ - head_size_, body);
            const size_t asked = number_after(head.substr(0, head.find('\r')), "GET /bytes/");
            std::copy(input_.begin() + static_cast<ptrdiff_t>(head_size_ + had),
                      input_.begin() + static_cast<ptrdiff_t>(filled_), input_.begin());
            filled_ -= head_size_ + had;
            if (!skip(body - had)) return;
            if (!(asked > 0 ? answer(asked) : write(short_answer))) return;
        }
    }

private:
    static constexpr std::string_view short_answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nDate: Sat, 28 Nov 2026 03:07:06 GMT\r\n"
        "Server: bare\r\nContent-Type: text/plain\r\n\r\nHello, World!";

    static size_t number_after(std::string_view text, std::string_view name) {
        size_t number = 0;
        const size_t at = text.find(name);
        if (at != text.npos)
            std::from_chars(text.data() + at + name.size(), text.data() + text.size(), number);
        return number;
    }
    bool read_head() {
        for (;;) {
            const size_t end = std::string_view(input_.data(), filled_).find("\r\n\r\n");
            if (end != std::string_view::npos) {
                head_size_ = end + 4;
                return true;
            }
            const int room = static_cast<int>(input_.size() - filled_);
            const int got = SSL_read(ssl_, input_.data() + filled_, room);
            if (got <= 0) return false;
            filled_ += static_cast<size_t>(got);
        }
    }
    bool skip(size_t body) {
        while (body > 0) {
            const int got =
                SSL_read(ssl_, scratch_.data(), static_cast<int>(std::min(body, scratch_.size())));
            if (got <= 0) return false;
            body -= static_cast<size_t>(got);
        }
        return true;
    }
    bool write(std::string_view text) {
        return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0;
    }
    bool answer(size_t body) {
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body) +
                                 "\r\nServer: bare\r\n\r\n";
        if (!write(head)) return false;
        for (; body > 0; body -= std::min(body, piece_))
            if (!write({block.data(), std::min(body, piece_)})) return false;
        return true;
    }

    SSL* const ssl_;
    const size_t piece_;
    size_t filled_ = 0, head_size_ = 0;
    std::vector<char> input_ = std::vector<char>(16 * 1024);
    std::vector<char> scratch_ = std::vector<char>(16 * 1024);
};

int listen_on(uint16_t port) {
    const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // taken over by what is accepted
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(made, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(made, 4096) != 0) {
        std::perror("saker_bare_tls: listen");
        return -1;
    }
    return made;
}

}  // namespace

int main(int count, char** words) {
    uint16_t port = 0;
    size_t piece = 16 * 1024;
    const auto number = [](std::string_view text, auto& into) {
        return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc();
    };
    if (count < 3 || !number(words[1], port) || (count > 3 && !number(words[3], piece)) ||
        piece == 0 || piece > block.size()) {
        std::fputs(usage, stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    const std::unique_ptr<SSL_CTX, freed> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context.get(), 1);
    SSL_CTX_set_read_ahead(context.get(), count > 4 && words[4] == std::string_view("ahead"));
    if (SSL_CTX_use_certificate_chain_file(context.get(), words[2]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), words[2], SSL_FILETYPE_PEM) != 1) {
        ERR_print_errors_fp(stderr);
        return 1;
    }
    const int listener = listen_on(port);
    if (listener < 0) return 1;
    for (;;) {
        const int client = accept(listener, nullptr, nullptr);
        if (client < 0) continue;
        const std::unique_ptr<SSL, freed> ssl(SSL_new(context.get()));
        SSL_set_fd(ssl.get(), client);
        if (SSL_accept(ssl.get()) == 1) bare_connection(ssl.get(), piece).serve();
        if ((SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0) SSL_shutdown(ssl.get());
        ERR_clear_error();
        close(client);
    }
}
