#pragma once
// What all HTTP/1 connections of an endpoint on one core share: the application, the limits, the
// prepared part of response heads (Date once a second), and exchanges that are free to be reused.

#include "core/connection/core_connection.h"
#include "protocols/http1/head_parser.h"

#include <saker/options.h>
#include <saker/router.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace saker {
class request_observer;
}

namespace saker::http1 {

class http1_exchange;

struct service_options {
    server_limits limits;
    bool add_server_header = true;
    bool allow_host_header_override = false;
};

class service {
public:
    // `told`, of every request, may be null.
    service(core& home, const service_options&, application&,
            request_observer* told = nullptr) noexcept;
    ~service();
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    // The delegate of an endpoint's connections. The service outlives them.
    [[nodiscard]] task<> serve(connection& accepted);

    // Whom a connection is given to that begins with HTTP/2's preface, in clear text; the bytes are
    // in its input still.
    void on_http2_preface(connection_delegate serves) { http2_ = std::move(serves); }
    [[nodiscard]] const connection_delegate& http2() const noexcept { return http2_; }

    [[nodiscard]] const server_limits& limits() const noexcept { return options_.limits; }
    [[nodiscard]] const head_limits& head() const noexcept { return head_limits_; }
    [[nodiscard]] application& app() const noexcept { return app_; }
    [[nodiscard]] core& on_core() const noexcept { return core_; }
    [[nodiscard]] request_observer* observer() const noexcept { return observer_; }

    // "Server: Saker\r\nDate: ...\r\n", as of this turn.
    [[nodiscard]] std::string_view server_and_date() noexcept {
        if (core_.now() >= date_until_) [[unlikely]]
            renew_date();
        return {common_.data(), common_size_};
    }
    // "Date: ...\r\n" alone, for a handler that set Server.
    [[nodiscard]] std::string_view date() noexcept {
        return server_and_date().substr(common_size_ - date_line_size);
    }

    [[nodiscard]] std::unique_ptr<http1_exchange> lend_exchange();
    void take_back(std::unique_ptr<http1_exchange> used) noexcept;

private:
    static constexpr size_t date_line_size = 6 + 29 + 2;
    void renew_date() noexcept;

    core& core_;
    const service_options options_;
    const head_limits head_limits_;
    application& app_;
    request_observer* const observer_;
    connection_delegate http2_;
    std::array<char, 64> common_{};
    size_t common_size_ = 0;
    steady_time date_until_ = steady_time::min();
    std::vector<std::unique_ptr<http1_exchange>> free_exchanges_;
};

}  // namespace saker::http1
