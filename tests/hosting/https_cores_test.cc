// TLS of a server with two cores: sessions that go from core to core, and certificates that are
// renewed while clients come.

#include "tests/hosting/https_life.h"

namespace saker::test {
namespace {

HTTPS_LIFE_SUITE(https_cores);

TEST_P(https_cores, a_session_of_one_core_is_resumed_on_the_other) {
    put_certificate("one.pem", "one");
    configure(certificate_at("one.pem"));
    start();
    for (const tls_version version : both_versions) {
        SCOPED_TRACE(name_of(version));
        tls_client_options with = chosen_with(version);
        const auto first = open(with);
        const std::string core = ask(*first);
        EXPECT_FALSE(first->resumed());
        with.resumes = first->session_so_far();
        ASSERT_NE(with.resumes, nullptr);
        std::string other = core;
        for (int i = 0; i < 100 && other == core; ++i) {
            const auto next = open(with);
            EXPECT_TRUE(next->resumed());
            other = ask(*next);
        }
        EXPECT_NE(other, core) << "the kernel has not been just";
    }
}

TEST_P(https_cores, certificates_are_renewed_while_clients_come) {
    put_certificate("own.pem", "one");
    configure(certificate_at("own.pem"));
    start();
    constexpr int each = 100;
    std::atomic<int> made = 0;
    std::thread crowd[2];
    for (size_t i = 0; i < 2; ++i)
        crowd[i] = std::thread([&, version = both_versions[i]] {
            for (int k = 0; k < each; ++k, ++made) {
                const auto here = open(chosen_with(version));
                const std::string subject = here->server_subject();
                EXPECT_TRUE(subject == "CN=one" || subject == "CN=two") << subject;
                ask(*here);
            }
        });
    size_t renewed = 0;
    do {
        const int before = made.load();
        put_certificate("own.pem", renewed % 2 == 0 ? "two" : "one");
        ++renewed;
        EXPECT_TRUE(comes([&] { return times_said("Changed: certificates of ") >= renewed; }));
        EXPECT_EQ(open()->server_subject(), renewed % 2 == 0 ? "CN=one" : "CN=two");
        EXPECT_TRUE(comes([&] { return made.load() > before || made.load() == 2 * each; }));
    } while (made.load() < 2 * each && !HasFailure());
    for (std::thread& one : crowd) one.join();
    EXPECT_GE(renewed, 3u);
    EXPECT_EQ(times_said("stay as they were"), 0u);
}

TEST_P(https_cores, a_certificate_that_is_renewed_to_something_else_stays) {
    put_certificate("own.pem", "one");
    configure(certificate_at("own.pem"));
    start();
    const auto running = open();
    put("own.pem", "no certificate");
    ASSERT_TRUE(comes([&] { return times_said("stay as they were: ") > 0; }));
    EXPECT_EQ(open()->server_subject(), "CN=one");
    ask(*running);
    put_certificate("own.pem", "two");
    ASSERT_TRUE(comes([&] { return times_said("Changed: certificates of ") > 0; }));
    EXPECT_EQ(open()->server_subject(), "CN=two");
    ask(*running);
}
}  // namespace
}  // namespace saker::test
