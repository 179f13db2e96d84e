#pragma once
// Handlers that many tests serve.

#include <saker/saker.h>

#include <memory>
#include <string>

namespace saker::test {

// "hello", without a Content-Type.
inline void hello(request&, response& answered) {
    answered.shared(std::make_shared<const std::string>("hello"));
}

// A body as the answer, without a Content-Type; none where it did not come.
inline void return_body(response& answered, const result<std::string>& body) {
    if (body) answered.shared(std::make_shared<const std::string>(*body));
}

// The whole body back, without a Content-Type; a body that does not come is not answered here.
inline task<> echo(request& asked, response& answered) {
    return_body(answered, co_await asked.body().text());
}

// Method, path and query of the request: what the server understood of the request line.
inline void what_was_asked(request& asked, response& answered) {
    answered.shared(std::make_shared<const std::string>(std::string(asked.method()) + ' ' +
                                                        std::string(asked.path()) + ' ' +
                                                        std::string(asked.query())));
}

// The body, as it comes: a piece a write.
inline task<> echo_streamed(request& asked, response& answered) {
    if (const auto size = asked.content_length()) answered.content_length(*size);
    while (body_chunk piece = co_await asked.body().read()) {
        if (!co_await answered.body().write(std::move(piece))) co_return;
    }
    if (asked.body().failed() && answered.started()) answered.abort();
}

}  // namespace saker::test
