// See connection_logging.h: a tap on each of the connection's pipes, for as long as whoever is
// behind it in the chain runs.

#include <saker/connection_logging.h>

#include "core/base/log.h"
#include "core/connection/hex_dump.h"
#include "core/reactor/core.h"

#include <cerrno>
#include <utility>

namespace saker {
namespace {

constexpr std::string_view category = "connection";

class dump final : public pipe_tap {
public:
    dump(connection& of, pipe& watched, const std::string& name, std::string_view method)
        : connection_(of),
          pipe_(watched),
          name_(name),
          method_(method),
          before_(watched.tap(this)) {}
    ~dump() { pipe_.tap(before_); }
    dump(const dump&) = delete;
    dump& operator=(const dump&) = delete;

    void written(std::string_view bytes) noexcept override {
        if (before_ != nullptr) before_->written(bytes);
        tell(bytes);
    }
    // Kestrel reads a last time, nothing. Its end of writing says nothing.
    void completed(int error) noexcept override {
        if (before_ != nullptr) before_->completed(error);
        if (error == 0 && &pipe_ == &connection_.input()) tell({});
    }

private:
    void tell(std::string_view bytes) noexcept {
        log_writer* const log = connection_.on_core().log();
        if (log == nullptr || !log->enabled(log_level::debug, category)) return;
        std::string message = connection_.id();
        if (!name_.empty()) message.append(" ").append(name_);
        message += ' ';
        append_hex_dump(message, method_, bytes);
        log->write(log_level::debug, category, std::move(message));
    }

    connection& connection_;
    pipe& pipe_;
    const std::string& name_;
    const std::string_view method_;
    pipe_tap* const before_;
};

// Name and delegate are those of the endpoint, and outlive its connections.
task<> watch(connection& accepted, const std::string& name, const connection_delegate& next) {
    const dump reads(accepted, accepted.input(), name, "ReadAsync");
    const dump writes(accepted, accepted.output(), name, "WriteAsync");
    co_await next(accepted);
}

struct watched_delegate {
    std::string name;
    connection_delegate next;
    task<> operator()(connection& accepted) const { return watch(accepted, name, next); }
};

}  // namespace

connection_middleware connection_logging(std::string name) {
    return [name = std::move(name)](connection_delegate next) -> connection_delegate {
        return watched_delegate{name, std::move(next)};
    };
}

}  // namespace saker
