// See core_runner.h. Letters own what they carry: who posted them may have given up waiting.

#include "hosting/core_runner.h"

#include "core/base/log.h"
#include "core/base/signals_blocked.h"
#include "hosting/address.h"
#include "hosting/life/syn_filter.h"
#include "hosting/what_failed.h"
#include "protocols/select.h"

#include <pthread.h>
#include <sched.h>

#include <saker/connection_logging.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <future>
#include <latch>
#include <optional>
#include <system_error>

namespace saker {
namespace {

// What `open` waits for a core that a handler may be blocking.
constexpr auto longest_turn = std::chrono::seconds(10);
// Connections that are named in the log when they are cut, of each core; more are counted.
constexpr size_t most_named = 100;

struct errand final : letter {
    explicit errand(std::function<void()> asked) noexcept
        : letter(arrive), what(std::move(asked)) {}
    const std::function<void()> what;
    static void arrive(letter& arrived) noexcept {
        const std::unique_ptr<errand> self(&static_cast<errand&>(arrived));
        self->what();
    }
};

void name_and_pin(uint32_t index, int processor) noexcept {
    char name[16];
    std::snprintf(name, sizeof name, "saker-%u", index);
    pthread_setname_np(pthread_self(), name);
    if (processor < 0) return;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(static_cast<size_t>(processor), &only);
    pthread_setaffinity_np(pthread_self(), sizeof only, &only);
}

}  // namespace

// What a connection began with. Made and ended on the core's thread.
struct core_runner::serving {
    serving(core& home, shared_plan made, request_observer& told)
        : plan(std::move(made)),
          http(home, plan->http, *plan->app, &told),
          http2(home, plan->http2, *plan->app, &told) {
        if (plan->tls != nullptr)
            tls.emplace(home, plan->tls,
                        tls::service_options{plan->pipes.output, plan->max_concurrent_handshakes});
        delegate = chain();
    }

    connection_delegate chain() {
        connection_delegate inner = plan->options.raw;
        if (!inner) inner = serve_http(http, http2, plan->options.protocols);
        const auto& middleware = plan->options.middleware;
        const size_t in_front = std::min(plan->options.middleware_before_https, middleware.size());
        for (size_t i = middleware.size(); i-- > in_front;) inner = middleware[i](std::move(inner));
        if (tls) inner = tls->around(std::move(inner));
        for (size_t i = in_front; i-- > 0;) inner = middleware[i](std::move(inner));
        if (plan->options.connection_logging) inner = connection_logging()(std::move(inner));
        return inner;
    }

    const shared_plan plan;
    http1::service http;
    http2::service http2;
    std::optional<tls::service> tls;
    connection_delegate delegate;
    uint64_t until = UINT64_MAX;  // the number of the first connection that began with another
};

// One socket of an endpoint on this core. Made and ended on the core's thread.
struct core_runner::listening final : timer {
    listening(core_runner& of, place_id named, std::unique_ptr<serving> first)
        : timer(run),
          owner(of),
          id(named),
          accepting(of.core_, first->plan->pipes, first->delegate, first->plan->display) {
        servings.push_back(std::move(first));
    }
    ~listening() { owner.core_.timers().disarm(*this); }

    void ask_for_the_end(uint64_t older_than, end_reason why) noexcept {
        closing_older_than = older_than;
        accepting.request_close_older(older_than, why);
        owner.core_.timers().disarm(*this);
        owner.core_.timers().arm(*this, owner.core_.tick_after(patience));
    }
    static void run(timer& due) noexcept {
        auto& self = static_cast<listening&>(due);
        self.owner.cut(self, self.closing_older_than, end_reason::app_shutdown_timeout);
    }
    // Here, where nobody else can close the socket meanwhile and let its number become another's.
    void wind_down() noexcept {
        const bool quiet = !closed && has_own_port && drop_new_connections(accepting.native());
        accepting.wind_down(quiet ? longest_handshake : std::chrono::nanoseconds{});
    }
    void drop_unused() noexcept {
        while (servings.size() > 1 && accepting.oldest() >= servings.front()->until)
            servings.erase(servings.begin());
    }

