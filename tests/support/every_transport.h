#pragma once
// Runs a test over every transport. `EVERY_TRANSPORT(suite)` names the suite, whose tests are
// derived from `over_every_transport` and written with TEST_P; `KERNEL_TRANSPORTS(suite)` leaves
// out the one in memory, for what needs real sockets. One that this machine lacks is skipped with
// the reason that its probe gives. The test's one thread is the core and the peer in turn.

#include "tests/support/peer.h"
#include "tests/support/strict_slab_pool.h"
#include "transports/memory/memory_network.h"

#include <saker/transport.h>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace saker::test {

// An operation that counts its answers.
template <class Operation>
struct asked final : Operation {
    asked() : Operation([](operation& op) noexcept { ++static_cast<asked&>(op).answers; }) {}
    int answers = 0;
};

// Beside the names of transports there is "io_uring_tiny", whose queues hold next to nothing: its
// backlog and its overflow are at work all the time.
// Bytes that are found out when one of them is missing or out of place.
std::string noise(size_t size);

std::vector<std::string> every_transport();
std::vector<std::string> kernel_transports();

class over_every_transport : public testing::TestWithParam<std::string> {
protected:
    // The transport that the test is about, on a pool of 4,096 slabs, and a listener on loopback.
    void SetUp() override;
    void TearDown() override;
    [[nodiscard]] std::unique_ptr<transport> make(slab_pool&);
    [[nodiscard]] bool in_memory() const { return network_ != nullptr; }

    [[nodiscard]] std::unique_ptr<peer> connect(peer_options = {});
    [[nodiscard]] std::unique_ptr<peer> connect(const endpoint&, peer_options = {});

    // One `wait` of at most `longest`, and the completions of its answers.
    void turn(std::chrono::milliseconds longest = {});
    void turns(int count) {
        while (count-- > 0) turn(std::chrono::milliseconds(2));
    }
    // Turns until `done`; fails the test after ten seconds.
    void run_until(const std::function<bool()>& done);

    [[nodiscard]] socket_id accept_one();
    [[nodiscard]] socket_id accept_one(socket_id from);
    void close(socket_id, bool reset = false);
    // Whole conversations with one question each: the result of its answer.
    int32_t receive(socket_id, std::string& into);
    int32_t send(socket_id, std::string_view text, bool unhurried = false);
    // One word each way, and the end.
    void talk(peer&, socket_id);
    // What the peer has heard once it is `size` bytes, or the end has come.
    std::string hear(peer&, size_t size);

    static endpoint loopback();

    strict_slab_pool pool{4096};
    std::unique_ptr<transport> io;
    size_t slabs_at_rest = 0;  // what the transport holds while nothing goes on
    endpoint where = loopback();
    socket_id listener;

private:
    std::unique_ptr<memory_network> network_;
};

#define SAKER_OVER(suite, transports)                                                        \
    INSTANTIATE_TEST_SUITE_P(transport, suite, testing::ValuesIn(saker::test::transports()), \
                             [](const auto& instance) { return instance.param; })
#define EVERY_TRANSPORT(suite) SAKER_OVER(suite, every_transport)
#define KERNEL_TRANSPORTS(suite) SAKER_OVER(suite, kernel_transports)

}  // namespace saker::test
