// A server that follows its configuration: what is asked for, what happens by itself, what is
// broken, and who has the last word.

#include "hosting/life/heartbeat.h"
#include "hosting/server_host.h"
#include "tests/support/no_threads.h"

#include <saker/saker.h>

#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace saker {
namespace {

using namespace std::chrono_literals;

class followed : public testing::Test {
protected:
    followed() {
        std::string made = testing::TempDir() + "saker-reload-XXXXXX";
        sources.directory = mkdtemp(made.data());
        sources.environment_variables = false;
        sources.reload_on_change = false;
        options.cores = 1;
        options.pin_cores = false;
        options.log = [this](const log_record& one) {
            const std::lock_guard lock(guard);
            said.push_back(one.message);
        };
        write(R"({"Kestrel": {"Endpoints": {"Http": {"Url": "http://127.0.0.1:0"}}}})");
    }
    ~followed() override {
        const bool whole = !host || host->stop(5s);
        EXPECT_TRUE(whole);
        EXPECT_EQ(std::system(("rm -rf '" + sources.directory + '\'').c_str()), 0);
    }
    void write(const std::string& text) const {
        const std::string path = sources.directory + "/appsettings.json";
        FILE* const file = std::fopen((path + ".new").c_str(), "w");
        ASSERT_NE(file, nullptr);
        std::fputs(text.c_str(), file);
        std::fclose(file);
        ASSERT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
    }
    [[nodiscard]] static std::string with_limit(int limit) {
        return R"({"Kestrel": {"Endpoints": {"Http": {"Url": "http://127.0.0.1:0"}},
                               "Limits": {"MaxRequestBodySize": )" +
               std::to_string(limit) + "}}}";
    }
    void start(configured_options::last_word then = {}) {
        host.emplace(options);
        host->configure(sources, std::move(then));
        const auto bound = host->start();
        ASSERT_TRUE(bound) << bound.error().text();
    }
    [[nodiscard]] bool has_said(std::string_view part) {
        const std::lock_guard lock(guard);
        for (const std::string& one : said)
            if (one.find(part) != std::string::npos) return true;
        return false;
    }
    void wait_for(std::string_view part) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!has_said(part)) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit) << part;
            std::this_thread::yield();
        }
    }

    configuration_sources sources;
    server_options options;
    std::mutex guard;
    std::vector<std::string> said;
    std::optional<server_host> host;
};

TEST_F(followed, the_configuration_is_over_what_the_code_said_first_and_under_what_it_says_last) {
    write(with_limit(1000));
    options.limits.max_request_body_size = 1;
    options.limits.max_request_header_count = 7;
    start([](server_options& of) { of.limits.keep_alive_timeout = 9s; });
    EXPECT_EQ(host->options.limits.max_request_body_size, 1000u);
    EXPECT_EQ(host->options.limits.max_request_header_count, 7u);
    EXPECT_EQ(host->options.limits.keep_alive_timeout, 9s);
    EXPECT_TRUE(host->ready());
}

TEST_F(followed, mistakes_are_those_of_the_start) {
    write(R"({"Kestrel": {"Limits": {"MaxRequestBodySise": 1}}})");
    host.emplace(options);
    host->configure(sources, {});
    const auto bound = host->start();
    ASSERT_FALSE(bound);
    EXPECT_NE(bound.error().text().find("MaxRequestBodySise"), std::string::npos);
    host.reset();
}

TEST_F(followed, what_has_changed_is_told_by_its_key) {
    start();
    EXPECT_TRUE(host->reload()->empty());
    write(with_limit(1000));
    const auto done = host->reload();
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(*done,
              std::vector<std::string>{"Kestrel:Limits:MaxRequestBodySize 30000000 -> 1000"});
    EXPECT_EQ(host->options.limits.max_request_body_size, 1000u);
    EXPECT_TRUE(host->reload()->empty());
}

