// The start and the stop of a server. Start: check everything, choose a transport, start the cores,
// open every address on every core, or undo all of it. Stop: no more connections, the end is asked
// for, the deadline, the abort.

#include "hosting/server_host.h"

#include "hosting/options_check.h"
#include "transports/transports.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace saker {
namespace {

// The processors that this process may use.
std::vector<int> usable_processors() {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    std::vector<int> found;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0) {
        for (int i = 0; i < CPU_SETSIZE; ++i) {
            if (CPU_ISSET(static_cast<size_t>(i), &mask)) found.push_back(i);
        }
    }
    if (found.empty()) found.push_back(0);
    return found;
}

pipe_options pipe_of(const std::optional<size_t>& most) noexcept {
    // A pause at nothing would wait for room that nothing makes.
    const size_t pause = std::max<size_t>(most.value_or(SIZE_MAX), 1);
    return {pause, pause / 2};
}

}  // namespace

void server_host::log(log_level level, std::string message) const {
    if (log_ != nullptr && log_->enabled(level)) log_->write(level, "server", std::move(message));
}

error server_host::check() const {
    error all;
    all.messages = mistakes_in(options);
    all.messages.insert(all.messages.end(), mistakes.begin(), mistakes.end());
    if (options.endpoints.empty())
        all.messages.emplace_back(
            "There is nothing to listen on: call listen(\"http://127.0.0.1:8080\") before "
            "start().");
    return all;
}

void server_host::prepare() {
    log_ = std::make_unique<log_writer>(options.minimum_log_level, options.log);
    no_access_log_ = recorder_->begin(options.access_log, *log_);
    offloads_ = std::make_unique<offload_pool>(options.offload_threads);
    http_ = {options.limits, options.add_server_header, options.allow_host_header_override};
    admission_.limit(options.limits);
    started_ = true;
}

result<std::vector<std::string>> server_host::start() {
    if (started_) return error("Server has already started.");
    if (error wrong = check(); !wrong.messages.empty()) return wrong;
    prepare();
    opened all;
    if (std::string failure = start_cores(); !failure.empty())
        all.errors.push_back(std::move(failure));
    return listen_everywhere(std::move(all));
}

result<std::vector<std::string>> server_host::start_here(const transport_factory& factory,
                                                         const clock& time) {
    if (started_) return error("Server has already started.");
    if (error wrong = check(); !wrong.messages.empty()) return wrong;
    prepare();
    opened all;
    add_core(0, time);
    transport_ = factory.name();
    here_ = true;
    std::string failure;
    if (cores_.front()->start_here(factory, failure)) {
        running_ = true;
    } else {
        all.errors.push_back("Transport " + transport_ + " failed: " + failure);
    }
    return listen_everywhere(std::move(all));
}

result<std::vector<std::string>> server_host::listen_everywhere(opened all) {
    if (!no_access_log_.empty()) all.errors.push_back(no_access_log_);
    if (all.errors.empty()) {
        for (const server_options::listened& wanted : options.endpoints) listen_on(wanted, all);
    }
    if (!all.errors.empty()) {
        stop(std::chrono::milliseconds(0));
        error failed;
        failed.messages = std::move(all.errors);
        return failed;
    }
    for (const std::string& address : all.bound)
        log(log_level::information, "Now listening on: " + address);
    return std::move(all.bound);
}

void server_host::add_core(uint32_t index, const clock& time) {
    cores_.push_back(std::make_unique<core_runner>(
        core::settings{index, options.max_slabs_per_core, &time, log_.get(), offloads_.get()},
        recorder_));
}

std::string server_host::start_cores() {
    const transport_choice choice =
        choose_transport(options.transport.name, options.transport.plug_ins);
    for (const passed_over_transport& other : choice.passed_over)
        log(log_level::information,
            "Transport " + other.name + " is passed over: " + other.detail + ". " + other.remedy);
    if (choice.factory == nullptr) return choice.error;
    transport_ = choice.factory->name();

    const std::vector<int> processors = usable_processors();
    const uint32_t count =
        options.cores != 0 ? options.cores : static_cast<uint32_t>(processors.size());
    for (uint32_t i = 0; i < count; ++i) {
        add_core(i, clock_);
        const int processor = options.pin_cores ? processors[i % processors.size()] : -1;
        std::string failure;
        if (!cores_.back()->start(*choice.factory, processor, failure))
            return "Transport " + transport_ + " failed on core " + std::to_string(i) + ": " +
                   failure;
        cores_.back()->when_over([this] {
            const std::lock_guard lock(guard_);
            over_.notify_all();
        });
    }
    running_ = true;
    log(log_level::information, "Transport " + transport_ + " on " + std::to_string(count) +
                                    (count == 1 ? " core: " : " cores: ") + choice.found.detail);
    return {};
}

endpoint_plan server_host::plan_for(const listen_options& chosen) {
    endpoint_plan plan;
    plan.options = &chosen;
    plan.http = &http_;
    plan.pipes.input = pipe_of(options.limits.max_request_buffer_size);
    plan.pipes.output = pipe_of(options.limits.max_response_buffer_size);
    plan.pipes.min_response_data_rate = options.limits.min_response_data_rate;
    plan.pipes.max_connection_age = options.limits.max_connection_age;
    plan.pipes.admits = &admission_;
    plan.app = &requests;
    return plan;
}

