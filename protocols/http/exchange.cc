// What all versions of HTTP share of an exchange: whole answers, and answers from other threads.
// A responder and the exchange share a state; whoever comes second finds out about the other there.

#include "protocols/http/exchange.h"

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
    try {
        self->what(target->response());
    } catch (...) {
        if (!target->started()) {
            target->head.clear();
            target->head.status = 500;
            target->answer_text({});
        } else {
            target->abort();
        }
    }
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

// A client that only ended its side may still read; one that is gone ends the wait.
void exchange::wake_if_dead() noexcept {
    if (unheard()) return responder_done();
    when_client_gone(
        {[](void* self) noexcept { static_cast<exchange*>(self)->wake_if_dead(); }, this});
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
    if (on_answered_) {
        const continuation next = std::exchange(on_answered_, {});
        next.run(next.context);
    }
}

void exchange::end() noexcept {
    live_ = false;
    started_ = false;
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
    when_client_gone({});
}

}  // namespace detail
}  // namespace saker
