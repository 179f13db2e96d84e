// One errno has several reasons here: EPERM is a sysctl, or a container's seccomp profile, which
// may say ENOSYS as well. What tells them apart is the sysctl and the kernel's version.

#include "transports/io_uring/probe.h"

#include "core/base/signals_blocked.h"
#include "transports/io_uring/ring.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

namespace saker {
namespace {

struct kernel_version {
    std::string text;
    int major = 0, minor = 0;
    [[nodiscard]] bool is_at_least(int a, int b) const noexcept {
        return major > a || (major == a && minor >= b);
    }
};

kernel_version running_kernel() {
    utsname system{};
    uname(&system);
    kernel_version version{std::string(system.sysname) + ' ' + system.release};
    std::sscanf(system.release, "%d.%d", &version.major, &version.minor);
    return version;
}

// The sysctl of 6.6: 1 leaves io_uring to a group, 2 to nobody.
char switched_off() noexcept {
    char value = '0';
    const int fd = ::open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return value;
    [[maybe_unused]] const ssize_t size = ::read(fd, &value, 1);
    ::close(fd);
    return value;
}

transport_probe refused() {
    switch (switched_off()) {
        case '2':
            return {false, "io_uring is switched off (sysctl kernel.io_uring_disabled = 2)",
                    "sysctl -w kernel.io_uring_disabled=0"};
        case '1':
            return {false,
                    "io_uring is for a group of which this process is no member "
                    "(sysctl kernel.io_uring_disabled = 1)",
                    "join the group of sysctl kernel.io_uring_group, or "
                    "sysctl -w kernel.io_uring_disabled=0"};
        default:
            return {false,
                    "io_uring is blocked by a seccomp filter (Docker's default profile does so)",
                    "run the container with a seccomp profile that allows io_uring_setup, "
                    "io_uring_enter and io_uring_register (or --security-opt seccomp=unconfined)"};
    }
}

transport_probe hidden() {
    const kernel_version kernel = running_kernel();
    if (!kernel.is_at_least(5, 1))
        return {false, kernel.text + " has no io_uring", "upgrade to Linux 6.1 or later"};
    return {false,
            kernel.text + " hides io_uring (built without it, a seccomp filter, or a sandbox)",
            "allow io_uring_setup in the seccomp profile, or use a kernel with CONFIG_IO_URING=y"};
}

const char* opcode_that_is_missing(const ring& on) {
    constexpr unsigned count = 64;
    alignas(io_uring_probe)
        std::byte memory[sizeof(io_uring_probe) + count * sizeof(io_uring_probe_op)] = {};
    auto& found = *reinterpret_cast<io_uring_probe*>(memory);
    if (on.register_with(IORING_REGISTER_PROBE, &found, count) < 0) return "be asked what it can";
    const struct {
        uint8_t code;
        const char* name;
    } needed[] = {{IORING_OP_ACCEPT, "accept"}, {IORING_OP_RECV, "receive"},
                  {IORING_OP_SEND, "send"},     {IORING_OP_SENDMSG, "sendmsg"},
                  {IORING_OP_CLOSE, "close"},   {IORING_OP_ASYNC_CANCEL, "cancel"},
                  {IORING_OP_POLL_ADD, "poll"}};
    for (const auto& one : needed)
        if (one.code > found.last_op || (found.ops[one.code].flags & IO_URING_OP_SUPPORTED) == 0)
            return one.name;
    return nullptr;
}

transport_probe probe_on_this_thread() {
    ring small;
    if (const int error = small.open(8, 16); error < 0) return explain_io_uring_error(error);
    if (const char* const missing = opcode_that_is_missing(small); missing != nullptr)
        return {false, running_kernel().text + " has an io_uring that cannot " + missing,
                "upgrade to Linux 6.1 or later"};
    return {true, running_kernel().text + ", multishot accept and receive, provided buffers", {}};
}

}  // namespace

transport_probe explain_io_uring_error(int error) {
    switch (-error) {
        case EPERM:
        case EACCES: return refused();
        case ENOSYS: return hidden();
        case EINVAL:
            return {false, running_kernel().text + " is too old for the io_uring that Saker uses",
                    "upgrade to Linux 6.1 or later"};
        case ENOMEM:
            return {false, "the kernel gives no memory for a ring",
                    "raise the limit of locked memory (ulimit -l), or the container's memory"};
        case EMFILE:
        case ENFILE:
            return {false, "no file descriptor is left for a ring",
                    "raise the limit of open files (ulimit -n)"};
        default: return {false, std::string("io_uring: ") + std::strerror(-error), ""};
    }
}

// On a thread of its own: a ring that was closed interrupts a later system call of the thread that
// had opened it (EINTR), and the caller's thread is the host program's.
transport_probe probe_io_uring() {
    transport_probe found;
    try {
        const signals_blocked while_it_starts;
        std::thread([&found] { found = probe_on_this_thread(); }).join();
    } catch (const std::system_error& failed) {
        return {false,
                std::string("io_uring cannot be asked for without a thread: ") + failed.what(),
                "raise the limit of threads (ulimit -u, or the container's pids)"};
    }
    return found;
}

}  // namespace saker
