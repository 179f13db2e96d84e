// What a client of HTTP/2 expects to hear. See http2_client.h.

#include "tests/support/http2_client.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace saker::test {

using namespace http2;

namespace {

// What `next` gives where no frame has come, which it has said.
const frame nothing{type{0xff}, none, largest_window, {}};

void expect_kind(const frame& came, type kind, uint32_t stream, uint8_t flags) {
    if (came == nothing) return;
    EXPECT_EQ(name_of(came.kind), name_of(kind)) << shown(came);
    EXPECT_EQ(came.stream, stream) << shown(came);
    EXPECT_EQ(came.flags & 1, flags & 1) << shown(came) << ": END_STREAM or ACK";
}

}  // namespace

std::string http2_client::what_waits() const {
    std::string text;
    for (const heard_frame& one : queue_) text += '\n' + shown(one.of);
    if (text.empty()) text = "\nnothing";
    if (wire_.ended()) return text + "\n(the end)";
    return text + (wire_.was_reset() ? "\n(reset)" : "\n(and no more)");
}

frame http2_client::take(size_t index) {
    heard_frame taken = std::move(queue_[index]);
    queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(index));
    if (taken.of.kind == type::headers) head_ = std::move(taken.head);
    return std::move(taken.of);
}

template <class Wanted>
frame http2_client::next_that(const Wanted& wanted, std::string_view what) {
    size_t found = 0;
    const bool came = wire_.turn_until([&] {
        listen();
        while (found < queue_.size() && !wanted(queue_[found].of)) ++found;
        return found < queue_.size() || gone();
    });
    if (came && found < queue_.size()) return take(found);
    ADD_FAILURE() << "expected " << what << ", came:" << what_waits();
    return nothing;
}

frame http2_client::next() {
    return next_that([](const frame&) { return true; }, "a frame");
}

frame http2_client::next_of(uint32_t stream) {
    return next_that([=](const frame& one) { return one.stream == stream; },
                     "a frame of stream " + std::to_string(stream));
}

void http2_client::receive_headers(uint32_t stream, int status, uint8_t flags) {
    const frame came = next_of(stream);
    expect_kind(came, type::headers, stream, flags);
    if (came.kind == type::headers) {
        EXPECT_EQ(field(":status"), std::to_string(status)) << shown(head_);
    }
}

void http2_client::receive_fields(uint32_t stream, const fields& expected, uint8_t flags) {
    const frame came = next_of(stream);
    expect_kind(came, type::headers, stream, flags);
    if (came.kind == type::headers) {
        EXPECT_EQ(shown(head_), shown(expected));
    }
}

void http2_client::receive_trailers(uint32_t stream, const fields& expected) {
    receive_fields(stream, expected, end_stream);
}

void http2_client::receive_data(uint32_t stream, std::string_view bytes, uint8_t flags) {
    std::string all;
    bool ended = false;
    const auto more = [&] {
        return all.size() < bytes.size() || (flags != none && !ended) || (bytes.empty() && !ended);
    };
    while (more() && !ended) {
        const frame came = next_of(stream);
        if (came.kind != type::data || came.stream != stream) {
            if (came != nothing) ADD_FAILURE() << "instead of DATA: " << shown(came);
            return;
        }
        all += came.payload;
        ended = came.has(end_stream);
        if (bytes.empty()) break;
    }
    EXPECT_EQ(all.size(), bytes.size());
    EXPECT_TRUE(all == bytes) << all.substr(0, 200) << "\nnot\n" << bytes.substr(0, 200);
    EXPECT_EQ(ended, (flags & end_stream) != 0) << "END_STREAM";
}

void http2_client::receive_answer(uint32_t stream, std::string_view body) {
    receive_headers(stream, 200, body.empty() ? end_stream : none);
    if (!body.empty()) receive_data(stream, body, end_stream);
}

