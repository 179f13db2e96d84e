// The start, the changes and the stop of a server. Start: check everything, start the cores, open
// every address on every core, or undo all of it. Stop: no more connections, the end is asked for,
// the deadline, the abort; what does not end then either is left behind, for no coroutine can be
// destroyed from outside.

#include "hosting/server_host.h"

#include "hosting/life/options_diff.h"
#include "hosting/options_check.h"

#include <algorithm>
#include <chrono>

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

void server_host::prepare(const clock& time) {
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
    started_ = true;
    running_ = true;
}

result<std::vector<std::string>> server_host::start() {
    if (started_) return error("Server has already started.");
    if (error wrong = check(options); !wrong.messages.empty()) return wrong;
    prepare(clock_);
    return listen_everywhere();
}

result<std::vector<std::string>> server_host::start_here(const transport_factory& factory,
                                                         const clock& time) {
    if (started_) return error("Server has already started.");
    if (error wrong = check(options); !wrong.messages.empty()) return wrong;
    here_ = true;
    prepare(time);
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
    ready_.store(true, std::memory_order_release);
    return endpoints_->addresses();
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

result<std::vector<std::string>> server_host::apply(const server_options& fresh) {
    const change one_at_a_time(*this);
    if (!one_at_a_time.allowed())
        return error("Only a running server can be changed: it has not started, or is stopping.");
    if (error wrong = check(fresh); !wrong.messages.empty()) return wrong;
    const std::vector<option_change> differing = difference(options, fresh);
    server_options merged = fresh;
    keep_until_next_start(merged, options);
    const bool for_connections =
        std::any_of(differing.begin(), differing.end(),
                    [](const option_change& one) { return one.when == takes_effect::connections; });
    auto done = endpoints_->apply(merged, for_connections, {log_.get(), "server"});
    if (!done) return done.error();

    std::vector<std::string> lines;
    for (const option_change& one : differing) lines.push_back(one.text());
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
    options = std::move(fresh);
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
    if (running_) {
        const auto until = std::chrono::steady_clock::now() + grace;
        begin_stop();
        if (!wait_until_over(until)) {
            abort();
            all = wait_until_over(std::chrono::steady_clock::now() + abort_time);
        }
        const std::lock_guard lock(guard_);
        running_ = false;
    }
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
    {
        const std::lock_guard lock(guard_);
        if (!running_) return;
    }
    cores_.for_each_core([](core_runner& one) { one.abort_all(end_reason::app_shutdown_timeout); });
}

}  // namespace saker
