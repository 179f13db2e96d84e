// See syn_filter.h: a classic BPF program, which needs no privilege, on the TCP header.

#include "hosting/life/syn_filter.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace saker {

bool drop_new_connections(int listening_socket) noexcept {
    if (listening_socket < 0) return false;
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (getsockopt(listening_socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0 ||
        protocol != IPPROTO_TCP)
        return false;
    constexpr uint32_t flags_at = 13, syn = 0x02, drop = 0, keep = 0xffffffff;
    sock_filter program[] = {
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, flags_at},
        {BPF_JMP | BPF_JSET | BPF_K, 0, 1, syn},
        {BPF_RET | BPF_K, 0, 0, drop},
        {BPF_RET | BPF_K, 0, 0, keep},
    };
    const sock_fprog loaded{4, program};
    return setsockopt(listening_socket, SOL_SOCKET, SO_ATTACH_FILTER, &loaded, sizeof loaded) == 0;
}

}  // namespace saker
