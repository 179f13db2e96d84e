// See http2_service.h.

#include "protocols/http2/http2_service.h"

#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_stream.h"

#include <algorithm>
#include <chrono>

namespace saker::http2 {
namespace {

// Streams kept for the next requests: as many as are commonly in progress at once on a core.
constexpr size_t most_free_streams = 128;

// What is written ahead of the client on one stream; all streams of a connection together have
// their cap, too (http2_connection).
pipe_options output_of(const server_limits& limits) noexcept {
    const size_t most = limits.max_response_buffer_size.value_or(64 * 1024);
    return {std::max<size_t>(most, 1), most / 2};
}

}  // namespace

service::service(core& home, const service_options& options, application& app,
                 request_observer* told)
    : core_(home),
      options_(options),
      field_limits_{options.limits.http2.max_request_header_field_size,
                    options.limits.max_request_headers_total_size,
                    options.limits.max_request_header_count},
      input_{options.limits.http2.initial_stream_window_size,
             options.limits.http2.initial_stream_window_size / 2},
      output_(output_of(options.limits)),
      most_running_(
          std::max<size_t>(size_t{2} * options.limits.http2.max_streams_per_connection, 100)),
      app_(app),
      observer_(told) {
    free_streams_.reserve(most_free_streams);
}

service::~service() = default;

task<> service::serve(connection& accepted) { return http2_connection::run(accepted, *this); }

std::string_view service::date() noexcept {
    if (core_.now() >= date_until_) [[unlikely]] {
        const std::chrono::nanoseconds wall = core_.time().wall();
        const auto second = std::chrono::floor<std::chrono::seconds>(wall);
        format_http_date(second.count(), date_.data());
        date_until_ = core_.now() + std::chrono::seconds(1) - (wall - second);
    }
    return {date_.data(), date_.size()};
}

std::unique_ptr<http2_stream> service::lend_stream() {
    if (free_streams_.empty()) return std::make_unique<http2_stream>(*this);
    auto lent = std::move(free_streams_.back());
    free_streams_.pop_back();
    return lent;
}

void service::take_back(std::unique_ptr<http2_stream> used) noexcept {
    if (free_streams_.size() < most_free_streams) free_streams_.push_back(std::move(used));
}

}  // namespace saker::http2
