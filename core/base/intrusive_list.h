#pragma once
// A doubly linked list through its elements: no memory of its own, removal in constant time from
// wherever an element is. An element is in one list at a time and leaves it when it dies.

#include <saker/assert.h>

namespace saker {

class list_link {
public:
    list_link() noexcept = default;
    list_link(const list_link&) = delete;
    list_link& operator=(const list_link&) = delete;
    ~list_link() { unlink(); }

    [[nodiscard]] bool linked() const noexcept { return next_ != nullptr; }
    void unlink() noexcept {
        if (next_ == nullptr) return;
        next_->previous_ = previous_;
        previous_->next_ = next_;
        next_ = previous_ = nullptr;
    }

private:
    template <class T>
    friend class intrusive_list;
    list_link* next_ = nullptr;
    list_link* previous_ = nullptr;
};

template <class T>
class intrusive_list {
public:
    intrusive_list() noexcept { head_.next_ = head_.previous_ = &head_; }
    ~intrusive_list() {
        SAKER_DEBUG_ASSERT(empty(), "a list outlives its elements");
        head_.next_ = head_.previous_ = nullptr;
    }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return head_.next_ == &head_; }
    void push_back(T& added) noexcept {
        list_link& link = added;
        SAKER_DEBUG_ASSERT(!link.linked(), "an element is in one list at a time");
        link.previous_ = head_.previous_;
        link.next_ = &head_;
        head_.previous_->next_ = &link;
        head_.previous_ = &link;
    }
    [[nodiscard]] T& front() noexcept { return static_cast<T&>(*head_.next_); }
    // Calls `action` for each that is there now. It must not throw, and may unlink or delete any of
    // them: those that it was not called for yet wait in a list of their own meanwhile.
    template <class Action>
    void for_each(Action action) {
        intrusive_list waiting;
        if (!empty()) {
            waiting.head_.next_ = head_.next_;
            waiting.head_.previous_ = head_.previous_;
            waiting.head_.next_->previous_ = waiting.head_.previous_->next_ = &waiting.head_;
            head_.next_ = head_.previous_ = &head_;
        }
        while (!waiting.empty()) {
            T& one = waiting.front();
            static_cast<list_link&>(one).unlink();
            push_back(one);
            action(one);
        }
    }

private:
    list_link head_;
};

}  // namespace saker
