// What only real sockets can show: descriptors, ports that are taken, sockets that come from
// elsewhere, and many of them.

#include "tests/support/every_transport.h"

#include "transports/transports.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

namespace saker::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

size_t open_descriptors() {
    size_t count = 0;
    DIR* const folder = opendir("/proc/self/fd");
    while (readdir(folder) != nullptr) ++count;
    closedir(folder);
    return count;
}

class sockets : public over_every_transport {};

TEST_P(sockets, thousands_of_short_connections_leak_nothing) {
    const size_t before = open_descriptors();
    constexpr int count = 10'000;
    for (int i = 0; i < count; ++i) {
        const auto p = connect();
        const socket_id id = accept_one();
        asked<receive_operation> receiving;
        std::string heard;
        switch (i % 5) {
            case 0: talk(*p, id); continue;
            case 1: io->receive(id, receiving); break;
            case 2: p->say("unread"); break;
            case 3: p->say("x"), p->end(), receive(id, heard); break;
            case 4: p->vanish(); break;
        }
        close(id, i % 2 == 0);
        if (HasFailure()) return;
    }
    turns(3);
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(pool.in_use(), slabs_at_rest);
}

TEST_P(sockets, a_transport_closes_what_is_left_when_it_goes) {
    const size_t before = open_descriptors();
    {
        strict_slab_pool own_pool{512};
        auto other = make(own_pool);
        endpoint at = loopback();
        socket_id other_listener;
        ASSERT_EQ(other->listen(at, other_listener), 0);
        std::swap(io, other);
        socket_peer a(at), b(at), c(at);
        const socket_id id = accept_one(other_listener);
        const socket_id idle = accept_one(other_listener);
        a.say("never received");
        asked<receive_operation> op;
        io->receive(id, op);
        run_until([&] { return op.answers == 1; });
        op.data = {};
        a.say("nor asked for");
        turns(3);
        static_cast<void>(idle);
        std::swap(io, other);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST_P(sockets, thousands_of_connections_at_once) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlimit as_it_was = limit;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const size_t count = std::min<size_t>(3000, (limit.rlim_cur - 200) / 2);
    std::vector<std::unique_ptr<peer>> peers;
    std::vector<socket_id> ids;
    std::vector<asked<receive_operation>> receiving(count);
    for (size_t i = 0; i < count; ++i) {
        peers.push_back(connect());
        ids.push_back(accept_one());
        io->receive(ids[i], receiving[i]);
        if (HasFailure()) return;
    }
    for (int round = 0; round < 3; ++round) {
        for (const auto& one : peers) one->say("x");
        run_until([&] {
            size_t answered = 0;
            for (auto& one : receiving) {
                if (!one.in_flight) one.data = {};
                answered += one.in_flight ? 0 : 1;
            }
            return answered == count;
        });
        for (size_t i = 0; i < count; ++i) {
            EXPECT_EQ(receiving[i].result, 1);
            io->receive(ids[i], receiving[i]);
        }
    }
    std::vector<asked<close_operation>> closing(count);
    for (size_t i = 0; i < count; ++i) io->close(ids[i], closing[i]);
    run_until([&] {
        size_t answered = 0;
        for (const auto& one : closing) answered += one.in_flight ? 0 : 1;
        return answered == count;
    });
    for (const auto& one : receiving) EXPECT_EQ(one.result, -ECANCELED);
    setrlimit(RLIMIT_NOFILE, &as_it_was);
}

TEST_P(sockets, a_connected_socket_is_adopted) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    socket_peer p(pair[0]);
    socket_id id;
    ASSERT_EQ(io->adopt(pair[1], id), 0);
    EXPECT_EQ(io->native(id), pair[1]);
    talk(p, id);
    EXPECT_EQ(fcntl(pair[1], F_GETFD), -1);  // it was handed over, and has been closed
}

TEST_P(sockets, what_is_no_connected_stream_is_not_adopted) {
    socket_id id;
    EXPECT_EQ(io->adopt(-1, id), -EBADF);
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(io->adopt(file, id), -ENOTSOCK);
    ::close(file);
    const int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(io->adopt(datagrams, id), -EPROTOTYPE);
    ::close(datagrams);
    const int unconnected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(io->adopt(unconnected, id), -ENOTCONN);
    ::close(unconnected);
}

TEST_P(sockets, names_are_told) {
    socket_peer p(where);
    const socket_id id = accept_one();
    EXPECT_EQ(io->names(id).local, "127.0.0.1:" + std::to_string(where.port));
    EXPECT_EQ(io->names(id).remote, p.name());
    EXPECT_EQ(io->names(listener).local, io->names(id).local);
    EXPECT_EQ(io->names(listener).remote, "");
    close(id);
}

TEST_P(sockets, accepted_sockets_do_not_wait_to_be_full) {
    for (const bool wanted : {true, false}) {
        endpoint at = loopback();
        at.no_delay = wanted;
        socket_id on;
        ASSERT_EQ(io->listen(at, on), 0);
        const auto p = connect(at);
        const socket_id id = accept_one(on);
        int no_delay = -1;
        socklen_t size = sizeof no_delay;
        getsockopt(io->native(id), IPPROTO_TCP, 1 /* TCP_NODELAY */, &no_delay, &size);
        EXPECT_EQ(no_delay != 0, wanted);
        EXPECT_EQ(fcntl(io->native(id), F_GETFD), FD_CLOEXEC);
        close(id);
        close(on);
    }
}

// IPv6.

