#pragma once
// One core's part of a network in memory: the seam in its plainest form, without a kernel and
// without a trick. Every `wait` looks at all that is asked and answers what can be answered.

#include "core/io/socket_table.h"
#include "transports/memory/memory_state.h"

#include <saker/transport.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace saker {

class memory_transport final : public transport {
public:
    memory_transport(slab_pool& pool, std::shared_ptr<memory_state> state) noexcept;
    ~memory_transport() override;

    std::string_view name() const noexcept override { return "memory"; }
    int listen(endpoint& where, socket_id& listener) noexcept override;
    int adopt(int native_socket, socket_id& socket) noexcept override;
    void accept(socket_id, accept_operation&) noexcept override;
    void receive(socket_id, receive_operation&) noexcept override;
    void send(socket_id, send_operation&) noexcept override;
    void end_output(socket_id) noexcept override;
    void close(socket_id, close_operation&) noexcept override;
    socket_names names(socket_id) const override;
    int native(socket_id) const noexcept override { return -1; }
    void wait(operation_queue& answered, steady_time until) noexcept override;
    void wake() noexcept override;

private:
    struct socket_slot {
        std::shared_ptr<memory_listener> listener;  // one of these two
        std::shared_ptr<memory_wire> wire;
        size_t sent = 0;
        int accept_failure = 0, receive_failure = 0, send_failure = 0;
        accept_operation* accepting = nullptr;
        receive_operation* receiving = nullptr;
        send_operation* sending = nullptr;
        close_operation* closing = nullptr;
    };

    template <class Operation>
    socket_slot& ask(socket_id id, Operation& op, Operation* socket_slot::*pending) noexcept;
    [[nodiscard]] socket_id add(socket_slot) noexcept;
    void choose_order() noexcept;
    // Whether anything was answered, or has moved.
    bool look(operation_queue&) noexcept;
    bool look_at(uint32_t index, operation_queue&) noexcept;
    bool try_accept(socket_slot&, operation_queue&) noexcept;
    bool try_receive(socket_slot&, operation_queue&) noexcept;
    bool try_send(socket_slot&, operation_queue&) noexcept;
    void finish_close(uint32_t index, operation_queue&) noexcept;

    slab_pool& pool_;
    const std::shared_ptr<memory_state> state_;
    socket_table<socket_slot> sockets_;
    std::vector<uint32_t> order_;
    bool woken_ = false;
};

}  // namespace saker
