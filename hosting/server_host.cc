// The start, the changes and the stop of a server. Start: check everything, start the cores, open
// every address on every core, or undo all of it. Stop: no more connections, the end is asked for,
// the deadline, the abort; what does not end then either is left behind, for no coroutine can be
// destroyed from outside.

#include "hosting/server_host.h"

#include "hosting/https/https_endpoints.h"
#include "hosting/life/options_diff.h"
#include "hosting/options_check.h"
#include "hosting/what_failed.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace saker {

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
    wrong.messages = load();
    if (!wrong.messages.empty()) return wrong;
    complete_https(options);  // before systemd's sockets take the places of urls
    if (options.systemd_sockets) {
        if (!has_inherited_) inherit([](const char* name) { return std::getenv(name); });
        if (cannot_inherit_) return *cannot_inherit_;
        use_inherited(options, inherited_);
    }
    if (wrong = check(options); !wrong.messages.empty()) return wrong;
    log_ = std::make_unique<log_writer>(options.minimum_log_level, options.log);
    log_->levels(options.minimum_log_level, options.log_levels);
    no_access_log_ = recorder_->begin(options.access_log, *log_);
    offloads_ = std::make_unique<offload_pool>(options.offload_threads);
    admission_.limit(options.limits);
    cores_.begin({&time, log_.get(), offloads_.get(), recorder_, [this] {
                      const std::lock_guard lock(guard_);
                      over_.notify_all();
                  }});
    endpoints_.emplace(cores_, requests, admission_, here_);
    recorder_->ask_for_certificates([this] { return endpoints_->tls().certificates(); });
    started_ = true;
    running_ = true;
    return {};
}

result<std::vector<std::string>> server_host::start() {
    if (started_) return error("Server has already started.");
    if (error wrong = prepare(clock_); !wrong.messages.empty()) return wrong;
    return listen_everywhere();
}

result<std::vector<std::string>> server_host::start_here(const transport_factory& factory,
                                                         const clock& time) {
    if (started_) return error("Server has already started.");
    here_ = true;
    if (error wrong = prepare(time); !wrong.messages.empty()) return wrong;
    if (std::string failure = cores_.start_here(factory, options); !failure.empty()) {
        running_ = false;
        stop(std::chrono::milliseconds(0));
        return error(std::move(failure));
    }
    return listen_everywhere();
}

result<std::vector<std::string>> server_host::listen_everywhere() {
    result<endpoint_set::changes> opened = error(no_access_log_);
    if (no_access_log_.empty()) opened = endpoints_->apply(options, false, {log_.get(), "server"});
    if (!opened) {
        stop(std::chrono::milliseconds(0));
        return opened.error();
    }
    for (const std::string& address : opened->bound)
        log(log_level::information, "Now listening on: " + address);
    std::vector<std::string> bound = endpoints_->addresses();
    addresses_ = bound;
    ready_->store(true, std::memory_order_release);
    watch_configuration();  // from here on they may be others
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

// While it lives, nothing else is changed, and a stop waits for it.
class server_host::change {
public:
    explicit change(server_host& of) : host_(of) {
        std::unique_lock lock(host_.guard_);
        host_.idle_.wait(lock, [&] { return !host_.changing_ || host_.stopping_; });
        allowed_ = host_.running_ && !host_.stopping_ && !host_.changing_;
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

result<std::vector<std::string>> server_host::reload() {
    const std::lock_guard one_at_a_time(reloading_);
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
    const change one_at_a_time(*this);
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

void server_host::begin_stop() {
    not_ready();
    {
        std::unique_lock lock(guard_);
        if (stopping_) return;
        stopping_ = true;
        idle_.notify_all();
        // A change that a blocked core delays for longer than this fails by itself.
        idle_.wait(lock, [this] { return !changing_; });
    }
    endpoints_->begin_stop();
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
    bool all = true;
    if (is_running()) {
        const auto until = std::chrono::steady_clock::now() + bounded(grace);
        begin_stop();
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
