#pragma once
// Threads for work that blocks, shared by the cores of a server, started when they are first
// needed. Work comes from coroutines on cores (`saker::offload`), and its end is posted back to the
// core that it came from.

#include <saker/async.h>

#include <cstdint>
#include <memory>

namespace saker {

class offload_pool {
public:
    // `owner` is what `owner_of_this_thread` says on its threads, and nothing else.
    explicit offload_pool(uint32_t threads, const void* owner = nullptr);
    ~offload_pool();  // waits for the work that is running
    offload_pool(const offload_pool&) = delete;
    offload_pool& operator=(const offload_pool&) = delete;

    // A core's thread. `work` lives until its continuation has been run. Throws, and has not taken
    // the work, where there is no thread and none to be had, or no memory.
    void add(detail::offloaded& work);

    // Null on a thread of no pool.
    [[nodiscard]] static const void* owner_of_this_thread() noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace saker
