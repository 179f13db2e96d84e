// See http2_text_client.h.

#include "tests/support/http2_text_client.h"

#include "protocols/http/status.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace saker::test {

using http2::event;
using http2::fields;

namespace {

constexpr std::string_view line_end = "\r\n";

// The first part up to `mark`, which is taken with it.
std::string_view cut(std::string_view& text, std::string_view mark) {
    const std::string_view part = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(text.size(), part.size() + mark.size()));
    return part;
}

std::string lower(std::string_view text) {
    std::string all(text);
    for (char& c : all) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return all;
}

// "content-length" as "Content-Length".
std::string usual(std::string_view name) {
    std::string all(name);
    bool first = true;
    for (char& c : all) {
        if (first) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        first = c == '-';
    }
    return all;
}

fields fields_in(std::string_view lines) {
    fields all;
    while (!lines.empty()) {
        std::string_view value = cut(lines, line_end);
        const std::string name = lower(cut(value, ":"));
        const size_t from = value.find_first_not_of(" \t");
        value = from == std::string_view::npos ? std::string_view() : value.substr(from);
        value = value.substr(0, value.find_last_not_of(" \t") + 1);
        all.push_back({name, std::string(value)});
    }
    return all;
}

std::string lines_of(const fields& all) {
    std::string text;
    for (const auto& [name, value] : all)
        if (!name.starts_with(':')) text += usual(name) + ": " + value + "\r\n";
    return text;
}

uint64_t number_of(std::string_view text, int base) {
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

struct request_head {
    fields all;
    std::optional<uint64_t> length;
    bool chunked = false, is_head = false;
    std::string protocol;  // of an extended CONNECT
};

request_head understood(std::string_view head, std::string_view scheme) {
    request_head made;
    std::string_view line = cut(head, line_end);
    const std::string method(cut(line, " "));
    const std::string path(cut(line, " "));
    EXPECT_EQ(line, "HTTP/1.1") << "this cannot be said over HTTP/2: " << method << ' ' << path;
    std::string host;
    fields others;
    for (auto& [name, value] : fields_in(head)) {
        if (name == "transfer-encoding") made.chunked = true;
        if (name == "content-length") made.length = number_of(value, 10);
        if (name == "upgrade") made.protocol = value;
        if (name == "host") host = value;
        const bool is_ones = name == "transfer-encoding" || name == "connection" ||
                             name == "upgrade" || name == "host" || name == "keep-alive" ||
                             name == "http2-settings";
        if (!is_ones) others.push_back({name, value});
    }
    made.is_head = method == "HEAD";
    if (made.length || made.chunked) made.protocol.clear();  // a body is none of a tunnel's
    made.all = {{":method", made.protocol.empty() ? method : "CONNECT"}};
    if (!made.protocol.empty()) made.all.push_back({":protocol", made.protocol});
    made.all.push_back({":scheme", std::string(scheme)});
    if (!host.empty()) made.all.push_back({":authority", host});
    made.all.push_back({":path", path});
    made.all.insert(made.all.end(), others.begin(), others.end());
    return made;
}

}  // namespace

http2_text_client::http2_text_client(turns& server, std::unique_ptr<conversation> wire,
                                     const wire_options& chosen)
    : conversation(server), wire_(std::move(wire)), chosen_(chosen), side_(chosen.side) {}

http2_text_client::~http2_text_client() = default;

void http2_text_client::greet() {
    flush();
    turn_until([this] { return side_.greeted() && side_.acknowledged(); });
    EXPECT_TRUE(side_.greeted() || wire_->was_reset() || wire_->ended()) << "no SETTINGS came";
}

// ---- what is said ----

void http2_text_client::send_raw(std::string_view text) {
    text_ += text;
    unsent_ = 0;
    turn_until([this] {
        while (say_some()) {}
        flush();
        return text_.empty() || was_reset() || now_ == saying::head;
    });
    if (now_ == saying::head) return;
    unsent_ = text_.size();
    text_.clear();
}

