#pragma once
// Whether every core's loop turns: each is sent a letter, which it has to have had when it is asked
// again. A core that a handler blocks is found out. One thread.

#include "hosting/life/core_groups.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace saker {

class heartbeat {
public:
    // The cores that have not answered since the last time; the others are asked again.
    [[nodiscard]] std::vector<uint32_t> ask(const core_groups& cores) {
        std::vector<uint32_t> silent;
        cores.for_each_core([&](core_runner& one) {
            pulse& of = pulse_of(one.one_core().index());
            if (!of.answered->exchange(false, std::memory_order_acq_rel)) {
                silent.push_back(of.core);
                return;
            }
            one.post(
                [answered = of.answered] { answered->store(true, std::memory_order_release); });
        });
        return silent;
    }

private:
    struct pulse {
        uint32_t core = 0;
        std::shared_ptr<std::atomic<bool>> answered;  // outlives us in a letter
    };
    pulse& pulse_of(uint32_t core) {
        for (pulse& one : pulses_)
            if (one.core == core) return one;
        return pulses_.emplace_back(pulse{core, std::make_shared<std::atomic<bool>>(true)});
    }
    std::vector<pulse> pulses_;
};

}  // namespace saker