void server_host::listen_on(const server_options::listened& wanted, opened& all) {
    const endpoint_plan plan = plan_for(wanted.options);
    if (wanted.handle >= 0) {
        parsed_address given;
        endpoint handle;
        handle.family = endpoint::kind::handle;
        handle.handle = wanted.handle;
        given.endpoints.push_back(handle);
        return listen_on(given, plan, all);
    }
    const result<parsed_address> parsed = parse_address(wanted.url);
    if (!parsed) {
        const auto& why = parsed.error().messages;
        all.errors.insert(all.errors.end(), why.begin(), why.end());
        return;
    }
    parsed_address address = *parsed;
    for (endpoint& where : address.endpoints) where.mode = wanted.options.unix_socket_mode;
    listen_on(address, plan, all);
}

void server_host::listen_on(const parsed_address& address, const endpoint_plan& plan, opened& all) {
    const bool both = address.meaning == parsed_address::kind::loopback;
    std::vector<std::string> failures;
    bool bound = false;
    for (endpoint where : address.endpoints) {
        where.backlog = options.transport.backlog;
        where.no_delay = options.transport.no_delay;
        const std::string shown = display(where, address.scheme);
        const int result = open(where, plan);
        if (result == 0) {
            bound = true;
            all.bound.push_back(display(where, address.scheme));
            if (!both) return;
            continue;
        }
        failures.push_back(why_not(-result, where, shown));
        const bool no_such_family = result == -EAFNOSUPPORT || result == -EADDRNOTAVAIL;
        // Kestrel: of two loopbacks one may be missing, but none may be another's.
        if (!no_such_family) {
            bound = false;
            break;
        }
    }
    if (bound) {
        for (const std::string& one : failures) log(log_level::information, one);
        return;
    }
    all.errors.insert(all.errors.end(), failures.begin(), failures.end());
}

int server_host::open(endpoint& where, endpoint_plan plan) {
    const bool shares_port =
        where.family == endpoint::kind::tcp4 || where.family == endpoint::kind::tcp6;
    if (shares_port) {
        // On one's own thread it may be a network in memory: the transport finds out.
        if (const int taken = here_ ? 0 : check_free(where); taken < 0) return taken;
        where.reuse_port = cores_.size() > 1;
    }
    int native = -1;
    for (auto& one : cores_) {
        endpoint here = where;
        if (!shares_port && one != cores_.front()) {
            here.family = endpoint::kind::handle;
            here.handle = native;
        }
        plan.display = display(where);
        if (const int result = one->open(plan, here, native); result < 0) return result;
        where.port = here.port;
    }
    return 0;
}

std::string server_host::why_not(int error, const endpoint& where, const std::string& shown) const {
    std::string text = "Failed to bind to address " + shown + ": ";
    if (error != EADDRINUSE) {
        text += std::strerror(error);
        if (error == EACCES && where.port != 0 && where.port < 1024)
            text +=
                ". Ports below 1024 need the capability CAP_NET_BIND_SERVICE "
                "(setcap cap_net_bind_service=+ep), or sysctl "
                "net.ipv4.ip_unprivileged_port_start.";
        return text;
    }
    text += "address already in use";
    if (const std::string holder = who_holds(where); !holder.empty()) text += " by " + holder;
    return text + ". Stop that program, or listen on another address.";
}

// ---- the stop ----

bool server_host::all_over() const noexcept {
    return std::all_of(cores_.begin(), cores_.end(), [](const auto& one) { return one->over(); });
}

void server_host::begin_stop() {
    for (auto& one : cores_) one->stop_accepting();
    for (auto& one : cores_) one->request_close_all(end_reason::app_shutdown);
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

void server_host::stop(std::chrono::milliseconds grace) {
    if (running_) {
        const auto until = std::chrono::steady_clock::now() + grace;
        begin_stop();
        if (!wait_until_over(until)) {
            for (auto& one : cores_) one->abort_all(end_reason::app_shutdown_timeout);
            while (!wait_until_over(std::chrono::steady_clock::now() + std::chrono::seconds(5)))
                log(log_level::warning,
                    "The stop waits for handlers that have not returned since their connections "
                    "were aborted.");
        }
        const std::lock_guard life(life_);
        running_ = false;
    }
    for (auto& one : cores_) one->stop();
    offloads_.reset();
    recorder_->end();
    if (log_ != nullptr) log_->flush();
}

void server_host::abort() {
    const std::lock_guard life(life_);
    if (!running_) return;
    for (auto& one : cores_) one->abort_all(end_reason::app_shutdown_timeout);
}

// ---- what is counted ----

server_statistics server_host::statistics() const {
    server_statistics all;
    all.transport = transport_;
    all.cores = static_cast<uint32_t>(cores_.size());
    uint64_t rejections[core_counts::rejection_kinds] = {};
    for (const auto& runner : cores_) {
        const core_counts& one = runner->one_core().counts();
        all.connections_accepted += one.connections_accepted.value();
        all.connections_open += one.connections_open.value();
        all.requests += one.requests.value();
        for (size_t i = 0; i < one.responses_by_class.size(); ++i)
            all.responses_by_class[i] += one.responses_by_class[i].value();
        all.bytes_received += one.bytes_received.value();
        all.bytes_sent += one.bytes_sent.value();
        all.turns += one.turns.value();
        all.slabs_in_use += one.slabs_in_use.value();
        all.slabs_mapped += one.slabs_mapped.value();
        for (size_t i = 0; i < end_reason_count; ++i)
            all.connections_ended_by[i] += one.ends[i].value();
        for (size_t i = 0; i < core_counts::rejection_kinds; ++i)
            rejections[i] += one.rejections[i].value();
    }
    for (size_t i = 1; i < rejection_reason_count; ++i) {
        if (rejections[i] == 0) continue;
        all.rejections += rejections[i];
        all.rejections_by_reason.emplace_back(name(static_cast<rejection_reason>(i)),
                                              rejections[i]);
    }
    return all;
}

}  // namespace saker
