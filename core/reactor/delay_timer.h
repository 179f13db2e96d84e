#pragma once
// A handler's `co_await delay(...)`: a timer in the coroutine's frame, in the core's list of delays
// so that a stop can end all of them.

#include "core/reactor/core.h"
#include "core/time/timer_wheel.h"

#include <saker/task.h>

#include <utility>

namespace saker::detail {

class delay_timer final : public timer {
public:
    delay_timer(core& home, continuation then, bool& elapsed) noexcept
        : timer(on_due), home_(home), then_(then), elapsed_(elapsed) {}

    // Ends the delay and the timer: the coroutine goes on, and its frame may be gone afterwards.
    void end(bool elapsed) noexcept {
        home_.timers().disarm(*this);
        home_.remove_delay(*this);
        elapsed_ = elapsed;
        const continuation then = then_;
        this->~delay_timer();
        then.run(then.context);
    }

    delay_timer* next_delay = nullptr;
    delay_timer** previous_delay = nullptr;

private:
    static void on_due(timer& due) noexcept { static_cast<delay_timer&>(due).end(true); }

    core& home_;
    const continuation then_;
    bool& elapsed_;
};

}  // namespace saker::detail
