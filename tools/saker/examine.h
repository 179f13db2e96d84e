#pragma once
// What `saker doctor` looks at: what this machine, this process' limits and this binary let the
// engine do. Looking changes nothing; transports are probed, and let go of again.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tool {

enum class verdict : uint8_t { ok, warning, bad };
[[nodiscard]] std::string_view name(verdict) noexcept;

struct finding {
    std::string_view topic;  // "transports", "kernel", "limits", "processors", "binary"
    std::string what;        // "io_uring", "net.core.somaxconn"
    verdict how = verdict::ok;
    std::string found;  // a sentence or a number, for a person
    std::string fix;  // what to do about it, a command where there is one; empty where all is well
};

[[nodiscard]] std::vector<finding> examine();

// Processors' worth of time that a cgroup's "cpu.max" grants: "200000 100000" is 2; 0: no limit, or
// not that format.
[[nodiscard]] double processors_of_quota(std::string_view cpu_max) noexcept;

}  // namespace saker::tool
