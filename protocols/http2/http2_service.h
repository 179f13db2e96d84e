#pragma once
// What all HTTP/2 connections of an endpoint on one core share: the application, the limits, the
// date as of this second, and streams that are free to be reused.

#include "core/connection/core_connection.h"
#include "protocols/http/date.h"
#include "protocols/http2/head_fields.h"
#include "protocols/http2/nghttp2_session.h"

#include <saker/options.h>
#include <saker/router.h>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

namespace saker {
class request_observer;
}

namespace saker::http2 {

class http2_stream;

struct service_options {
    server_limits limits;
    bool add_server_header = true;
    bool allow_host_header_override = false;
    bool allow_response_header_compression = true;
    bool allow_alternate_schemes = false;
};

class service {
public:
    // `told`, of every request, may be null.
    service(core& home, const service_options&, application&, request_observer* told = nullptr);
    ~service();
    service(const service&) = delete;
    service& operator=(const service&) = delete;

    // The delegate of a connection that speaks HTTP/2 from its first byte: it begins with the
    // preface. The service outlives it.
    [[nodiscard]] task<> serve(connection& accepted);

    [[nodiscard]] const service_options& options() const noexcept { return options_; }
    [[nodiscard]] const server_limits& limits() const noexcept { return options_.limits; }
    [[nodiscard]] const field_limits& fields() const noexcept { return field_limits_; }
    [[nodiscard]] application& app() const noexcept { return app_; }
    [[nodiscard]] core& on_core() const noexcept { return core_; }
    [[nodiscard]] request_observer* observer() const noexcept { return observer_; }
    // Of a stream, in and out.
    [[nodiscard]] const pipe_options& input() const noexcept { return input_; }
    [[nodiscard]] const pipe_options& output() const noexcept { return output_; }
    // Requests of a connection that may be answered at once, those included whose client has
    // cancelled them. Kestrel's cap of tracked streams.
    [[nodiscard]] size_t most_running() const noexcept { return most_running_; }

    // As of this turn: 29 characters.
    [[nodiscard]] std::string_view date() noexcept;

    // For the fields of the head that is sent, which nobody needs behind it.
    [[nodiscard]] std::vector<sent_field>& gathered_fields() noexcept { return gathered_; }

    [[nodiscard]] std::unique_ptr<http2_stream> lend_stream();
    void take_back(std::unique_ptr<http2_stream> used) noexcept;

private:
    core& core_;
    const service_options options_;
    const field_limits field_limits_;
    const pipe_options input_, output_;
    const size_t most_running_;
    application& app_;
    request_observer* const observer_;
    std::array<char, http_date_size> date_{};
    steady_time date_until_ = steady_time::min();
    std::vector<std::unique_ptr<http2_stream>> free_streams_;
    std::vector<sent_field> gathered_;
};

}  // namespace saker::http2
