// Files that hold keys, where the path leads to something that would be waited for.

#include "protocols/tls/certificates/home.h"
#include "protocols/tls/certificates/read_file.h"
#include "protocols/tls/ticket_keys.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <string>

namespace saker::tls {
namespace {

using namespace std::chrono_literals;

class secret_files : public testing::Test {
protected:
    [[nodiscard]] std::string fifo() const {
        std::string path = folder / "fifo";
        EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
        return path;
    }
    test::temporary_folder folder;
};

TEST_F(secret_files, are_no_pipes_and_nobody_waits_for_one) {
    const std::string path = fifo();
    const auto read = read_file(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().text(), '\'' + path + "' is a pipe or a device, and not a file.");
}

TEST_F(secret_files, are_no_devices) {
    const auto read = read_file("/dev/zero");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().text(), "'/dev/zero' is a pipe or a device, and not a file.");
}

TEST_F(secret_files, of_tickets_neither) {
    ticket_keys keys(1h);
    const std::string path = fifo();
    EXPECT_EQ(keys.use_file(path).text(), "The session ticket key file " + path +
                                              " cannot be read: '" + path +
                                              "' is a pipe or a device, and not a file.");
}

TEST_F(secret_files, are_read_whole) {
    const std::string path = folder.write("a", std::string("key\0key", 7));
    const auto read = read_file(path);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->bytes(), std::string_view("key\0key", 7));
}

// Certificates are read anew on a thread of the server's, while another one may set variables.
TEST_F(secret_files, of_the_users_home_are_where_it_was_at_the_start) {
    const char* const set = std::getenv("HOME");
    const std::string before = set != nullptr ? set : "";
    setenv("HOME", "/first", 1);
    take_home();
    setenv("HOME", "/second", 1);
    EXPECT_EQ(home_folder(), "/first");
    set != nullptr ? setenv("HOME", before.c_str(), 1) : unsetenv("HOME");
    take_home();
    EXPECT_EQ(home_folder(), before);
}

}  // namespace
}  // namespace saker::tls
