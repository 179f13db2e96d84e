// The start, the changes and the stop of a server. Start: check everything, start the cores, open
// every address on every core, or undo all of it. Stop: no more connections, the end is asked for,
// the deadline, the abort; what does not end then either is left behind, for no coroutine can be
// destroyed from outside.

#include "hosting/server_host.h"

#include "hosting/https/https_endpoints.h"
#include "hosting/life/options_diff.h"
#include "hosting/options_check.h"
#include "hosting/what_failed.h"
#include "protocols/tls/certificates/home.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace saker {
namespace {

// The host whose start or reload this thread is in, and the one whose log it hands out.
constinit thread_local const void* changed_here = nullptr;
constinit thread_local const void* told_here = nullptr;

}  // namespace

// While it lives, this thread is about something that a stop of the host waits for.
class server_host::busy_here {
public:
    busy_here(const void*& with, const server_host* of) noexcept
        : with_(with), before_(std::exchange(with, of)) {}
    ~busy_here() { with_ = before_; }
    busy_here(const busy_here&) = delete;
    busy_here& operator=(const busy_here&) = delete;

private:
    const void*& with_;
    const void* const before_;
};

// While it lives, nothing else is changed, and a stop waits for it.
class server_host::change {
public:
    enum class of { start, running };
    change(server_host& host, of what) : host_(host) {
        std::unique_lock lock(host_.guard_);
        host_.idle_.wait(lock, [&] { return !host_.changing_ || host_.stopping_; });
        const bool is_time = what == of::start ? !host_.started_ : host_.running_;
        allowed_ = is_time && !host_.stopping_ && !host_.changing_;
        if (allowed_) host_.changing_ = true;
    }
    ~change() {
        if (!allowed_) return;
        const std::lock_guard lock(host_.guard_);
        host_.changing_ = false;
        host_.idle_.notify_all();
    }
    change(const change&) = delete;
    change& operator=(const change&) = delete;
    [[nodiscard]] bool allowed() const noexcept { return allowed_; }

private:
    server_host& host_;
    bool allowed_ = false;
};

// Cheap, and no more than what can be known: who waits for such a thread is not found out.
bool server_host::waits_for_this_thread() const {
    if (changed_here == this || told_here == this || offload_pool::owner_of_this_thread() == this)
        return true;
    const core* const here = core::current();
    bool ours = false;
    if (here != nullptr)
        cores_.for_each_core([&](const core_runner& one) { ours |= &one.one_core() == here; });
    return ours;
}

// Once: a sink of the log that asks for it is told by itself.
void server_host::refuse_stop() {
    if (log_ == nullptr || told_refused_.exchange(true)) return;
    log(log_level::error,
        "stop() was called where it would wait for itself: by a handler, by work given to "
        "offload(), by a sink of a log, or by a function of the configuration's. Nothing was done: "
        "call it on a thread of your own.");
}

void server_host::log(log_level level, std::string message) const {
    if (log_ != nullptr && log_->enabled(level, "server"))
        log_->write(level, "server", std::move(message));
}

error server_host::check(const server_options& fresh) const {
    error all;
    all.messages = mistakes_in(fresh);
    all.messages.insert(all.messages.end(), mistakes.begin(), mistakes.end());
    if (fresh.endpoints.empty())
        all.messages.emplace_back(
            "There is nothing to listen on: call listen(\"http://127.0.0.1:8080\") before "
            "start().");
    return all;
}

void server_host::inherit(const environment& from) {
    has_inherited_ = true;
    auto found = inherited_sockets(from, getpid());
    if (found)
        inherited_ = *std::move(found);
    else
        cannot_inherit_ = found.error();
}

// Over what the code has said: every mistake.
std::vector<std::string> server_host::load() {
    if (!configured_) return {};
    configured_->base(options);
    auto loaded = configured_->load();
    if (!loaded) return loaded.error().messages;
    // What was changed while it was read is read again, and later changes are told.
    if (configured_->reloads_on_change() && !here_) {
        watch_.emplace(configured_->files(), [this] { (void)reload(); });
        loaded = configured_->load();
        if (!loaded) return loaded.error().messages;
    }
    options = *std::move(loaded);
    configured_->accept();
    return {};
}

