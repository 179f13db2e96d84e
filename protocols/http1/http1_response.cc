// The outgoing half of an exchange: heads and framing. A small answer is written in one piece, head
// and body together; large bodies go into the output pipe as shares behind their head.

#include "protocols/http1/http1_exchange.h"

#include "protocols/http/status.h"
#include "protocols/http1/http1_service.h"

#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

namespace saker::http1 {
namespace {

// Bodies up to this are copied behind the head: a second piece costs the kernel more than the copy
// costs us (performance.md section 4).
constexpr size_t copied_body = 4096;
// Status line, Server, Date, Connection, Content-Length or Transfer-Encoding, and the empty line.
constexpr size_t fixed_head = 320;

char* put(char* out, std::string_view text) noexcept {
    if (text.empty()) return out;
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
}

char* put_number(char* out, uint64_t value) noexcept {
    return std::to_chars(out, out + 20, value).ptr;
}

// Not a field: three digits of status, made here so that no status needs a table.
char* put_status_line(char* out, uint16_t status, std::string_view reason) noexcept {
    if (status == 200 && reason.empty()) return put(out, "HTTP/1.1 200 OK\r\n");
    out = put(out, "HTTP/1.1 ");
    out = put_number(out, status);
    *out++ = ' ';
    out = put(out, reason.empty() ? reason_phrase(status) : reason);
    return put(out, "\r\n");
}

}  // namespace

char* http1_exchange::format_head(char* out, std::optional<uint64_t> length) noexcept {
    out = put_status_line(out, head.status, head.reason);
    out = put(out, head.has(header_id::server) ? service_.date() : service_.server_and_date());
    out = head.write_lines(out);
    if (upgraded()) return put(out, "Connection: Upgrade\r\n\r\n");
    if (length) {
        out = put(out, "Content-Length: ");
        out = put_number(out, *length);
        out = put(out, "\r\n");
    } else if (framing_ == framing::chunked) {
        out = put(out, "Transfer-Encoding: chunked\r\n");
    }
    if (!keep_alive_) {
        out = put(out, "Connection: close\r\n");
    } else if (head_.version_minor() == 0) {
        out = put(out, "Connection: keep-alive\r\n");
    }
    return put(out, "\r\n");
}

// The request's body will not be read to its end: the client has not begun to send it and waits for
// 100 Continue in vain, or it is too large. RFC 9110 10.1.1 wants that to be said in the answer.
bool http1_exchange::leaves_body() const noexcept {
    if (reading_ || body_ == body_state::done) return false;
    if (must_continue_ && connection_->input().empty()) return true;
    return body_ == body_state::sized && body_limit_ && body_remaining_ > *body_limit_;
}

// Head, and a body that fits behind it, as one piece of the output pipe.
void http1_exchange::write_head(std::optional<uint64_t> length, std::string_view body) noexcept {
    if (head.close || connection_->close_requested() || leaves_body()) keep_alive_ = false;
    started_ = true;
    was_unheard_ = connection_->output_dead();
    const auto status_class = static_cast<size_t>(head.status / 100);
    connection_->on_core().counts().responses_by_class[status_class].add();

    pipe& out = connection_->output();
    const size_t room = fixed_head + head.reason.size() + head.lines_size() + body.size();
    if (room <= slab_pool::slab_size) {
        char* const begin = out.reserve(room);
        if (begin == nullptr) return out_of_memory();
        char* end = format_head(begin, length);
        if (!body.empty()) end = put(end, body);
        return out.commit(static_cast<size_t>(end - begin));
    }
    std::string large(room, '\0');
    char* end = format_head(large.data(), length);
    if (!body.empty()) end = put(end, body);
    if (!out.write({large.data(), static_cast<size_t>(end - large.data())})) out_of_memory();
}

void http1_exchange::finish_response() noexcept {
    if (!started_) return send_whole_answer();
    end_stream();
}

void http1_exchange::send_whole_answer() noexcept {
    if (body_ == body_state::failed && head.status == 200 && body_text_.empty() &&
        body_share_.empty()) {
        return reject(rejection_);
    }
    if (body_ == body_state::failed) keep_alive_ = false;
    const bool has_share = !body_share_.empty();
    const size_t size = has_share ? body_share_.size() : body_text_.size();
    if (!body_allowed(head_.method() == method::connect))
        return write_head(unsent_length(size), {});
    if (head.content_length.value_or(size) != size) {
        // Found before anything was sent: 500, as with Kestrel, and the connection goes on.
        fail_response(std::make_exception_ptr(
            std::logic_error("Content-Length is " + std::to_string(*head.content_length) +
                             ", and the body has " + std::to_string(size) + " bytes")));
        return send_whole_answer();
    }
    written_ = size;
    if (has_share && size > copied_body) {
        write_head(size, {});
        return connection_->output().append(std::move(body_share_));
    }
    write_head(size, has_share ? body_share_.text() : std::string_view(body_text_));
    body_share_ = {};
}

// ---- streaming ----

void http1_exchange::start_streaming() noexcept {
    if (started_) return;
    if (!body_allowed(head_.method() == method::connect)) {
        framing_ = framing::no_body;
        body_wanted_ = false;
        return write_head(unsent_length(0), {});
    }
    if (head.content_length) {
        framing_ = framing::sized;
    } else if (head_.version_minor() == 1) {
        framing_ = framing::chunked;
    } else {
        framing_ = framing::until_close;
        keep_alive_ = false;
    }
    write_head(head.content_length, {});
}

// False where the handler breaks what it has announced: nothing of it is sent.
bool http1_exchange::count_written(size_t size) noexcept {
    if (framing_ == framing::no_body) return false;
    written_ += size;
    if (framing_ != framing::sized || written_ <= *head.content_length) return true;
    connection_->abort(end_reason::error_writing_response);
    return false;
}

void http1_exchange::write_piece(share piece) noexcept {
    if (piece.empty() || !count_written(piece.size())) return;
    if (piece.size() <= 512) {
        // Smaller than the cost of another piece for the kernel.
        written_ -= piece.size();
        return write_copy(piece.text());
    }
    pipe& out = connection_->output();
    if (framing_ != framing::chunked) return out.append(std::move(piece));
    char* const begin = out.reserve(20);
    if (begin == nullptr) return out_of_memory();
    char* end = std::to_chars(begin, begin + 16, piece.size(), 16).ptr;
    end = put(end, "\r\n");
    out.commit(static_cast<size_t>(end - begin));
    out.append(std::move(piece));
    if (!out.write("\r\n")) out_of_memory();
}

void http1_exchange::write_copy(std::string_view text) noexcept {
    pipe& out = connection_->output();
    while (!text.empty()) {
        const std::string_view part = text.substr(0, slab_pool::slab_size - 32);
        text.remove_prefix(part.size());
        if (!count_written(part.size())) return;
        char* const begin = out.reserve(part.size() + 32);
        if (begin == nullptr) return out_of_memory();
        char* end = begin;
        if (framing_ == framing::chunked) {
            end = std::to_chars(end, end + 16, part.size(), 16).ptr;
            end = put(end, "\r\n");
        }
        end = put(end, part);
        if (framing_ == framing::chunked) end = put(end, "\r\n");
        out.commit(static_cast<size_t>(end - begin));
    }
}

void http1_exchange::end_stream() noexcept {
    // What was made of half a request is not to be taken for a whole answer.
    const bool complete = framing_ == framing::no_body ||
                          (framing_ == framing::sized && written_ == *head.content_length);
    if (body_ == body_state::failed && !complete)
        return connection_->abort(end_reason::other_error);
    if (framing_ == framing::sized && written_ < *head.content_length)
        return connection_->abort(end_reason::error_writing_response);
    if (framing_ != framing::chunked) return;
    pipe& out = connection_->output();
    if (!out.write("0\r\n") || !out.write(trailers_) || !out.write("\r\n")) out_of_memory();
}

void http1_exchange::add_trailer(std::string_view name, std::string_view value) {
    trailers_.append(name).append(": ").append(value).append("\r\n");
}

void http1_exchange::send_early_hints(std::span<const std::string_view> links) noexcept {
    if (head_.version_minor() == 0) return;
    std::string hints = "HTTP/1.1 103 Early Hints\r\n";
    for (const std::string_view link : links) hints.append("Link: ").append(link).append("\r\n");
    hints += "\r\n";
    if (!connection_->output().write(hints)) return out_of_memory();
    connection_->output().publish();
}

saker::connection* http1_exchange::upgrade(std::string_view protocol) noexcept {
    if (!connection_->upgrade()) return nullptr;
    head.status = 101;
    head.replace("Upgrade", protocol);
    framing_ = framing::upgraded;
    body_wanted_ = false;
    write_head(std::nullopt, {});
    keep_alive_ = false;
    connection_->output().publish();
    return connection_;
}

// ---- failures ----

void http1_exchange::abort() noexcept { connection_->abort(end_reason::aborted_by_app); }

// The core has no slab for what has to be written: the only place where that ends a connection.
void http1_exchange::out_of_memory() noexcept { connection_->abort(end_reason::out_of_memory); }

void http1_exchange::reject(rejection_reason why) noexcept {
    rejection_ = why;
    keep_alive_ = false;
    const bool in_head = body_ == body_state::none;
    head.clear();
    head.status = status_of(why);
    if (const std::string_view allowed = allowed_method(why); !allowed.empty())
        head.add("Allow", allowed);
    framing_ = framing::no_body;
    write_head(uint64_t{0}, {});
    if (in_head) connection_->on_core().counts().rejections[static_cast<size_t>(why)].add();
    log_refusal(why);
}

}  // namespace saker::http1
