// See core_groups.h.

#include "hosting/life/core_groups.h"

#include "core/base/log.h"
#include "protocols/http/rejection.h"
#include "transports/transports.h"

#include <sched.h>

#include <algorithm>

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

}  // namespace

core_group* core_groups::find(const transport_factory& factory) noexcept {
    for (const auto& one : groups_)
        if (here_ || one->factory == &factory) return one.get();
    return nullptr;
}

result<core_group*> core_groups::with(const std::string& transport, const server_options& options) {
    if (here_) return groups_.front().get();
    const transport_choice choice = choose_transport(transport, options.transport.plug_ins);
    const log_target log{around_.log, "server"};
    if (!told_passed_over_)
        for (const passed_over_transport& other : choice.passed_over)
            log.write(log_level::information, "Transport " + other.name + " is passed over: " +
                                                  other.detail + ". " + other.remedy);
    told_passed_over_ |= !choice.passed_over.empty();
    if (choice.factory == nullptr) return error(choice.error);
    if (core_group* const known = find(*choice.factory)) return known;

    auto added = std::make_unique<core_group>();
    added->transport = choice.factory->name();
    added->factory = choice.factory;
    if (std::string failure = start(*added, options); !failure.empty())
        return error(std::move(failure));
    const size_t count = added->cores.size();
    log.write(log_level::information,
              "Transport " + added->transport + " on " + std::to_string(count) +
                  (count == 1 ? " core: " : " cores: ") + choice.found.detail);
    const std::lock_guard lock(guard_);
    groups_.push_back(std::move(added));
    return groups_.back().get();
}

void core_groups::add_core(core_group& to, const server_options& options) {
    to.cores.push_back(
        std::make_unique<core_runner>(core::settings{next_index_++, options.max_slabs_per_core,
                                                     around_.time, around_.log, around_.offloads},
                                      around_.recorder, here_));
    to.cores.back()->when_over(around_.when_over);
}

std::string core_groups::start(core_group& group, const server_options& options) {
    const std::vector<int> processors = usable_processors();
    const uint32_t count =
        options.cores != 0 ? options.cores : static_cast<uint32_t>(processors.size());
    for (uint32_t i = 0; i < count; ++i) {
        add_core(group, options);
        const int processor = options.pin_cores ? processors[i % processors.size()] : -1;
        std::string failure;
        if (!group.cores.back()->start(*group.factory, processor, failure))
            return "Transport " + group.transport + " failed on core " + std::to_string(i) + ": " +
                   failure;
    }
    return {};
}

std::string core_groups::start_here(const transport_factory& factory,
                                    const server_options& options) {
    here_ = true;
    auto only = std::make_unique<core_group>();
    only->transport = factory.name();
    only->factory = &factory;
    add_core(*only, options);
    std::string failure;
    const bool started = only->cores.front()->start_here(factory, failure);
    groups_.push_back(std::move(only));
    return started ? std::string()
                   : "Transport " + std::string(factory.name()) + " failed: " + failure;
}

std::vector<core_runner*> core_groups::all_cores() const {
    const std::lock_guard lock(guard_);
    std::vector<core_runner*> all;
    for (const auto& group : groups_)
        for (const auto& one : group->cores) all.push_back(one.get());
    return all;
}

bool core_groups::all_over() const {
    bool all = true;
    for_each_core([&](const core_runner& one) { all &= one.over(); });
    return all;
}

bool core_groups::stop() {
    bool all = true;
    for (const auto& group : groups_) {
        for (const auto& one : group->cores) one->may_stop() ? one->stop() : void(all = false);
    }
    return all;
}

server_statistics core_groups::statistics() const {
    server_statistics all;
    uint64_t rejections[core_counts::rejection_kinds] = {};
    const std::lock_guard lock(guard_);
    for (const auto& group : groups_) {
        all.transport += (all.transport.empty() ? "" : ", ") + group->transport;
        all.cores += static_cast<uint32_t>(group->cores.size());
    }
    for (const auto& group : groups_) {
        for (const auto& runner : group->cores) {
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
