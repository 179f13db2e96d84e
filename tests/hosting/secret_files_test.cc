// Files that hold keys, where the path leads to something that would be waited for.

#include "protocols/tls/certificates/read_file.h"
#include "protocols/tls/ticket_keys.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

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

}  // namespace
}  // namespace saker::tls