error server_host::prepare(const clock& time) {
    error wrong;
    tls::take_home();
    wrong.messages = load();
    if (!wrong.messages.empty()) return wrong;
    complete_https(options);  // before systemd's sockets take the places of urls
    if (options.systemd_sockets) {
        if (!has_inherited_) inherit([](const char* name) { return std::getenv(name); });
        if (cannot_inherit_) return *cannot_inherit_;
        use_inherited(options, inherited_);
    }
    if (wrong = check(options); !wrong.messages.empty()) return wrong;
    begin_logs();
    offloads_ = std::make_unique<offload_pool>(options.offload_threads, this);
    admission_.limit(options.limits);
    cores_.begin({&time, log_.get(), offloads_.get(), recorder_, [this] {
                      const std::lock_guard lock(guard_);
                      over_.notify_all();
                  }});
    endpoints_.emplace(cores_, requests, admission_, here_);
    recorder_->ask_for_certificates([this] { return endpoints_->tls().certificates(); });
    const std::lock_guard lock(guard_);
    started_ = true;
    running_ = true;
    return {};
}

// Their sinks are called on threads that a stop waits for.
void server_host::begin_logs() {
    log_sink sink = options.log;
    if (sink)
        sink = [this, to = std::move(sink)](const log_record& one) {
            const busy_here meanwhile(told_here, this);
            to(one);
        };
    log_ = std::make_unique<log_writer>(options.minimum_log_level, std::move(sink));
    log_->levels(options.minimum_log_level, options.log_levels);
    access_log_options access = options.access_log;
    if (access.sink)
        access.sink = [this, to = std::move(access.sink)](std::string_view lines) {
            const busy_here meanwhile(told_here, this);
            to(lines);
        };
    no_access_log_ = recorder_->begin(access, *log_);
}

result<std::vector<std::string>> server_host::start() { return start_with(nullptr, clock_); }

result<std::vector<std::string>> server_host::start_here(const transport_factory& factory,
                                                         const clock& time) {
    here_ = true;
    return start_with(&factory, time);
}

// One that fails is undone by a stop, which waits for changes, of which the start is one.
result<std::vector<std::string>> server_host::start_with(const transport_factory* here,
                                                         const clock& time) {
    const error already("Server has already started.");
    if (changed_here == this) return already;
    result<std::vector<std::string>> bound = already;
    bool is_half = false;
    {
        const std::lock_guard alone(reloading_);
        const busy_here meanwhile(changed_here, this);
        const change starting(*this, change::of::start);
        if (!starting.allowed()) return already;
        try {
            bound = start_now(here, time);
        } catch (...) {  // of the host's code, which is called on the way; or no memory
            bound = error("The server could not start: " + what_failed());
        }
        const std::lock_guard lock(guard_);
        is_half = !bound && started_ && !stopping_;  // else by the stop that waits, with its grace
    }
    if (is_half) stop(std::chrono::milliseconds(0));
    return bound;
}

result<std::vector<std::string>> server_host::start_now(const transport_factory* here,
                                                        const clock& time) {
    if (error wrong = prepare(time); !wrong.messages.empty()) return wrong;
    if (here == nullptr) return listen_everywhere();
    if (std::string failure = cores_.start_here(*here, options); !failure.empty()) {
        const std::lock_guard lock(guard_);
        running_ = false;  // there is no core to be asked for anything
        return error(std::move(failure));
    }
    return listen_everywhere();
}

result<std::vector<std::string>> server_host::listen_everywhere() {
    if (!no_access_log_.empty()) return error(no_access_log_);
    const auto opened = endpoints_->apply(options, false, {log_.get(), "server"});
    if (!opened) return opened.error();
    for (const std::string& address : opened->bound)
        log(log_level::information, "Now listening on: " + address);
    std::vector<std::string> bound = endpoints_->addresses();
    watch_configuration();
    const std::lock_guard lock(guard_);
    if (stopping_) return error("The server was stopped while it started.");
    addresses_ = bound;
    ready_->store(true, std::memory_order_release);
    return bound;
}

void server_host::watch_configuration() {
    if (!configured_) return;
    for (const std::string& file : configured_->files_read())
        log(log_level::information, "Configuration read from " + file + '.');
    for (const std::string& one : configured_->warnings()) log(log_level::warning, one);
    if (!watch_) return;
    if (const std::string limited = watch_->limitation(); !limited.empty())
        log(log_level::warning, limited);
    if (!watch_->start({log_.get(), "server"})) watch_.reset();
}

std::vector<std::string> server_host::addresses() const {
    const std::lock_guard lock(guard_);
    return addresses_;
}

server_host::stop_times server_host::patience() const {
    const std::lock_guard lock(guard_);
    return {options.shutdown_delay, options.shutdown_timeout};
}

// ---- changes ----

