// The incoming half of an exchange: head and body. A head that lies in one segment of the pipe is
// parsed and kept there. One that comes in parts is copied into one piece, and what has come of it
// leaves the pipe: a client that says its head byte by byte does not hold a slab meanwhile.

#include "protocols/http/target.h"
#include "protocols/http1/http1_exchange.h"
#include "protocols/http1/http1_service.h"

#include <algorithm>

namespace saker::http1 {
namespace {

// Of the memory for a head that came in parts, between two requests.
constexpr size_t most_kept = 4096;

}  // namespace

void http1_exchange::begin_request(core_connection& on, uint64_t number) noexcept {
    begin(on);
    parser_.reset();
    asked.number = number;
    began_ = on.on_core().now();
    body_limit_ = service_.limits().max_request_body_size;
    body_rate = service_.limits().min_request_body_data_rate;
    connection_->usual_response_rate(service_.limits().min_response_data_rate);
}

head_status http1_exchange::parse_head() noexcept {
    if (parked_ != 0) return parse_parked();
    pipe& in = connection_->input();
    const std::string_view text = in.front().text();
    const head_result parsed = parser_.parse(text.data(), text.size(), service_.head(), head_);
    switch (parsed.status) {
        case head_status::complete: head_share_ = in.take(parsed.size); return understood();
        case head_status::rejected: rejection_ = parsed.reason; break;
        case head_status::incomplete:
            if (text.size() != in.length()) return parse_parked();
            straddled_.assign(text);
            park();
            break;
    }
    return parsed.status;
}

head_status http1_exchange::parse_parked() noexcept {
    pipe& in = connection_->input();
    const head_limits& limits = service_.head();
    // More than a head can have, so that the parser finds the limit that was passed.
    const size_t most =
        size_t{limits.max_request_line_size} + limits.max_request_headers_total_size + 4;
    straddled_.resize(std::min(parked_ + in.length(), most));
    in.copy_to({straddled_.data() + parked_, straddled_.size() - parked_});
    const head_result parsed = parser_.parse(straddled_.data(), straddled_.size(), limits, head_);
    switch (parsed.status) {
        case head_status::complete: in.advance(parsed.size - parked_); return understood();
        case head_status::rejected: rejection_ = parsed.reason; break;
        case head_status::incomplete: park(); break;
    }
    return parsed.status;
}

// Nothing of it completes a head: the end of one lies in what is still to come.
void http1_exchange::park() noexcept {
    SAKER_DEBUG_ASSERT(straddled_.size() - parked_ == connection_->input().length(),
                       "a head that is not complete is within its limits");
    parked_ = straddled_.size();
    connection_->input().advance(connection_->input().length());
}

head_status http1_exchange::understood() noexcept {
    asked.method = head_.method_text();
    asked.target = head_.target();
    asked.query = head_.query();
    asked.path = head_.path();
    asked.protocol = head_.version_minor() == 0 ? "HTTP/1.0" : "HTTP/1.1";
    asked.host = head_.form() == target_form::absolute ? head_.authority() : head_.host();
    asked.fields = &head_.fields();
    asked.content_length = head_.content_length();
    asked.has_body = head_.has_body();
    asked.is_head = head_.method() == method::head;
    asked.can_upgrade = head_.upgrade_requested() && !head_.has_body();
    if (asked.can_upgrade) asked.upgrades_to = head_.value(header_id::upgrade);
    // No tunnels: what follows a CONNECT is not for this server, whatever the answer (RFC 9931 8).
    const auto& most_requests = service_.limits().max_requests_per_connection;
    keep_alive_ = head_.keep_alive() && head_.method() != method::connect &&
                  (!most_requests || asked.number < *most_requests);
    if (head_.path_needs_decoding() && !decode_target()) return head_status::rejected;

    must_continue_ = head_.expect_continue() && head_.version_minor() == 1 && asked.has_body;
    if (head_.chunked()) {
        body_ = body_state::chunked;
        chunks_.reset(head_.remaining(service_.head()));
    } else if (asked.has_body) {
        body_ = body_state::sized;
        body_remaining_ = *asked.content_length;
    } else {
        body_ = body_state::done;
    }
    connection_->on_core().counts().requests.add();
    began_ = connection_->on_core().now();
    if (request_observer* const told = service_.observer(); told != nullptr) {
        const auto secure = static_cast<size_t>(connection_->tls() != nullptr);
        told->active[secure][static_cast<size_t>(head_.method())].add();
        if (told->tell_begins) [[unlikely]]
            told->on_request_begun(*this);
    }
    return head_status::complete;
}

bool http1_exchange::decode_target() noexcept {
    const std::string_view raw = head_.path();
    path_.resize(raw.size());
    const decoded_path decoded = decode_path(raw, path_.data());
    if (decoded.reason != rejection_reason::none) {
        rejection_ = decoded.reason;
        return false;
    }
    path_.resize(decoded.size);
    asked.path = path_;
    return true;
}

void http1_exchange::end_request() noexcept {
    tell_outcome();
    end();
    head_share_ = {};
    parked_ = 0;
    straddled_.clear();
    if (straddled_.capacity() > most_kept) straddled_.shrink_to_fit();
    body_ = body_state::none;
    reading_ = must_continue_ = keep_alive_ = false;
    framing_ = framing::no_body;
    body_remaining_ = body_read_ = written_ = 0;
    trailers_.clear();
}

// ---- the body ----

bool http1_exchange::limit_body(std::optional<uint64_t> most) noexcept {
    if (reading_) return false;
    body_limit_ = most;
    return true;
}

// Kestrel: the limit is looked at, and 100 Continue is sent, when the application first reads.
void http1_exchange::begin_reading() noexcept {
    reading_ = true;
    if (body_ == body_state::sized && body_limit_ && body_remaining_ > *body_limit_)
        return fail_body(rejection_reason::request_body_too_large,
                         end_reason::max_request_body_size_exceeded);
    if (must_continue_ && !started_ && connection_->input().empty()) {
        if (!connection_->output().write("HTTP/1.1 100 Continue\r\n\r\n")) return out_of_memory();
        connection_->output().publish();
    }
    must_continue_ = false;
}

bool http1_exchange::poll_body(share& next) noexcept {
    next = {};
    if (body_ == body_state::done || body_ == body_state::failed) return true;
    if (!reading_) begin_reading();
    switch (body_) {
        case body_state::sized: return poll_sized(next);
        case body_state::chunked: return poll_chunked(next);
        default: return true;
    }
}

bool http1_exchange::poll_sized(share& next) noexcept {
    pipe& in = connection_->input();
    if (in.empty()) {
        if (!in.completed()) return false;
        fail_body(rejection_reason::unexpected_end_of_request_content,
                  end_reason::unexpected_end_of_request);
        return true;
    }
    next = in.take(body_remaining_);
    body_read_ += next.size();
    body_remaining_ -= next.size();
    if (body_remaining_ == 0) body_ = body_state::done;
    return true;
}

bool http1_exchange::poll_chunked(share& next) noexcept {
    pipe& in = connection_->input();
    while (!in.empty()) {
        const std::string_view input = in.front().text();
        const chunk_step step = chunks_.next(input);
        switch (step.status) {
            case chunk_status::need_more: in.advance(step.consumed); break;
            case chunk_status::data: {
                const auto before = static_cast<size_t>(step.data.data() - input.data());
                next = in.take(step.consumed);
                next.drop_front(before);
                next.shorten_to(step.data.size());
                body_read_ += next.size();
                if (!body_limit_ || body_read_ <= *body_limit_) return true;
                next = {};
                fail_body(rejection_reason::request_body_too_large,
                          end_reason::max_request_body_size_exceeded);
                return true;
            }
            case chunk_status::complete:
                in.advance(step.consumed);
                asked.trailers = &chunks_.trailers();
                body_ = body_state::done;
                return true;
            case chunk_status::rejected:
                fail_body(step.reason, end_reason::invalid_body_framing);
                return true;
        }
    }
    if (!in.completed()) return false;
    fail_body(rejection_reason::unexpected_end_of_request_content,
              end_reason::unexpected_end_of_request);
    return true;
}

// The handler is told by an empty piece; it may still answer. Without an answer of its own the
// client gets the rejection's status.
void http1_exchange::fail_body(rejection_reason why, end_reason end) noexcept {
    body_ = body_state::failed;
    rejection_ = why;
    keep_alive_ = false;
    connection_->ends_by(end);
    core_counts& counts = connection_->on_core().counts();
    counts.rejections[static_cast<size_t>(why)].add();
}

void http1_exchange::give_up_body() noexcept {
    if (body_ == body_state::done || body_ == body_state::failed) return;
    fail_body(rejection_reason::request_body_timeout, end_reason::min_request_body_data_rate);
}

// A body that the handler did not want is read to its end, within the limits, so that the next
// request can be found; one that is too large is not, nor one that the client was told to keep.
bool http1_exchange::drain_body() noexcept {
    if (must_continue_ && !keep_alive_) return true;
    share piece;
    while (body_ != body_state::done && body_ != body_state::failed) {
        if (!poll_body(piece)) return false;
    }
    return true;
}

}  // namespace saker::http1
