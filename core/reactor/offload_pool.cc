// See offload_pool.h. A queue under a mutex: work that blocks does not notice, and a core holds the
// lock for a few instructions.

#include "core/reactor/offload_pool.h"

#include "core/base/signals_blocked.h"
#include "core/reactor/core.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace saker {
namespace {

// The way back to the core. It lives beside the work until it has been delivered.
struct way_back final : letter {
    explicit way_back(continuation resumed) noexcept : letter(arrive), then(resumed) {}
    continuation then;
    static void arrive(letter& arrived) noexcept {
        auto& self = static_cast<way_back&>(arrived);
        const continuation then = self.then;
        delete &self;
        then.run(then.context);
    }
};

constinit thread_local const void* owner_here = nullptr;

struct job {
    detail::offloaded* work;
    core* home;
    way_back* back;
};

}  // namespace

struct offload_pool::state {
    std::mutex guard;
    std::condition_variable more;
    std::deque<job> queue;
    std::vector<std::thread> threads;
    const void* owner = nullptr;
    uint32_t most_threads = 1;
    uint32_t idle = 0;
    bool stopping = false;

    void work() {
        owner_here = owner;
        std::unique_lock lock(guard);
        for (;;) {
            ++idle;
            more.wait(lock, [this] { return stopping || !queue.empty(); });
            --idle;
            if (queue.empty()) return;
            const job next = queue.front();
            queue.pop_front();
            lock.unlock();
            next.work->run(*next.work);
            next.home->post(*next.back);
            lock.lock();
        }
    }
    // One more, which leaves the host program's signals alone. Where the system has none, the work
    // waits for those that there are.
    void start_thread() {
        try {
            const signals_blocked while_it_starts;
            threads.emplace_back([this] { work(); });
        } catch (...) {
            if (threads.empty()) throw;
        }
    }
};

offload_pool::offload_pool(uint32_t threads, const void* owner)
    : state_(std::make_unique<state>()) {
    state_->owner = owner;
    state_->most_threads = threads == 0 ? 1 : threads;
}

const void* offload_pool::owner_of_this_thread() noexcept { return owner_here; }

offload_pool::~offload_pool() {
    {
        const std::lock_guard lock(state_->guard);
        state_->stopping = true;
    }
    state_->more.notify_all();
    for (std::thread& one : state_->threads) one.join();
}

void offload_pool::add(detail::offloaded& work) {
    auto back = std::make_unique<way_back>(work.then);
    const std::lock_guard lock(state_->guard);
    if (state_->idle <= state_->queue.size() && state_->threads.size() < state_->most_threads)
        state_->start_thread();
    state_->queue.push_back({&work, core::current(), back.get()});
    (void)back.release();
    state_->more.notify_one();
}

}  // namespace saker