result<std::vector<std::string>> server_host::reload() {
    if (changed_here == this)
        return error("The configuration is just being read, by whom this function was called.");
    const std::lock_guard one_at_a_time(reloading_);
    const busy_here meanwhile(changed_here, this);
    if (!configured_)
        return error("There is no configuration to read: call configure() before start().");
    const auto refuse = [&](const error& why) {
        log(log_level::error, "The configuration stays as it was:");
        for (const std::string& one : why.messages) log(log_level::error, one);
        return why;
    };
    try {
        auto fresh = configured_->load();
        if (!fresh) return refuse(fresh.error());
        auto done = apply(*std::move(fresh), configured_->differences());
        if (!done) return refuse(done.error());
        configured_->accept();
        return done;
    } catch (...) {  // of the host's code, which is called on the way; or no memory
        return refuse(error("It could not be read or applied: " + what_failed()));
    }
}

result<std::vector<std::string>> server_host::apply(
    server_options fresh, std::optional<std::vector<std::string>> by_key) {
    const change one_at_a_time(*this, change::of::running);
    if (!one_at_a_time.allowed())
        return error("Only a running server can be changed: it has not started, or is stopping.");
    complete_https(fresh);
    if (fresh.systemd_sockets) use_inherited(fresh, inherited_);
    if (error wrong = check(fresh); !wrong.messages.empty()) return wrong;
    const std::vector<option_change> differing = difference(options, fresh);
    server_options merged = std::move(fresh);
    keep_until_next_start(merged, options);
    const bool for_connections =
        std::any_of(differing.begin(), differing.end(),
                    [](const option_change& one) { return one.when == takes_effect::connections; });
    auto done = endpoints_->apply(merged, for_connections, {log_.get(), "server"});
    if (!done) return done.error();

    std::vector<std::string> lines = by_key.value_or(std::vector<std::string>());
    for (const option_change& one : differing)
        if (!by_key || one.when == takes_effect::next_start) lines.push_back(one.text());
    lines.insert(lines.end(), done->lines.begin(), done->lines.end());
    for (const std::string& one : lines) log(log_level::information, "Changed: " + one);
    for (const std::string& one : done->left) log(log_level::warning, one);
    for (const std::string& address : done->bound)
        log(log_level::information, "Now listening on: " + address);
    take_over(std::move(merged));
    return lines;
}

void server_host::take_over(server_options fresh) {
    log_->levels(fresh.minimum_log_level, fresh.log_levels);
    admission_.limit(fresh.limits);
    const std::lock_guard lock(guard_);
    options = std::move(fresh);
    addresses_ = endpoints_->addresses();
}

// ---- the stop ----

bool server_host::begin_stop() {
    std::unique_lock lock(guard_);
    not_ready();
    if (stopping_) {
        // Another one's: what comes next is for cores that know of it.
        if (!here_) idle_.wait(lock, [this] { return stop_begun_ || !stopping_; });
        return stopping_;
    }
    stopping_ = true;
    idle_.notify_all();
    // A change that a blocked core delays for longer than this fails by itself.
    idle_.wait(lock, [this] { return !changing_; });
    stopping_ = started_;  // a start that had mistakes may be tried again
    if (running_) {
        lock.unlock();
        endpoints_->begin_stop();
        lock.lock();
    }
    stop_begun_ = stopping_;
    idle_.notify_all();
    return stopping_;
}

bool server_host::wait_until_over(std::chrono::steady_clock::time_point until) {
    if (!here_) {
        std::unique_lock lock(guard_);
        return over_.wait_until(lock, until, [this] { return all_over(); });
    }
    core& only = core_here();
    while (!all_over() && std::chrono::steady_clock::now() < until) only.turn(only.time().now());
    return all_over();
}

bool server_host::stop(std::chrono::milliseconds grace) {
    if (waits_for_this_thread()) {
        refuse_stop();
        return false;
    }
    if (!has_begun()) return true;
    const auto until = std::chrono::steady_clock::now() + bounded(grace);
    if (!begin_stop()) return true;
    bool all = true;
    if (is_running()) {
        if (!wait_until_over(until)) {
            abort();
            all = wait_until_over(std::chrono::steady_clock::now() + abort_time);
        }
        const std::lock_guard lock(guard_);
        running_ = false;
    }
    const std::lock_guard one_at_a_time(ending_);
    watch_.reset();
    all &= cores_.stop();
    if (!all)
        log(log_level::critical,
            "The stop has ended with handlers that did not return although their connections were "
            "aborted: their cores and this server's memory are left behind.");
    if (all) {
        offloads_.reset();
        recorder_->end();
    }
    if (log_ != nullptr) log_->flush();
    return all;
}

void server_host::abort() {
    // While it is held the cores stay; on one's own thread a letter is answered at once, and takes
    // it.
    std::unique_lock lock(guard_);
    if (!running_) return;
    if (here_) lock.unlock();
    cores_.for_each_core([](core_runner& one) { one.abort_all(end_reason::app_shutdown_timeout); });
}

}  // namespace saker
