#pragma once
// The transport over epoll: every Linux has it, and nothing forbids it.

#include <saker/transport.h>

#include <memory>
#include <string>
#include <string_view>

namespace saker {

class epoll_factory final : public transport_factory {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }
    [[nodiscard]] transport_probe probe() const override;
    [[nodiscard]] std::unique_ptr<transport> make(slab_pool&, std::string& error) const override;
};

}  // namespace saker
