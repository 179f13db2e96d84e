// Makes the transport, or says in the words of the probe why it cannot be made now.

#include "transports/io_uring/io_uring_factory.h"

#include "transports/io_uring/io_uring_transport.h"
#include "transports/io_uring/probe.h"

namespace saker {

transport_probe io_uring_factory::probe() const { return probe_io_uring(); }

std::unique_ptr<transport> io_uring_factory::make(slab_pool& pool, std::string& error) const {
    auto made = std::make_unique<io_uring_transport>(pool);
    if (made->error() == 0) return made;
    const transport_probe why = explain_io_uring_error(made->error());
    error = why.detail + (why.remedy.empty() ? "" : "; " + why.remedy);
    return nullptr;
}

}  // namespace saker
