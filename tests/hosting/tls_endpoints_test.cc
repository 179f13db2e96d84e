// The certificates of endpoints, which one thread reads anew while another one tells of them. What
// is wrong there is found by the sanitizers; the log and the times of expiry are https_life.h's.

#include "hosting/life/tls_endpoints.h"

#include "tests/support/tls_certificates.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace saker {
namespace {

TEST(tls_endpoints, tell_of_certificates_while_they_are_read_anew) {
    const test::test_ca root;
    const auto one = root.issue({.names = {"one.example"}});
    server_options options;
    options.minimum_log_level = log_level::none;
    options.listen("https://127.0.0.1:443", [&](listen_options& with) {
        with.use_https([&](https_options& tls) { tls.loaded_certificates = {test::loaded(one)}; });
    });
    const log_target log;
    tls_endpoints all(true);
    const std::string shown = "https://127.0.0.1:443";
    const auto endpoint =
        all.make({options.endpoints.back().options, shown, nullptr}, options, log);
    ASSERT_TRUE(endpoint);

    constexpr int times = 300;
    std::atomic<bool> reads = true;
    std::thread reader([&] {
        for (int i = 0; i < times; ++i) all.renew(log);
        reads = false;
    });
    const std::string subject = test::loaded(one).facts().subject;
    size_t told = 0;
    while (reads) {
        const auto known = all.certificates();
        EXPECT_EQ(known.size(), 1u);
        for (const auto& served : known) EXPECT_EQ(served.subject, subject);
        ++told;
    }
    reader.join();
    EXPECT_GT(told, 0u);
}

}  // namespace
}  // namespace saker
