// See serve.h.

#include "tests/support/serve.h"

#include "protocols/http/date.h"
#include "tests/support/http2_text_client.h"
#include "tests/support/tls_certificates.h"
#include "tests/support/tls_client.h"
#include "transports/transports.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace saker::test {
namespace {

// A peer in memory, in the words of all peers.
class memory_end final : public peer {
public:
    explicit memory_end(memory_peer end) : end_(std::move(end)) {
        EXPECT_TRUE(end_.connected()) << "nobody listens there";
    }
    ~memory_end() override { end_.vanish(); }
    size_t say(std::string_view text) override { return end_.say(text); }
    void end() override { end_.end(); }
    void vanish() override { end_.vanish(); }
    std::string take() override { return end_.hear(); }
    [[nodiscard]] bool ended() const override { return end_.ended(); }
    [[nodiscard]] bool was_reset() const override { return end_.was_reset(); }

private:
    memory_peer end_;
};

std::vector<setting> settings_with(std::initializer_list<delivery> ways) {
    std::vector<setting> all;
    for (const char* const transport : {"epoll", "io_uring", "memory"}) {
        for (const delivery way : ways) all.push_back({transport, way});
    }
    return all;
}

// What the server serves. Where cuts differ is a matter of the bytes, not of who carries them: in
// memory, for HTTP/1.1 over TLS and for HTTP/2.
void add(std::vector<setting>& to, const std::vector<setting>& more, spoken protocol, bool secure) {
    for (setting one : more) {
        one.protocol = protocol;
        one.secure = secure;
        to.push_back(one);
    }
}

uint16_t port_of(const std::string& address) {
    return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

}  // namespace

std::vector<setting> every_setting() {
    return settings_with({delivery::whole, delivery::byte_by_byte, delivery::cut});
}
std::vector<setting> whole_settings() { return settings_with({delivery::whole}); }

std::vector<setting> memory_settings() { return {{"memory", delivery::whole}}; }

std::vector<setting> handler_settings() {
    const setting epoll{"epoll", delivery::whole}, io_uring{"io_uring", delivery::whole};
    const setting memory{"memory", delivery::whole}, cut{"memory", delivery::cut};
    const setting byte_by_byte{"memory", delivery::byte_by_byte};
    std::vector<setting> all = every_setting();
    add(all, {epoll, io_uring, cut}, spoken::http1, true);
    add(all, {epoll, io_uring, memory, byte_by_byte, cut}, spoken::http2, false);
    add(all, {epoll, io_uring, memory, cut}, spoken::http2, true);
    return all;
}

namespace {
std::vector<setting> with_protocols(const std::vector<setting>& once) {
    std::vector<setting> all = once;
    add(all, once, spoken::http1, true);
    add(all, once, spoken::http2, false);
    add(all, once, spoken::http2, true);
    return all;
}
}  // namespace

std::vector<setting> whole_handler_settings() { return with_protocols(whole_settings()); }
std::vector<setting> memory_handler_settings() { return with_protocols(memory_settings()); }

std::vector<setting> clear_whole_settings() {
    std::vector<setting> all = whole_handler_settings();
    std::erase_if(all, [](const setting& one) { return one.secure; });
    return all;
}

std::string name_of(const setting& of) {
    return of.transport + '_' + std::string(name_of(of.way)) +
           (of.protocol == spoken::http2 ? "_http2" : "") + (of.secure ? "_tls" : "") +
           (of.variant.empty() ? "" : '_' + of.variant);
}

served::served() = default;
served::~served() = default;

void served::SetUp() {
    options.minimum_log_level = log_level::none;
    if (in_memory()) return;
    if (const transport_choice choice = choose_transport(GetParam().transport); !choice.factory)
        GTEST_SKIP() << choice.error;
}

void served::prepare() {
    if (!over_tls() || endpoint_options.https != nullptr) return;
    https_options https;
    https.loaded_certificates = {loaded(shared_certificate_for({"localhost"}))};
    endpoint_options.use_https(https);
    if (url.starts_with("http:")) url.insert(4, "s");
}

void served::serve(std::unique_ptr<application> answers) {
    prepare();
    options.listen(url, [&](listen_options& of) { of = endpoint_options; });
    host_ = std::make_unique<server_host>(options);
    for (const auto& add : routes_) add(host_->requests.routes);
    for (auto& one : middleware_) host_->requests.use(std::move(one));
    if (answers) host_->requests.routes.fallback(std::move(answers));
    const transport_factory* factory = nullptr;
    if (in_memory()) {
        network_ = std::make_shared<memory_network>(network_options);
        factory = network_.get();
    } else {
        factory = choose_transport(GetParam().transport).factory;
    }
    const auto bound = host_->start_here(*factory, clock_);
    ASSERT_TRUE(bound) << bound.error().text();
    const uint8_t loopback[] = {127, 0, 0, 1};
    std::memcpy(where_.address, loopback, sizeof loopback);
    where_.port = port_of(bound->front());
}

void served::take_turn() { here().turn({}); }

uint64_t served::progress() const {
    const core_counts& counted = host_->core_here().counts();
    uint64_t sum = counted.bytes_received.value() + counted.bytes_sent.value() +
                   counted.connections_accepted.value();
    for (const counter& one : counted.ends) sum += one.value();
    return sum;
}

uint64_t served::received() const { return host_->core_here().counts().bytes_received.value(); }

conversation& served::client(size_t which) {
    while (clients_.size() <= which) new_client();
    return *clients_[which].talks;
}

raw_client& served::wire(size_t which) {
    client(which);
    return *clients_[which].wire;
}

conversation& served::new_client(peer_options how) {
    std::unique_ptr<raw_client> bytes = connect(how);
    one_client made{nullptr, bytes.get()};
    made.talks = std::move(bytes);
    if (over_tls()) {
        tls_client_options chosen;
        chosen.trusts = shared_ca().pem();
        chosen.application_protocols = {over_http2() ? "h2" : "http/1.1"};
        std::unique_ptr<raw_client> below(static_cast<raw_client*>(made.talks.release()));
        auto encrypted = std::make_unique<tls_client>(its_turns(), std::move(below), chosen);
        if (how.gets_in) {
            EXPECT_TRUE(encrypted->handshake() || encrypted->was_reset()) << encrypted->failure();
        }
        made.talks = std::move(encrypted);
    }
    if (over_http2()) {
        auto framed = std::make_unique<http2_text_client>(
            its_turns(), std::move(made.talks), http2_text_client::wire_options{over_tls(), {}});
        if (how.gets_in && how.greets) framed->greet();
        made.talks = std::move(framed);
    }
    clients_.push_back(std::move(made));
    return *clients_.back().talks;
}

void served::expect_cut_off(conversation& of, end_reason of_http1) {
    of.receive_reset();
    EXPECT_EQ(ended(), only_http1s(of_http1));
}

void served::expect_goaway(uint32_t code, end_reason why) {
    client().receive_end();
    const auto& side = dynamic_cast<http2_text_client&>(client()).side();
    ASSERT_TRUE(side.goaway_code()) << "the end was not told";
    EXPECT_EQ(*side.goaway_code(), code);
    client().end();
    EXPECT_EQ(ended(), why);
}

void served::expect_refused(std::string_view status_and_reason, end_reason of_http1) {
    client().receive_raw(refusal(status_and_reason));
    if (!over_http2()) {
        client().receive_end();
        client().end();
    }
    EXPECT_EQ(ended(), only_http1s(of_http1));
}

std::unique_ptr<raw_client> served::connect(peer_options how) {
    for (size_t i = 0; i < end_reason_count; ++i) ends_before_[i] = counts().ends[i].value();
    const uint64_t accepted = counts().connections_accepted.value();
    std::unique_ptr<peer> end;
    if (in_memory()) {
        end = std::make_unique<memory_end>(network_->connect(where_.port));
    } else {
        auto socket = std::make_unique<socket_peer>(where_, how);
        const int now = 1;  // a piece is on its way when it is said
        setsockopt(socket->fd(), IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
        end = std::move(socket);
    }
    auto made = std::make_unique<raw_client>(its_turns(), std::move(end), GetParam().way);
    if (how.gets_in) run_until([&] { return counts().connections_accepted.value() > accepted; });
    return made;
}

void served::advance(std::chrono::nanoseconds time) {
    settle();
    // In steps that a loop which is on time would see: what comes in one is a stall of the loop.
    while (time > 0ns) {
        const auto step = std::min<std::chrono::nanoseconds>(time, 1s);
        clock_.advance(step);
        settle();
        time -= step;
    }
}

void served::run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
        ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it does not happen";
        take_turn();
    }
}

