#pragma once
// The transport over io_uring, for Linux 6.1 and later, where policy allows it. Makes no mention of
// the ring: only this folder knows the kernel's header.

#include <saker/transport.h>

#include <memory>
#include <string>
#include <string_view>

namespace saker {

class io_uring_factory final : public transport_factory {
public:
    [[nodiscard]] std::string_view name() const noexcept override { return "io_uring"; }
    [[nodiscard]] transport_probe probe() const override;
    [[nodiscard]] std::unique_ptr<transport> make(slab_pool&, std::string& error) const override;
};

}  // namespace saker
