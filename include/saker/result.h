#pragma once
// A value, or why there is none: what functions return that can fail for reasons outside the
// program. Errors are sentences for a person, one a mistake; all mistakes of one call together.

#include <saker/assert.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace saker {

// Why something could not be done: every mistake found, each a sentence that names the remedy.
struct error {
    std::vector<std::string> messages;

    error() = default;
    explicit error(std::string message) { messages.push_back(std::move(message)); }
    // The messages, one a line.
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const std::string& one : messages) {
            if (!all.empty()) all += '\n';
            all += one;
        }
        return all;
    }
};

template <class T>
class [[nodiscard]] result {
public:
    result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    result(saker::error why) : held_(std::in_place_index<1>, std::move(why)) {}

    explicit operator bool() const noexcept { return held_.index() == 0; }
    T& operator*() & noexcept {
        SAKER_ASSERT(held_.index() == 0, "a result is looked at before its value is used");
        return *std::get_if<0>(&held_);
    }
    const T& operator*() const& noexcept {
        SAKER_ASSERT(held_.index() == 0, "a result is looked at before its value is used");
        return *std::get_if<0>(&held_);
    }
    T&& operator*() && noexcept { return std::move(**this); }
    T* operator->() noexcept { return &**this; }
    const T* operator->() const noexcept { return &**this; }
    [[nodiscard]] const saker::error& error() const noexcept {
        SAKER_ASSERT(held_.index() == 1, "only a failed result has an error");
        return *std::get_if<1>(&held_);
    }

private:
    std::variant<T, saker::error> held_;
};

}  // namespace saker
