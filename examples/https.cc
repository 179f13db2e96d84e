// HTTPS: a certificate from a file, or the one for developers; other rules for other names; clients
// that may show a certificate, and have to under one name. Arguments: an address, a PEM file of the
// certificate with its chain and its key, a PEM file of the roots that clients are trusted by.
// Try: curl -k https://localhost:8443/

#include <saker/saker.h>

#include <string>

namespace {

void whoami(saker::request& request, saker::response& response) {
    const saker::tls_connection& tls = *request.connection().tls();
    std::string text = std::string(tls.protocol()) + ", " + std::string(tls.cipher_suite()) +
                       ", for the name '" + std::string(tls.server_name()) + "'\n";
    if (const saker::client_certificate* const client = tls.client_certificate())
        text += "you are " + client->facts.subject + '\n';
    response.text(text);
}

}  // namespace

int main(int count, char** given) {
    saker::server server;
    server.listen(count > 1 ? given[1] : "https://localhost:8443",
                  [&](saker::listen_options& endpoint) {
                      endpoint.use_https([&](saker::https_options& tls) {
                          // None, and no `default_certificate` either: the development certificate.
                          if (count > 2) tls.certificates.push_back({.path = given[2]});
                          if (count <= 3) return;

                          using mode = saker::client_certificate_mode;
                          tls.client_certificate_mode = mode::allow_certificate;
                          tls.client_trust_roots = {given[3]};
                          // A map of names, so that each has to be in it: this one asks for more,
                          // "*" is all the others and who asks for none. A certificate of its own
                          // would be in `certificates`; without, the endpoint's.
                          saker::sni_options admin, others;
                          admin.host = "admin.localhost";
                          admin.protocols = saker::ssl_protocols::tls13;
                          admin.client_certificates = mode::require_certificate;
                          others.host = "*";
                          tls.sni = {admin, others};
                      });
                  });
    server.get("/", whoami);
    return server.run();
}
