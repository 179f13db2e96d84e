// See http1_service.h.

#include "protocols/http1/http1_service.h"

#include "protocols/http/date.h"
#include "protocols/http1/http1_exchange.h"

#include <chrono>
#include <cstring>

namespace saker::http1 {
namespace {

// Exchanges kept for the next requests: as many as are commonly in progress at once on a core.
constexpr size_t most_free_exchanges = 64;

}  // namespace

service::service(core& home, const service_options& options, application& app,
                 request_observer* told) noexcept
    : core_(home),
      options_(options),
      head_limits_{options.limits.max_request_line_size,
                   options.limits.max_request_headers_total_size,
                   options.limits.max_request_header_count, options.allow_host_header_override},
      app_(app),
      observer_(told) {
    free_exchanges_.reserve(most_free_exchanges);
}

service::~service() = default;

void service::renew_date() noexcept {
    constexpr std::string_view server = "Server: Saker\r\n";
    const std::chrono::nanoseconds wall = core_.time().wall();
    const auto second = std::chrono::floor<std::chrono::seconds>(wall);
    char* out = common_.data();
    if (options_.add_server_header) {
        std::memcpy(out, server.data(), server.size());
        out += server.size();
    }
    std::memcpy(out, "Date: ", 6);
    format_http_date(second.count(), out + 6);
    std::memcpy(out + 6 + http_date_size, "\r\n", 2);
    common_size_ = static_cast<size_t>(out - common_.data()) + date_line_size;
    date_until_ = core_.now() + std::chrono::seconds(1) - (wall - second);
}

std::unique_ptr<http1_exchange> service::lend_exchange() {
    if (free_exchanges_.empty()) return std::make_unique<http1_exchange>(*this);
    auto lent = std::move(free_exchanges_.back());
    free_exchanges_.pop_back();
    return lent;
}

void service::take_back(std::unique_ptr<http1_exchange> used) noexcept {
    if (free_exchanges_.size() < most_free_exchanges) free_exchanges_.push_back(std::move(used));
}

}  // namespace saker::http1
