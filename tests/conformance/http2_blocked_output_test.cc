// Clients of HTTP/2 that do not read: what was prepared for them and is not sent when their
// connection fails, their streams are over, or their side has ended.

#include "tests/support/serve_http2.h"

namespace saker::test {
namespace {

using namespace http2;

constexpr uint32_t many = 60;
constexpr uint32_t of_failing = 1001;  // the first of its streams: the other one has none of them

class blocked_output : public served_http2 {
protected:
    // Each answer is of one letter, the stream's.
    void begin() {
        serve([](request& asked, response& answered) {
            const auto& text = bodies().at(static_cast<size_t>(asked.path()[1] - 'a'));
            answered.static_text(text);
        });
    }
    static const std::vector<std::string>& bodies() {
        static const std::vector<std::string> all = [] {
            std::vector<std::string> made;
            for (char c = 'a'; c <= 'z'; ++c) made.emplace_back(300'000, c);
            return made;
        }();
        return all;
    }
    static char letter(uint32_t stream, char first) {
        return static_cast<char>(first + stream / 2 % 13);
    }
    void start(http2_client& one) {
        one.start({{setting_id::initial_window_size, largest_window}});
        one.window_update(0, largest_window - 65'535);
        one.settle();
    }
    void ask(http2_client& one, char first, uint32_t begin = 1) {
        for (uint32_t stream = begin; stream < begin + 2 * many; stream += 2)
            one.get(stream, std::string("/") + letter(stream, first));
    }
    // `fail` ends a connection that has prepared a frame for a client that does not read; another
    // one's streams take the place of its streams.
    template <class Fail>
    void expect_nothing_of_it_at_another(Fail fail) {
        begin();
        http2_client& failing = client(0);
        start(failing);
        failing.wire().stop_reading();
        ask(failing, 'a', of_failing);
        settle();
        http2_client& other = new_client();
        start(other);
        fail(failing);
        settle();
        other.wire().stop_reading();
        ask(other, 'n');
        settle();
        failing.trust();
        failing.wire().go_on_reading();
        failing.settle();
        other.wire().go_on_reading();
        for (uint32_t stream = 1; stream < 2 * many; stream += 2) {
            SCOPED_TRACE(stream);
            other.receive_headers(stream, 200);
            const std::string body = other.read_body(stream);
            ASSERT_EQ(body.size(), 300'000u);
            ASSERT_EQ(body.find_first_not_of(letter(stream, 'n')), std::string::npos);
        }
        failing.ignore();
        failing.vanish();
    }
};
CONFORMANCE_SUITE_OVER(http2_blocked_output, blocked_output, whole_http2_settings);

CONFORMANCE(http2_blocked_output, of_a_connection_that_fails_reaches_no_other_one) {
    expect_nothing_of_it_at_another(
        [](http2_client& failing) { failing.send(frame_of(type::ping, 0, 0, "1234567")); });
}

CONFORMANCE(http2_blocked_output, of_streams_that_are_cancelled_reaches_no_other_one) {
    expect_nothing_of_it_at_another([](http2_client& failing) {
        for (uint32_t i = 0; i < many; ++i) failing.reset(of_failing + 2 * i);
    });
}

CONFORMANCE(http2_blocked_output, of_a_client_that_goes_reaches_no_other_one) {
    expect_nothing_of_it_at_another([](http2_client& failing) { failing.end(); });
}

}  // namespace
}  // namespace saker::test
