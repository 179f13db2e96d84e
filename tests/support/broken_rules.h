#pragma once
// Rules of an HTTP/2 connection that are broken, a row each: what is said, the code that the client
// is told by GOAWAY, and the reason by which its connection ends.

#include "tests/support/handlers.h"
#include "tests/support/serve_http2.h"

#include <string>
#include <string_view>
#include <vector>

namespace saker::test {

struct broken_rule {
    std::string_view what;
    std::string frames;
    http2::error_code code;
    end_reason why;
};

class connection_errors : public served_http2 {
protected:
    // Each on a connection of its own, on which one stream was answered (1), one waits for its
    // body (3), and one waits for its answer (5).
    void expect_each(const std::vector<broken_rule>& rows) {
        serve([](request& asked, response& answered) -> task<> {
            if (asked.path() == "/wait") (void)co_await asked.until_aborted();
            (void)co_await asked.body().discard();
            hello(asked, answered);
        });
        for (const broken_rule& row : rows) {
            SCOPED_TRACE(row.what);
            const size_t which = used_++;
            http2_client& here = client(which);
            here.start();
            here.get(1);
            here.receive_answer(1, "hello");
            here.headers(3, post());
            here.get(5, "/wait");
            here.receive_nothing();
            here.send_bytes(row.frames);
            expect_error(here, row.code, row.why);
            forget_client(which);
        }
        expect_another_is_served();
        settle();
        EXPECT_EQ(open_connections(), 0u);
    }
    // As the fields of a head.
    void expect_heads(const std::vector<http2::fields>& heads, http2::error_code code,
                      end_reason why) {
        std::vector<broken_rule> rows;
        std::vector<std::string> names;
        names.reserve(heads.size());
        for (const http2::fields& one : heads) {
            names.push_back(shown(one));
            rows.push_back(
                {names.back(), http2::headers(7, http2::block(one), http2::end_stream), code, why});
        }
        expect_each(rows);
    }

private:
    size_t used_ = 0;
};

}  // namespace saker::test