void served::settle() {
    for (int quiet = 0; quiet <= quiet_turns();) {
        const uint64_t before = progress();
        take_turn();
        quiet = progress() == before ? quiet + 1 : 0;
    }
}

end_reason served::ended() {
    settle();
    end_reason found = end_reason::none;
    for (size_t i = 0; i < end_reason_count; ++i) {
        if (counts().ends[i].value() == ends_before_[i]) continue;
        EXPECT_EQ(found, end_reason::none) << "more than one connection has ended";
        found = static_cast<end_reason>(i);
        EXPECT_NE(found, end_reason::none) << "a connection has ended without a reason";
    }
    return found;
}

uint64_t served::ended_by(end_reason why) {
    settle();
    return counts().ends[static_cast<size_t>(why)].value();
}

rejection_reason served::rejected_for() {
    settle();
    rejection_reason found = rejection_reason::none;
    for (size_t i = 1; i < rejection_reason_count; ++i) {
        if (counts().rejections[i].value() == 0) continue;
        EXPECT_EQ(counts().rejections[i].value(), 1u);
        EXPECT_EQ(found, rejection_reason::none) << "more than one request was refused";
        found = static_cast<rejection_reason>(i);
    }
    return found;
}

std::string served::date() const {
    char text[http_date_size];
    const auto second = std::chrono::floor<std::chrono::seconds>(clock_.wall());
    format_http_date(second.count(), text);
    return "Date: " + std::string(text, sizeof text);
}

