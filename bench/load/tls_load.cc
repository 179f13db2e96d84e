// A load generator for TLS, one thread: handshakes, requests on kept connections, an open loop with
// latencies from the intended send time, bodies both ways, idle connections. It spins instead of
// sleeping, so that the server does not pay for waking it, and ends by itself. One line of JSON.

#include "bench/load/client_connection.h"
#include "bench/load/load_options.h"
#include "bench/load/measure.h"

#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace saker::load {
namespace {

SSL_CTX* client_context(const load_options& options) {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(made, 1);
    if (options.mode == mode::download) SSL_CTX_set_default_read_buffer_len(made, 128 * 1024);
    if (options.version != 0) {
        SSL_CTX_set_min_proto_version(made, options.version);
        SSL_CTX_set_max_proto_version(made, options.version);
    }
    const char* ciphers = options.ciphers.c_str();
    if (*ciphers != 0 &&
        (options.version == TLS1_3_VERSION ? SSL_CTX_set_ciphersuites(made, ciphers)
                                           : SSL_CTX_set_cipher_list(made, ciphers)) != 1)
        refuse("--ciphers: OpenSSL knows none of them");
    if (SSL_CTX_set1_groups_list(made, options.groups.c_str()) != 1)
        refuse("--groups: OpenSSL does not know one of them");
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(made, keep_session);
    return made;
}

std::string head_of(const load_options& options, bool main) {
    const bool posts = main && options.mode == mode::upload;
    std::string made = posts ? "POST " : "GET ";
    made += main || options.mode != mode::rate ? options.path : "/plaintext";
    made += " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(ntohs(options.connect.sin_port));
    made += "\r\nUser-Agent: saker_tls_load\r\nAccept: */*\r\n";
    if (posts)
        made += "Content-Type: application/octet-stream\r\nContent-Length: " +
                std::to_string(static_cast<uint64_t>(options.size)) + "\r\n";
    return made + "\r\n";
}

volatile std::sig_atomic_t told_to_end = 0;

// What falls due at a fixed rate, and who is free to do it.
struct open_loop {
    double each_second = 0;
    uint64_t scheduled = 0;
    std::deque<uint64_t> waiting;  // since when
    std::vector<client_connection*> idle;

    void advance(uint64_t begun, uint64_t at) {
        const double elapsed = static_cast<double>(at - begun) * 1e-9;
        for (const auto due = static_cast<uint64_t>(elapsed * each_second); scheduled < due;)
            waiting.push_back(begun + static_cast<uint64_t>(static_cast<double>(++scheduled) /
                                                            each_second * 1e9));
    }
    client_connection* next() {
        if (waiting.empty() || idle.empty()) return nullptr;
        client_connection* one = idle.back();
        idle.pop_back();
        one->since = waiting.front();
        waiting.pop_front();
        return one;
    }
};

class load_run {
public:
    explicit load_run(const load_options& options);
    int run();

private:
    void open(client_connection& one);
    void request(client_connection& one);
    void handle(client_connection& one);
    void opened(client_connection& one);
    void answered(client_connection& one);
    void failed(client_connection& one);
    void count(client_connection& one);
    void turn(int patience);
    void begin_counting();
    void end_counting();
    int hold();
    void report();
    [[nodiscard]] bool counting() const { return counting_; }

