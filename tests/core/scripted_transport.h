#pragma once
// A transport whose answers are given by hand: what is asked is kept until the test answers it, and
// `wait` returns at once with the answers. Closes answer themselves, unless the test wants to do
// that too. It is strict: what the seam forbids to ask fails the test, and the bytes of a send are
// read when it is answered, so that memory which was given back too early is found out.

#include <saker/transport.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saker::test {

class scripted_transport final : public transport {
public:
    struct scripted_socket {
        accept_operation* accepting = nullptr;
        receive_operation* receiving = nullptr;
        send_operation* sending = nullptr;
        close_operation* closing = nullptr;
        bool open = true;
        int outputs_ended = 0;
        size_t sends = 0, pieces = 0;  // how many, and of the last one
        bool unhurried = false;        // the last one
        bool was_reset = false;
        std::string sent;
    };

    explicit scripted_transport(slab_pool& pool) noexcept : pool_(pool) {}
    ~scripted_transport() override {
        for (const auto& one : sockets_) EXPECT_FALSE(one->open) << "a socket was not closed";
    }

    // ---- what the test does ----

    bool closes_by_hand = false;
    std::atomic<int> wakes = 0;  // other threads too
    steady_time waited_until;    // of the last `wait`

    [[nodiscard]] scripted_socket& at(socket_id id) { return *sockets_.at(id.slot); }
    [[nodiscard]] size_t sockets() const noexcept { return sockets_.size(); }
    [[nodiscard]] socket_id id_at(size_t index) const noexcept {
        return {static_cast<uint32_t>(index), 1};
    }
    socket_id accept_one(socket_id listener) {
        const socket_id accepted = add();
        at(listener).accepting->accepted = accepted;
        answer(at(listener).accepting, 0);
        return accepted;
    }
    void fail_accept(socket_id listener, int error) { answer(at(listener).accepting, error); }
    // Bytes, at most a slab; none is the end, an error is a negated errno.
    void say(socket_id id, std::string_view bytes) {
        receive_operation*& asked = at(id).receiving;
        ASSERT_NE(asked, nullptr) << "nobody asked for bytes";
        share data = pool_.take();
        ASSERT_GE(data.spare().size(), bytes.size());
        std::memcpy(data.spare().data(), bytes.data(), bytes.size());
        data.extend(bytes.size());
        asked->data = std::move(data);
        answer(asked, static_cast<int32_t>(bytes.size()));
    }
    void end(socket_id id, int error = 0) {
        ASSERT_NE(at(id).receiving, nullptr) << "nobody asked for bytes";
        at(id).receiving->data = {};
        answer(at(id).receiving, error);
    }
    // What is being sent, as its memory is now.
    [[nodiscard]] std::string sending(socket_id id) {
        std::string text;
        if (at(id).sending == nullptr) return text;
        for (const buffer& piece : at(id).sending->pieces)
            text.append(static_cast<const char*>(piece.data), piece.size);
        return text;
    }
    void take_sent(socket_id id) {
        ASSERT_NE(at(id).sending, nullptr) << "nothing is being sent";
        const std::string text = sending(id);
        at(id).sent += text;
        answer(at(id).sending, static_cast<int32_t>(text.size()));
    }
    void fail_send(socket_id id, int error) { answer(at(id).sending, error); }
    void finish_close(socket_id id) {
        scripted_socket& one = at(id);
        cancel(one.accepting);
        cancel(one.receiving);
        cancel(one.sending);
        one.open = false;
        answer(one.closing, 0);
    }

    // ---- the seam ----

    std::string_view name() const noexcept override { return "scripted"; }
    int listen(endpoint&, socket_id& listener) noexcept override {
        listener = add();
        return 0;
    }
    int adopt(int, socket_id& socket) noexcept override {
        socket = add();
        return 0;
    }
    void accept(socket_id id, accept_operation& op) noexcept override {
        ask(id, op, &scripted_socket::accepting);
    }
    void receive(socket_id id, receive_operation& op) noexcept override {
        ask(id, op, &scripted_socket::receiving);
    }
    void send(socket_id id, send_operation& op) noexcept override {
        EXPECT_EQ(at(id).outputs_ended, 0) << "nothing is sent behind the end";
        ++at(id).sends;
        at(id).pieces = op.pieces.size();
        at(id).unhurried = op.unhurried;
        ask(id, op, &scripted_socket::sending);
    }
    void end_output(socket_id id) noexcept override {
        EXPECT_EQ(at(id).sending, nullptr) << "the end is not said while a send is in flight";
        ++at(id).outputs_ended;
    }
    void close(socket_id id, close_operation& op) noexcept override {
        at(id).was_reset = op.reset;
        ask(id, op, &scripted_socket::closing);
    }
    socket_names names(socket_id id) const override {
        EXPECT_TRUE(sockets_.at(id.slot)->open) << "a name is asked of a closed socket";
        return {"here:1", "there:" + std::to_string(id.slot)};
    }
    int native(socket_id) const noexcept override { return -1; }
    void wait(operation_queue& answered, steady_time until) noexcept override {
        waited_until = until;
        for (const auto& one : sockets_) {
            const socket_id id = id_at(static_cast<size_t>(&one - sockets_.data()));
            if (one->closing != nullptr && !closes_by_hand) finish_close(id);
        }
        for (const auto& [op, result] : std::exchange(answers_, {})) answered.answer(*op, result);
    }
    void wake() noexcept override { ++wakes; }

private:
    socket_id add() {
        sockets_.push_back(std::make_unique<scripted_socket>());
        return id_at(sockets_.size() - 1);
    }
    template <class Operation>
    void ask(socket_id id, Operation& op, Operation* scripted_socket::*kept) noexcept {
        EXPECT_TRUE(at(id).open && at(id).closing == nullptr) << "asked of a socket that is closed";
        EXPECT_EQ(at(id).*kept, nullptr) << "asked twice";
        op.ask();
        at(id).*kept = &op;
    }
    template <class Operation>
    void answer(Operation*& asked, int32_t result) {
        ASSERT_NE(asked, nullptr) << "what is answered was asked";
        answers_.emplace_back(std::exchange(asked, nullptr), result);
    }
    template <class Operation>
    void cancel(Operation*& asked) {
        if (asked != nullptr) answer(asked, -ECANCELED);
    }

    slab_pool& pool_;
    std::vector<std::unique_ptr<scripted_socket>> sockets_;
    std::vector<std::pair<operation*, int32_t>> answers_;
};

// Makes one, and remembers which; it belongs to the core.
class scripted_factory final : public transport_factory {
public:
    std::string_view name() const noexcept override { return "scripted"; }
    transport_probe probe() const override { return {true, "", ""}; }
    std::unique_ptr<transport> make(slab_pool& pool, std::string& error) const override {
        if (!failure.empty()) {
            error = failure;
            return nullptr;
        }
        auto fresh = std::make_unique<scripted_transport>(pool);
        made = fresh.get();
        return fresh;
    }
    std::string failure;
    mutable scripted_transport* made = nullptr;
};

}  // namespace saker::test
