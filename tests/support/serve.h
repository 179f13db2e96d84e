#pragma once
// A test with a server in it: no thread, a manual clock, clients. `HANDLER_SUITE(name)` makes a
// suite about what an application sees and answers, which is run over HTTP/1.1 and HTTP/2, in clear
// and over TLS, over every transport and with the deliveries that matter. `CONFORMANCE_SUITE(name)`
// is one about HTTP/1.1 itself, in clear: over every transport and with every delivery of what
// clients say. `..._WHOLE(name)` are run without cuts. A test starts with `serve`; at its end
// nothing may be left of any connection.

#include "core/time/clock.h"
#include "hosting/server_host.h"
#include "protocols/http/rejection.h"
#include "tests/support/handlers.h"
#include "tests/support/manual_clock.h"
#include "tests/support/raw_client.h"
#include "transports/memory/memory_network.h"

#include <saker/saker.h>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace saker::test {

using namespace std::chrono_literals;

enum class spoken : uint8_t { http1, http2 };

struct setting {
    std::string transport;
    delivery way;
    std::string variant = {};  // what else the tests of a suite differ in
    spoken protocol = spoken::http1;
    bool secure = false;
};
// HTTP/1.1 in clear.
std::vector<setting> every_setting();
std::vector<setting> whole_settings();
std::vector<setting> memory_settings();
// Both protocols, in clear and over TLS.
std::vector<setting> handler_settings();
std::vector<setting> whole_handler_settings();
std::vector<setting> memory_handler_settings();
// Both protocols, in clear, without cuts.
std::vector<setting> clear_whole_settings();
// "memory_whole_http2_tls"
std::string name_of(const setting&);
inline void PrintTo(const setting& of, std::ostream* to) { *to << name_of(of); }

class served : public testing::TestWithParam<setting>, private turns {
protected:
    served();
    ~served() override;
    void SetUp() override;
    void TearDown() override;

    // ---- before `serve` ----
    server_options options;
    listen_options endpoint_options;
    std::string url = "http://127.0.0.1:0";
    // Of a memory transport; whole and in order unless a test says otherwise.
    memory_options network_options;
    void use(request_middleware added) { middleware_.push_back(std::move(added)); }

    // Starts the server, with one handler for all requests; or with what is routed.
    template <handler H>
    void serve(H answers) {
        serve(std::make_unique<application_of<H>>(std::move(answers)));
    }
    void serve(std::unique_ptr<application> answers);
    template <handler H>
    void route(std::string_view method, std::string_view pattern, H answers) {
        routes_.push_back([=](router& to) { to.add(method, pattern, answers); });
    }
    void serve_routes() { serve(nullptr); }

    // ---- after it ----
    // Client 0 unless another is asked for; connected when it is first used. All of them speak the
    // protocol of the setting, in HTTP/1.1's words.
    conversation& client(size_t which = 0);
    conversation& new_client(peer_options = {});
    void forget_client(size_t which) { clients_.at(which) = {}; }
    // The bytes of a client, below its protocol.
    raw_client& wire(size_t which = 0);
    // Until nothing happens; then the time passes, and what is due happens.
    void advance(std::chrono::nanoseconds time);
    // The time passes, and nothing else: the next turn sees it.
    void pass_time(std::chrono::nanoseconds time) { clock_.advance(time); }
    // Turns until `done`, for what comes from another thread; fails after ten seconds.
    void run_until(const std::function<bool()>& done);
    // Turns until nothing happens any more.
    void settle();
    // One that speaks nothing, and that is the caller's.
    std::unique_ptr<raw_client> connect(peer_options = {});

    // How the last connection has ended; `none` while it is open.
    end_reason ended();
    // How many connections have ended so.
    uint64_t ended_by(end_reason why);
    // Why the last refused request was.
    rejection_reason rejected_for();
    [[nodiscard]] uint64_t open_connections() { return counts().connections_open.value(); }
    [[nodiscard]] core_counts& counts() { return host_->core_here().counts(); }
    [[nodiscard]] core& here() { return host_->core_here(); }
    [[nodiscard]] server_host& host() { return *host_; }
    [[nodiscard]] memory_network* network() { return network_.get(); }
    [[nodiscard]] uint16_t port() const { return where_.port; }
    // Clients that connect from now on do so there.
    void talk_to(uint16_t port) { where_.port = port; }
    [[nodiscard]] bool in_memory() const { return GetParam().transport == "memory"; }