    const load_options& options_;
    SSL_CTX* const context_;
    const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    target main_, secondary_;
    std::vector<client_connection> connections_;
    std::vector<client_connection*> to_open_;
    open_loop requests_, handshakes_;
    histogram times_, wire_times_, handshake_times_;
    uint64_t now_ = now(), begun_ = now_, counted_from_ = 0, counted_for_ = 0;
    const uint64_t wall_offset_ = nanoseconds(CLOCK_REALTIME) - now();
    bool all_there_ = false, counting_ = false;
    uint64_t operations_ = 0, bytes_ = 0, errors_ = 0, refusals_ = 0, connected_ = 0;
    uint64_t resumed_ = 0, failures_in_a_row_ = 0, holding_ = 0;
    processor_time server_;
    double client_ = 0;
    std::string protocol_, cipher_, group_;
};

constexpr uint64_t most_handshakes_at_once = 64;

load_run::load_run(const load_options& options)
    : options_(options),
      context_(client_context(options)),
      connections_(static_cast<size_t>(options.connections) +
                   (options.handshakes > 0 ? most_handshakes_at_once : 0)) {
    main_.address = options.connect;
    main_.tls = options.plain ? nullptr : context_;
    main_.resumes = options.mode == mode::resumed;
    main_.stamps = options.plain && options.mode == mode::rate;
    main_.head = head_of(options, true);
    main_.body = options.mode == mode::upload ? static_cast<uint64_t>(options.size) : 0;
    secondary_.address = options.handshake_connect;
    secondary_.tls = context_;
    secondary_.head = head_of(options, false);
    requests_.each_second = options.rate;
    handshakes_.each_second = options.handshakes;
    for (size_t at = connections_.size(); at-- > 0;) {
        client_connection& one = connections_[at];
        one.secondary = at >= static_cast<size_t>(options.connections);
        if (one.secondary)
            handshakes_.idle.push_back(&one);
        else
            to_open_.push_back(&one);
    }
}

void load_run::open(client_connection& one) {
    if (options_.one_each()) one.since = now();
    if (!one.open(epoll_, one.secondary ? secondary_ : main_)) failed(one);
}

void load_run::request(client_connection& one) {
    if (options_.mode == mode::keepalive || main_.body > 0 || options_.mode == mode::download)
        one.since = now_;
    one.request();
}

void load_run::opened(client_connection& one) {
    ++connected_;
    failures_in_a_row_ = 0;
    if (one.tls() != nullptr && protocol_.empty()) {
        protocol_ = SSL_get_version(one.tls());
        cipher_ = SSL_get_cipher_name(one.tls());
        const char* group =
            SSL_group_to_name(one.tls(), static_cast<int>(SSL_get_negotiated_group(one.tls())));
        group_ = group != nullptr ? group : "";
    }
    if (options_.mode == mode::rate && !one.secondary)
        requests_.idle.push_back(&one);
    else
        request(one);
}

void load_run::count(client_connection& one) {
    if (!one.succeeded()) ++refusals_;
    if (!counting() || one.since < counted_from_) return;
    now_ = now();
    if (one.secondary) return handshake_times_.add(now_ - one.since);
    ++operations_;
    bytes_ += main_.body > 0 ? main_.body : one.received();
    if (options_.one_each() && one.resumed()) ++resumed_;
    times_.add(now_ - one.since);
    const uint64_t sent_at = one.sent_at + wall_offset_;
    if (main_.stamps) wire_times_.add(one.arrived > sent_at ? one.arrived - sent_at : 0);
}

void load_run::answered(client_connection& one) {
    count(one);
    if (one.secondary) {
        one.close();
        handshakes_.idle.push_back(&one);
    } else if (options_.one_each()) {
        one.close();
        open(one);
    } else if (options_.mode == mode::rate) {
        requests_.idle.push_back(&one);
    } else if (options_.mode == mode::idle) {
        ++holding_;
    } else {
        request(one);
    }
}

void load_run::failed(client_connection& one) {
    ++errors_;
    if (++failures_in_a_row_ > 300) {
        ERR_print_errors_fp(stderr);
        refuse("300 connections in a row have failed");
    }
    if (!one.secondary) std::erase(requests_.idle, &one);
    one.close();
    if (one.secondary)
        handshakes_.idle.push_back(&one);
    else
        to_open_.push_back(&one);
}

void load_run::handle(client_connection& one) {
    switch (one.advance()) {
        case client_connection::outcome::waits: return;
        case client_connection::outcome::opened: return opened(one);
        case client_connection::outcome::answered: return answered(one);
        case client_connection::outcome::failed: return failed(one);
    }
}

void load_run::turn(int patience) {
    std::array<epoll_event, 256> events;
    // No more at once than a backlog takes.
    for (size_t at_once = 0; at_once < 64 && !to_open_.empty(); ++at_once) {
        client_connection* one = to_open_.back();
        to_open_.pop_back();
        open(*one);
    }
    now_ = now();
    if (options_.mode == mode::rate && all_there_) {
        if (options_.rate > 0) requests_.advance(begun_, now_);
        if (options_.handshakes > 0) handshakes_.advance(begun_, now_);
        while (client_connection* one = requests_.next()) request(*one);
        while (client_connection* one = handshakes_.next()) open(*one);
    }
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience);
    now_ = now();
    for (int at = 0; at < count; ++at)
        handle(*static_cast<client_connection*>(events[static_cast<size_t>(at)].data.ptr));
}