// One more step; false where it has to wait, or there is nothing to say.
bool http2_text_client::say_some() {
    switch (now_) {
        case saying::head: return say_head();
        case saying::sized:
        case saying::chunk:
        case saying::tunnel: return say_body();
        case saying::chunk_size: return say_chunk_line();
        case saying::chunk_end: {
            std::string_view line;
            if (!take_line(line)) return false;
            EXPECT_EQ(line, "");
            text_.erase(0, 2);
            now_ = saying::chunk_size;
            return true;
        }
        case saying::trailers: return say_trailers();
    }
    return false;
}

bool http2_text_client::take_line(std::string_view& line) {
    const size_t end = text_.find(line_end);
    if (end == std::string::npos) return false;
    line = std::string_view(text_).substr(0, end);
    return true;
}

bool http2_text_client::say_head() {
    while (text_.starts_with(line_end)) text_.erase(0, 2);
    const size_t end = text_.find("\r\n\r\n");
    if (end == std::string::npos || !side_.may_open()) return false;
    const std::string head = text_.substr(0, end);
    text_.erase(0, end + 4);
    return open(head);
}

bool http2_text_client::open(std::string_view text) {
    const request_head head = understood(text, chosen_.secure ? "https" : "http");
    const bool tunnels = !head.protocol.empty();
    const bool has_body = tunnels || head.chunked || head.length.value_or(0) > 0;
    if (tunnels && side_.setting(http2::setting_id::enable_connect_protocol, 0) != 1)
        ADD_FAILURE() << "the server knows no extended CONNECT";
    to_ = side_.open(head.all, !has_body);
    answers_.push_back({.stream = to_, .is_head = head.is_head, .tunnels = tunnels});
    left_ = head.length.value_or(0);
    if (has_body)
        now_ = tunnels ? saying::tunnel : head.chunked ? saying::chunk_size : saying::sized;
    return true;
}

// What is said to a stream that the server has reset is said to nobody.
bool http2_text_client::say_body() {
    const bool counted = now_ != saying::tunnel;
    const size_t most =
        counted ? static_cast<size_t>(std::min<uint64_t>(left_, text_.size())) : text_.size();
    if (most == 0) return false;
    const bool ends = now_ == saying::sized && most == left_;
    const size_t said =
        side_.may_send(to_) ? side_.data(to_, std::string_view(text_).substr(0, most), ends) : most;
    text_.erase(0, said);
    if (!counted) return said > 0 && !text_.empty();
    left_ -= said;
    if (left_ == 0) now_ = now_ == saying::sized ? saying::head : saying::chunk_end;
    return said > 0;
}

bool http2_text_client::say_chunk_line() {
    std::string_view line;
    if (!take_line(line)) return false;
    left_ = number_of(line.substr(0, line.find(';')), 16);
    text_.erase(0, line.size() + 2);
    now_ = left_ == 0 ? saying::trailers : saying::chunk;
    return true;
}

bool http2_text_client::say_trailers() {
    const size_t end = text_.starts_with(line_end) ? 0 : text_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const fields all = fields_in(std::string_view(text_).substr(0, end));
    text_.erase(0, end == 0 ? 2 : end + 4);
    if (all.empty())
        side_.data(to_, {}, true);
    else
        side_.trailers(to_, all);
    now_ = saying::head;
    return true;
}

void http2_text_client::flush() {
    pending_ += std::exchange(side_.outbox, {});
    if (pending_.empty() && wire_->unsent() == 0) return;
    const std::string all = std::exchange(pending_, {});
    if (wire_->ended() || wire_->was_reset()) return;
    wire_->send_raw(all);
    // One that encrypts has it all, whatever of it was sent.
    if (!chosen_.secure) pending_ = all.substr(all.size() - wire_->unsent());
}

void http2_text_client::end() {
    if (now_ == saying::tunnel) {
        side_.data(to_, {}, true);
        now_ = saying::head;
        flush();
    } else {
        wire_->end();
    }
    turn();
}

void http2_text_client::vanish() {
    wire_->vanish();
    heard_.clear();
    answers_.clear();
}

void http2_text_client::cancel(uint32_t code) {
    if (answers_.empty()) return;
    side_.reset(answers_.front().stream, code);
    if (to_ == answers_.front().stream) now_ = saying::head;
    answers_.pop_front();
    flush();
    turn();
}

// ---- what is heard ----

bool http2_text_client::turn() {
    const bool has_happened = wire_->turn();
    pump();
    return has_happened;
}

