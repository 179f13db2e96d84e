#pragma once
// A test with a server in it that serves over TLS. `TLS_SUITE(name)` makes a suite over every
// transport and every delivery of the clients' ciphertext, `TLS_SUITE_WHOLE(name)` one over every
// transport alone. Certificates are made by an authority in memory, which all tests of a process
// share, as they do what it has issued: `certificate_for` the same wish is the same certificate.

#include "tests/support/serve.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"
#include "tests/support/tls_client.h"

#include <saker/https.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker::test {

class served_tls : public served {
protected:
    served_tls() { url = "https://127.0.0.1:0"; }

    // ---- before `serve` ----
    // With a certificate for "localhost" unless a test says otherwise. Put behind the middleware of
    // `endpoint_options` unless a test has called its `use_https`, with `https_with_certificate`.
    https_options https;
    bool in_clear = false;  // no TLS after all
    [[nodiscard]] https_options https_with_certificate() const;

    // ---- clients ----
    // What clients are that nobody says more of. They trust the authority.
    tls_client_options chosen{.trusts = ca().pem()};
    [[nodiscard]] tls_client_options chosen_with(tls_version only) const;
    // Client 0 unless another is asked for; connected, and its handshake made, when it is first
    // used.
    tls_client& tls(size_t which = 0);
    // A new one whose handshake is made, too; or is not.
    tls_client& open_tls(const tls_client_options&, peer_options = {});
    tls_client& new_tls(const tls_client_options&, peer_options = {});
    tls_client& new_tls() { return new_tls(chosen); }
    // The last one.
    void forget_tls() { tls_clients_.pop_back(); }
    // GET / is answered by `hello`.
    void expect_greeting(tls_client&);
    // The handshake ends by a fatal alert, and the connection by its failure.
    void expect_refused(tls_client&, std::optional<tls_alert> with = {});

    // ---- certificates ----
    [[nodiscard]] static const test_ca& ca() { return shared_ca(); }
    [[nodiscard]] static const issued_certificate& certificate_for(
        const std::vector<std::string>& names, const std::string& key = "ecdsa") {
        return shared_certificate_for(names, key);
    }
    [[nodiscard]] static const issued_certificate& client_certificate_for(const std::string& name);
    // A file that is gone with the test.
    [[nodiscard]] std::string file_of(std::string_view text);
    [[nodiscard]] certificate_source source_of(const issued_certificate&);
    void trust_clients_of(const test_ca& roots) {
        https.client_trust_roots = {file_of(roots.pem())};
    }
    // `chosen` with this certificate.
    [[nodiscard]] tls_client_options chosen_as(const issued_certificate&) const;

    void prepare() override;
    void leave() override;

private:
    std::vector<std::unique_ptr<tls_client>> tls_clients_;
    std::optional<temporary_folder> folder_;
    size_t files_ = 0;
};

// Both versions, for tests that say the same of each.
inline constexpr tls_version both_versions[] = {tls_version::tls12, tls_version::tls13};

// An answer without a Content-Type.
inline void say(response& answered, std::string text) {
    answered.shared(std::make_shared<const std::string>(std::move(text)));
}

// "4F0A": a binary text to look at.
[[nodiscard]] std::string hex(std::string_view bytes);

#define TLS_SUITE(suite) CONFORMANCE_SUITE_OVER(suite, saker::test::served_tls, every_setting)
#define TLS_SUITE_WHOLE(suite) \
    CONFORMANCE_SUITE_OVER(suite, saker::test::served_tls, whole_settings)

}  // namespace saker::test
