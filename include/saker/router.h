#pragma once
// Which handler answers which request: by method and pattern. Literal segments win over "{name}",
// and "{name}" over a "{*rest}" at the end. A path that is known with another method is answered
// 405 with Allow, any other 404; HEAD is answered by GET's handler where there is none of its own.

#include <saker/request.h>
#include <saker/response.h>
#include <saker/task.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace saker {

// A handler answers at once, or is a coroutine; which shows in its return type, and the first kind
// costs no coroutine frame. The server keeps it for as long as it serves, so that a lambda's
// captures outlive every coroutine made of it. It is called on every core: what it shares between
// requests it has to guard itself.
template <class H>
concept plain_handler = requires(H& h, request& q, response& r) {
    { h(q, r) } -> std::same_as<void>;
};
template <class H>
concept coroutine_handler = requires(H& h, request& q, response& r) {
    { h(q, r) } -> std::same_as<task<>>;
};
template <class H>
concept handler = plain_handler<H> || coroutine_handler<H>;

// What the engine calls for each request. An empty optional says that the answer is given already.
class application {
public:
    virtual ~application() = default;
    virtual std::optional<task<>> answer(request&, response&) = 0;
};

template <handler H>
class application_of final : public application {
public:
    explicit application_of(H handler) : handler_(std::move(handler)) {}
    std::optional<task<>> answer(request& asked, response& answered) override {
        if constexpr (coroutine_handler<H>) {
            return handler_(asked, answered);
        } else {
            handler_(asked, answered);
            return std::nullopt;
        }
    }

private:
    H handler_;
};

// Lives as long as the server that it answers for: its patterns are what requests are counted by.
class router final : public application {
public:
    router();
    ~router() override;
    router(router&&) noexcept;
    router& operator=(router&&) noexcept;

    // `method` "" is any. Throws std::invalid_argument for a pattern that is malformed or taken.
    void add(std::string_view method, std::string_view pattern, std::unique_ptr<application>);
    template <handler H>
    void add(std::string_view method, std::string_view pattern, H handler) {
        add(method, pattern, std::make_unique<application_of<H>>(std::move(handler)));
    }
    // Answers what no pattern matches, instead of 404.
    void fallback(std::unique_ptr<application>);

    std::optional<task<>> answer(request&, response&) override;

private:
    struct node;
    std::unique_ptr<node> root_;
    std::unique_ptr<application> fallback_;
};

}  // namespace saker
