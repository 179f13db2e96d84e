// The outgoing half of a stream: the head for nghttp2, and what DATA frames are filled with. Small
// answers lie in a text of the exchange's until they are sent; large bodies are shares in a pipe.

#include "protocols/http/characters.h"
#include "protocols/http/status.h"
#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/http2_stream.h"
#include "protocols/http2/tunnel.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace saker::http2 {
namespace {

// Up to this a frame's payload is copied behind its header: another piece costs the kernel more.
constexpr size_t copied_payload = 4096;

// Not for HTTP/2 (RFC 9113 8.2.2): dropped, as Kestrel does.
bool is_dropped(header_id id) noexcept {
    return id == header_id::keep_alive || id == header_id::proxy_connection ||
           id == header_id::upgrade;
}

// RFC 7541 7.1.3: short secrets that may not be guessed by what compression makes of them.
bool is_secret(header_id id) noexcept {
    return id == header_id::set_cookie || id == header_id::content_disposition;
}

}  // namespace

// ---- the handler ----

void http2_stream::answer_request() noexcept {
    handler_running_ = true;
    std::optional<task<>> answering;
    try {
        answering = service_.app().answer(request(), response());
    } catch (...) {
        return on_handler_end(std::current_exception());
    }
    if (!answering) return on_handler_end(nullptr);
    std::move(*answering)
        .start({[](void* of, std::exception_ptr failure) noexcept {
                    static_cast<http2_stream*>(of)->on_handler_end(std::move(failure));
                },
                this});
}

void http2_stream::on_handler_end(std::exception_ptr failure) noexcept {
    if (failure) fail_response(std::move(failure));
    if (!waits_for_responder()) return after_answer();
    wait_for_responder(
        {[](void* of) noexcept { static_cast<http2_stream*>(of)->after_answer(); }, this});
}

void http2_stream::after_answer() noexcept {
    finish_response();
    handler_running_ = false;
    live_ = false;
    if (tunnel_ == nullptr && !in_->empty()) owner_->taken(*this, in_->length());
    in_->stop_reading();  // a tunnel gives back what it owes
    if (open_ && end_sent_ && expects_data()) owner_->reset(*this, error_code::no_error);
    owner_->handler_ended(*this);
}

void http2_stream::finish_response() noexcept {
    if (tunnel_ != nullptr) {
        out_->publish();
        response_rate_ = service_.limits().min_response_data_rate;  // of what is left to send
        owe_end();
        return more_to_send();
    }
    if (!open_ || cancelled_) return;
    if (!started_) return send_whole_answer();
    // What was made of half a request is not to be taken for a whole answer.
    const bool is_complete =
        !body_wanted_ || (head.content_length && written_ == *head.content_length);
    const bool is_short = body_wanted_ && head.content_length && written_ < *head.content_length;
    if (is_short || (body_ == body_state::failed && !is_complete)) return abort();
    if (!body_wanted_) return;  // its end was said with the head
    owe_end();
    more_to_send();
}

void http2_stream::send_whole_answer() noexcept {
    if (body_ == body_state::failed && head.status == 200 && body_text_.empty() &&
        body_share_.empty()) {
        return reject(rejection_);
    }
    const bool has_share = !body_share_.empty();
    const size_t size = has_share ? body_share_.size() : body_text_.size();
    if (!body_allowed(asked.method == "CONNECT")) {
        body_wanted_ = false;
        return send_head(unsent_length(size), false);
    }
    if (head.content_length.value_or(size) != size) {
        // Found before anything was sent: 500, as with Kestrel.
        fail_response(std::make_exception_ptr(
            std::logic_error("Content-Length is " + std::to_string(*head.content_length) +
                             ", and the body has " + std::to_string(size) + " bytes")));
        return send_whole_answer();
    }
    written_ = size;
    answer_over_ = true;
    if (has_share) {
        keep_to_send(std::move(body_share_));
    } else if (size > copied_payload) {
        keep_to_send(detail::lend(std::make_shared<const std::string>(std::move(body_text_))));
        body_text_ = {};
    } else {
        text_left_ = body_text_;
        owner_->queued(size);
    }
    const bool has_data = size != 0 || !sent_trailers_.empty();
    if (has_data) owe_end();
    // Trailers alone say no length: nginx' grpc_pass drops them behind one of nothing.
    const bool has_trailers_alone = size == 0 && has_data && !head.content_length;
    send_head(has_trailers_alone ? std::nullopt : std::optional<uint64_t>(size), has_data);
}

