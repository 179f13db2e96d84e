// Ends connections by what their handshake came to: a connection middleware behind `use_https`
// reads the cipher suite, as in Kestrel's documentation. What is added before TLS sees ciphertext,
// what is added after it plaintext; with an address and `debug` it shows both.
// Try: curl -k --tls-max 1.2 --ciphers ECDHE-ECDSA-CHACHA20-POLY1305 https://127.0.0.1:8443/

#include <saker/saker.h>

#include <string>
#include <string_view>
#include <utility>

namespace {

saker::connection_delegate only_aes(saker::connection_delegate next) {
    return [next = std::move(next)](saker::connection& client) -> saker::task<> {
        // Never null behind TLS; null in front of it, and where there is none.
        const std::string_view suite = client.tls()->cipher_suite();
        if (suite.find("_AES_") != std::string_view::npos) co_return co_await next(client);
        client.abort(saker::end_reason::aborted_by_app);
    };
}

}  // namespace

int main(int count, char** given) {
    saker::server_options options;
    if (count > 2 && given[2] == std::string_view("debug"))
        options.log_levels = {{"connection", saker::log_level::debug}};

    saker::server server(std::move(options));
    server.listen(count > 1 ? given[1] : "https://127.0.0.1:8443", [](saker::listen_options& on) {
        on.use(saker::connection_logging("ciphertext"));
        on.use_https();  // with the development certificate
        on.use(saker::connection_logging("plaintext"));
        on.use(only_aes);
    });
    server.get("/", [](saker::request& request, saker::response& response) {
        response.text(std::string(request.connection().tls()->cipher_suite()) + '\n');
    });
    return server.run();
}
