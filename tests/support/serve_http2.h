#pragma once
// A test with a server in it whose clients speak HTTP/2: over TLS, chosen by ALPN, or in clear with
// prior knowledge. `HTTP2_SUITE(name)` makes a suite over every transport and every delivery in
// clear, and over TLS on every transport; `HTTP2_SUITE_WHOLE(name)` one without the cuts.

#include "tests/support/http2_client.h"
#include "tests/support/serve_tls.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saker::test {

std::vector<setting> every_http2_setting();
std::vector<setting> whole_http2_settings();

class served_http2 : public served_tls {
protected:
    void SetUp() override;

    // Client 0 unless another is asked for; connected when it is first used, and nothing said.
    http2_client& client(size_t which = 0);
    http2_client& new_client(peer_options = {});
    void forget_client(size_t which) { clients_.at(which).reset(); }
    // One that speaks HTTP/1.1 to the same port.
    conversation& http1_client();

    [[nodiscard]] bool over_tls() const { return !in_clear; }
    [[nodiscard]] std::string scheme() const { return in_clear ? "http" : "https"; }
    [[nodiscard]] http2::fields request_of(std::string_view method, std::string_view path = "/",
                                           const http2::fields& more = {}) const {
        return http2::request_fields(method, path, more, scheme());
    }
    [[nodiscard]] http2::fields get(std::string_view path = "/",
                                    const http2::fields& more = {}) const {
        return request_of("GET", path, more);
    }
    [[nodiscard]] http2::fields post(const http2::fields& more = {},
                                     std::string_view path = "/") const {
        return request_of("POST", path, more);
    }
    // What every answer begins with.
    [[nodiscard]] http2::fields common(int status, const http2::fields& more = {}) const;

    // The client has broken a rule of the connection: it is told so, and that is the end. Another
    // one is served as ever.
    void expect_error(http2::error_code, end_reason, std::optional<uint32_t> last_stream = {});
    void expect_error(http2_client&, http2::error_code, end_reason,
                      std::optional<uint32_t> last_stream = {});
    // A new client is served, whatever others do.
    void expect_another_is_served();

    void leave() override;

private:
    std::vector<std::unique_ptr<http2_client>> clients_;
};

#define HTTP2_SUITE_OF(suite, base) CONFORMANCE_SUITE_OVER(suite, base, every_http2_setting)
#define HTTP2_SUITE(suite) HTTP2_SUITE_OF(suite, saker::test::served_http2)
#define HTTP2_SUITE_WHOLE(suite) \
    CONFORMANCE_SUITE_OVER(suite, saker::test::served_http2, whole_http2_settings)

}  // namespace saker::test
