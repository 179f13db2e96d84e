#pragma once
// What a test in tests/guest needs: a kernel that has TLS. Where it has not the test is skipped
// with the reason; but in the guest (SAKER_GUEST is set), which exists to have it, the test fails.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace saker::test {

// Two ends of one TCP connection over the loopback interface; an end that waits longer than a test
// may take is told so.
struct connected_pair {
    connected_pair() {
        const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        const auto at = reinterpret_cast<sockaddr*>(&address);
        if (bind(listening, at, size) == 0 && listen(listening, 1) == 0 &&
            getsockname(listening, at, &size) == 0) {
            here = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (connect(here, at, size) == 0) {
                there = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
            }
        }
        ::close(listening);
        const timeval patience{20, 0};
        for (const int fd : {here, there}) {
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        }
    }
    ~connected_pair() {
        ::close(here);
        ::close(there);
    }
    connected_pair(const connected_pair&) = delete;
    connected_pair& operator=(const connected_pair&) = delete;

    int here = -1;
    int there = -1;
};

// 0, or why the kernel's TLS is not there for this connection.
inline int attach_kernel_tls(int fd) {
    return setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4) == 0 ? 0 : errno;
}

class with_kernel_tls : public testing::Test {
protected:
    void SetUp() override {
        const connected_pair probe;
        const int why = attach_kernel_tls(probe.here);
        if (why == 0) return;
        if (std::getenv("SAKER_GUEST") != nullptr) FAIL() << "no kernel TLS: " << strerror(why);
        GTEST_SKIP() << "this kernel has no TLS (" << strerror(why)
                     << "); tests/guest/run_guest_test.py runs this on one that has";
    }
};

}  // namespace saker::test
