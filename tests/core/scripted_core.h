#pragma once
// A core that the test turns by hand, on a scripted transport and a clock that stands still until
// it is moved; and a listener on it, for the tests of connections. When the test ends every
// connection must be over, every operation answered and every slab and piece back.

#include "core/connection/listener.h"
#include "core/reactor/core.h"
#include "core/reactor/offload_pool.h"
#include "tests/core/scripted_transport.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace saker::test {

class hand_clock final : public clock {
public:
    [[nodiscard]] steady_time now() const noexcept override { return steady; }
    [[nodiscard]] std::chrono::nanoseconds wall() const noexcept override {
        return std::chrono::hours(24 * 365);
    }
    steady_time steady{std::chrono::hours(1)};
};

class scripted_core : public testing::Test {
protected:
    scripted_core() {
        std::string error;
        EXPECT_TRUE(home.open(factory, error)) << error;
        io = factory.made;
    }
    ~scripted_core() override {
        home.close();
        EXPECT_EQ(home.slabs().in_use(), 0u) << "slabs were kept";
        EXPECT_EQ(home.blocks().pieces_in_use(), 0u) << "pieces of memory were kept";
    }

    void turn(int count = 1) {
        while (count-- > 0) home.turn(time.now());
    }
    // Moves the clock, and lets the core see it.
    // The loop is on time: it looks every half second.
    void pass(std::chrono::nanoseconds much) {
        for (; much > step; much -= step) stall(step);
        stall(much);
    }
    // The time passes in one turn.
    void stall(std::chrono::nanoseconds much) {
        time.steady += much;
        turn();
    }
    static constexpr std::chrono::nanoseconds step = std::chrono::milliseconds(500);
    // Does something on the core, as handlers do.
    void on_core(const std::function<void()>& action) {
        struct errand final : letter {
            explicit errand(const std::function<void()>& asked) noexcept
                : letter(run), what(asked) {}
            const std::function<void()>& what;
            static void run(letter& arrived) noexcept { static_cast<errand&>(arrived).what(); }
        } sent(action);
        home.post(sent);
        turn();
    }
    // Starts a task as nobody's; `ended` counts those that have come to their end.
    void start(task<> started) {
        on_core([&] {
            std::move(started).start(
                {[](void* count, std::exception_ptr) noexcept { ++*static_cast<int*>(count); },
                 &ended});
        });
    }

    hand_clock time;
    offload_pool offloads{2};
    core home{core::settings{0, 256, &time, nullptr, &offloads}};
    scripted_factory factory;
    scripted_transport* io = nullptr;
    int ended = 0;
};

class scripted_connections : public scripted_core {
protected:
    // Listens, for a delegate that gets each connection.
    void serve(std::function<task<>(core_connection&)> by) {
        delegate = [this, by](connection& accepted) {
            last = &core_connection::of(accepted);
            return by(*last);
        };
        from.emplace(home, options, delegate, "scripted");
        endpoint where;
        ASSERT_EQ(from->open(where), 0);
        listening = io->id_at(0);
    }
    socket_id connect() {
        const socket_id accepted = io->accept_one(listening);
        turn();
        return accepted;
    }
    // Says what the peer says, and lets the core see it.
    void say(socket_id id, std::string_view bytes) {
        io->say(id, bytes);
        turn();
    }
    void peer_ends(socket_id id, int error = 0) {
        io->end(id, error);
        turn();
    }
    // Takes all that is sent, until nothing more is.
    void take_all(socket_id id) {
        while (io->at(id).sending != nullptr) {
            io->take_sent(id);
            turn();
        }
    }
    [[nodiscard]] uint64_t ended_by(end_reason why) const {
        return home.counts().ends[static_cast<size_t>(why)].value();
    }
    void TearDown() override {
        if (!from) return;
        on_core([this] { from->stop_accepting(); });
        turn(2);
        EXPECT_TRUE(from->over()) << "a connection is left";
        EXPECT_EQ(home.counts().connections_open.value(), 0u);
        if (!from->over()) {
            on_core([this] { from->abort_all(end_reason::other_error); });
            turn(2);
        }
        from.reset();
    }

    connection_options options;
    connection_delegate delegate;
    std::optional<listener> from;
    socket_id listening;
    core_connection* last = nullptr;  // dangles once the connection is over
};

}  // namespace saker::test
