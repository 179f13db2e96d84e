// What include/saker/async.h asks of the core that the caller runs on.

#include <saker/async.h>

#include "core/reactor/core.h"
#include "core/reactor/delay_timer.h"
#include "core/reactor/offload_pool.h"

#include <new>

namespace saker::detail {

std::exception_ptr offload(offloaded& work) noexcept {
    core* const home = core::current();
    SAKER_ASSERT(home != nullptr, "offload is awaited on a core's thread");
    try {
        home->offloads()->add(work);
    } catch (...) {
        return std::current_exception();
    }
    return nullptr;
}

void start_delay(delay_storage& storage, std::chrono::nanoseconds time, continuation then,
                 bool& elapsed) noexcept {
    static_assert(sizeof(delay_timer) <= sizeof storage.memory &&
                  alignof(delay_timer) <= alignof(delay_storage));
    core* const home = core::current();
    SAKER_ASSERT(home != nullptr, "delay is awaited on a core's thread");
    auto* const started = new (storage.memory) delay_timer(*home, then, elapsed);
    home->timers().arm(*started, home->tick_after(time));
    home->add_delay(*started);
}

}  // namespace saker::detail
