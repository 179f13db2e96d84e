// What systemd says and hears, without it: the environment is a table, its socket one of ours.

#include "hosting/life/systemd.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <map>
#include <string>

namespace saker {
namespace {

using namespace std::chrono_literals;

class told_by_systemd : public testing::Test {
protected:
    environment get() {
        return [this](const char* name) {
            const auto found = variables.find(name);
            return found == variables.end() ? nullptr : found->second.c_str();
        };
    }
    // As many listening sockets with numbers that follow each other.
    int listening(int count) {
        const int first = 900;
        for (int i = 0; i < count; ++i) {
            const int fd = socket(AF_INET, SOCK_STREAM, 0);
            EXPECT_EQ(listen(fd, 1), 0);
            EXPECT_EQ(dup2(fd, first + i), first + i);
            close(fd);
            opened.push_back(first + i);
        }
        return first;
    }
    ~told_by_systemd() override {
        for (const int one : opened) close(one);
    }
    std::string why_not(int first = 900) {
        const auto found = inherited_sockets(get(), 77, first);
        return found ? "(it is right)" : found.error().text();
    }

    std::map<std::string, std::string> variables;
    std::vector<int> opened;
};

TEST_F(told_by_systemd, nothing_is_inherited_without_it) {
    const auto found = inherited_sockets(get(), 77);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->empty());
}

TEST_F(told_by_systemd, sockets_have_numbers_and_names) {
    const int first = listening(3);
    variables = {{"LISTEN_PID", "77"}, {"LISTEN_FDS", "3"}, {"LISTEN_FDNAMES", "http::unknown"}};
    const auto found = inherited_sockets(get(), 77, first);
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(found->size(), 3u);
    EXPECT_EQ((*found)[0].handle, first);
    EXPECT_EQ((*found)[0].name, "http");
    EXPECT_EQ((*found)[1].name, "");
    EXPECT_EQ((*found)[2].handle, first + 2);
    EXPECT_EQ((*found)[2].name, "");
}

TEST_F(told_by_systemd, those_of_another_process_are_not_ours) {
    variables = {{"LISTEN_PID", "78"}, {"LISTEN_FDS", "nonsense"}};
    const auto found = inherited_sockets(get(), 77);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->empty());
}

TEST_F(told_by_systemd, what_is_malformed_is_told) {
    variables = {{"LISTEN_FDS", "1"}};
    EXPECT_EQ(why_not(), "LISTEN_FDS is set and LISTEN_PID is not: only systemd sets them, both.");
    variables["LISTEN_PID"] = "me";
    EXPECT_EQ(why_not(), "LISTEN_PID is 'me'; expected is the id of a process.");
    variables["LISTEN_PID"] = "77";
    for (const char* const wrong : {"", "-1", "1 ", "99999999999", "0x1"}) {
        variables["LISTEN_FDS"] = wrong;
        EXPECT_EQ(why_not(), "LISTEN_FDS is '" + std::string(wrong) +
                                 "'; expected is a number of descriptors.");
    }
    variables["LISTEN_FDS"] = "2";
    variables["LISTEN_FDNAMES"] = "a:b:c";
    EXPECT_EQ(why_not(),
              "LISTEN_FDNAMES is 'a:b:c'; expected is a name for each of the 2 "
              "descriptors, separated by ':'.");
    variables["LISTEN_FDNAMES"] = "a:b";
    const int first = listening(1);
    EXPECT_EQ(why_not(first),
              "LISTEN_FDS: descriptor 901 ('b') is not a listening stream socket; the socket unit "
              "needs ListenStream= and Accept=no.");
}

TEST_F(told_by_systemd, a_socket_with_an_endpoints_name_is_its_own) {
    server_options options;
    options.listen("http://127.0.0.1:80", [](auto& on) { on.name = "Http"; });
    options.listen("http://127.0.0.1:81", [](auto& on) { on.name = "Other"; });
    use_inherited(options, {{5, "HTTP"}, {6, "admin"}, {7, ""}, {8, "http"}});
    ASSERT_EQ(options.endpoints.size(), 5u);
    EXPECT_EQ(options.endpoints[0].handle, 5);
    EXPECT_EQ(options.endpoints[0].url, "");
    EXPECT_EQ(options.endpoints[0].options.name, "Http");
    EXPECT_EQ(options.endpoints[1].url, "http://127.0.0.1:81");
    EXPECT_EQ(options.endpoints[2].handle, 6);
    EXPECT_EQ(options.endpoints[2].options.name, "admin");
    EXPECT_EQ(options.endpoints[3].options.name, "");
    EXPECT_EQ(options.endpoints[4].handle, 8) << "the endpoint has one already";
}

TEST_F(told_by_systemd, half_of_the_watchdogs_time_is_the_interval) {
    EXPECT_EQ(*watchdog_interval(get(), 77), std::nullopt);
    variables = {{"WATCHDOG_USEC", "30000000"}};
    EXPECT_EQ(*watchdog_interval(get(), 77), 15s);
    variables["WATCHDOG_PID"] = "77";
    EXPECT_EQ(*watchdog_interval(get(), 77), 15s);
    variables["WATCHDOG_PID"] = "78";
    EXPECT_EQ(*watchdog_interval(get(), 77), std::nullopt);
    variables["WATCHDOG_PID"] = "77";
    variables["WATCHDOG_USEC"] = "0";
    const auto wrong = watchdog_interval(get(), 77);
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().text(),
              "WATCHDOG_USEC is '0'; expected is a number of microseconds above 0.");
}

class notified : public told_by_systemd, public testing::WithParamInterface<bool> {};

TEST_P(notified, hears_what_is_said) {
    const std::string path = GetParam() ? std::string("@saker-notify-") + std::to_string(getpid())
                                        : testing::TempDir() + "saker-notify";
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path);
    if (GetParam()) to.sun_path[0] = '\0';
    const int heard = socket(AF_UNIX, SOCK_DGRAM, 0);
    unlink(path.c_str());
    ASSERT_EQ(bind(heard, reinterpret_cast<sockaddr*>(&to),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                          (GetParam() ? 0 : 1))),
              0);
    variables["NOTIFY_SOCKET"] = path;
    const news_line manager(get());
    EXPECT_TRUE(manager.listens());
    EXPECT_EQ(manager.tell("READY=1\nSTATUS=Listening on http://127.0.0.1:80"), "");
    char text[128];
    const ssize_t size = recv(heard, text, sizeof text, MSG_DONTWAIT);
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(text, static_cast<size_t>(size)),
              "READY=1\nSTATUS=Listening on http://127.0.0.1:80");
    close(heard);
    unlink(path.c_str());
    EXPECT_NE(manager.tell("STOPPING=1"), "") << "nobody is there any more";
}

INSTANTIATE_TEST_SUITE_P(over, notified, testing::Bool(), [](const auto& one) {
    return one.param ? std::string("an_abstract_socket") : std::string("a_path");
});

TEST_F(told_by_systemd, nobody_is_told_where_nobody_listens) {
    EXPECT_FALSE(news_line(get()).listens());
    EXPECT_EQ(news_line(get()).tell("READY=1"), "");
    variables["NOTIFY_SOCKET"] = "relative";
    EXPECT_EQ(news_line(get()).tell("READY=1"),
              "systemd could not be told through NOTIFY_SOCKET: it is 'relative'; expected is a "
              "path, or '@' and a name, of at most 107 bytes.");
}

}  // namespace
}  // namespace saker