void http2_stream::keep_to_send(share piece) noexcept {
    const size_t size = piece.size();
    try {
        out_->append(std::move(piece));
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
    owner_->queued(size);
}

// ---- heads ----

void http2_stream::send_head(std::optional<uint64_t> length, bool body) noexcept {
    say_continue();
    started_ = true;
    was_unheard_ = unheard();
    core_counts& counts = connection_->on_core().counts();
    counts.responses_by_class[static_cast<size_t>(head.status / 100)].add();
    if (head.close) connection_->request_close(end_reason::connection_close_requested);
    if (!open_ || cancelled_) return stop_output();

    std::vector<sent_field>& fields = service_.gathered_fields();
    try {
        fill_in_head(length, fields);
    } catch (const std::bad_alloc&) {
        return out_of_memory();
    }
    if (!owner_->frames().answer(id_, fields, body)) return out_of_memory();
    head_sent_ = true;
    owner_->send_soon();
}

// All names and values in one text that nobody moves until they are sent.
void http2_stream::fill_in_head(std::optional<uint64_t> length, std::vector<sent_field>& fields) {
    size_t size = http_date_size + 32;
    size_t count = 4;
    head.for_each([&](header_id, std::string_view name, std::string_view value) {
        size += name.size() + value.size();
        ++count;
    });
    sent_text_.clear();
    sent_text_.reserve(size);
    fields.clear();
    fields.reserve(count);
    const auto keep = [&](std::string_view text) -> std::string_view {
        const size_t at = sent_text_.size();
        sent_text_.append(text);
        return {sent_text_.data() + at, text.size()};
    };
    const auto digits = [](char* into, uint64_t value) -> std::string_view {
        return {into, static_cast<size_t>(std::to_chars(into, into + 20, value).ptr - into)};
    };
    fields.push_back({":status", digits(digits_.data(), head.status)});
    if (service_.options().add_server_header && !head.has(header_id::server))
        fields.push_back({"server", "Saker"});
    if (!head.has(header_id::date)) fields.push_back({"date", keep(service_.date())});
    head.for_each([&](header_id id, std::string_view name, std::string_view value) {
        if (is_dropped(id)) return;
        const std::string_view kept = keep(name);
        for (char& c : std::span(const_cast<char*>(kept.data()), kept.size())) c = to_lower(c);
        fields.push_back({kept, keep(value), is_secret(id)});
    });
    if (length) fields.push_back({"content-length", digits(digits_.data() + 4, *length)});
}

void http2_stream::send_early_hints(std::span<const std::string_view> links) noexcept {
    if (!open_ || cancelled_) return;
    std::vector<sent_field> fields{{":status", "103"}};
    for (const std::string_view link : links) fields.push_back({"link", link});
    if (!owner_->frames().inform(id_, fields)) return out_of_memory();
    owner_->send_soon();
}

void http2_stream::add_trailer(std::string_view name, std::string_view value) {
    if (is_dropped(find_header(name))) return;
    std::string lower(name);
    for (char& c : lower) c = to_lower(c);
    sent_trailers_.emplace_back(std::move(lower), value);
}

// ---- streaming ----

void http2_stream::start_streaming() noexcept {
    if (started_) return;
    if (!body_allowed(asked.method == "CONNECT")) {
        body_wanted_ = false;
        return send_head(unsent_length(0), false);
    }
    send_head(head.content_length, true);
}

// False where the handler breaks what it has announced, or nobody listens.
bool http2_stream::count_written(size_t size) noexcept {
    if (!body_wanted_ || cancelled_ || !open_) return false;
    written_ += size;
    if (!head.content_length || written_ <= *head.content_length) return true;
    abort();
    return false;
}

void http2_stream::write_piece(share piece) noexcept {
    if (piece.empty() || !count_written(piece.size())) return;
    keep_to_send(std::move(piece));
    more_to_send();
}

void http2_stream::write_copy(std::string_view text) noexcept {
    if (text.empty() || !count_written(text.size())) return;
    if (!out_->write(text)) return out_of_memory();
    owner_->queued(text.size());
    more_to_send();
}

bool http2_stream::has_room() noexcept {
    if (out_->should_pause()) return false;
    return owner_->has_room() || out_->length() < service_.output().pause_writer_threshold / 8;
}

void http2_stream::more_to_send() noexcept {
    if (std::exchange(deferred_, false)) owner_->frames().resume(id_);
    owner_->send_soon();
}

outgoing http2_stream::next_data(size_t most) noexcept {
    const size_t there = queued();
    const size_t size = std::min(most, there);
    if (!answer_over_ || size < there) {
        deferred_ = size == 0;
        return {size, outgoing::after::more};
    }
    if (sent_trailers_.empty()) return {size, outgoing::after::end};
    std::vector<sent_field> fields;
    for (const auto& [name, value] : sent_trailers_) fields.push_back({name, value});
    if (!owner_->frames().trail(id_, fields)) out_of_memory();
    return {size, outgoing::after::trailers};
}

bool http2_stream::send_data(std::string_view header, size_t size) noexcept {
    pipe& out = connection_->output();
    sent_ += size;
    owner_->sent(size);
    if (tunnel_ != nullptr) tunnel_->left(size);
    if (size <= copied_payload) {
        char* const begin = out.reserve(header.size() + size);
        if (begin == nullptr) return false;
        std::memcpy(begin, header.data(), header.size());
        char* end = begin + header.size();
        if (!text_left_.empty()) {
            std::memcpy(end, text_left_.data(), size);
            text_left_.remove_prefix(size);
        }
        for (size_t left = text_left_.data() != nullptr ? 0 : size; left > 0;) {
            const share piece = out_->take_quietly(left);
            std::memcpy(end, piece.data(), piece.size());
            end += piece.size();
            left -= piece.size();
        }
        out.commit(header.size() + size);
    } else {
        if (!out.write(header)) return false;
        for (size_t left = size; left > 0;) {
            share piece = out_->take_quietly(left);
            left -= piece.size();
            out.append(std::move(piece));
        }
    }
    if (text_left_.data() == nullptr) owner_->look_at(*this);  // somebody may wait for room
    return true;
}

// ---- another protocol ----

saker::connection* http2_stream::upgrade(std::string_view) noexcept {
    if (!open_ || cancelled_ || !connection_->upgrade_stream()) return nullptr;
    try {
        tunnel_ = std::make_unique<tunnel>(*this);
    } catch (const std::bad_alloc&) {
        connection_->upgraded_stream_over();
        return nullptr;
    }
    head.status = 200;
    body_rate.reset();
    response_rate_.reset();
    body_limit_.reset();
    reading_ = true;
    must_continue_ = false;
    send_head(std::nullopt, true);
    return tunnel_.get();
}

// ---- failures ----

void http2_stream::reset(uint32_t code) noexcept {
    if (!open_ || cancelled_ || end_sent_) return;
    owner_->reset(*this, static_cast<error_code>(code));
    cancel(end_reason::aborted_by_app);
}

void http2_stream::out_of_memory() noexcept {
    connection_->abort(end_reason::out_of_memory);
    owner_->send_soon();
}

void http2_stream::reject(rejection_reason why) noexcept {
    rejection_ = why;
    head.clear();
    head.status = status_of(why);
    body_wanted_ = false;
    send_head(uint64_t{0}, false);
    if (body_ == body_state::none)
        connection_->on_core().counts().rejections[static_cast<size_t>(why)].add();
    log_refusal(why);
}

}  // namespace saker::http2