TEST_P(sockets, ipv6_alone_and_with_ipv4) {
    for (const bool dual : {false, true}) {
        endpoint six;
        six.family = endpoint::kind::tcp6;
        six.dual_stack = dual;
        socket_id on;
        const int opened = io->listen(six, on);
        if (opened == -EAFNOSUPPORT || opened == -EADDRNOTAVAIL) GTEST_SKIP() << "no IPv6 here";
        ASSERT_EQ(opened, 0);
        endpoint to = six;
        to.address[15] = 1;
        socket_peer p(to);
        const socket_id id = accept_one(on);
        EXPECT_EQ(io->names(id).local, "[::1]:" + std::to_string(six.port));
        talk(p, id);
        endpoint four = loopback();
        four.port = six.port;
        if (dual) {
            socket_peer q(four);
            talk(q, accept_one(on));
        } else {
            socket_id same_port;
            EXPECT_EQ(io->listen(four, same_port), 0);  // nobody is there
            close(same_port);
        }
        close(on);
    }
}

// Addresses that are taken.

TEST_P(sockets, a_port_in_use_is_refused_and_its_holder_named) {
    endpoint same = where;
    socket_id second;
    EXPECT_EQ(io->listen(same, second), -EADDRINUSE);
    const std::string holder = who_holds(where);
    EXPECT_NE(holder.find("(pid " + std::to_string(getpid()) + ")"), std::string::npos) << holder;
    endpoint nobody = loopback();
    EXPECT_EQ(who_holds(nobody), "");
}

TEST_P(sockets, cores_share_a_port_and_another_server_is_found_out) {
    endpoint shared = loopback();
    shared.reuse_port = true;
    EXPECT_EQ(check_free(shared), 0);
    socket_id a, b;
    ASSERT_EQ(io->listen(shared, a), 0);
    ASSERT_EQ(io->listen(shared, b), 0);
    EXPECT_EQ(check_free(shared), -EADDRINUSE);
    asked<accept_operation> on_a, on_b;
    io->accept(a, on_a);
    io->accept(b, on_b);
    const auto p = connect(shared);
    run_until([&] { return on_a.answers + on_b.answers == 1; });
    talk(*p, on_a.answers == 1 ? on_a.accepted : on_b.accepted);
    close(a);
    close(b);
    EXPECT_EQ(check_free(shared), 0);
}

TEST_P(sockets, a_forbidden_or_foreign_address_is_refused) {
    endpoint foreign = loopback();
    foreign.address[0] = 192, foreign.address[1] = 0, foreign.address[2] = 2;  // TEST-NET-1
    socket_id on;
    EXPECT_EQ(io->listen(foreign, on), -EADDRNOTAVAIL);
}

TEST_P(sockets, a_listener_that_somebody_else_opened_stays_theirs) {
    const int theirs = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(bind(theirs, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
    endpoint brought;
    brought.family = endpoint::kind::handle;
    brought.handle = theirs;
    socket_id on;
    EXPECT_EQ(io->listen(brought, on), -EINVAL);  // it does not listen yet
    ASSERT_EQ(::listen(theirs, 16), 0);
    ASSERT_EQ(io->listen(brought, on), 0);
    EXPECT_NE(brought.port, 0);
    endpoint to = loopback();
    to.port = brought.port;
    socket_peer p(to);
    talk(p, accept_one(on));
    close(on);
    EXPECT_NE(fcntl(theirs, F_GETFD), -1);
    ::close(theirs);
}

// No descriptor left.

TEST_P(sockets, an_accept_without_a_descriptor_is_told_so_and_does_not_spin) {
    std::vector<std::unique_ptr<peer>> peers;
    for (int i = 0; i < 3; ++i) peers.push_back(connect());
    rlimit as_it_was{};
    getrlimit(RLIMIT_NOFILE, &as_it_was);
    rlimit none = as_it_was;
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    none.rlim_cur = static_cast<rlim_t>(next);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    asked<accept_operation> op;
    io->accept(listener, op);
    run_until([&] { return op.answers == 1; });
    EXPECT_EQ(op.result, -EMFILE);
    int turns_taken = 0;
    const auto until = steady_clock::now() + milliseconds(250);
    while (steady_clock::now() < until) {
        if (!op.in_flight) io->accept(listener, op);
        turn(milliseconds(250));
        ++turns_taken;
    }
    EXPECT_LE(turns_taken, 12);
    EXPECT_GE(op.answers, 2);
    setrlimit(RLIMIT_NOFILE, &as_it_was);
    if (!op.in_flight) io->accept(listener, op);
    run_until([&] { return !op.in_flight && op.result == 0; });
    talk(*peers[0], op.accepted);  // nobody was turned away
    talk(*peers[1], accept_one());
    talk(*peers[2], accept_one());
}

TEST_P(sockets, who_was_connected_but_not_accepted_is_closed_with_the_listener) {
    const size_t before = open_descriptors();
    asked<accept_operation> op;
    io->accept(listener, op);
    std::vector<std::unique_ptr<peer>> peers;
    for (int i = 0; i < 20; ++i) peers.push_back(connect());
    run_until([&] { return op.answers == 1; });
    turns(3);
    close(op.accepted);
    close(listener);
    for (const auto& one : peers)
        run_until([&] { return one->take().empty() && (one->ended() || one->was_reset()); });
    peers.clear();
    EXPECT_EQ(open_descriptors(), before - 1);
}

KERNEL_TRANSPORTS(sockets);

}  // namespace
}  // namespace saker::test
