#pragma once
// What a server's requests go through: request middleware, then the routes.

#include <saker/router.h>
#include <saker/server.h>

#include <memory>
#include <optional>
#include <vector>

namespace saker {

class pipeline final : public application {
public:
    std::optional<task<>> answer(request&, response&) override;

    router routes;
    void use(request_middleware added);

private:
    [[nodiscard]] task<> ask_routes(request&, response&);
    std::vector<request_middleware> middleware_;
    // next_[i] calls middleware i with what is behind it; the last one asks the routes.
    std::vector<request_delegate> next_;
};

}  // namespace saker