std::string served::ok(std::string_view body) const {
    return raw_client::joined("HTTP/1.1 200 OK", server(), date(),
                              "Content-Length: " + std::to_string(body.size()), "", body);
}

std::string served::last_ok(std::string_view body) const {
    if (over_http2()) return ok(body);
    return raw_client::joined("HTTP/1.1 200 OK", server(), date(),
                              "Content-Length: " + std::to_string(body.size()), "Connection: close",
                              "", body);
}

std::string served::refusal(std::string_view status_and_reason, std::string_view more) const {
    std::string all = "HTTP/1.1 " + std::string(status_and_reason);
    all += "\r\n" + server() + "\r\n" + date() + "\r\n";
    if (!more.empty()) all.append(more).append("\r\n");
    all += "Content-Length: 0\r\n";
    if (!over_http2()) all += "Connection: close\r\n";
    return all + "\r\n";
}

bool served::all_over() {
    for (int i = 0; i < 200 && !host_->all_over(); ++i) take_turn();
    return host_->all_over();
}

void served::stop() {
    host_->begin_stop();
    if (all_over()) return;
    clock_.advance(1s);  // what waits for a request that may have been sent
    if (all_over()) return;
    clock_.advance(10s);  // what waits for the peer's end
    if (all_over()) return;
    host_->abort();
    EXPECT_TRUE(all_over()) << "connections are left that do not end";
}

void served::TearDown() { finish(); }

void served::leave() {
    for (const auto& [one, wire] : clients_) {
        if (one == nullptr || one->was_reset()) continue;
        one->settle();
        EXPECT_EQ(one->heard(), "") << "this was not expected";
    }
    clients_.clear();
}

void served::finish() {
    if (host_ == nullptr || !host_->started() || std::exchange(finished_, true)) return;
    leave();
    settle();
    stop();
    host_->stop(0ms);
    EXPECT_EQ(counts().connections_open.value(), 0u);
    uint64_t ended = 0;
    for (const counter& one : counts().ends) ended += one.value();
    EXPECT_EQ(ended, counts().connections_accepted.value());
    EXPECT_EQ(counts().ends[0].value(), 0u) << "a connection has ended without a reason";
    EXPECT_EQ(here().slabs().in_use(), 0u) << "slabs were kept";
    EXPECT_EQ(here().blocks().pieces_in_use(), 0u) << "blocks were kept";
}

}  // namespace saker::test
