// See program.h.
//
//   serving --SIGINT, SIGTERM--> not ready, still serving --shutdown_delay--> stopping --> over
//      |                                    |                                    |
//   SIGHUP: reload               another signal: abort              another signal: abort

#include "hosting/life/program.h"

#include "core/time/clock.h"
#include "hosting/life/heartbeat.h"
#include "hosting/life/systemd.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <thread>

namespace saker {
namespace {

using steady = std::chrono::steady_clock;

// timeout(1) and some supervisors tell a process and its group, which is twice the same.
constexpr auto echo = std::chrono::milliseconds(100);

const char* variable(const char* name) { return std::getenv(name); }

class program {
public:
    explicit program(server_host& host) : host_(host), manager_(variable) {
        sigemptyset(&signals_);
        for (const int one : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, one);
        // Blocked before any thread is made, so that only our own wait gets them.
        pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    }
    ~program() {
        // One that came while everything was over would end the process instead of us.
        const timespec at_once{};
        while (sigtimedwait(&signals_, nullptr, &at_once) > 0) {}
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    int run() {
        if (const auto mistakes = begin(); !mistakes.empty()) {
            std::fprintf(stderr, "%s\n", mistakes.c_str());
            tell("STATUS=It could not start: " + mistakes.substr(0, mistakes.find('\n')));
            return 1;
        }
        tell("READY=1\nSTATUS=" + status());
        host_.log(log_level::information, "Application started. Press Ctrl+C to shut down.");
        while (wait(steady::time_point::max()) == SIGHUP) reload();
        return stop() ? 0 : 1;
    }

private:
    std::string begin() {
        const auto interval = watchdog_interval(variable, getpid());
        if (!interval) return interval.error().text();
        beat_interval_ = *interval;
        host_.inherit(variable);
        forget_systemd(host_.inherited());
        const auto started = host_.start();
        return started ? std::string() : started.error().text();
    }

    std::string status() const {
        std::string all = "Listening on";
        for (const std::string& one : host_.addresses()) all += ' ' + one;
        return all;
    }

    void tell(const std::string& news) {
        if (const std::string why = manager_.tell(news); !why.empty())
            host_.log(log_level::warning, why);
    }

    // The next signal; 0 at that time. Tells systemd meanwhile that all cores turn.
    int wait(steady::time_point until) {
        for (;;) {
            const auto now = steady::now();
            if (beat_interval_ && now >= next_beat_) beat(now);
            if (now >= until) return 0;
            const auto next = beat_interval_ ? std::min(until, next_beat_) : until;
            const auto left = std::min<std::chrono::nanoseconds>(next - now, std::chrono::hours(1));
            const auto whole = std::chrono::floor<std::chrono::seconds>(left);
            const timespec time{static_cast<time_t>(whole.count()),
                                static_cast<long>((left - whole).count())};
            const int heard = sigtimedwait(&signals_, nullptr, &time);
            if (heard > 0) return heard;
        }
    }

    void beat(steady::time_point now) {
        next_beat_ = now + *beat_interval_;
        const std::vector<uint32_t> silent = host_.silent_cores(heart_);
        if (silent.empty()) return tell("WATCHDOG=1");
        std::string which;
        for (const uint32_t one : silent)
            which += (which.empty() ? "" : ", ") + std::to_string(one);
        host_.log(log_level::error, "Cores that do not turn: " + which +
                                        ". A handler blocks them; systemd is not told that this "
                                        "program is alive.");
    }

    void reload() {
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC, &now);
        const int64_t microseconds = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
        tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
        host_.reopen_logs();
        if (host_.has_configuration()) {
            const auto done = host_.reload();
            if (done && done->empty())
                host_.log(log_level::information, "The configuration has not changed.");
        }
        tell("READY=1\nSTATUS=" + status());
    }

    // Waits for a signal that ends the patience; the end of the stop looks like one.
    bool wait_for_another(steady::time_point until, const std::atomic<bool>& stopped) {
        for (;;) {
            const int heard = wait(until);
            if (heard == 0 || stopped.load(std::memory_order_acquire)) return false;
            if (heard != SIGHUP && steady::now() - told_ >= echo) return true;
        }
    }

    bool stop() {
        const auto [wanted_delay, timeout] = host_.patience();
        const auto delay = std::chrono::floor<std::chrono::milliseconds>(bounded(wanted_delay));
        std::atomic<bool> stopped = false, whole = false;
        told_ = steady::now();
        host_.not_ready();
        const auto longest = delay + bounded(timeout) + host_.abort_time + std::chrono::seconds(1);
        tell("STOPPING=1\nSTATUS=Stopping\nEXTEND_TIMEOUT_USEC=" +
             std::to_string(std::chrono::floor<std::chrono::microseconds>(longest).count()));
        host_.log(log_level::information, "Application is shutting down...");
        auto grace = timeout;
        if (delay.count() > 0) {
            host_.log(log_level::information, "Not ready any more; serving for another " +
                                                  std::to_string(delay.count()) +
                                                  " ms, until clients have been sent elsewhere.");
            if (wait_for_another(steady::now() + delay, stopped)) grace = {};
        }
        std::thread stopping;
        try {
            stopping = std::thread([&, waiting = pthread_self()] {
                whole = host_.stop(grace);
                stopped.store(true, std::memory_order_release);
                pthread_kill(waiting, SIGTERM);
            });
        } catch (const std::system_error&) {  // no thread to be had: deaf to another signal
            return host_.stop(grace);
        }
        while (wait_for_another(steady::time_point::max(), stopped)) {
            host_.log(log_level::warning, "Told again: what is left is aborted.");
            host_.abort();
        }
        stopping.join();
        return whole;
    }

    server_host& host_;
    sigset_t signals_{}, before_{};
    news_line manager_;
    heartbeat heart_;
    std::optional<std::chrono::microseconds> beat_interval_;
    steady::time_point next_beat_{}, told_{};
};

}  // namespace

int run_as_program(server_host& host) { return program(host).run(); }

}  // namespace saker
