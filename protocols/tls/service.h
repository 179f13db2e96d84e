#pragma once
// What the TLS connections of an endpoint on one core share: memory for plaintext, the order in
// which handshakes have their turn, and how many of them there may be. That core's thread only.

#include "core/base/intrusive_list.h"
#include "core/connection/core_connection.h"
#include "core/memory/slab_writer.h"
#include "protocols/tls/tls_endpoint.h"
#include "protocols/tls/tls_stream.h"

#include <saker/connection.h>
#include <saker/task.h>

#include <array>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace saker::tls {

struct service_options {
    pipe_options output;  // of plaintext
    uint32_t max_concurrent_handshakes = 1024;
};

class service {
public:
    service(core& home, std::shared_ptr<tls_endpoint> endpoint, const service_options&) noexcept;
    ~service();
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    // The middleware; the service outlives the connections.
    [[nodiscard]] connection_delegate around(connection_delegate next);

    // ---- for tls_stream ----
    [[nodiscard]] slab_writer& plaintext() noexcept { return plaintext_; }
    [[nodiscard]] const pipe_options& output_options() const noexcept { return options_.output; }
    [[nodiscard]] char* scratch() noexcept { return scratch_->data(); }
    [[nodiscard]] bool uses_kernel() const noexcept { return uses_kernel_; }
    void count_kernel(bool sending) noexcept;
    void log_kernel(connection& of, int error) noexcept;
    void log(connection& of, std::string_view what) noexcept;

private:
    enum class opening : uint8_t { wants_more, tls, http, nothing };
    struct handshake;

    [[nodiscard]] task<> serve(connection& accepted, const connection_delegate& next);
    [[nodiscard]] task<bool> shake_hands(tls_stream& stream);
    [[nodiscard]] task<bool> until_hello(core_connection& accepted);
    [[nodiscard]] task<bool> negotiate(tls_stream& stream, handshake& place);
    [[nodiscard]] static opening first_bytes(pipe& in) noexcept;
    [[nodiscard]] task<> decide(tls_stream&, handshake& place, const https_options&);
    static void watch_time(handshake& place) noexcept;
    void time_handshake(core_connection& on) noexcept;
    void answer_http(core_connection& to) noexcept;
    void fail(core_connection& of, end_reason why, std::string_view what) noexcept;
    [[nodiscard]] bool end_oldest() noexcept;
    void stand_in_line(handshake&) noexcept;
    void give_turns() noexcept;

    core& core_;
    const std::shared_ptr<tls_endpoint> endpoint_;
    const service_options options_;
    const bool uses_kernel_;
    slab_writer plaintext_;
    std::unique_ptr<std::array<char, 16 * 1024>> scratch_;
    uint32_t streams_ = 0;

    // Under way, the oldest first; and those that wait for their turn among them.
    intrusive_list<handshake> under_way_;
    uint32_t under_way_count_ = 0;
    handshake* next_turn_ = nullptr;
    handshake** last_turn_ = &next_turn_;
    struct turn_hook final : turn_end_hook {
        explicit turn_hook(service& of) noexcept : turn_end_hook(run), owner(of) {}
        service& owner;
        bool last = false;  // the hooks of those that are served have run
        static void run(turn_end_hook& due) noexcept;
    } turn_{*this};
};

}  // namespace saker::tls
