#pragma once
// What a transport has read ahead and nobody has asked for yet, oldest first. Empty, as nearly
// always, it is a null pointer.

#include <deque>
#include <memory>
#include <utility>

namespace saker {

template <class Item>
class read_ahead {
public:
    [[nodiscard]] size_t size() const noexcept { return ahead_ == nullptr ? 0 : ahead_->size(); }
    [[nodiscard]] bool empty() const noexcept { return ahead_ == nullptr; }
    void push(Item item) noexcept {
        if (ahead_ == nullptr) ahead_ = std::make_unique<std::deque<Item>>();
        ahead_->push_back(std::move(item));
    }
    [[nodiscard]] Item pop() noexcept {
        Item first = std::move(ahead_->front());
        ahead_->pop_front();
        if (ahead_->empty()) ahead_ = nullptr;
        return first;
    }
    void clear() noexcept { ahead_ = nullptr; }

private:
    std::unique_ptr<std::deque<Item>> ahead_;
};

}  // namespace saker
