// See http2_side.h.

#include "tests/support/http2_side.h"

#include <algorithm>
#include <charconv>

namespace saker::test::http2 {
namespace {

const std::string* value_in(const fields& all, std::string_view name) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const field& one) { return one.name == name; });
    return found == all.end() ? nullptr : &found->value;
}

bool is_lawful_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return c > ' ' && c < '\x7f' && !(c >= 'A' && c <= 'Z') && c != ':';
    });
}

bool is_lawful_value(std::string_view value) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
    if (!value.empty() && (is_space(value.front()) || is_space(value.back()))) return false;
    return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// Windows are opened again at half of what they are by default.
constexpr int64_t enough = 32'768;

// RFC 9113 8.2.2.
bool is_of_connections(std::string_view name) {
    return name == "connection" || name == "keep-alive" || name == "proxy-connection" ||
           name == "transfer-encoding" || name == "upgrade";
}

}  // namespace

client_side::client_side(const side_options& chosen) : chosen_(chosen) {
    setting_values first = {{setting_id::enable_push, 0}};
    if (chosen.initial_window != 65'535)
        first.emplace_back(setting_id::initial_window_size, chosen.initial_window);
    if (chosen.max_frame_size != 16'384)
        first.emplace_back(setting_id::max_frame_size, chosen.max_frame_size);
    if (chosen.header_table_size != 4096)
        first.emplace_back(setting_id::header_table_size, chosen.header_table_size);
    outbox = std::string(connection_preface) + settings(first);
    unacknowledged_.push_back(first);
    decoder_.allow_table(std::max<size_t>(chosen.header_table_size, 4096));
}

void client_side::wrong(std::string what) {
    if (mistake_.empty()) mistake_ = std::move(what);
}

// ---- what it says ----

std::string client_side::block(const fields& all) {
    return chosen_.compresses ? encoder_.block(all) : http2::block(all);
}

bool client_side::may_open() const {
    return !goaway_code_ &&
           streams_.size() < setting(setting_id::max_concurrent_streams, 0x7fffffff);
}

uint32_t client_side::open(const fields& head, bool last) {
    const uint32_t id = std::exchange(next_, next_ + 2);
    one_stream& made = streams_[id];
    made.send_window = initial_send_window_;
    made.receive_window = initial_receive_window_;
    made.sent_end = last;
    const std::string* const method = value_in(head, ":method");
    made.is_head = method != nullptr && *method == "HEAD";
    made.connects = method != nullptr && *method == "CONNECT";
    outbox += headers_in_parts(id, block(head), 16'384, last ? end_stream : none);
    return id;
}

size_t client_side::room(uint32_t id) const {
    const auto found = streams_.find(id);
    if (found == streams_.end() || found->second.sent_end) return 0;
    const int64_t least = std::min(send_window_, found->second.send_window);
    return least > 0 ? static_cast<size_t>(least) : 0;
}

bool client_side::may_send(uint32_t id) const {
    const auto found = streams_.find(id);
    return found != streams_.end() && !found->second.sent_end;
}

size_t client_side::data(uint32_t id, std::string_view bytes, bool last) {
    if (!may_send(id)) return 0;
    one_stream& of = streams_.at(id);
    const size_t now = std::min(room(id), bytes.size());
    const bool ends = last && now == bytes.size();
    for (std::string_view left = bytes.substr(0, now); !left.empty() || ends;) {
        const std::string_view part = left.substr(0, 16'384);
        left.remove_prefix(part.size());
        outbox += http2::data(id, part, ends && left.empty() ? end_stream : none);
        if (left.empty()) break;
    }
    of.send_window -= static_cast<int64_t>(now);
    send_window_ -= static_cast<int64_t>(now);
    of.sent_end = ends;
    if (ends && of.heard_end) streams_.erase(id);
    return now;
}

void client_side::trailers(uint32_t id, const fields& all) {
    if (!may_send(id)) return;
    outbox += headers_in_parts(id, block(all), 16'384, end_stream);
    streams_.at(id).sent_end = true;
    if (streams_.at(id).heard_end) streams_.erase(id);
}

void client_side::reset(uint32_t id, uint32_t code) {
    if (streams_.erase(id) > 0) outbox += rst_stream(id, code);
}

void client_side::initial_window(uint32_t size) {
    unacknowledged_.push_back({{setting_id::initial_window_size, size}});
    outbox += settings(unacknowledged_.back());
}

void client_side::grant(bool goes_on) {
    grants_ = goes_on;
    if (!grants_) return;
    take_back(0, 0);
    // Those that were small from their beginning, too.
    for (auto& [id, of] : streams_) {
        if (of.heard_end || of.receive_window >= enough) continue;
        const int64_t by = 65'535 - of.receive_window;
        of.receive_window += by;
        of.untaken = 0;
        outbox += window_update(id, static_cast<uint32_t>(by));
    }
}

void client_side::take_back(uint32_t id, int64_t size) {
    untaken_ += size;
    if (grants_ && untaken_ >= enough) {
        receive_window_ += untaken_;
        outbox += window_update(0, static_cast<uint32_t>(std::exchange(untaken_, 0)));
    }
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    one_stream& of = found->second;
    of.untaken += size;
    const bool is_due = of.untaken >= enough || (of.receive_window <= 0 && of.untaken > 0);
    if (!grants_ || !is_due || of.heard_end) return;
    of.receive_window += of.untaken;
    outbox += window_update(id, static_cast<uint32_t>(std::exchange(of.untaken, 0)));
}

// ---- what it hears ----

uint32_t client_side::setting(setting_id id, uint32_t otherwise) const {
    const auto found = settings_.find(id);
    return found == settings_.end() ? otherwise : found->second;
}

void client_side::hear(std::string_view bytes) {
    inbox_ += bytes;
    size_t at = 0;
    while (inbox_.size() - at >= frame_header_size && mistake_.empty()) {
        const size_t length = number_in(inbox_, at, 3);
        frame next;
        next.kind = static_cast<type>(inbox_[at + 3]);
        next.flags = static_cast<uint8_t>(inbox_[at + 4]);
        next.stream = number_in(inbox_, at + 5);
        if (length > chosen_.max_frame_size) return wrong("a frame that is too large");
        if (inbox_.size() - at - frame_header_size < length) break;
        next.payload = inbox_.substr(at + frame_header_size, length);
        at += frame_header_size + length;
        take(next);
    }
    inbox_.erase(0, at);
}

void client_side::take(const frame& next) {
    if (!greeted_ && (next.kind != type::settings || next.has(ack)))
        return wrong("not SETTINGS first: " + shown(next));
    if (head_of_ != 0 && (next.kind != type::continuation || next.stream != head_of_))
        return wrong("inside a head: " + shown(next));
    switch (next.kind) {
        case type::data: return take_data(next);
        case type::headers:
            if (next.has(padded) || next.has(with_priority))
                return wrong("not how this server says a head: " + shown(next));
            head_block_ = next.payload;
            head_is_last_ = next.has(end_stream);
            head_of_ = next.stream;
            break;
        case type::continuation:
            if (head_of_ == 0) return wrong("a CONTINUATION of nothing");
            head_block_ += next.payload;
            break;
        case type::rst_stream: return take_reset(next);
        case type::settings: return take_settings(next);
        case type::push_promise: return wrong("PUSH_PROMISE");
        case type::ping:
            if (next.payload.size() != 8 || next.stream != 0) return wrong(shown(next));
            if (next.has(ack))
                ++pongs_;
            else
                outbox += ping(next.payload, ack);
            return;
        case type::goaway: return take_goaway(next);
        case type::window_update: return take_window(next);
        default: return;  // extensions, and PRIORITY
    }
    if (!next.has(end_headers)) return;
    take_head(std::exchange(head_of_, 0), head_is_last_);
}

void client_side::take_data(const frame& next) {
    if (next.has(padded)) return wrong("not how this server says data");
    if (next.stream == 0 || next.stream >= next_) return wrong("DATA of no stream");
    const auto size = static_cast<int64_t>(next.payload.size());
    receive_window_ -= size;
    if (receive_window_ < 0) return wrong("more than the connection's window");
    const auto found = streams_.find(next.stream);
    if (found != streams_.end()) {
        one_stream& of = found->second;
        if (of.heard_end || !of.heard_head) return wrong("out of its place: " + shown(next));
        if (of.is_head && size > 0) return wrong("a body for HEAD");
        of.receive_window -= size;
        if (of.receive_window < 0 && size > 0) return wrong("more than the stream's window");
        of.came += next.payload.size();
        if (size > 0) events_.push_back({event::what::data, next.stream, {}, next.payload});
        if (next.has(end_stream)) finish(next.stream);
    }
    take_back(next.stream, size);
}

void client_side::finish(uint32_t id) {
    one_stream& of = streams_.at(id);
    of.heard_end = true;
    if (of.length && !of.is_head && *of.length != of.came) wrong("not the length that was said");
    events_.push_back({event::what::ended, id});
    if (of.sent_end) streams_.erase(id);
}

void client_side::take_head(uint32_t id, bool last) {
    const std::optional<fields> all = decoder_.read(head_block_);
    if (!all) return wrong("a head that cannot be read");
    if (id == 0 || id % 2 == 0 || id >= next_) return wrong("a head of no stream");
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;  // this side has reset it
    one_stream& of = found->second;
    if (of.heard_end) return wrong("a head behind the end of its stream");
    const bool is_trailers = of.heard_head;
    check_head(id, of, *all, is_trailers);
    if (is_trailers) {
        if (!last) return wrong("trailers that are not the end");
        events_.push_back({event::what::trailers, id, *all});
        return finish(id);
    }
    const bool is_interim = all->front().value.starts_with('1');
    if (is_interim && last) return wrong("an interim head that is the end");
    of.heard_head = !is_interim;
    events_.push_back({is_interim ? event::what::interim : event::what::head, id, *all});
    events_.back().last = last;
    if (!last) return;
    // 204 and 304 may say a length of what they have not.
    if (of.length && *of.length > 0 && all->front().value == "304") of.length.reset();
    finish(id);
}

void client_side::check_head(uint32_t id, one_stream& of, const fields& all, bool is_trailers) {
    const std::string which = " in the head of stream " + std::to_string(id);
    if (!is_trailers &&
        (all.empty() || all.front().name != ":status" || all.front().value.size() != 3))
        return wrong("no :status first" + which);
    for (size_t i = is_trailers ? 0 : 1; i < all.size(); ++i) {
        const auto& [name, value] = all[i];
        if (!is_lawful_name(name) || is_of_connections(name))
            return wrong("the name '" + name + '\'' + which);
        if (!is_lawful_value(value)) return wrong("the value '" + value + '\'' + which);
    }
    if (is_trailers) return;
    if (const std::string* const length = value_in(all, "content-length"); length != nullptr) {
        uint64_t size = 0;
        std::from_chars(length->data(), length->data() + length->size(), size);
        of.length = size;
    }
}

void client_side::take_settings(const frame& next) {
    if (next.stream != 0 || next.payload.size() % 6 != 0) return wrong(shown(next));
    greeted_ = true;
    if (next.has(ack)) {
        if (unacknowledged_.empty()) return wrong("an acknowledgement of nothing");
        for (const auto& [id, value] : unacknowledged_.front()) {
            if (id != setting_id::initial_window_size) continue;
            const int64_t change = int64_t{value} - initial_receive_window_;
            initial_receive_window_ = value;
            for (auto& [number, of] : streams_) of.receive_window += change;
        }
        return unacknowledged_.pop_front();
    }
    for (const auto& [id, value] : settings_in(next)) {
        settings_[id] = value;
        if (id != setting_id::initial_window_size) continue;
        const int64_t change = int64_t{value} - initial_send_window_;
        initial_send_window_ = value;
        for (auto& [number, of] : streams_) of.send_window += change;
    }
    outbox += settings_ack();
}

void client_side::take_reset(const frame& next) {
    if (next.payload.size() != 4 || next.stream == 0 || next.stream >= next_)
        return wrong(shown(next));
    const uint32_t code = number_in(next.payload, 0);
    if (streams_.erase(next.stream) > 0)
        events_.push_back({event::what::reset, next.stream, {}, {}, code});
}

void client_side::take_goaway(const frame& next) {
    if (next.payload.size() < 8 || next.stream != 0) return wrong(shown(next));
    const uint32_t last = number_in(next.payload, 0) & 0x7fffffff;
    if (last > goaway_last_) return wrong("a GOAWAY that takes something back");
    goaway_last_ = last;
    goaway_code_ = number_in(next.payload, 4);
}

void client_side::take_window(const frame& next) {
    if (next.payload.size() != 4 || next.stream >= next_) return wrong(shown(next));
    const auto by = static_cast<int64_t>(number_in(next.payload, 0) & 0x7fffffff);
    if (by == 0) return wrong("a WINDOW_UPDATE by nothing");
    int64_t* window = next.stream == 0 ? &send_window_ : nullptr;
    if (const auto found = streams_.find(next.stream); found != streams_.end())
        window = &found->second.send_window;
    if (window == nullptr) return;
    *window += by;
    if (*window > largest_window) wrong("a window that is too large");
}

}  // namespace saker::test::http2
