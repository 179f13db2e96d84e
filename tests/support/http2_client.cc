// See http2_client.h. A frame is looked at once, when it is whole, in the order of the wire: heads
// have to be decoded so, and windows to be counted so, whenever a test asks for them.

#include "tests/support/http2_client.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace saker::test {

using namespace http2;

namespace {

constexpr size_t kinds_kept = 3;

bool is_connection_specific(std::string_view name) {
    return name == "connection" || name == "transfer-encoding" || name == "keep-alive" ||
           name == "upgrade" || name == "proxy-connection";
}

bool is_informational(const fields& head) {
    return !head.empty() && head[0].name == ":status" && head[0].value.starts_with('1');
}

}  // namespace

http2_client::greeting http2_client::usual_greeting() {
    return {{{setting_id::max_concurrent_streams, 100},
             {setting_id::initial_window_size, 786'432},
             {setting_id::max_header_list_size, 32'768},
             {setting_id::enable_connect_protocol, 1},
             {setting_id::no_rfc7540_priorities, 1}},
            1024 * 1024 - 65'535};
}

// ---- says ----

void http2_client::start(const setting_values& ours, const greeting& expected) {
    begin(ours);
    receive_greeting(expected);
}

void http2_client::begin(const setting_values& ours) {
    const std::string first = http2::settings(ours);
    keep_in_mind(first);
    wire_.send_raw(std::string(connection_preface) + first);
}

void http2_client::receive_greeting(const greeting& expected) {
    const frame first = next_of(0);
    EXPECT_EQ(shown({first.kind, first.flags, first.stream, {}}), "SETTINGS(0) 0 bytes");
    const auto text_of = [](setting_values values) {  // their order means nothing
        std::sort(values.begin(), values.end());
        std::string text;
        for (const auto& [id, value] : values)
            text += std::string(name_of(id)) + '=' + std::to_string(value) + '\n';
        return text;
    };
    EXPECT_EQ(text_of(settings_in(first)), text_of(expected.settings));
    receive_settings_ack();
    EXPECT_EQ(granted(0), expected.window);
    const std::vector<type> order =
        expected.window == 0 ? std::vector{type::settings, type::settings}
                             : std::vector{type::settings, type::window_update, type::settings};
    first_kinds_.resize(std::min(first_kinds_.size(), order.size()));
    EXPECT_EQ(first_kinds_, order) << "SETTINGS, WINDOW_UPDATE, ACK";
    send(settings_ack());
}

void http2_client::send_bytes(std::string_view bytes) {
    keep_in_mind(bytes);
    wire_.send_raw(bytes);
}

void http2_client::keep_in_mind(std::string_view frames) {
    while (frames.size() >= frame_header_size) {
        const size_t length = number_in(frames, 0, 3);
        if (frames.size() < frame_header_size + length) return;
        keep_in_mind(static_cast<type>(frames[3]), number_in(frames, 5) & largest_window,
                     frames.substr(frame_header_size, length));
        frames.remove_prefix(frame_header_size + length);
    }
}

void http2_client::keep_in_mind(type kind, uint32_t id, std::string_view payload) {
    if (kind == type::settings && payload.size() % 6 == 0 && !payload.empty())
        unacknowledged_.push_back(settings_in({kind, none, 0, std::string(payload)}));
    else if (kind == type::headers)
        stream(id);
    else if (kind == type::window_update && payload.size() == 4)
        (id == 0 ? window_ : stream(id).window) += number_in(payload, 0);
}

void http2_client::headers(uint32_t stream, const fields& all, uint8_t flags) {
    headers(stream, block(all), flags);
}
void http2_client::headers(uint32_t stream, std::string_view block, uint8_t flags) {
    send(http2::headers(stream, block, flags));
}
void http2_client::data(uint32_t stream, std::string_view bytes, uint8_t flags) {
    send(http2::data(stream, bytes, flags));
}
void http2_client::reset(uint32_t stream, error_code code) {
    send(http2::rst_stream(stream, code));
}
void http2_client::settings(const setting_values& values) { send(http2::settings(values)); }
void http2_client::window_update(uint32_t stream, uint32_t by) {
    send(http2::window_update(stream, by));
}
void http2_client::ping(std::string_view eight_bytes) { send(http2::ping(eight_bytes)); }

void http2_client::get(uint32_t stream, std::string_view path, const fields& more) {
    headers(stream, request_fields("GET", path, more, scheme_), end_stream);
}
void http2_client::post(uint32_t stream, std::string_view body, const fields& more) {
    const std::string head = block(request_fields("POST", "/", more, scheme_));
    send(http2::headers(stream, head), http2::data(stream, body, end_stream));
}

// ---- listens ----

void http2_client::listen() {
    bytes_ += wire_.read(wire_.heard().size());
    size_t at = 0;
    while (bytes_.size() - at >= frame_header_size) {
        const std::string_view rest = std::string_view(bytes_).substr(at);
        const size_t length = number_in(rest, 0, 3);
        if (rest.size() < frame_header_size + length) break;
        frame whole{static_cast<type>(rest[3]), static_cast<uint8_t>(rest[4]), number_in(rest, 5),
                    std::string(rest.substr(frame_header_size, length))};
        at += frame_header_size + length;
        take_in(std::move(whole));
    }
    bytes_.erase(0, at);
}

void http2_client::mind(bool lawful, std::string_view rule, const frame& came) const {
    if (!lawful && !trusts_) ADD_FAILURE() << rule << ": " << shown(came);
}

void http2_client::take_in(frame came) {
    ++heard_count_;
    if (first_kinds_.size() < kinds_kept) first_kinds_.push_back(came.kind);
    mind(came.payload.size() <= largest_frame_, "larger than a frame may be", came);
    mind(!begun_ || came.kind == type::continuation, "inside of a head", came);
    check_stream(came);
    switch (came.kind) {
        case type::window_update: return take_window_update(came);
        case type::headers:
        case type::continuation: return take_head(std::move(came));
        case type::data: take_data(came); break;
        case type::settings:
            if (came.has(ack)) acknowledged();
            break;
        case type::rst_stream: stream(came.stream).reset = true; break;
        default: break;
    }
    queue_.push_back({std::move(came), {}});
}

void http2_client::check_stream(const frame& came) {
    const bool of_stream = came.kind == type::data || came.kind == type::headers ||
                           came.kind == type::rst_stream || came.kind == type::continuation;
    if (!of_stream) {
        mind(came.stream == 0 || came.kind == type::window_update, "not of a stream", came);
    } else if (const auto known = streams_.find(came.stream); known == streams_.end()) {
        mind(came.kind == type::rst_stream, "of a stream that nobody has opened", came);
    } else {
        const bool ended = known->second.ended && came.kind != type::rst_stream;
        mind(!ended && !known->second.reset, "behind the end of its stream", came);
    }
}

void http2_client::take_window_update(const frame& came) {
    if (came.payload.size() != 4) return mind(false, "not four bytes", came);
    const uint32_t by = number_in(came.payload, 0);
    mind(by != 0 && by <= largest_window, "no lawful increment", came);
    granted_[came.stream] += by;
}

void http2_client::take_data(const frame& came) {
    stream_state& of = stream(came.stream);
    const auto size = static_cast<int64_t>(came.payload.size());
    window_ -= size;
    of.window -= size;
    mind(size == 0 || (window_ >= 0 && of.window >= 0), "more than a window has room for", came);
    mind(of.head_seen, "before the head", came);
    mind(!came.has(padded), "padded", came);
    of.ended = of.ended || came.has(end_stream);
    order_.push_back(came.stream);
}

void http2_client::take_head(frame came) {
    mind((came.kind == type::continuation) == begun_.has_value(), "not where it belongs", came);
    const bool whole = came.has(end_headers);
    if (begun_) {
        begun_->payload += came.payload;
        mind(begun_->stream == came.stream, "of another stream than the head", came);
    } else {
        begun_ = std::move(came);
    }
    if (!whole) return;
    heard_frame all{std::move(*begun_), {}};
    begun_.reset();
    const auto read = decoder_.read(all.of.payload);
    mind(read.has_value(), "a head that cannot be read", all.of);
    all.head = read.value_or(fields{});
    check_head(all);
    stream_state& of = stream(all.of.stream);
    of.head_seen = of.head_seen || !is_informational(all.head);
    of.ended = of.ended || all.of.has(end_stream);
    queue_.push_back(std::move(all));
}

void http2_client::check_head(const heard_frame& came) {
    const bool is_trailer = stream(came.of.stream).head_seen;
    mind(!is_trailer || came.of.has(end_stream), "trailers that are not the end", came.of);
    mind(!is_informational(came.head) || !came.of.has(end_stream), "ends by 1xx", came.of);
    for (size_t i = 0; i < came.head.size(); ++i) {
        const std::string& name = came.head[i].name;
        mind((name == ":status") == (i == 0 && !is_trailer), "misplaced " + name, came.of);
        mind(i == 0 || !name.starts_with(':'), "pseudo-header " + name, came.of);
        mind(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
             "in capitals: " + name, came.of);
        mind(!is_connection_specific(name), "of the connection: " + name, came.of);
    }
}

void http2_client::acknowledged() {
    if (unacknowledged_.empty()) return;  // of SETTINGS without a value, or nobody's
    for (const auto& [id, value] : unacknowledged_.front()) {
        if (id == setting_id::header_table_size) decoder_.allow_table(value);
        if (id == setting_id::max_frame_size) largest_frame_ = value;
        if (id != setting_id::initial_window_size) continue;
        for (auto& [of, its] : streams_) its.window += int64_t{value} - initial_window_;
        initial_window_ = value;
    }
    unacknowledged_.pop_front();
}

http2_client::stream_state& http2_client::stream(uint32_t id) {
    return streams_.try_emplace(id, stream_state{initial_window_}).first->second;
}

}  // namespace saker::test
