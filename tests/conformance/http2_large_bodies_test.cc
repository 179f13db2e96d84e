// Bodies over HTTP/2 that are larger than any window: they go and come as both sides open theirs.

#include "tests/support/serve_http2.h"

#include <algorithm>

namespace saker::test {
namespace {

using namespace http2;

// Says how much has come, and why no more.
task<> count_body(request& asked, response& answered) {
    const uint64_t size = co_await asked.body().discard();
    if (asked.body().failed()) co_return;
    answered.shared(std::make_shared<const std::string>(std::to_string(size)));
}

HTTP2_SUITE_WHOLE(http2_large_bodies);

CONFORMANCE(http2_large_bodies, go_as_the_client_opens_its_windows) {
    static const std::string large = [] {
        std::string text;
        for (int i = 0; text.size() < 2'000'000; ++i) text += std::to_string(i) + ' ';
        return text;
    }();
    serve([](request&, response& answered) { answered.static_text(large); });
    client().start();
    client().get(1);
    client().receive_headers(1, 200);
    std::string all;
    while (all.size() < large.size()) {
        const std::string more = client().read_data(1);
        ASSERT_FALSE(more.empty()) << "after " << all.size();
        all += more;
        const auto opened = static_cast<uint32_t>(more.size());
        client().send(window_update(0, opened), window_update(1, opened));
    }
    EXPECT_TRUE(all == large);
}

CONFORMANCE(http2_large_bodies, come_as_the_server_opens_its_windows) {
    serve(count_body);
    client().start();
    client().headers(1, post());
    int64_t window = 786'432;
    int64_t shared = 1024 * 1024;
    const std::string piece(16'384, 'b');
    for (size_t sent = 0; sent < 5'000'000; sent += piece.size()) {
        if (std::min(window, shared) < int64_t{16'384}) client().settle();
        window += static_cast<int64_t>(client().granted(1));
        shared += static_cast<int64_t>(client().granted(0));
        ASSERT_GE(window, 16'384) << "after " << sent;
        ASSERT_GE(shared, 16'384) << "after " << sent;
        client().data(1, piece);
        window -= 16'384;
        shared -= 16'384;
    }
    client().data(1, "", end_stream);
    client().receive_headers(1, 200);
    EXPECT_EQ(client().read_body(1), "5013504");
}

CONFORMANCE(http2_large_bodies, are_echoed) {
    serve(echo_streamed);
    client().start({{setting_id::initial_window_size, largest_window}});
    client().window_update(0, largest_window - 65'535);
    client().headers(1, post());
    client().receive_nothing();
    std::string all;
    const std::string piece(10'000, 'b');
    for (int i = 0; i < 300; ++i) {
        client().data(1, piece);
        all += client().read_data(1);
        if (i == 0) client().receive_headers(1, 200);
    }
    client().data(1, "", end_stream);
    all += client().read_body(1);
    EXPECT_EQ(all.size(), 3'000'000u);
}

}  // namespace
}  // namespace saker::test
