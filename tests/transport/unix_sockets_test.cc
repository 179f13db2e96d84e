// Unix domain sockets: their files, their modes, and how cores share one.

#include "tests/support/every_transport.h"
#include "transports/transports.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace saker::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class unix_sockets : public over_every_transport {
protected:
    static endpoint unix_endpoint(const char* name) {
        endpoint to;
        to.family = endpoint::kind::unix_socket;
        to.path = testing::TempDir() + name + std::to_string(getpid());
        ::unlink(to.path.c_str());
        return to;
    }
};

TEST_P(unix_sockets, a_unix_socket_is_served_and_its_file_goes_with_it) {
    endpoint at = unix_endpoint("saker_served");
    socket_id on;
    ASSERT_EQ(io->listen(at, on), 0);
    socket_peer p(at);
    const socket_id id = accept_one(on);
    EXPECT_EQ(io->names(id).local, "unix:" + at.path);
    EXPECT_EQ(io->names(id).remote, "");
    talk(p, id);
    socket_id second;
    EXPECT_EQ(io->listen(at, second), -EADDRINUSE);  // it lives
    EXPECT_NE(who_holds(at).find(std::to_string(getpid())), std::string::npos);
    close(on);
    EXPECT_NE(access(at.path.c_str(), F_OK), 0);
}

TEST_P(unix_sockets, a_unix_socket_that_a_dead_server_left_behind_is_replaced) {
    endpoint at = unix_endpoint("saker_stale");
    const int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    at.path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(dead);
    socket_id on;
    ASSERT_EQ(io->listen(at, on), 0);
    socket_peer p(at);
    talk(p, accept_one(on));
    // Somebody else's file in its place is left alone.
    ASSERT_EQ(::unlink(at.path.c_str()), 0);
    ::close(::open(at.path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    close(on);
    EXPECT_EQ(access(at.path.c_str(), F_OK), 0);
    EXPECT_EQ(io->listen(at, on), -EADDRINUSE);  // and is not taken for a stale socket
    ::unlink(at.path.c_str());
}

TEST_P(unix_sockets, a_unix_socket_has_the_mode_that_is_asked_for) {
    for (const uint32_t mode : {0u, 0600u, 0666u}) {
        endpoint at = unix_endpoint("saker_mode");
        at.mode = mode;
        const mode_t mask = umask(027);
        socket_id on;
        ASSERT_EQ(io->listen(at, on), 0);
        umask(mask);
        struct stat found {};
        stat(at.path.c_str(), &found);
        EXPECT_EQ(found.st_mode & 0777, mode == 0 ? 0750u : mode);
        close(on);
    }
}

TEST_P(unix_sockets, a_unix_socket_needs_a_path_that_fits) {
    endpoint at = unix_endpoint("saker_long");
    at.path.append(200, 'x');
    socket_id on;
    EXPECT_EQ(io->listen(at, on), -ENAMETOOLONG);
    at.path = "";
    EXPECT_EQ(io->listen(at, on), -EINVAL);
    at.path = "/nowhere/at/all.sock";
    EXPECT_EQ(io->listen(at, on), -ENOENT);
}

TEST_P(unix_sockets, cores_share_a_unix_socket_by_its_descriptor) {
    endpoint at = unix_endpoint("saker_shared");
    socket_id on;
    ASSERT_EQ(io->listen(at, on), 0);
    const auto other = make(pool);
    endpoint shared = at;
    shared.handle = io->native(on);
    socket_id there;
    ASSERT_EQ(other->listen(shared, there), 0);
    socket_peer p(at);
    asked<accept_operation> op;
    other->accept(there, op);
    while (op.answers == 0) {
        operation_queue answered;
        other->wait(answered, steady_clock::now() + milliseconds(100));
        while (operation* const one = answered.pop()) one->on_complete(*one);
    }
    EXPECT_EQ(op.result, 0);
    EXPECT_EQ(other->names(op.accepted).local, "unix:" + at.path);
    close(on);
    EXPECT_NE(access(at.path.c_str(), F_OK), 0);
}

KERNEL_TRANSPORTS(unix_sockets);

}  // namespace
}  // namespace saker::test
