#pragma once
// The coroutine of one HTTP/1 connection, and what it remembers between its steps.

#include "core/connection/core_connection.h"
#include "protocols/http/rejection.h"

#include <saker/task.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace saker::http1 {

class http1_exchange;
class service;

class http1_connection {
public:
    // Serves requests until the connection ends.
    static task<> run(connection& accepted, service& of);

private:
    enum class step : uint8_t { wait, answer, end, http2 };
    enum class waiting : uint8_t { no, for_request, for_head };

    http1_connection(connection& accepted, service& of) noexcept;
    ~http1_connection();
    http1_connection(const http1_connection&) = delete;
    http1_connection& operator=(const http1_connection&) = delete;

    [[nodiscard]] step look();
    [[nodiscard]] std::optional<step> look_for_preface();
    [[nodiscard]] step at_empty_pipe();
    [[nodiscard]] step at_end_inside_head();
    [[nodiscard]] step on_expired(deadline passed);
    [[nodiscard]] step refuse(rejection_reason why);
    [[nodiscard]] std::optional<task<>> call();
    [[nodiscard]] bool goes_on() noexcept;
    void wait_for_request() noexcept;
    void give_back() noexcept;

    core_connection& connection_;
    service& service_;
    std::unique_ptr<http1_exchange> exchange_;
    uint64_t requests_ = 0;  // the first one has its time from the accept on
    waiting waiting_ = waiting::no;
};

}  // namespace saker::http1