    // ---- what differs between the protocols ----
    [[nodiscard]] bool over_http2() const { return GetParam().protocol == spoken::http2; }
    [[nodiscard]] bool over_tls() const { return GetParam().secure; }
    // The answer is cut off: with its connection, for this reason; HTTP/2's with its stream alone.
    void expect_cut_off(conversation&, end_reason of_http1);
    // A refused request is answered; HTTP/1.1's is its connection's last.
    void expect_refused(std::string_view status_and_reason, end_reason of_http1);
    // Of the last answer of a connection, behind another line.
    [[nodiscard]] std::string and_close() const {
        return over_http2() ? "" : "\r\nConnection: close";
    }
    // The connection ends behind such an answer.
    void expect_http1_end(conversation& of) {
        if (!over_http2()) of.receive_end();
    }
    // By HTTP/2: GOAWAY with this code, and the end of the connection for this reason.
    void expect_goaway(uint32_t code, end_reason why);
    // How a connection that may go on has ended: by HTTP/1.1 alone for this reason.
    [[nodiscard]] end_reason only_http1s(end_reason why) const {
        return over_http2() ? end_reason::none : why;
    }

    // The lines that every answer has.
    [[nodiscard]] static std::string server() { return "Server: Saker"; }
    [[nodiscard]] std::string date() const;
    // A whole answer with these lines between the common ones and the length.
    [[nodiscard]] std::string ok(std::string_view body) const;
    // The same, where it is the last one of its connection: HTTP/1.1 says so.
    [[nodiscard]] std::string last_ok(std::string_view body) const;
    // What a refused request is answered with.
    [[nodiscard]] std::string refusal(std::string_view status_and_reason,
                                      std::string_view more = {}) const;

    // Asks all connections for their end, and takes turns until it has come; aborts what stays.
    void stop();
    // The end of the test, before its end: the server is gone afterwards, its log written.
    void finish();

    // ---- for other fixtures ----
    // What is left to say of `options` and `endpoint_options`, before the server is made of them.
    virtual void prepare();
    // Nothing that was not expected has come; the clients are gone.
    virtual void leave();
    [[nodiscard]] turns& its_turns() { return *this; }

private:
    void take_turn() override;
    uint64_t progress() const override;
    uint64_t received() const override;
    int quiet_turns() const override { return GetParam().transport == "memory" ? 2 : 8; }
    bool all_over();

    manual_clock clock_;
    std::shared_ptr<memory_network> network_;
    std::unique_ptr<server_host> host_;
    std::vector<request_middleware> middleware_;
    std::vector<std::function<void(router&)>> routes_;
    struct one_client {
        std::unique_ptr<conversation> talks;
        raw_client* wire = nullptr;
    };
    std::vector<one_client> clients_;
    endpoint where_;
    bool finished_ = false;
    uint64_t ends_before_[end_reason_count] = {};
};

#define CONFORMANCE_SUITE_OVER(suite, base, settings)            \
    class suite : public base {};                                \
    INSTANTIATE_TEST_SUITE_P(                                    \
        over, suite, testing::ValuesIn(saker::test::settings()), \
        [](const auto& instance) { return saker::test::name_of(instance.param); })
#define CONFORMANCE_SUITE(suite) CONFORMANCE_SUITE_OVER(suite, saker::test::served, every_setting)
#define CONFORMANCE_SUITE_WHOLE(suite) \
    CONFORMANCE_SUITE_OVER(suite, saker::test::served, whole_settings)
#define HANDLER_SUITE(suite) CONFORMANCE_SUITE_OVER(suite, saker::test::served, handler_settings)
#define HANDLER_SUITE_WHOLE(suite) \
    CONFORMANCE_SUITE_OVER(suite, saker::test::served, whole_handler_settings)
#define CONFORMANCE(suite, name) TEST_P(suite, name)

}  // namespace saker::test
