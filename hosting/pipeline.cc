// See pipeline.h. Without middleware a request goes straight to the routes, and a plain handler
// costs no coroutine.

#include "hosting/pipeline.h"

#include <utility>

namespace saker {

void pipeline::use(request_middleware added) {
    if (next_.empty())
        next_.push_back(
            [this](request& asked, response& answered) { return ask_routes(asked, answered); });
    middleware_.push_back(std::move(added));
    // The chain is made anew from its end: the first one added is the outermost.
    next_.resize(1);
    for (size_t i = middleware_.size(); i-- > 1;) {
        next_.push_back([this, i, behind = next_.size() - 1](request& asked, response& answered) {
            return middleware_[i](asked, answered, next_[behind]);
        });
    }
}

std::optional<task<>> pipeline::answer(request& asked, response& answered) {
    if (middleware_.empty()) return routes.answer(asked, answered);
    return middleware_.front()(asked, answered, next_.back());
}

task<> pipeline::ask_routes(request& asked, response& answered) {
    if (std::optional<task<>> answering = routes.answer(asked, answered))
        co_await std::move(*answering);
}

}  // namespace saker