double own_time() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto of = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return of(used.ru_utime) + of(used.ru_stime);
}

void load_run::begin_counting() {
    server_ = processor_time::of(static_cast<pid_t>(options_.pid));
    client_ = own_time();
    counted_from_ = now_ = now();
    counting_ = true;
}

void load_run::end_counting() {
    counted_for_ = now() - counted_from_;
    server_ = processor_time::of(static_cast<pid_t>(options_.pid)) - server_;
    client_ = own_time() - client_;
}

int load_run::run() {
    if (options_.mode == mode::idle) return hold();
    const auto warm = static_cast<uint64_t>(options_.warm * 1e9);
    const auto seconds = static_cast<uint64_t>(options_.seconds * 1e9);
    // Nothing counts before all connections are there.
    constexpr uint64_t patience = 20'000'000'000;
    while (!options_.one_each() && connected_ < static_cast<uint64_t>(options_.connections) &&
           now_ - begun_ < patience && told_to_end == 0)
        turn(0);
    all_there_ = true;
    begun_ = now_;
    while (told_to_end == 0) {
        if (!counting() && now_ - begun_ >= warm) begin_counting();
        if (counting() && now_ - counted_from_ >= seconds) break;
        if (options_.count > 0 && operations_ >= static_cast<uint64_t>(options_.count)) break;
        turn(0);
    }
    end_counting();
    report();
    return operations_ > 0 ? 0 : 1;
}

int load_run::hold() {
    const auto all = static_cast<uint64_t>(options_.connections);
    begin_counting();
    while (holding_ < all && told_to_end == 0 && now_ - begun_ < 120'000'000'000) turn(10);
    end_counting();
    report();
    std::fflush(stdout);
    const uint64_t end = now() + static_cast<uint64_t>(options_.seconds * 1e9);
    while (told_to_end == 0 && now() < end) {
        if (holding_ < all) break;
        turn(100);
    }
    return holding_ == all ? 0 : 1;
}

void tell_times(const char* prefix, const histogram& times) {
    if (times.count() == 0) return;
    constexpr std::pair<const char*, double> parts[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}};
    for (const auto& [name, part] : parts)
        std::printf(", \"%s%s_us\": %.1f", prefix, name, times.microseconds(part));
}

void load_run::report() {
    const double seconds = std::max(static_cast<double>(counted_for_) * 1e-9, 1e-9);
    const auto operations = static_cast<double>(operations_);
    std::printf("{\"mode\": \"%s\", \"ops\": %llu, \"rps\": %.1f, \"mbps\": %.2f",
                mode_names[static_cast<size_t>(options_.mode)].data(),
                static_cast<unsigned long long>(operations_), operations / seconds,
                static_cast<double>(bytes_) / seconds / 1e6);
    tell_times("", times_);
    tell_times("wire_", wire_times_);
    tell_times("handshake_", handshake_times_);
    const std::pair<const char*, uint64_t> numbers[] = {{"errors", errors_},
                                                        {"non2xx", refusals_},
                                                        {"connected", connected_},
                                                        {"resumed", resumed_},
                                                        {"holding", holding_},
                                                        {"late", requests_.waiting.size()},
                                                        {"handshakes", handshake_times_.count()}};
    for (const auto& [name, value] : numbers)
        std::printf(", \"%s\": %llu", name, static_cast<unsigned long long>(value));
    std::printf(", \"seconds\": %.3f, \"client_cpu\": %.3f", seconds, client_ / seconds);
    if (options_.pid > 0 && server_.total > 0)
        std::printf(
            ", \"server_cpu\": %.4f, \"cpu_us\": %.3f, \"user_s\": %.2f, \"kernel_s\": %.2f",
            server_.total / seconds, server_.total * 1e6 / std::max(operations, 1.0), server_.user,
            server_.kernel);
    std::printf(", \"protocol\": \"%s\", \"cipher\": \"%s\", \"group\": \"%s\"}\n",
                protocol_.c_str(), cipher_.c_str(), group_.c_str());
}

}  // namespace
}  // namespace saker::load

int main(int count, char** words) {
    using namespace saker::load;
    std::signal(SIGPIPE, SIG_IGN);
    for (const int each : {SIGTERM, SIGINT}) std::signal(each, [](int) { told_to_end = 1; });
    const load_options options = read_options({words + 1, words + count});
    return load_run(options).run();
}
