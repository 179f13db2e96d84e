#pragma once
// A doubly linked list through its elements: no memory of its own, removal in constant time from
// wherever an element is. An element is in one list at a time and leaves it when it dies.

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
    ~intrusive_list() { head_.next_ = head_.previous_ = nullptr; }
    intrusive_list(const intrusive_list&) = delete;
    intrusive_list& operator=(const intrusive_list&) = delete;

    [[nodiscard]] bool empty() const noexcept { return head_.next_ == &head_; }
    void push_back(T& added) noexcept {
        list_link& link = added;
        link.previous_ = head_.previous_;
        link.next_ = &head_;
        head_.previous_->next_ = &link;
        head_.previous_ = &link;
    }
    [[nodiscard]] T& front() noexcept { return static_cast<T&>(*head_.next_); }
    // Calls `action` for each; the one it is called for may unlink itself.
    template <class Action>
    void for_each(Action action) {
        for (list_link* one = head_.next_; one != &head_;) {
            list_link* const next = one->next_;
            action(static_cast<T&>(*one));
            one = next;
        }
    }

private:
    list_link head_;
};

}  // namespace saker
