// See every_transport.h. Transports are made by the factories that the server has, so that what is
// tested is what is served with.

#include "tests/support/every_transport.h"

#include "transports/transports.h"

#if SAKER_HAS_IO_URING
#include "transports/io_uring/io_uring_transport.h"
#endif

#include <algorithm>
#include <cstring>

namespace saker::test {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr const char* tiny = "io_uring_tiny";

// The name that its factory has.
std::string factory_of(const std::string& name) { return name == tiny ? "io_uring" : name; }

// A peer in memory, in the words of all peers.
class network_peer final : public peer {
public:
    explicit network_peer(memory_peer end) : end_(std::move(end)) {
        EXPECT_TRUE(end_.connected()) << "nobody listens there";
    }
    ~network_peer() override {
        end_.hear();
        end_.end();
    }
    size_t say(std::string_view text) override { return end_.say(text); }
    void end() override { end_.end(); }
    void vanish() override { end_.vanish(); }
    std::string take() override { return end_.hear(); }
    [[nodiscard]] bool ended() const override { return end_.ended(); }
    [[nodiscard]] bool was_reset() const override { return end_.was_reset(); }

private:
    memory_peer end_;
};

}  // namespace

// A block whose length is no multiple of anything, again and again.
std::string noise(size_t size) {
    static const std::string block = [] {
        std::string bytes(65'521, '\0');
        uint32_t state = 1;
        for (char& one : bytes)
            one = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        return bytes;
    }();
    std::string text;
    while (text.size() < size) text.append(block, 0, size - text.size());
    return text;
}

std::vector<std::string> kernel_transports() {
    std::vector<std::string> names;
    for (const auto* const one : built_in_transports()) names.emplace_back(one->name());
#if SAKER_HAS_IO_URING
    names.emplace_back(tiny);
#endif
    return names;
}

std::vector<std::string> every_transport() {
    std::vector<std::string> names = kernel_transports();
    names.emplace_back("memory");
    return names;
}

endpoint over_every_transport::loopback() {
    endpoint where;
    const uint8_t address[] = {127, 0, 0, 1};
    std::memcpy(where.address, address, sizeof address);
    return where;
}

std::unique_ptr<transport> over_every_transport::make(slab_pool& from) {
    std::string error;
    if (network_ != nullptr) return network_->make(from, error);
#if SAKER_HAS_IO_URING
    if (GetParam() == tiny) return std::make_unique<io_uring_transport>(from, ring_size{2, 4});
#endif
    const transport_choice choice = choose_transport(GetParam());
    return choice.factory == nullptr ? nullptr : choice.factory->make(from, error);
}

void over_every_transport::SetUp() {
    if (GetParam() == "memory") {
        memory_options options;
        options.sleeps = true;
        network_ = std::make_unique<memory_network>(options);
    } else if (const transport_choice choice = choose_transport(factory_of(GetParam()));
               choice.factory == nullptr) {
        GTEST_SKIP() << choice.error;
    }
    io = make(pool);
    ASSERT_NE(io, nullptr);
    ASSERT_EQ(io->listen(where, listener), 0);
    slabs_at_rest = pool.in_use();
}

void over_every_transport::TearDown() { io.reset(); }

std::unique_ptr<peer> over_every_transport::connect(peer_options options) {
    return connect(where, options);
}

std::unique_ptr<peer> over_every_transport::connect(const endpoint& to, peer_options options) {
    if (network_ == nullptr) return std::make_unique<socket_peer>(to, options);
    return std::make_unique<network_peer>(to.path.empty() ? network_->connect(to.port)
                                                          : network_->connect(to.path));
}

void over_every_transport::turn(milliseconds longest) {
    operation_queue answered;
    io->wait(answered, steady_clock::now() + longest);
    while (operation* const op = answered.pop()) op->on_complete(*op);
}

void over_every_transport::run_until(const std::function<bool()>& done) {
    const auto limit = steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
        ASSERT_LT(steady_clock::now(), limit) << "nothing answered";
        turn(milliseconds(1));
    }
}

socket_id over_every_transport::accept_one() { return accept_one(listener); }

socket_id over_every_transport::accept_one(socket_id from) {
    asked<accept_operation> op;
    io->accept(from, op);
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, 0);
    return op.accepted;
}

void over_every_transport::close(socket_id id, bool reset) {
    asked<close_operation> op;
    op.reset = reset;
    io->close(id, op);
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, 0);
}

int32_t over_every_transport::receive(socket_id id, std::string& into) {
    asked<receive_operation> op;
    io->receive(id, op);
    run_until([&] { return op.answers == 1; });
    into += op.data.text();
    return op.result;
}

int32_t over_every_transport::send(socket_id id, std::string_view text, bool unhurried) {
    buffer piece{const_cast<char*>(text.data()), text.size()};
    asked<send_operation> op;
    op.pieces = {&piece, 1};
    op.unhurried = unhurried;
    io->send(id, op);
    run_until([&] { return op.answers == 1; });
    return op.result;
}

void over_every_transport::talk(peer& with, socket_id id) {
    with.say("ping");
    std::string heard;
    EXPECT_EQ(receive(id, heard), 4);
    EXPECT_EQ(send(id, "pong"), 4);
    EXPECT_EQ(hear(with, 4), "pong");
    close(id);
}

std::string over_every_transport::hear(peer& from, size_t size) {
    std::string heard;
    run_until([&] {
        heard += from.take();
        return heard.size() >= size || from.ended() || from.was_reset();
    });
    return heard;
}

}  // namespace saker::test