TEST_F(followed, a_broken_file_keeps_what_is_and_says_why) {
    start();
    const auto before = host->addresses();
    write(R"({"Kestrel": {"Limits": {"MaxRequestBodySize": "much"}}})");
    const auto failed = host->reload();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().text().find("much"), std::string::npos);
    EXPECT_EQ(host->addresses(), before);
    wait_for("The configuration stays as it was:");
    write(with_limit(5));
    ASSERT_TRUE(host->reload());
    EXPECT_EQ(host->options.limits.max_request_body_size, 5u);
}

TEST_F(followed, endpoints_come_and_go) {
    start();
    write(R"({"Kestrel": {"Endpoints": {"Http": {"Url": "http://127.0.0.1:0"},
                                        "More": {"Url": "http://[::1]:0"}}}})");
    ASSERT_TRUE(host->reload());
    EXPECT_EQ(host->addresses().size(), 2u);
    write(R"({"Kestrel": {"Endpoints": {"More": {"Url": "http://[::1]:0"}}}})");
    ASSERT_TRUE(host->reload());
    ASSERT_EQ(host->addresses().size(), 1u);
    EXPECT_TRUE(host->addresses().front().starts_with("http://[::1]:"));
}

TEST_F(followed, of_addresses_without_names_those_that_differ_are_told) {
    configured_options of(sources, {});
    const auto now = [&](const std::string& urls) {
        write(R"({"Urls": ")" + urls + R"("})");
        EXPECT_TRUE(of.load());
        auto differing = of.differences();
        std::erase_if(differing, [](const auto& one) { return one.starts_with("Urls "); });
        of.accept();
        return differing;
    };
    using lines = std::vector<std::string>;
    EXPECT_EQ(now("http://*:1;http://*:2;http://*:3"), lines{});
    EXPECT_EQ(now("http://*:1;http://*:2;http://*:3"), lines{});
    EXPECT_EQ(now("http://*:3;http://*:1;http://*:2"), lines{}) << "in any order";
    EXPECT_EQ(now("http://*:1;http://*:4;http://*:3"), lines{"Address http://*:2 -> http://*:4"});
    EXPECT_EQ(now("http://*:3"),
              (lines{"Address http://*:1 -> (not there)", "Address http://*:4 -> (not there)"}));
    EXPECT_EQ(now("http://*:3;http://*:5"), lines{"Address (not there) -> http://*:5"});
}

TEST_F(followed, a_value_may_be_called_none) {
    configured_options of(sources, {});
    const auto now = [&](const std::string& of_endpoint) {
        write(
            R"({"Kestrel": {"Endpoints": {"A": {"Url": "http://*:1"}}}, "Saker": {"AccessLog": )" +
            of_endpoint + "}}");
        EXPECT_TRUE(of.load());
        const auto differing = of.differences();
        of.accept();
        return differing;
    };
    using lines = std::vector<std::string>;
    EXPECT_EQ(now(R"({"Path": "a"})"), lines{});
    EXPECT_EQ(now(R"({"Path": "none"})"), lines{"Saker:AccessLog:Path a -> none"});
    EXPECT_EQ(now(R"({"Path": "b"})"), lines{"Saker:AccessLog:Path none -> b"});
}

TEST_F(followed, an_endpoint_may_come_back_at_once) {
    start();
    const std::string here = host->addresses().front();
    const auto at = [](const std::string& url) {
        return R"({"Kestrel": {"Endpoints": {"Http": {"Url": ")" + url + R"("}}}})";
    };
    for (int i = 0; i < 3; ++i) {
        write(at("http://[::1]:0"));
        ASSERT_TRUE(host->reload());
        write(at(here));
        const auto done = host->reload();
        ASSERT_TRUE(done) << done.error().text();
        EXPECT_EQ(host->addresses(), std::vector<std::string>{here});
    }
}

TEST_F(followed, a_change_of_the_file_is_followed_by_itself) {
    sources.reload_on_change = true;
    start();
    write(with_limit(1000));
    wait_for("Changed: Kestrel:Limits:MaxRequestBodySize 30000000 -> 1000");
    write("{");
    wait_for("The configuration stays as it was:");
    write(with_limit(2000));
    wait_for("Changed: Kestrel:Limits:MaxRequestBodySize 1000 -> 2000");
}

