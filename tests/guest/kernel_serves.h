#pragma once
// A server over TLS on a kernel that has TLS, and its clients, over the transports that are a
// kernel's: suites are of `kernel_automatic`, `kernel_on` or `kernel_in_both_modes`. Who seals the
// records is the server's business alone: the clients are OpenSSL's, and know nothing of it.

#include "tests/guest/with_kernel_tls.h"
#include "tests/support/serve_tls.h"
#include "tests/support/tls_library.h"

#include <sched.h>

#include <fstream>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace saker::test {

// What client and server agree on.
struct agreement {
    tls_version version;
    const char* suite;  // in OpenSSL's words
};

inline constexpr agreement agreements[] = {
    {tls_version::tls12, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {tls_version::tls12, "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {tls_version::tls12, "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {tls_version::tls13, "TLS_AES_128_GCM_SHA256"},
    {tls_version::tls13, "TLS_AES_256_GCM_SHA384"},
    {tls_version::tls13, "TLS_CHACHA20_POLY1305_SHA256"},
};
// One of each version, whose records can be forged.
inline constexpr agreement forgeable[] = {agreements[0], agreements[3]};

inline std::vector<setting> kernel_automatic() {
    return {{"epoll", delivery::whole, "automatic"}, {"io_uring", delivery::whole, "automatic"}};
}
inline std::vector<setting> kernel_on() {
    return {{"epoll", delivery::whole, "on"}, {"io_uring", delivery::whole, "on"}};
}
inline std::vector<setting> kernel_in_both_modes() {
    std::vector<setting> all = kernel_automatic();
    for (const setting& one : kernel_on()) all.push_back(one);
    return all;
}

// /proc/net/tls_stat.
inline std::map<std::string, long> kernel_tls_counters() {
    std::map<std::string, long> all;
    std::ifstream file("/proc/net/tls_stat");
    std::string name;
    for (long value = 0; file >> name >> value;) all[name] = value;
    return all;
}

class served_by_kernel : public served_tls {
protected:
    void SetUp() override {
        const connected_pair probe;
        const int why = attach_kernel_tls(probe.here);
        if (why != 0 && std::getenv("SAKER_GUEST") != nullptr)
            FAIL() << "no kernel TLS: " << strerror(why);
        if (why != 0) GTEST_SKIP() << "this kernel has no TLS (" << strerror(why) << ')';
        if (GetParam().variant == "on") https.ktls = ktls_mode::on;
        served_tls::SetUp();
    }
    // Whether the kernel is to open the records, too.
    [[nodiscard]] bool opens(tls_version version) const {
        return https.ktls == ktls_mode::on &&
               (version == tls_version::tls12 || library_shares_received_keys_of_tls13());
    }

    // /hello; /of/{size} is noise of that size; POST /echo; /who says who seals, and opens;
    // /slowly/{size} is written in pieces of 10,000, /later/{size} a second later.
    void serve_all() {
        route("GET", "/hello", hello);
        route("GET", "/who", [](request& asked, response& answered) {
            const tls_connection& tls = *asked.connection().tls();
            say(answered, std::string(tls.kernel_sends() ? "kernel, " : "library, ") +
                              (tls.kernel_receives() ? "kernel" : "library"));
        });
        route("GET", "/of/{size}", [](request& asked, response& answered) {
            say(answered, noise_of(std::stoul(std::string(asked.route_value("size")))));
        });
        route("GET", "/slowly/{size}", [](request& asked, response& answered) -> task<> {
            const std::string all = noise_of(std::stoul(std::string(asked.route_value("size"))));
            answered.content_length(all.size());
            for (size_t at = 0; at < all.size(); at += 10'000)
                if (!co_await answered.body().write(std::string_view(all).substr(at, 10'000)))
                    co_return;
        });
        route("GET", "/later/{size}", [](request& asked, response& answered) -> task<> {
            (void)co_await delay(1s);
            say(answered, noise_of(std::stoul(std::string(asked.route_value("size")))));
        });
        route("POST", "/echo", echo_streamed);
        route("POST", "/sum", [](request& asked, response& answered) -> task<> {
            std::string body;
            while (const body_chunk piece = co_await asked.body().read()) body += piece.text();
            say(answered, sum_of(body));
        });
        serve_routes();
    }
    // A block whose length is no multiple of anything, again and again; no size begins as another.
    // Made by copying: the guest counts slowly.
    static std::string noise_of(size_t size) {
        static const std::string block = [] {
            std::string bytes(65'521, '\0');
            uint32_t state = 1;
            for (char& one : bytes)
                one = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
            return bytes;
        }();
        std::string text = std::to_string(size) + ':';
        while (text.size() < size) text.append(block, 0, size - text.size());
        text.resize(size);
        return text;
    }
    static std::string sum_of(std::string_view text) {
        return std::to_string(std::hash<std::string_view>()(text));
    }

    [[nodiscard]] tls_client_options agreed(const agreement& on) const {
        tls_client_options with = chosen_with(on.version);
        (on.version == tls_version::tls12 ? with.ciphers : with.suites) = on.suite;
        return with;
    }
    static std::string get(std::string_view path, std::string_view more = {}) {
        return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n";
    }
    void expect_noise(tls_client& here, size_t size, std::string_view how = "/of/") {
        here.send_raw(get(std::string(how) + std::to_string(size)));
        expect_answer_of_noise(here, size);
    }
    void expect_answer_of_noise(tls_client& here, size_t size) {
        const std::string head = here.read_head();
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
        EXPECT_TRUE(here.read(size) == noise_of(size)) << size << ", " << here.failure();
    }
    void expect_upload(tls_client& here, size_t size) {
        const std::string body = noise_of(size);
        here.send("POST /sum HTTP/1.1", "Host: a", "Content-Length: " + std::to_string(size), "",
                  "");
        here.send_raw(body);
        for (int i = 0; i < 100 && here.unsent() > 0; ++i) here.send_rest();
        here.receive_raw(ok(sum_of(body)));
    }
    void expect_who(tls_client& here, std::string_view who) {
        here.send_raw(get("/who"));
        here.receive_raw(ok(who));
    }
    // Small and large, both ways, one after the other and at once.
    void talk(tls_client& here) {
        expect_noise(here, 1 << 20);
        expect_noise(here, 64 << 10);
        here.send_raw(get("/hello"));
        here.receive_raw(ok("hello"));
        expect_upload(here, 1 << 20);
        here.send_raw(get("/hello") + get("/of/100000") + get("/hello"));
        here.receive_raw(ok("hello"));
        expect_answer_of_noise(here, 100'000);
        here.receive_raw(ok("hello"));
        expect_noise(here, 200'000, "/slowly/");
    }
    // Until the connection has ended, time passing.
    std::string read_with_time(tls_client& here) {
        for (int i = 0; i < 2000 && !here.ended() && !here.was_reset(); ++i) {
            here.turn_until([&] { return here.ended() || here.was_reset(); });
            pass_time(25ms);
        }
        return here.read(here.heard().size());
    }

private:
    // The kernel's own threads have their turn on the guest's one processor.
    void take_turn() override {
        here().turn({});
        sched_yield();
    }
    int quiet_turns() const override { return 40; }
};

}  // namespace saker::test
