// In which order answers leave (RFC 9218): by urgency; of the same urgency one after another where
// they are wanted whole, and in turns where they are useful in parts or nobody has said anything.
// The window of the connection is used up first, so that all of them wait for the same byte.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

constexpr size_t body_size = 60'000;

class priorities : public served_http2 {
protected:
    void begin() {
        static const std::string body(body_size, 'x');
        static const std::string first(65'535, 'x');
        serve([](request& asked, response& answered) {
            answered.static_text(asked.path() == "/first" ? first : body);
        });
        client().start({{setting_id::initial_window_size, 1'000'000}});
        client().get(1, "/first");
        client().receive_headers(1, 200);
        client().receive_data(1, first, end_stream);
        (void)client().take_order();
    }
    // An answer that waits for the window.
    void ask(uint32_t stream, std::string_view priority = {}) {
        client().get(stream, "/",
                     priority.empty() ? fields{} : fields{{"priority", std::string(priority)}});
        client().receive_headers(stream, 200);
        asked_.push_back(stream);
    }
    // Opens the window for so many bytes; the streams of the DATA that came, runs of one as one.
    std::vector<uint32_t> order_of(uint32_t bytes) {
        client().window_update(0, bytes);
        client().settle();
        for (const uint32_t stream : asked_) (void)client().read_data(stream);
        std::vector<uint32_t> runs;
        for (const uint32_t stream : client().take_order()) {
            if (runs.empty() || runs.back() != stream) runs.push_back(stream);
        }
        return runs;
    }
    std::vector<uint32_t> order_of_all() {
        return order_of(static_cast<uint32_t>(asked_.size() * body_size));
    }

private:
    std::vector<uint32_t> asked_;
};
using order = std::vector<uint32_t>;
HTTP2_SUITE_OF(http2_priority, priorities);

CONFORMANCE(http2_priority, the_more_urgent_ones_go_first) {
    begin();
    ask(3, "u=5");
    ask(5, "u=1");
    ask(7, "u=7");
    ask(9, "u=0");
    ask(11, "u=3");
    EXPECT_EQ(order_of_all(), (order{9, 5, 11, 3, 7}));
}

CONFORMANCE(http2_priority, whole_ones_of_the_same_urgency_go_one_after_another) {
    begin();
    ask(3, "u=2");
    ask(5, "u=2");
    ask(7, "u=2, i=?0");
    EXPECT_EQ(order_of_all(), (order{3, 5, 7}));
}

CONFORMANCE(http2_priority, incremental_ones_of_the_same_urgency_take_turns) {
    begin();
    ask(3, "u=2, i");
    ask(5, "u=2, i");
    ask(7, "u=2, i");
    const order came = order_of_all();
    ASSERT_GE(came.size(), 9u) << "three frames each, at least";
    for (size_t i = 0; i + 3 <= 9; i += 3)
        EXPECT_EQ(std::set(came.begin() + static_cast<std::ptrdiff_t>(i),
                           came.begin() + static_cast<std::ptrdiff_t>(i) + 3),
                  (std::set<uint32_t>{3, 5, 7}))
            << "round " << i / 3;
}

CONFORMANCE(http2_priority, incremental_ones_wait_for_more_urgent_ones) {
    begin();
    ask(3, "u=5, i");
    ask(5, "u=5, i");
    ask(7, "u=4");
    const order came = order_of_all();
    ASSERT_FALSE(came.empty());
    EXPECT_EQ(came.front(), 7u);
    EXPECT_EQ(std::count(came.begin(), came.end(), 7u), 1) << "in one run";
    EXPECT_GT(came.size(), 4u) << "3 and 5 in turns";
}

CONFORMANCE(http2_priority, where_nobody_says_anything_all_have_the_same_share) {
    begin();
    for (const uint32_t stream : {3u, 5u, 7u, 9u}) ask(stream);
    client().window_update(0, 120'000);  // half of it
    client().settle();
    for (const uint32_t stream : {3u, 5u, 7u, 9u}) {
        const size_t came = client().read_data(stream).size();
        EXPECT_NEAR(static_cast<double>(came), 30'000., 17'000.) << stream;
    }
    client().window_update(0, 120'000);
    client().settle();
    client().ignore();
}

CONFORMANCE(http2_priority, the_most_urgent_one_waits_for_its_own_window_alone) {
    begin();
    ask(3, "u=7");
    client().settings({{setting_id::initial_window_size, 0}});
    client().receive_settings_ack();
    ask(5, "u=0");  // shut
    EXPECT_EQ(order_of(2 * body_size), (order{3}));
    client().window_update(5, body_size);
    client().receive_data(5, std::string(body_size, 'x'), end_stream);
}

CONFORMANCE(http2_priority, can_be_changed_while_an_answer_waits) {
    begin();
    ask(3, "u=1");
    ask(5, "u=4");
    ask(7, "u=2");
    client().send(priority_update(5, "u=0"), priority_update(3, "u=6"));
    client().receive_nothing();
    EXPECT_EQ(order_of_all(), (order{5, 7, 3}));
}

CONFORMANCE(http2_priority, can_be_changed_in_the_midst_of_an_answer) {
    begin();
    ask(3, "u=1");
    ask(5, "u=4");
    EXPECT_EQ(order_of(20'000), (order{3}));
    client().send(priority_update(3, "u=7"));
    client().receive_nothing();
    EXPECT_EQ(order_of(20'000), (order{5}));
    EXPECT_EQ(order_of(2 * body_size), (order{5, 3}));
}

CONFORMANCE(http2_priority, can_be_said_before_the_request) {
    begin();
    client().send(priority_update(5, "u=0"), priority_update(7, "u=6"));
    ask(3, "u=2");
    ask(5, "u=5");  // what came in a frame counts
    ask(7);
    EXPECT_EQ(order_of_all(), (order{5, 3, 7}));
}

CONFORMANCE(http2_priority, of_rfc_7540_says_nothing) {
    begin();
    client().send(headers_with_priority(3, {.on = 0, .weight = 1},
                                        block(get("/", {{"priority", "u=2"}})), end_stream),
                  headers_with_priority(5, {.on = 3, .weight = 255, .exclusive = true},
                                        block(get("/", {{"priority", "u=1"}})), end_stream),
                  http2::priority(3, {.on = 5}));
    for (const uint32_t stream : {3u, 5u}) client().receive_headers(stream, 200);
    client().window_update(0, 2 * body_size);
    client().settle();
    EXPECT_EQ(client().read_data(3).size() + client().read_data(5).size(), 2 * body_size);
    EXPECT_EQ(client().take_order().front(), 5u);
}

CONFORMANCE(http2_priority, heads_do_not_wait_for_bodies) {
    begin();
    ask(3, "u=0");
    client().headers(5, request_of("HEAD", "/", {{"priority", "u=7"}}), end_stream);
    client().receive_headers(5, 200, end_stream);
    EXPECT_EQ(order_of_all(), (order{3}));
}

}  // namespace
}  // namespace saker::test
