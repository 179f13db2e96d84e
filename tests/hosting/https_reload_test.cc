// Https endpoints that a reload of the configuration changes while clients are there: the new ones
// have what is new, the old ones are told or left alone; and what is no use changes nothing.

#include "tests/hosting/https_life.h"
#include "tests/support/no_threads.h"

namespace saker::test {
namespace {

HTTPS_LIFE_SUITE(https_reload);

TEST_P(https_reload, another_certificate_is_for_new_clients_and_the_old_ones_are_told) {
    put_certificate("one.pem", "one");
    put_certificate("two.pem", "two");
    configure(certificate_at("one.pem"));
    start();
    const auto idle = open();
    ask(*idle);
    const auto busy = open();
    EXPECT_EQ(busy->server_subject(), "CN=one");
    ask_late(*busy);
    configure(certificate_at("two.pem"));
    EXPECT_EQ(reload(),
              "Kestrel:Endpoints:Https:Certificate:Path one.pem -> two.pem\n"
              "endpoint Https (" +
                  address + ") changed\n");
    const auto fresh = open();
    EXPECT_EQ(fresh->server_subject(), "CN=two");
    ask(*fresh);
    idle->receive_end();
    late_ones_may_go = true;
    expect_last_answer(*busy);
    ask(*fresh);
}

TEST_P(https_reload, where_no_thread_can_follow_the_files_they_are_served_all_the_same) {
    if (GetParam() == "io_uring") GTEST_SKIP() << "whether it can be had is asked on a thread";
    put_certificate("one.pem", "one");
    put_certificate("two.pem", "two");
    configure(certificate_at("one.pem"));
    start();
    configure(certificate_at("two.pem"));
    {
        const no_threads now;
        ASSERT_TRUE(host->reload());
    }
    EXPECT_TRUE(comes([&] { return times_said("Changes of files are not followed") == 1; }));
    EXPECT_EQ(open()->server_subject(), "CN=two");
    // The next change follows them again.
    configure(certificate_at("two.pem"), R"("Limits": {"MaxRequestBodySize": 1000})");
    ASSERT_TRUE(host->reload());
    put_certificate("two.pem", "three");
    EXPECT_TRUE(comes([&] { return times_said("Changed: certificates of") == 1; }));
    EXPECT_EQ(open()->server_subject(), "CN=three");
}

TEST_P(https_reload, names_are_for_new_clients) {
    put_certificate("one.pem", "one");
    put_certificate("two.pem", "two");
    configure(certificate_at("one.pem"));
    start();
    const auto running = open();
    ask(*running);
    configure(certificate_at("one.pem") + R"(, "Sni": {"a.test": {)" + certificate_at("two.pem") +
              "}}");
    reload();
    running->receive_end();
    tls_client_options with = chosen_with(tls_version::tls13);
    with.server_name = "a.test";
    const auto fresh = open(with);
    EXPECT_EQ(fresh->server_subject(), "CN=two");
    ask(*fresh);
    expect_refused(chosen_with(tls_version::tls13), tls_alert::unrecognized_name);
    configure(certificate_at("one.pem"));
    reload();
    fresh->receive_end();
    EXPECT_EQ(open(with)->server_subject(), "CN=one");
}

TEST_P(https_reload, who_has_to_show_a_certificate_from_now_on_is_not_let_in_by_a_session) {
    put_certificate("one.pem", "one");
    put("roots.pem", ca().pem());
    configure(certificate_at("one.pem"));
    start();
    const auto running = open();
    std::vector<tls_client_options> known;
    for (const tls_version version : both_versions) {
        tls_client_options with = chosen_with(version);
        const auto here = open(with);
        ask(*here);
        with.resumes = here->session_so_far();
        EXPECT_NE(with.resumes, nullptr);
        EXPECT_TRUE(open(with)->resumed());
        known.push_back(with);
    }
    configure(
        certificate_at("one.pem") +
        R"(, "ClientCertificateMode": "RequireCertificate", "ClientTrustRoots": ["roots.pem"])");
    reload();
    running->receive_end();
    const issued_certificate own = ca().issue({.names = {"client"}, .client = true});
    for (tls_client_options with : known) {
        const bool newest = with.lowest == tls_version::tls13;
        const tls_alert why =
            newest ? tls_alert::certificate_required : tls_alert::handshake_failure;
        expect_refused(with, why);
        with.resumes = nullptr;
        expect_refused(with, why);
        with.certificate = own.certificate_pem;
        with.key = own.key_pem;
        ask(*open(with));
    }
}

TEST_P(https_reload, another_default_certificate_leaves_the_old_clients_alone) {
    const auto with_default = [&](const std::string& file) {
        configure("", R"("Certificates": {"Default": {"Path": ")" + file + R"("}})");
    };
    put_certificate("one.pem", "one");
    put_certificate("two.pem", "two");
    with_default("one.pem");
    start();
    const auto running = open();
    EXPECT_EQ(running->server_subject(), "CN=one");
    ask(*running);
    with_default("two.pem");
    EXPECT_EQ(reload(), "Kestrel:Certificates:Default:Path one.pem -> two.pem\n");
    EXPECT_EQ(open()->server_subject(), "CN=two");
    ask(*running);
    with_default("none.pem");
    const auto failed = host->reload();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().text().find("none.pem"), std::string::npos) << failed.error().text();
    EXPECT_EQ(open()->server_subject(), "CN=two");
    ask(*running);
}

TEST_P(https_reload, an_endpoint_without_tls_from_now_on_is_plain_for_new_clients) {
    put_certificate("one.pem", "one");
    configure(certificate_at("one.pem"));
    start();
    const auto running = open();
    ask(*running);
    put("appsettings.json",
        R"({"Kestrel": {"Endpoints": {"Https": {"Url": "http://127.0.0.1:0"}}}})");
    ASSERT_TRUE(host->reload());
    running->receive_end();
    raw_client plain(server, std::make_unique<socket_peer>(where), delivery::whole);
    plain.send("GET / HTTP/1.1", "Host: a", "", "");
    EXPECT_TRUE(plain.read_answer().starts_with("HTTP/1.1 200 OK\r\n"));
    configure(certificate_at("one.pem"));
    ASSERT_TRUE(host->reload());
    plain.receive_end();
    ask(*open());
}

TEST_P(https_reload, a_broken_certificate_keeps_everything_as_it_was) {
    put_certificate("one.pem", "one");
    put_certificate("two.pem", "two");
    put("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    put("foreign.pem", ca().issue().certificate_pem + ca().issue().key_pem);
    configure(certificate_at("one.pem"));
    start();
    const auto running = open();
    ask(*running);
    size_t refused = 0;
    for (const std::string file : {"broken.pem", "foreign.pem", "nowhere.pem"}) {
        SCOPED_TRACE(file);
        put("appsettings.json", R"({"Kestrel": {"Limits": {"MaxRequestBodySize": 5}, "Endpoints": {
            "Https": {"Url": "https://127.0.0.1:0", )" +
                                    certificate_at("two.pem") + R"(},
            "More": {"Url": "http://127.0.0.1:0"},
            "Worse": {"Url": "https://127.0.0.1:0", )" +
                                    certificate_at(file) + "}}}}");
        const auto failed = host->reload();
        ASSERT_FALSE(failed);
        const std::string why = failed.error().text();
        EXPECT_EQ(why.find("Endpoint Worse: "), 0u) << why;
        EXPECT_NE(why.find(file), std::string::npos) << why;
        EXPECT_EQ(why.find('\n'), std::string::npos) << why;
        EXPECT_EQ(host->addresses(), std::vector<std::string>{address});
        EXPECT_EQ(host->options.limits.max_request_body_size, 30'000'000u);
        EXPECT_TRUE(comes([&] {
            return times_said("The configuration stays as it was:") > refused &&
                   times_said(why) > 0;
        }));
        ++refused;
        EXPECT_EQ(open()->server_subject(), "CN=one");
        ask(*running);
    }
    configure(certificate_at("two.pem"));
    reload();
    running->receive_end();
    EXPECT_EQ(open()->server_subject(), "CN=two");
}

}  // namespace
}  // namespace saker::test
