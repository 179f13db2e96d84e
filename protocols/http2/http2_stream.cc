// See http2_stream.h. Here: its end, who is told of it, and what has come of the request.

#include "protocols/http2/http2_stream.h"

#include "core/connection/data_rate.h"
#include "protocols/http/method.h"
#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_service.h"
#include "protocols/http2/tunnel.h"

#include <cerrno>
#include <utility>

namespace saker::http2 {

http2_stream::http2_stream(service& of)
    : timer([](timer& due) noexcept { static_cast<http2_stream&>(due).on_timer(); }),
      service_(of) {}

http2_stream::~http2_stream() = default;

void http2_stream::operator delete(http2_stream* of, std::destroying_delete_t) noexcept {
    block_pool& home = of->service_.on_core().blocks();
    of->~http2_stream();
    home.release(of, sizeof(http2_stream));
}

bool http2_stream::client_gone() const noexcept {
    return cancelled_ || client_ended_ || connection_->peer_gone();
}

bool http2_stream::unheard() const noexcept { return cancelled_ || owner_->is_dead(); }

// nghttp2 knows it no more; where that is before its answer was whole, the client has cancelled it.
void http2_stream::closed() noexcept {
    if (!std::exchange(open_, false)) return;
    if (!end_sent_) return cancel(end_reason::connection_reset);
    // A handler that goes on behind its answer: nothing more comes, and nobody listens.
    client_ended_ = true;
    if (!remote_ended_ && body_ == body_state::coming) body_ = body_state::failed;
}

void http2_stream::cancel(end_reason why) noexcept {
    if (std::exchange(cancelled_, true)) return;
    ended_ = why;
    if (body_ == body_state::coming) body_ = body_state::failed;
    stop_output();
    owner_->look_at(*this);
}

// What a tunnel writes counts from when it is flushed on.
size_t http2_stream::queued() const noexcept {
    if (output_stopped_) return 0;
    return tunnel_ != nullptr ? tunnel_->counted() : text_left_.size() + out_->length();
}

void http2_stream::stop_output() noexcept {
    const size_t left = queued();
    if (std::exchange(output_stopped_, true)) return;
    owner_->sent(left + (std::exchange(owes_end_, false) ? 1 : 0));
}

void http2_stream::owe_end() noexcept {
    answer_over_ = true;
    if (output_stopped_ || end_sent_ || std::exchange(owes_end_, true)) return;
    owner_->queued(1);
}

void http2_stream::answered() noexcept {
    end_sent_ = true;
    if (std::exchange(owes_end_, false)) owner_->sent(1);
}

// May lead to anything but the end of this object.
void http2_stream::wake() noexcept {
    if ((cancelled_ || client_ended_) && on_client_gone_) {
        const continuation told = std::exchange(on_client_gone_, {});
        told.run(told.context);
    }
    if (cancelled_ || body_ == body_state::failed)
        in_->complete(-ECONNRESET);
    else if (remote_ended_)
        in_->complete();
    in_->publish();
    output_stopped_ ? out_->stop_reading() : out_->let_write();
}

bool http2_stream::stalls(std::chrono::nanoseconds passed) noexcept {
    if (!response_rate_) return not_stalled(), true;
    stalled_ += passed;
    stalled_ -= std::min(stalled_, time_for(*response_rate_, sent_ - sent_at_look_));
    sent_at_look_ = sent_;
    return stalled_ <= grace_of(*response_rate_);
}

void http2_stream::end_request() noexcept {
    live_ = true;  // for who is told, though its handler ended when its answer was not sent yet
    tell_outcome();
    end();
    stop_timing_input();
    if (std::exchange(tunnel_, nullptr) != nullptr) connection_->upgraded_stream_over();
    in_.reset();
    out_.reset();
    fields_.clear();
    trailers_.reset();
    sent_trailers_.clear();
    on_client_gone_ = {};
    text_left_ = {};
    ended_ = end_reason::none;
    body_ = body_state::none;
    has_request_ = remote_ended_ = reading_ = must_continue_ = cancelled_ = false;
    window_overflows = false;
    client_ended_ = awaits_input_ = due_ = answer_over_ = end_sent_ = deferred_ = false;
    owes_end_ = false;
    head_sent_ = output_stopped_ = false;
    body_come_ = body_read_ = written_ = sent_ = sent_at_look_ = 0;
    stalled_ = {};
}

void http2_stream::tell_outcome() noexcept {
    request_observer* const told = service_.observer();
    const bool understood = body_ != body_state::none;
    if (told == nullptr || (!understood && rejection_ == rejection_reason::none)) return;
    request_outcome outcome;
    outcome.understood = understood;
    outcome.version = http_version::http2;
    outcome.status = head_sent_ && !was_unheard_ ? head.status : uint16_t{0};
    if (cancelled_)
        outcome.ended = ended_;
    else if (connection_->output_dead())
        outcome.ended = connection_->ended_by();
    if (understood) {
        outcome.verb = find_method(asked.method);
        outcome.body_sent = sent_;
    } else {
        using pseudo = head_fields::pseudo;
        path_ = fields_.value(pseudo::method);
        path_ += ' ';
        path_ += fields_.value(pseudo::path);
        path_ += " HTTP/2";
        outcome.line = path_;
    }
    tell(*told, outcome);
}

}  // namespace saker::http2
