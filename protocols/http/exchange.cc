// What all versions of HTTP share of an exchange: whole answers, and answers from other threads.
// A responder and the exchange share a state; whoever comes second finds out about the other there.

#include "protocols/http/exchange.h"

#include "core/base/log.h"

#include <functional>
#include <mutex>
#include <stdexcept>

namespace saker {

// `home` is null once the exchange is over: nobody may post to the core then, it may be gone.
struct responder::state {
    std::mutex guard;
    core* home = nullptr;
    bool used = false;

    // On the core only.
    detail::exchange* target = nullptr;
    bool is_answering = false;

    struct answer_letter final : letter {
        answer_letter(std::shared_ptr<state> to, std::function<void(response&)> answer) noexcept
            : letter(arrive), recipient(std::move(to)), what(std::move(answer)) {}
        std::shared_ptr<state> recipient;
        std::function<void(response&)> what;
        static void arrive(letter& arrived) noexcept;
    };

    // Any thread. False: nobody to answer any more.
    static bool post(const std::shared_ptr<state>& self, std::function<void(response&)> answer) {
        auto sent = std::make_unique<answer_letter>(self, std::move(answer));
        const std::lock_guard lock(self->guard);
        SAKER_ASSERT(!self->used, "a responder answers once");
        self->used = true;
        if (self->home == nullptr) return false;
        self->home->post(*sent.release());
        return true;
    }
};

void responder::state::answer_letter::arrive(letter& arrived) noexcept {
    const std::unique_ptr<answer_letter> self(static_cast<answer_letter*>(&arrived));
    detail::exchange* const target = self->recipient->target;
    if (target == nullptr) return;
    self->recipient->is_answering = true;
    try {
        self->what(target->response());
    } catch (...) {
        target->fail_response(std::current_exception());
    }
    self->recipient->is_answering = false;
    target->responder_done();
}

responder::responder(std::shared_ptr<state> of) noexcept : state_(std::move(of)) {}
responder::responder(responder&&) noexcept = default;
responder& responder::operator=(responder&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

responder::~responder() {
    if (state_ == nullptr || state_->used) return;
    state::post(state_, [](response& dropped) { dropped.status(500); });
}

bool responder::complete(std::function<void(response&)> answer) {
    SAKER_ASSERT(state_ != nullptr, "a responder that was moved from does not answer");
    return state::post(state_, std::move(answer));
}

bool responder::text(std::string_view body, uint16_t status, std::string_view content_type) {
    return complete(
        [body = std::string(body), status, type = std::string(content_type)](response& answered) {
            answered.status(status).content_type(type).text(body);
        });
}

bool responder::aborted() const noexcept {
    SAKER_ASSERT(state_ != nullptr, "a responder that was moved from does not answer");
    const std::lock_guard lock(state_->guard);
    return state_->home == nullptr;
}

namespace detail {
namespace {

// A string that the application lends, as a block: dropped when the last share of it is.
struct lent_string final : block {
    explicit lent_string(std::shared_ptr<const std::string> text) noexcept : kept(std::move(text)) {
        memory = reinterpret_cast<std::byte*>(const_cast<char*>(kept->data()));
        size = static_cast<uint32_t>(kept->size());
        references = 1;
        release = [](block& over) noexcept { delete static_cast<lent_string*>(&over); };
    }
    std::shared_ptr<const std::string> kept;
};

}  // namespace

share lend(std::shared_ptr<const std::string> text) {
    if (text == nullptr || text->empty()) return {};
    if (text->size() > UINT32_MAX) throw std::invalid_argument("a shared body is below 4 GiB");
    const size_t size = text->size();
    return share::adopt(*new lent_string(std::move(text)), 0, size);
}

void exchange::answer_text(std::string_view text) {
    body_share_ = {};
    body_text_.assign(text);
}

void exchange::answer_share(share body) noexcept {
    body_text_.clear();
    body_share_ = std::move(body);
}

void exchange::wait_for_body(continuation next) noexcept {
    on_body_ = next;
    coming_in_.wait(connection_->on_core().peer_time());
    time_body();
    wait_for_input();
}

// Kestrel's rule is "more than": it is late a moment after its time.
void exchange::time_body() noexcept {
    if (!body_rate) return;
    const auto left = coming_in_.left(*body_rate, connection_->on_core().peer_time());
    time_input(left + std::chrono::nanoseconds(1));
}

// Woken by bytes, by the end, or by a deadline: the pipe's reader is then told nothing new.
void exchange::on_input() noexcept {
    const auto now = connection_->on_core().peer_time();
    if (!poll(body_piece_)) {
        const bool due = input_is_due();
        if (!due || !body_rate || coming_in_.left(*body_rate, now).count() >= 0) {
            if (due) time_body();  // some of the time was the loop's own
            return wait_for_input();
        }
        give_up_body();
    }
    coming_in_.stop(now);
    if (body_rate) stop_timing_input();
    const continuation next = std::exchange(on_body_, {});
    next.run(next.context);
}

responder exchange::defer() {
    // A second one could answer the next request in the place of this one.
    if (responder_ != nullptr) throw std::logic_error("an answer is deferred once");
    responder_ = std::make_shared<responder::state>();
    responder_->home = &connection_->on_core();
    responder_->target = this;
    return responder(responder_);
}

bool exchange::waits_for_responder() const noexcept { return responder_ != nullptr; }

void exchange::wait_for_responder(continuation next) noexcept {
    on_answered_ = next;
    wake_if_dead();
}

// A client that only ended its side may still read; one that is gone ends the wait, but not in the
// midst of the answer that aborts it.
void exchange::wake_if_dead() noexcept {
    if (!unheard()) return watch_client();
    if (responder_ != nullptr && !responder_->is_answering) responder_done();
}

void exchange::when_aborted(continuation told) noexcept {
    on_aborted_ = told;
    watch_client();
}

void exchange::watch_client() noexcept {
    when_client_gone(
        {[](void* self) noexcept { static_cast<exchange*>(self)->on_client_gone(); }, this});
}

// The handler first: where it ends, whoever waits for its responder looks at the client anew.
void exchange::on_client_gone() noexcept {
    if (!on_aborted_) return wake_if_dead();
    const continuation told = std::exchange(on_aborted_, {});
    told.run(told.context);
}

void exchange::responder_done() noexcept {
    if (responder_ == nullptr) return;
    {
        const std::lock_guard lock(responder_->guard);
        responder_->home = nullptr;
    }
    responder_->target = nullptr;
    responder_.reset();
    when_client_gone({});
    const continuation told = std::exchange(on_aborted_, {}),
                       next = std::exchange(on_answered_, {});
    if (told) told.run(told.context);
    if (next) next.run(next.context);
}

void exchange::fail_response(std::exception_ptr why) noexcept {
    std::string what = "an exception that is no std::exception";
    try {
        std::rethrow_exception(std::move(why));
    } catch (const std::exception& known) {
        what = known.what();
    } catch (...) {}
    if (log_writer* const log = connection_->on_core().log();
        log != nullptr && log->enabled(log_level::error, "request")) {
        log->write(log_level::error, "request",
                   request_.id() + " unhandled exception: " + escape(what, 256));
    }
    threw_ = true;
    if (started_) return cut_short();
    const bool close = head.close;
    head.clear();
    head.close = close;
    head.status = 500;
    answer_text({});
    drop_trailers();
}

// HEAD says what GET would have had, 304 may. A client of HTTP/1 finds the end of 205 by its length
// (RFC 9110 15.3.6); 204 and a tunnel must not have one.
std::optional<uint64_t> exchange::unsent_length(size_t size) const noexcept {
    if (head.status == 205) return uint64_t{0};
    if (!asked.is_head || head.status == 204 || (size == 0 && !head.content_length))
        return std::nullopt;
    return head.content_length.value_or(size);
}

void exchange::log_refusal(rejection_reason why) noexcept {
    if (log_writer* const log = connection_->on_core().log();
        log != nullptr && log->enabled(log_level::debug, "request")) {
        log->write(log_level::debug, "request",
                   connection_->id() + " refused with " + std::to_string(head.status) + ": " +
                       std::string(name(why)));
    }
}

void exchange::tell(request_observer& told, request_outcome& outcome) noexcept {
    outcome.threw = threw_;
    outcome.secure = connection_->tls() != nullptr;
    outcome.rejection = rejection_;
    outcome.began = began_;
    if (outcome.understood)
        told.active[outcome.secure ? 1 : 0][static_cast<size_t>(outcome.verb)].subtract();
    told.on_request_over(*this, outcome);
}

void exchange::end() noexcept {
    live_ = false;
    started_ = was_unheard_ = threw_ = false;
    rejection_ = rejection_reason::none;
    body_wanted_ = true;
    head.clear();
    body_text_.clear();
    body_share_ = {};
    body_piece_ = {};
    coming_in_.reset();
    routes.count = 0;
    routes.pattern = {};
    asked.trailers = nullptr;
    asked.upgrades_to = {};
    on_aborted_ = {};
    when_client_gone({});
}

}  // namespace detail
}  // namespace saker