std::string http2_client::read_body(uint32_t stream) {
    std::string all;
    for (;;) {
        const frame came = next_of(stream);
        if (came.kind != type::data || came.stream != stream) {
            if (came != nothing) ADD_FAILURE() << "instead of DATA: " << shown(came);
            return all;
        }
        all += came.payload;
        if (came.has(end_stream)) return all;
    }
}

std::string http2_client::read_data(uint32_t stream) {
    settle();
    std::string all;
    for (size_t i = 0; i < queue_.size();) {
        const frame& one = queue_[i].of;
        if (one.stream == stream && one.kind == type::data)
            all += take(i).payload;
        else
            ++i;
    }
    return all;
}

void http2_client::receive_reset(uint32_t stream, error_code code) {
    const frame came = next_of(stream);
    expect_kind(came, type::rst_stream, stream, none);
    if (came.kind == type::rst_stream && came.payload.size() == 4) {
        EXPECT_EQ(name_of_error(number_in(came.payload, 0)),
                  name_of_error(static_cast<uint32_t>(code)));
    }
}

void http2_client::receive_goaway(error_code code, std::optional<uint32_t> last_stream) {
    const frame came = next_of(0);
    expect_kind(came, type::goaway, 0, none);
    if (came.kind != type::goaway || came.payload.size() < 8) return;
    EXPECT_EQ(name_of_error(number_in(came.payload, 4)), name_of_error(static_cast<uint32_t>(code)))
        << shown(came);
    if (last_stream) {
        EXPECT_EQ(number_in(came.payload, 0), *last_stream) << shown(came);
    }
}

void http2_client::receive_ping(std::string_view eight_bytes, uint8_t flags) {
    const frame came = next_of(0);
    expect_kind(came, type::ping, 0, flags);
    EXPECT_EQ(came.payload, eight_bytes);
}

void http2_client::receive_ping_ack(std::string_view eight_bytes) {
    receive_ping(eight_bytes, ack);
}

void http2_client::receive_settings_ack() {
    const frame came = next_of(0);
    expect_kind(came, type::settings, 0, ack);
    EXPECT_EQ(came.payload, "");
}

void http2_client::settle() {
    wire_.turn_until([this] {
        listen();
        return false;
    });
}

void http2_client::receive_nothing() {
    settle();
    EXPECT_TRUE(queue_.empty()) << "what was not expected:" << what_waits();
    EXPECT_FALSE(begun_) << "a part of a head";
    EXPECT_EQ(bytes_, "") << "a part of a frame";
    EXPECT_FALSE(gone());
}

void http2_client::receive_end() {
    wire_.turn_until([this] {
        listen();
        return gone();
    });
    EXPECT_TRUE(queue_.empty()) << "what was not expected:" << what_waits();
    EXPECT_EQ(bytes_, "") << "a part of a frame";
    wire_.receive_end();
}

void http2_client::receive_error(error_code code, std::optional<uint32_t> last_stream) {
    receive_goaway(code, last_stream);
    std::erase_if(queue_, [](const heard_frame& one) { return one.of.stream != 0; });
    receive_end();
    end();
}

// ---- what was heard ----

std::string http2_client::field(std::string_view name) const {
    std::string all;
    for (const auto& [own, value] : head_) {
        if (own == name) all += (all.empty() ? "" : ", ") + value;
    }
    return all;
}

uint64_t http2_client::granted(uint32_t stream) {
    listen();
    return std::exchange(granted_[stream], 0);
}

int64_t http2_client::window(uint32_t stream) const {
    if (stream == 0) return window_;
    const auto known = streams_.find(stream);
    return known == streams_.end() ? initial_window_ : known->second.window;
}

bool http2_client::has_heard(uint32_t stream) const {
    return std::any_of(queue_.begin(), queue_.end(),
                       [=](const heard_frame& one) { return one.of.stream == stream; });
}

void http2_client::ignore() {
    settle();
    queue_.clear();
}

}  // namespace saker::test