void http2_text_client::pump() {
    do {
        side_.hear(wire_->take_heard());
        for (const event& one : side_.take_events()) tell(one);
        while (say_some()) {}
        flush();
    } while (!wire_->heard().empty());
    if (side_.mistake().empty() || std::exchange(complained_, true)) return;
    ADD_FAILURE() << "the server has broken a rule: " << side_.mistake();
}

void http2_text_client::tell(const event& of) {
    const auto found = std::find_if(answers_.begin(), answers_.end(), [&](const answer& one) {
        return one.stream == of.stream && !one.complete;
    });
    if (found == answers_.end()) return;
    answer& to = *found;
    switch (of.kind) {
        case event::what::interim:
        case event::what::head: tell_head(to, of); break;
        case event::what::data:
            if (to.chunked) {
                char size[20];
                std::snprintf(size, sizeof size, "%zx\r\n", of.bytes.size());
                to.text.append(size).append(of.bytes).append(line_end);
            } else {
                to.text += of.bytes;
            }
            break;
        case event::what::trailers: to.trailers = of.said; break;
        case event::what::ended:
            if (to.chunked) to.text += "0\r\n" + lines_of(to.trailers) + "\r\n";
            to.complete = true;
            break;
        case event::what::reset:
            to.reset = to.complete = true;
            to.code = of.code;
            break;
    }
    forward();
}

void http2_text_client::tell_head(answer& to, const event& of) {
    const std::string& status = of.said.front().value;
    const auto code = static_cast<uint16_t>(number_of(status, 10));
    to.text += "HTTP/1.1 " + status + ' ' + std::string(reason_phrase(code)) + "\r\n";
    to.text += lines_of(of.said);
    const bool has_length = std::any_of(of.said.begin(), of.said.end(), [](const auto& one) {
        return one.name == "content-length";
    });
    if (to.tunnels && code != 200) to.tunnels = false;
    to.chunked = of.kind == event::what::head && !of.last && !has_length && !to.is_head &&
                 !to.tunnels && code != 204 && code != 304;
    if (to.chunked) to.text += "Transfer-Encoding: chunked\r\n";
    to.text += line_end;
    if (of.kind == event::what::head && !to.tunnels && now_ == saying::tunnel && to_ == to.stream)
        now_ = saying::head;
}

// To the test, up to the first answer that is not complete.
void http2_text_client::forward() {
    while (tells_ && !answers_.empty()) {
        answer& next = answers_.front();
        heard_ += std::exchange(next.text, {});
        if (!next.complete || next.reset) return;
        tunnel_ended_ = next.tunnels;
        answers_.pop_front();
    }
}

void http2_text_client::stop_reading() {
    side_.grant(false);
    tells_ = false;
}

void http2_text_client::go_on_reading() {
    side_.grant(true);
    tells_ = true;
    forward();
    flush();
}

bool http2_text_client::ended() const {
    if (tunnel_ended_) return true;
    return wire_->ended() && wire_->heard().empty();
}

bool http2_text_client::was_reset() const {
    const bool is_next = tells_ && !answers_.empty() && answers_.front().reset;
    return is_next || wire_->was_reset();
}

void http2_text_client::receive_end() {
    conversation::receive_end();
    if (!tunnel_ended_) wire_->receive_end();
}

void http2_text_client::receive_reset() {
    conversation::receive_reset();
    if (wire_->was_reset() || answers_.empty()) return;
    reset_code_ = answers_.front().code;
    if (to_ == answers_.front().stream) now_ = saying::head;
    answers_.pop_front();
    forward();
}

void http2_text_client::receive_chunks(std::initializer_list<std::string_view> pieces) {
    std::string expected, came;
    for (const std::string_view one : pieces) expected += one;
    while (came.size() < expected.size()) {
        size_t line = std::string::npos;
        turn_until([&] { return (line = heard_.find(line_end)) != std::string::npos; });
        const uint64_t size = line == std::string::npos ? 0 : number_of(heard_, 16);
        if (size == 0) break;
        const std::string chunk = read(line + 2 + static_cast<size_t>(size) + 2);
        came += chunk.substr(line + 2, static_cast<size_t>(size));
    }
    EXPECT_EQ(came, expected);
}

}  // namespace saker::test
