// The page as embedders have it, and its description: neither says what the other does not.

#include "hosting/diagnostics/metrics_page.h"
#include "tests/support/exposition.h"
#include "tests/support/peer.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"

#include <saker/metrics.h>
#include <saker/server.h>
#include <saker/test_client.h>

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>

namespace saker {
namespace {

server quiet() {
    server made;
    made.options().minimum_log_level = log_level::none;
    made.listen("http://127.0.0.1:80");
    return made;
}

test::exposition read(const std::string& page) {
    test::exposition all = test::read_exposition(page);
    for (const std::string& one : all.mistakes) ADD_FAILURE() << one;
    return all;
}

TEST(metrics, are_mounted_as_a_handler_before_the_start) {
    server served = quiet();
    served.get("/metrics", metrics(served));
    test_client client(served);
    const auto answer = client.get("/metrics");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(read(answer.body)
                  .value("http_server_active_requests",
                         {{"http_request_method", "GET"}, {"url_scheme", "http"}}),
              1)
        << "the request for the page itself";
    const auto again = read(client.get("/metrics").body);
    EXPECT_EQ(
        again.value("http_server_request_duration_seconds_count", {{"http_route", "/metrics"}}), 1);
}

TEST(metrics, show_their_server_wherever_it_was_moved_to) {
    server first = quiet();
    const metrics shown(first);
    server moved = std::move(first);
    test_client client(moved);
    client.get("/");
    EXPECT_EQ(read(shown.text()).value("saker_connections_accepted_total"), 1);
}

TEST(metrics, of_one_server_are_shown_by_another_and_outlive_it) {
    server inside = quiet();
    {
        server outside = quiet();
        inside.get("/metrics", metrics(outside));
        test_client client(outside);
        client.get("/");
    }
    test_client client(inside);
    const auto page = read(client.get("/metrics").body);
    EXPECT_EQ(page.value("saker_connections_accepted_total"), 1) << "the other one's";
    EXPECT_EQ(page.value("saker_log_records_dropped_total"), 0);
}

TEST(metrics, of_a_server_that_has_not_started_are_a_page_too) {
    const server idle = quiet();
    EXPECT_EQ(read(metrics(idle).text()).value("saker_connections_accepted_total"), 0);
}

TEST(metrics, a_page_of_many_series_is_sent_in_pieces) {
    server served = quiet();
    served.get("/metrics", metrics(served));
    constexpr int routes = 200;
    for (int i = 0; i < routes; ++i)
        served.get("/" + std::to_string(i), [](request&, response& to) { to.text("x"); });
    test_client client(served);
    for (int i = 0; i < routes; ++i) client.get("/" + std::to_string(i));
    const auto answer = client.get("/metrics");
    EXPECT_EQ(answer.header("Transfer-Encoding"), "chunked");
    const auto page = read(answer.body);
    for (int i = 0; i < routes; ++i)
        EXPECT_EQ(page.value("http_server_request_duration_seconds_count",
                             {{"http_route", "/" + std::to_string(i)}}),
                  1);
    EXPECT_EQ(client.send({"HEAD", "/metrics", {}, {}}).body, "");
    EXPECT_EQ(client.get("/1").body, "x") << "the connection goes on";
}

// ---- TLS ----

void listen_with(server& on, std::string_view url, const test::issued_certificate& one) {
    on.options().listen(url, [&](listen_options& with) {
        with.use_https([&](https_options& tls) { tls.loaded_certificates = {test::loaded(one)}; });
    });
}

double end_of(const server_certificate& one) {
    return static_cast<double>(one.facts().not_after.time_since_epoch().count());
}

constexpr std::string_view not_after = "saker_tls_certificate_not_after_timestamp_seconds";

TEST(metrics, tell_when_certificates_end_each_once) {
    const test::test_ca root;
    const auto one = root.issue(), other = root.issue({.names = {"other.example"}});
    server served = quiet();
    listen_with(served, "https://127.0.0.1:443", one);
    listen_with(served, "https://127.0.0.1:444", one);
    listen_with(served, "https://127.0.0.1:445", other);
    const metrics shown(served);
    {
        test_client client(served);
        client.get("/");
        const auto page = read(shown.text());
        for (const auto* const known : {&one, &other}) {
            const server_certificate is = test::loaded(*known);
            EXPECT_EQ(page.exactly(not_after, {{"subject", is.facts().subject},
                                               {"thumbprint", is.facts().thumbprint}}),
                      end_of(is));
        }
        EXPECT_EQ(page.value("saker_tls_resumed_total"), 0);
        EXPECT_EQ(page.value("kestrel_active_tls_handshakes"), 0);
    }
}

TEST(metrics, show_the_certificate_that_has_come_into_its_file) {
    const test::test_ca root;
    const test::temporary_folder folder;
    const auto first = root.issue({.names = {"first.example"}});
    const auto second = root.issue({.names = {"second.example"}});
    const std::string path = folder.write("all.pem", first.certificate_pem + first.key_pem);
    server served = quiet();
    served.options().cores = 1;
    served.options().pin_cores = false;
    served.options().endpoints.clear();
    served.options().listen("https://127.0.0.1:0",
                            [&](listen_options& with) { with.use_https(path); });
    const metrics shown(served);
    ASSERT_TRUE(served.start());
    const auto end_shown = [&](const test::issued_certificate& one) {
        return read(shown.text())
            .value(not_after, {{"subject", test::loaded(one).facts().subject}});
    };
    EXPECT_EQ(end_shown(first), end_of(loaded(first)));
    (void)folder.write("all.pem", second.certificate_pem + second.key_pem);
    // A page may be made at any time of it.
    while (end_shown(second) < 0) std::this_thread::yield();
    EXPECT_EQ(end_shown(first), -1);
    served.stop();
    EXPECT_EQ(end_shown(second), -1) << "nothing is served any more";
}

TEST(metrics, the_order_of_the_page_does_not_change) {
    server served = quiet();
    test_client client(served);
    client.get("/");
    const auto names = [&] {
        std::string all;
        for (const auto& family : read(metrics(served).text()).families)
            for (const auto& sample : family.samples) all += sample.name + '\n';
        return all;
    };
    EXPECT_EQ(names(), names());
}

// Nothing is locked between them: what this finds is found by the thread sanitizer.
TEST(metrics, are_read_by_any_thread_while_cores_count) {
    server served;
    served.options().minimum_log_level = log_level::none;
    served.options().cores = 2;
    served.options().pin_cores = false;
    served.options().access_log.format = access_log_options::log_format::json;
    std::atomic<size_t> logged = 0;
    served.options().access_log.sink = [&](std::string_view more) { logged += more.size(); };
    served.listen("http://127.0.0.1:0");
    for (const char* const path : {"/a", "/b", "/c"})
        served.get(path, [](request&, response& to) { to.text("x"); });
    const auto bound = served.start();
    ASSERT_TRUE(bound) << bound.error().text();
    endpoint where;
    where.address[0] = 127, where.address[3] = 1;
    where.port =
        static_cast<uint16_t>(std::stoi(bound->front().substr(bound->front().rfind(':') + 1)));

    constexpr int rounds = 40;
    for (int i = 0; i < rounds; ++i) {
        test::socket_peer client(where);
        const std::string path =
            i % 4 == 3 ? "/none" : std::string("/") + static_cast<char>('a' + i % 4);
        client.say("GET " + path + " HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n");
        while (!client.ended()) {
            client.take();
            if (i % 4 == 0) {
                EXPECT_FALSE(metrics(served).text().empty());
            }
            std::this_thread::yield();
        }
        served.reopen_logs();
    }
    served.stop();
    EXPECT_GT(logged.load(), size_t{rounds} * 100);
    const auto page = read(metrics(served).text());
    EXPECT_EQ(page.value("saker_access_log_lines_total"), rounds);
    EXPECT_EQ(page.value("http_server_request_duration_seconds_count", {{"http_route", "/a"}}),
              rounds / 4);
}

// ---- docs/metrics.md ----

// Name and type of each row of its tables.
std::map<std::string, std::string> described() {
    std::map<std::string, std::string> all;
    std::ifstream file("docs/metrics.md");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| `")) continue;
        const size_t name_end = line.find('`', 3), type = line.find("| ", name_end) + 2;
        const std::string name = line.substr(3, name_end - 3);
        EXPECT_TRUE(all.emplace(name, line.substr(type, line.find(' ', type) - type)).second)
            << name << " is there twice";
    }
    return all;
}

TEST(metrics_page, is_described_family_by_family) {
    std::map<std::string, std::string> made;
    for (const auto& family : diagnostics::metric_families()) {
        EXPECT_TRUE(made.emplace(family.name, family.type).second) << family.name;
        EXPECT_TRUE(family.help.ends_with('.')) << family.help;
    }
    EXPECT_EQ(described(), made);
}

TEST(metrics_page, shows_each_family_that_is_described) {
    server served = quiet();
    listen_with(served, "https://127.0.0.1:443", test::test_ca().issue());
    test_client client(served);
    client.get("/");
    std::set<std::string> shown;
    for (const auto& family : read(metrics(served).text()).families)
        if (!family.samples.empty()) shown.insert(family.name);
    for (const auto& [name, type] : described()) EXPECT_TRUE(shown.count(name)) << name;
}

}  // namespace
}  // namespace saker
