// See core_runner.h. What is asked of a core travels as a letter; the asker waits for the answer.

#include "hosting/core_runner.h"

#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <cstdio>
#include <latch>

namespace saker {
namespace {

struct call_letter final : letter {
    explicit call_letter(const std::function<void()>& asked) noexcept
        : letter(arrive), what(asked) {}
    const std::function<void()>& what;
    std::latch done{1};
    static void arrive(letter& arrived) noexcept {
        auto& self = static_cast<call_letter&>(arrived);
        self.what();
        self.done.count_down();
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

// One endpoint on this core. Made and ended on the core's thread.
struct core_runner::listening {
    listening(core& home, const endpoint_plan& plan, request_observer& told)
        : pipes(plan.pipes),
          http(home, *plan.http, *plan.app, &told),
          delegate(chain(plan)),
          accepting(home, pipes, delegate, plan.display) {}

    connection_delegate chain(const endpoint_plan& plan) {
        connection_delegate inner = plan.options->raw;
        if (!inner) inner = [this](connection& accepted) { return http.serve(accepted); };
        const auto& middleware = plan.options->middleware;
        for (size_t i = middleware.size(); i-- > 0;) inner = middleware[i](std::move(inner));
        return inner;
    }

    const connection_options pipes;
    http1::service http;
    const connection_delegate delegate;
    listener accepting;
};

core_runner::core_runner(const core::settings& chosen,
                         std::shared_ptr<diagnostics::server_recorder> records)
    : records_(std::move(records)), core_(chosen), recorder_(records_->add_core(core_)) {}

core_runner::~core_runner() { stop(); }

bool core_runner::start(const transport_factory& factory, int processor, std::string& error) {
    std::latch opened{1};
    // The host program's signals are its own: none is delivered to our thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([&, this] {
        name_and_pin(core_.index(), processor);
        open_ = core_.open(factory, error);
        const bool usable = open_;
        opened.count_down();
        if (!usable) return;
        core_.run();
        listening_.clear();
        recorder_.finish();
        core_.close();
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    opened.wait();
    if (!open_) thread_.join();
    return open_;
}

bool core_runner::start_here(const transport_factory& factory, std::string& error) {
    open_ = core_.open(factory, error);
    return open_;
}

void core_runner::call(const std::function<void()>& what) {
    call_letter asked(what);
    core_.post(asked);
    if (thread_.joinable()) return asked.done.wait();
    core_.turn(core_.time().now());
}

int core_runner::open(const endpoint_plan& plan, endpoint& where, int& native) {
    int result = 0;
    call([&] {
        auto added = std::make_unique<listening>(core_, plan, recorder_);
        result = added->accepting.open(where);
        if (result < 0) return;
        native = added->accepting.native();
        added->accepting.count_in(recorder_.count_endpoint(
            diagnostics::name_endpoint(added->accepting.local_address(), !plan.options->raw)));
        listening* const kept = listening_.emplace_back(std::move(added)).get();
        kept->accepting.when_over(
            {[](void* self) noexcept { static_cast<core_runner*>(self)->look_whether_over(); },
             this});
    });
    return result;
}

void core_runner::stop_accepting() {
    call([this] {
        stopping_ = true;
        for (auto& one : listening_) one->accepting.stop_accepting();
        look_whether_over();
    });
}

void core_runner::request_close_all(end_reason why) {
    call([&] {
        for (auto& one : listening_) one->accepting.request_close_all(why);
    });
}

void core_runner::abort_all(end_reason why) {
    call([&] {
        for (auto& one : listening_) one->accepting.abort_all(why);
        core_.end_delays();
    });
}

void core_runner::look_whether_over() {
    if (!stopping_ || over()) return;
    for (const auto& one : listening_) {
        if (!one->accepting.over()) return;
    }
    over_.store(true, std::memory_order_release);
    if (on_over_) on_over_();
}

void core_runner::stop() {
    if (!open_) return;
    open_ = false;
    if (thread_.joinable()) {
        core_.stop();
        return thread_.join();
    }
    listening_.clear();
    recorder_.finish();
    core_.close();
}

}  // namespace saker
