#pragma once
// A test with an https server in it that has two cores, threads, real sockets and a configuration
// in a folder, over each transport; and clients of OpenSSL, which wait for it.

#include "hosting/server_host.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"
#include "tests/support/tls_client.h"
#include "transports/transports.h"

#include <saker/saker.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace saker::test {
inline constexpr auto patience = 20s;

// A server on threads of its own: who waits for it sleeps.
class live final : public turns {
public:
    void take_turn() override { std::this_thread::sleep_for(tick); }
    [[nodiscard]] uint64_t progress() const override { return 0; }
    [[nodiscard]] uint64_t received() const override { return UINT64_MAX; }  // nobody waits for it
    [[nodiscard]] int quiet_turns() const override { return static_cast<int>(patience / tick); }

private:
    static constexpr auto tick = 500us;
};

inline std::atomic<bool> late_ones_may_go;

inline task<> tell(request& asked, response& answered) {
    if (asked.path() == "/late")
        while (!late_ones_may_go.load()) (void)co_await delay(1ms);
    const size_t core = std::hash<std::thread::id>()(std::this_thread::get_id());
    answered.text(std::to_string(core));
}

inline std::vector<std::string> usable_transports() {
    std::vector<std::string> names;
    for (const transport_factory* const one : built_in_transports())
        if (one->probe().usable) names.emplace_back(one->name());
    return names;
}

class https_life : public testing::TestWithParam<std::string> {
protected:
    https_life() {
        late_ones_may_go = false;
        sources.directory = folder.path();
        sources.environment_variables = false;
        sources.reload_on_change = false;
        options.cores = 2;
        options.pin_cores = false;
        options.transport.name = GetParam();
        options.log = [this](const log_record& one) {
            const std::lock_guard lock(guard);
            said.push_back(one.message);
        };
    }
    ~https_life() override {
        late_ones_may_go = true;
        const bool whole = !host || host->stop(10s);
        EXPECT_TRUE(whole);
    }

    // ---- files, which appear whole ----
    void put(const std::string& name, std::string_view text) const {
        std::filesystem::rename(folder.write(name + ".new", text), folder / name);
    }
    // A certificate for localhost and others, which is known by its file's name.
    void put_certificate(const std::string& file, const std::string& called) const {
        const issued_certificate made =
            ca().issue({.names = {"localhost", "a.test"}, .common_name = called});
        put(file, made.certificate_pem + made.key_pem);
    }
    // The endpoint with these keys beside its address, and what else there is.
    void configure(const std::string& keys, const std::string& kestrel = {}) const {
        put("appsettings.json",
            R"({"Kestrel": {"Endpoints": {"Https": {"Url": "https://127.0.0.1:0")" +
                (keys.empty() ? "" : ", " + keys) + "}}" + (kestrel.empty() ? "" : ", " + kestrel) +
                "}}");
    }
    [[nodiscard]] static std::string certificate_at(const std::string& file) {
        return R"("Certificate": {"Path": ")" + file + R"("})";
    }

    // ---- the server ----
    void start() {
        host.emplace(options);
        host->configure(sources, {});
        host->requests.routes.fallback(std::make_unique<application_of<decltype(&tell)>>(tell));
        const auto bound = host->start();
        ASSERT_TRUE(bound) << bound.error().text();
        address = host->addresses().front();
        where.port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
        constexpr uint8_t loopback[] = {127, 0, 0, 1};
        std::memcpy(where.address, loopback, sizeof loopback);
    }
    // What was changed, with the names of files in the folder, one line each.
    std::string reload() {
        const auto done = host->reload();
        EXPECT_TRUE(done) << done.error().text();
        if (!done) return {};
        EXPECT_EQ(host->addresses().front(), address) << "it stays where it is";
        std::string all;
        for (const std::string& one : *done) all += one + '\n';
        for (size_t at; (at = all.find(folder.path() + '/')) != std::string::npos;)
            all.erase(at, folder.path().size() + 1);
        return all;
    }
    [[nodiscard]] size_t times_said(std::string_view part) {
        const std::lock_guard lock(guard);
        return static_cast<size_t>(std::count_if(
            said.begin(), said.end(),
            [&](const std::string& one) { return one.find(part) != std::string::npos; }));
    }
    [[nodiscard]] bool comes(const std::function<bool()>& what) const {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!what()) {
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::yield();
        }
        return true;
    }

    // ---- clients ----
    [[nodiscard]] static const test_ca& ca() {
        static const test_ca authority;
        return authority;
    }
    [[nodiscard]] static tls_client_options chosen_with(tls_version only) {
        return {.lowest = only, .highest = only, .trusts = ca().pem()};
    }
    [[nodiscard]] std::unique_ptr<tls_client> connect(
        const tls_client_options& with = chosen_with(tls_version::tls13)) {
        auto wire = std::make_unique<raw_client>(server, std::make_unique<socket_peer>(where),
                                                 delivery::whole);
        return std::make_unique<tls_client>(server, std::move(wire), with);
    }
    [[nodiscard]] std::unique_ptr<tls_client> open(
        const tls_client_options& with = chosen_with(tls_version::tls13)) {
        auto made = connect(with);
        EXPECT_TRUE(made->handshake()) << made->failure();
        return made;
    }
    // The core that it is served by.
    static std::string ask(tls_client& here) {
        here.send("GET / HTTP/1.1", "Host: a", "", "");
        const std::string all = here.read_answer();
        EXPECT_TRUE(all.starts_with("HTTP/1.1 200 OK\r\n")) << all << here.failure();
        EXPECT_EQ(all.find("Connection: close"), std::string::npos) << all;
        return all.substr(std::min(all.size(), all.find("\r\n\r\n") + 4));
    }
    static void ask_late(tls_client& here) { here.send("GET /late HTTP/1.1", "Host: a", "", ""); }
    // One that was asked for something is told that it is the last answer; all are told the end.
    static void expect_last_answer(tls_client& here) {
        const std::string all = here.read_answer();
        EXPECT_TRUE(all.starts_with("HTTP/1.1 200 OK\r\n")) << all;
        EXPECT_NE(all.find("\r\nConnection: close\r\n"), std::string::npos) << all;
        here.receive_end();
    }
    // The handshake is refused, at whatever point a client of its version learns of that.
    void expect_refused(const tls_client_options& with, tls_alert why) {
        const auto here = connect(with);
        here->handshake();
        here->turn_until([&] { return here->ended() || here->was_reset(); });
        EXPECT_EQ(here->alert(), why) << here->failure();
        EXPECT_EQ(here->heard(), "");
    }

    temporary_folder folder;
    configuration_sources sources;
    server_options options;
    std::mutex guard;
    std::vector<std::string> said;
    std::optional<server_host> host;
    std::string address;
    endpoint where;
    live server;
};

inline constexpr tls_version both_versions[] = {tls_version::tls12, tls_version::tls13};

#define HTTPS_LIFE_SUITE(suite)                                                   \
    class suite : public https_life {};                                           \
    INSTANTIATE_TEST_SUITE_P(over, suite, testing::ValuesIn(usable_transports()), \
                             [](const auto& one) { return one.param; })

}  // namespace saker::test