    core_runner& owner;
    const place_id id;
    std::vector<std::unique_ptr<serving>> servings;  // the last one is for new connections
    listener accepting;
    uint64_t closing_older_than = 0;
    bool retired = false;
    bool closed = false;  // at once, by an abort
    // The queue of a descriptor that was given to us is not ours: who gave it may listen on.
    bool has_own_port = false;
};

core_runner::core_runner(const core::settings& chosen,
                         std::shared_ptr<diagnostics::server_recorder> records, bool here)
    : records_(std::move(records)),
      here_(here),
      core_(chosen),
      recorder_(records_->add_core(core_)) {}

core_runner::~core_runner() { stop(); }

bool core_runner::start(const transport_factory& factory, int processor, std::string& error) {
    std::latch ready{1};
    try {
        // The host program's signals are its own: none is delivered to our thread.
        const signals_blocked while_it_starts;
        thread_ = std::thread([&, this] {
            name_and_pin(core_.index(), processor);
            try {
                open_ = core_.open(factory, error);
            } catch (...) {  // a plug-in's own
                error = what_failed();
            }
            const bool usable = open_;
            ready.count_down();
            if (!usable) return;
            core_.run();
            listening_.clear();
            recorder_.finish();
            core_.close();
        });
    } catch (const std::system_error& failed) {
        error = std::string("there is no thread for it: ") + failed.what();
        return false;
    }
    ready.wait();
    if (!open_) thread_.join();
    return open_;
}

bool core_runner::start_here(const transport_factory& factory, std::string& error) {
    open_ = core_.open(factory, error);
    return open_;
}

void core_runner::post(std::function<void()> what) {
    core_.post(*new errand(std::move(what)));
    // Not by the thread object, which a stop on another thread may be joining just now.
    if (here_) core_.turn(core_.time().now());
}

core_runner::listening* core_runner::find(place_id id) noexcept {
    for (const auto& one : listening_)
        if (one->id == id && !one->retired) return one.get();
    return nullptr;
}

core_runner::opened core_runner::open(place_id id, shared_plan plan, const endpoint& where) {
    struct answer {
        opened found;
        std::promise<void> done;
    };
    auto asked = std::make_shared<answer>();
    asked->found.where = where;
    std::future<void> done(asked->done.get_future());
    post([this, id, plan = std::move(plan), asked] {
        open_here(id, plan, asked->found);
        asked->done.set_value();
    });
    if (done.wait_for(longest_turn) == std::future_status::ready) return asked->found;
    retire(id);  // it comes behind the opening
    opened late;
    late.where = where;
    late.error =
        "core " + std::to_string(core_.index()) + " has not turned for 10 s: a handler blocks it";
    return late;
}

void core_runner::open_here(place_id id, shared_plan plan, opened& into) noexcept {
    into.result = -ECANCELED;
    if (stopping_) return;  // nobody would close it
    try {
        auto added = std::make_unique<listening>(*this, id,
                                                 std::make_unique<serving>(core_, plan, recorder_));
        into.result = added->accepting.open(into.where);
        if (into.result < 0) return;
        added->has_own_port = is_tcp(into.where);
        into.native = added->accepting.native();
        into.local = added->accepting.local_address();
        added->accepting.count_in(
            recorder_.count_endpoint(diagnostics::name_endpoint(into.local, !plan->options.raw)));
        listening_.push_back(std::move(added));
        listening_.back()->accepting.when_over(
            {[](void* self) noexcept { static_cast<core_runner*>(self)->look_whether_over(); },
             this});
    } catch (const std::exception& thrown) {
        into.error = thrown.what();
    } catch (...) {
        into.error = "a middleware threw what is no std::exception";
    }
}

void core_runner::renew(place_id id, shared_plan plan, bool closes_older) {
    post([this, id, plan = std::move(plan), closes_older] {
        listening* const one = find(id);
        if (one == nullptr) return;
        std::unique_ptr<serving> fresh;
        try {
            fresh = std::make_unique<serving>(core_, plan, recorder_);
        } catch (...) {
            log_target{core_.log(), "server"}.write(
                log_level::error, "A middleware of " + plan->display + " failed on core " +
                                      std::to_string(core_.index()) + ": " + what_failed() +
                                      "; it goes on with the one that it has.");
            return;
        }
        const uint64_t first = core_connection::next_number();
        one->servings.back()->until = first;
        one->accepting.renew(fresh->plan->pipes, fresh->delegate, fresh->plan->display);
        one->servings.push_back(std::move(fresh));
        if (closes_older) one->ask_for_the_end(first, end_reason::app_shutdown);
        one->drop_unused();
    });
}

void core_runner::retire(place_id id) {
    post([this, id] {
        listening* const one = find(id);
        if (one == nullptr) return;
        one->retired = true;
        one->wind_down();
        one->accepting.request_close_all(end_reason::app_shutdown);
        one->ask_for_the_end(UINT64_MAX, end_reason::app_shutdown);
    });
}

void core_runner::begin_stop() {
    post([this] {
        stopping_ = true;
        for (const auto& one : listening_) {
            if (!one->retired) one->wind_down();
            one->accepting.request_close_all(end_reason::app_shutdown);
        }
        look_whether_over();
    });
}

void core_runner::abort_all(end_reason why) {
    post([this, why] {
        for (const auto& one : listening_) {
            one->closed = true;
            one->accepting.stop_accepting();
            cut(*one, UINT64_MAX, why);
        }
        core_.end_delays();
    });
}

void core_runner::cut(listening& from, uint64_t older_than, end_reason why) noexcept {
    const log_target log{core_.log(), "connection"};
    size_t count = 0;
    from.accepting.for_each_older(older_than, [&](core_connection& one) {
        // Nothing is lost by those who were between two requests.
        if (!one.idle() && ++count <= most_named && log.enabled(log_level::warning))
            log.write(log_level::warning,
                      one.id() + " from " + one.remote_address() +
                          " was cut at the deadline: " + std::string(one.doing()));
        one.abort(why);
    });
    if (count > 0)
        log.write(log_level::warning,
                  std::to_string(count) + " of core " + std::to_string(core_.index()) + " at " +
                      from.accepting.display() + " had not ended in time and were cut.");
}

// On the core: what was retired and is over goes, at the end of the turn, for this may be called
// by it.
void core_runner::look_whether_over() {
    core_.at_turn_end(sweep_);
    if (!stopping_ || over()) return;
    for (const auto& one : listening_) {
        if (!one->accepting.over()) return;
    }
    over_.store(true, std::memory_order_release);
    if (on_over_) on_over_();
}

void core_runner::sweep() noexcept {
    std::erase_if(listening_,
                  [](const auto& one) { return one->retired && one->accepting.over(); });
}

void core_runner::stop() {
    if (!open_) return;
    open_ = false;
    if (!here_) {
        core_.stop();
        return thread_.join();
    }
    listening_.clear();
    recorder_.finish();
    core_.close();
}

}  // namespace saker
