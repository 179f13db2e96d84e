// The checks, one function a topic. Numbers that are asked for: the backlog is Kestrel's 512; a
// server for ten thousand clients needs that many descriptors; a load test from this machine, that
// many ports.

#include "tools/saker/examine.h"

#include "protocols/tls/kernel_keys.h"
#include "tools/saker/arguments.h"
#include "transports/transports.h"

#include <saker/version.h>

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>

// Of mimalloc, where it is linked: the one symbol that tells.
extern "C" int mi_version(void) __attribute__((weak));

namespace saker::tool {

namespace {

constexpr uint64_t wanted_backlog = 512;
constexpr uint64_t wanted_descriptors = 65536;
constexpr uint64_t few_descriptors = 4096;
constexpr uint64_t wanted_ports = 20000;
constexpr uint64_t wanted_memlock = uint64_t{8} << 20;

using findings = std::vector<finding>;

std::optional<std::string> first_line(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    if (!file || !std::getline(file, line)) return std::nullopt;
    return line;
}

std::optional<uint64_t> number_in(const std::string& path) {
    const auto line = first_line(path);
    return line ? parse_number(*line) : std::nullopt;
}

struct kernel_version {
    unsigned major = 0, minor = 0;
    friend auto operator<=>(const kernel_version&, const kernel_version&) = default;
};

kernel_version running_kernel(const utsname& system) {
    kernel_version version;
    if (std::sscanf(system.release, "%u.%u", &version.major, &version.minor) != 2) return {};
    return version;
}

void look_at_kernel(findings& all, kernel_version& version) {
    utsname system{};
    if (uname(&system) != 0) return;
    version = running_kernel(system);
    finding kernel{"kernel",
                   "version",
                   verdict::ok,
                   std::string(system.sysname) + ' ' + system.release + ", " + system.machine,
                   {}};
    if (version < kernel_version{6, 1}) {
        kernel.how = verdict::warning;
        kernel.fix = "6.1 or later lets io_uring do its best; without it epoll serves";
    }
    all.push_back(std::move(kernel));
    if (const auto off = number_in("/proc/sys/kernel/io_uring_disabled"))
        all.push_back({"kernel", "kernel.io_uring_disabled",
                       *off == 0 ? verdict::ok : verdict::warning, std::to_string(*off),
                       *off == 0 ? "" : "sudo sysctl kernel.io_uring_disabled=0"});
    const std::string no_tls = tls::why_no_kernel_tls();
    all.push_back({"kernel", "TLS (ktls)", no_tls.empty() ? verdict::ok : verdict::warning,
                   no_tls.empty() ? "there: large bodies over https are sealed by it" : no_tls,
                   tls::remedy_for_kernel_tls()});
    const bool ipv6 = first_line("/proc/net/if_inet6").has_value();
    all.push_back({"kernel", "IPv6", ipv6 ? verdict::ok : verdict::warning,
                   ipv6 ? "there" : "not there: \"localhost\" and \"*\" are IPv4 only",
                   ipv6 ? "" : "sudo sysctl net.ipv6.conf.all.disable_ipv6=0"});
}

void look_at_transports(findings& all) {
    bool any = false;
    for (const transport_factory* const one : built_in_transports()) {
        const transport_probe probe = one->probe();
        any = any || probe.usable;
        all.push_back({"transports", std::string(one->name()),
                       probe.usable ? verdict::ok : verdict::warning, probe.detail,
                       probe.usable ? "" : probe.remedy});
    }
    const transport_choice chosen = choose_transport("auto");
    if (chosen.factory != nullptr)
        all.push_back({"transports",
                       "auto",
                       verdict::ok,
                       "chooses " + std::string(chosen.factory->name()),
                       {}});
    else
        all.push_back({"transports", "auto", verdict::bad, "nothing works: " + chosen.error,
                       "mend one of the transports above"});
}

std::string amount(rlim_t value) {
    return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

void look_at_descriptors(findings& all) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    finding found{"limits",
                  "open files (nofile)",
                  verdict::ok,
                  amount(limit.rlim_cur) + " of " + amount(limit.rlim_max),
                  {}};
    if (limit.rlim_cur < wanted_descriptors) {
        found.how = limit.rlim_cur < few_descriptors ? verdict::bad : verdict::warning;
        if (limit.rlim_max >= wanted_descriptors) {
            // A server may raise it itself up to the hard limit; a shell does it for all of them.
            found.how = verdict::warning;
            found.fix = "ulimit -n " + std::to_string(wanted_descriptors);
        } else {
            found.fix = "LimitNOFILE=1048576 in the unit, or nofile in /etc/security/limits.conf";
        }
        found.found += "; each connection needs one";
    }
    all.push_back(std::move(found));
}

void look_at_memlock(findings& all, kernel_version kernel) {
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
    // Since 5.12 rings are accounted to the cgroup, not to this limit.
    const bool matters = kernel < kernel_version{5, 12};
    const bool enough = limit.rlim_cur >= wanted_memlock;
    all.push_back(
        {"limits", "locked memory (memlock)", matters && !enough ? verdict::bad : verdict::ok,
         amount(limit.rlim_cur) + (matters ? "" : "; this kernel does not count rings in it"),
         matters && !enough ? "ulimit -l " + std::to_string(wanted_memlock >> 10) : ""});
}

void look_at_queue(findings& all, const std::string& name, std::string_view what) {
    std::string path = "/proc/sys/" + name;
    std::replace(path.begin() + 10, path.end(), '.', '/');
    const auto length = number_in(path);
    if (!length) return;
    const bool enough = *length >= wanted_backlog;
    all.push_back({"limits", name, enough ? verdict::ok : verdict::warning,
                   std::to_string(*length) + (enough ? "" : "; " + std::string(what)),
                   enough ? "" : "sudo sysctl " + name + "=4096"});
}

void look_at_ports(findings& all) {
    const auto line = first_line("/proc/sys/net/ipv4/ip_local_port_range");
    unsigned first = 0, last = 0;
    if (!line || std::sscanf(line->c_str(), "%u %u", &first, &last) != 2 || last < first) return;
    const uint64_t ports = last - first + 1;
    const bool enough = ports >= wanted_ports;
    all.push_back({"limits", "net.ipv4.ip_local_port_range",
                   enough ? verdict::ok : verdict::warning,
                   std::to_string(first) + " to " + std::to_string(last) +
                       (enough ? "" : "; a load test from here runs out of ports"),
                   enough ? "" : "sudo sysctl net.ipv4.ip_local_port_range=\"1024 65535\""});
}

// The narrowest quota from this process' cgroup (version 2) up to the root.
double quota_of_this_process() {
    const auto line = first_line("/proc/self/cgroup");
    if (!line || !line->starts_with("0::/")) return 0;
    double narrowest = 0;
    for (std::string group = line->substr(3);; group.resize(group.rfind('/'))) {
        if (const auto granted = first_line("/sys/fs/cgroup" + group + "/cpu.max")) {
            const double processors = processors_of_quota(*granted);
            if (processors > 0 && (narrowest == 0 || processors < narrowest))
                narrowest = processors;
        }
        if (group.empty() || group.rfind('/') == std::string::npos) return narrowest;
    }
}

void look_at_processors(findings& all) {
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) return;
    const int count = CPU_COUNT(&usable);
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    all.push_back({"processors",
                   "usable",
                   verdict::ok,
                   std::to_string(count) + " of " + std::to_string(online) + "; `serve` starts " +
                       std::to_string(count) + (count == 1 ? " core" : " cores"),
                   {}});
    const double quota = quota_of_this_process();
    if (quota <= 0) {
        all.push_back({"processors", "cgroup quota (cpu.max)", verdict::ok, "none", {}});
        return;
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.4g processors", quota);
    const int fitting = std::max(1, static_cast<int>(std::floor(quota)));
    const bool narrow = fitting < count;
    all.push_back(
        {"processors", "cgroup quota (cpu.max)", narrow ? verdict::warning : verdict::ok,
         text + std::string(narrow ? "; more cores than that are stopped in mid-request" : ""),
         narrow ? "saker serve --no-pin --cores " + std::to_string(fitting) : ""});
}

void look_at_binary(findings& all) {
    all.push_back({"binary", "saker", verdict::ok, SAKER_VERSION, {}});
#ifdef NDEBUG
    all.push_back({"binary", "build", verdict::ok, "release", {}});
#else
    all.push_back({"binary", "build", verdict::warning, "with debug checks: not for measuring",
                   "cmake --preset release && cmake --build --preset release"});
#endif
    if (mi_version == nullptr) {
        all.push_back({"binary", "allocator", verdict::warning, "the system's",
                       "sudo apt-get install libmimalloc-dev, then build again"});
        return;
    }
    const int version = mi_version();
    all.push_back({"binary",
                   "allocator",
                   verdict::ok,
                   "mimalloc " + std::to_string(version / 100) + '.' +
                       std::to_string(version / 10 % 10) + '.' + std::to_string(version % 10),
                   {}});
}

}  // namespace

std::string_view name(verdict of) noexcept {
    switch (of) {
        case verdict::ok: return "ok";
        case verdict::warning: return "warn";
        case verdict::bad: break;
    }
    return "bad";
}

double processors_of_quota(std::string_view cpu_max) noexcept {
    const size_t blank = std::min(cpu_max.find(' '), cpu_max.size());
    const auto quota = parse_number(cpu_max.substr(0, blank));
    if (!quota || blank == cpu_max.size()) return 0;
    const auto period = parse_number(cpu_max.substr(blank + 1));
    return period && *period > 0 ? static_cast<double>(*quota) / static_cast<double>(*period) : 0;
}

std::vector<finding> examine() {
    findings all;
    kernel_version kernel;
    look_at_transports(all);
    look_at_kernel(all, kernel);
    look_at_descriptors(all);
    look_at_memlock(all, kernel);
    look_at_queue(all, "net.core.somaxconn", "it cuts the backlog of 512");
    look_at_queue(all, "net.ipv4.tcp_max_syn_backlog",
                  "a burst of new connections waits for a second");
    look_at_ports(all);
    look_at_processors(all);
    look_at_binary(all);
    return all;
}

}  // namespace saker::tool