TEST_F(followed, the_last_word_that_fails_changes_nothing) {
    static std::atomic<bool> fails;
    fails = false;
    start([](server_options&) {
        if (fails.load()) throw std::runtime_error("no");
    });
    fails = true;
    const auto failed = host->reload();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().text(), "The function given to configure() failed: no");
}

// Of `configure_endpoint_defaults`, which a configuration calls for each endpoint of its own.
class throwing_defaults : public followed {
protected:
    throwing_defaults() {
        fails = false;
        options.configure_endpoint_defaults([](listen_options&) {
            if (fails.load()) throw std::runtime_error("no defaults today");
        });
    }
    static inline std::atomic<bool> fails;
};

TEST_F(throwing_defaults, change_nothing_when_it_is_asked_to_reload) {
    start();
    write(with_limit(1000));
    fails = true;
    const auto failed = host->reload();
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().text().find("no defaults today"), std::string::npos);
    EXPECT_EQ(host->options.limits.max_request_body_size, 30'000'000u);
    wait_for("The configuration stays as it was:");
    fails = false;
    ASSERT_TRUE(host->reload());
    EXPECT_EQ(host->options.limits.max_request_body_size, 1000u);
}

TEST_F(throwing_defaults, do_not_end_the_process_when_it_reloads_by_itself) {
    sources.reload_on_change = true;
    start();
    fails = true;
    write(with_limit(1000));
    wait_for("no defaults today");
    fails = false;
    write(with_limit(2000));
    wait_for("Changed: Kestrel:Limits:MaxRequestBodySize 30000000 -> 2000");
}

TEST_F(throwing_defaults, are_a_mistake_of_the_start) {
    fails = true;
    host.emplace(options);
    host->configure(sources, {});
    const auto bound = host->start();
    ASSERT_FALSE(bound);
    EXPECT_NE(bound.error().text().find("no defaults today"), std::string::npos);
}

// Who sets a variable while a thread of ours reads them all would be a race without a lock.
TEST_F(followed, the_environment_is_that_of_the_start) {
    sources.environment_variables = true;
    setenv("Kestrel__Limits__MaxRequestBodySize", "1000", 1);
    start();
    EXPECT_EQ(host->options.limits.max_request_body_size, 1000u);
    setenv("Kestrel__Limits__MaxRequestBodySize", "2000", 1);
    const auto done = host->reload();
    unsetenv("Kestrel__Limits__MaxRequestBodySize");
    ASSERT_TRUE(done) << done.error().text();
    EXPECT_EQ(*done, std::vector<std::string>());
    EXPECT_EQ(host->options.limits.max_request_body_size, 1000u);
}

TEST_F(followed, without_threads_there_are_no_cores_and_the_start_says_so) {
    options.transport.name = "epoll";  // which nobody has to try out on a thread
    host.emplace(options);
    host->configure(sources, {});
    const test::no_threads here;
    const auto bound = host->start();
    ASSERT_FALSE(bound);
    EXPECT_NE(bound.error().text().find("there is no thread for it"), std::string::npos)
        << bound.error().text();
}

TEST_F(followed, without_a_configuration_there_is_nothing_to_reload) {
    server_host bare(options);
    EXPECT_FALSE(bare.reload());
}

TEST_F(followed, a_core_that_does_not_turn_is_found) {
    start();
    heartbeat heart;
    EXPECT_TRUE(host->silent_cores(heart).empty());
    std::atomic<bool> held = false, go = false;
    host->cores().for_each_core([&](core_runner& one) {
        one.post([&] {
            held = true;
            while (!go.load()) std::this_thread::yield();
        });
    });
    while (!held.load()) std::this_thread::yield();
    EXPECT_TRUE(host->silent_cores(heart).empty()) << "it has answered the time before";
    EXPECT_EQ(host->silent_cores(heart), std::vector<uint32_t>{0});
    EXPECT_EQ(host->silent_cores(heart), std::vector<uint32_t>{0});
    go = true;
    const auto limit = std::chrono::steady_clock::now() + 20s;
    while (!host->silent_cores(heart).empty())
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it turns again";
}

}  // namespace
}  // namespace saker
