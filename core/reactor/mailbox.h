#pragma once
// What crosses cores: letters from any thread to one core, in the order they were posted. Posting
// takes no lock; the core takes all of them at once.

#include <atomic>

namespace saker {

// A piece of work that carries itself; it lives in whoever needs it done.
struct letter {
    using delivery = void(letter&) noexcept;
    explicit letter(delivery* when_delivered) noexcept : deliver(when_delivered) {}
    delivery* const deliver;  // on the core; may delete the letter
    letter* next = nullptr;
};

class mailbox {
public:
    // Any thread. True where the box was empty: the core has to be woken.
    bool post(letter& posted) noexcept {
        letter* head = newest_.load(std::memory_order_relaxed);
        do {
            posted.next = head;
        } while (!newest_.compare_exchange_weak(head, &posted, std::memory_order_release,
                                                std::memory_order_relaxed));
        return head == nullptr;
    }
    [[nodiscard]] bool empty() const noexcept {
        return newest_.load(std::memory_order_relaxed) == nullptr;
    }
    // The core's thread: delivers what is there now; letters posted meanwhile wait.
    void deliver_all() noexcept {
        letter* taken = newest_.exchange(nullptr, std::memory_order_acquire);
        letter* oldest = nullptr;
        while (taken != nullptr) {
            letter* const older = taken->next;
            taken->next = oldest;
            oldest = taken;
            taken = older;
        }
        while (oldest != nullptr) {
            letter& delivered = *oldest;
            oldest = oldest->next;
            delivered.deliver(delivered);
        }
    }

private:
    std::atomic<letter*> newest_ = nullptr;
};

}  // namespace saker
