// Keys of session tickets: when a new one is made, how long an old one decrypts, keys from a file.

#include "protocols/tls/ticket_keys.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

namespace saker::tls {
namespace {

using namespace std::chrono_literals;
using key = ticket_keys::key;

class ticket_keys_test : public testing::Test {
protected:
    key newest_at(std::chrono::seconds after) {
        key found;
        EXPECT_TRUE(keys.newest(start + after, found));
        return found;
    }
    // 0: not known, 1: known, 2: the one that encrypts.
    int known_at(std::chrono::seconds after, const key& wanted) {
        key found;
        bool is_newest = false;
        if (!keys.find(wanted.name.data(), start + after, found, is_newest)) return 0;
        EXPECT_EQ(found.cipher, wanted.cipher);
        EXPECT_EQ(found.mac, wanted.mac);
        return is_newest ? 2 : 1;
    }

    const ticket_keys::time start = std::chrono::steady_clock::now();
    ticket_keys keys{2h};
};

TEST_F(ticket_keys_test, one_is_made_when_it_is_needed_and_stays_for_an_hour) {
    const key first = newest_at(0s);
    EXPECT_EQ(newest_at(59min).name, first.name);
    EXPECT_EQ(known_at(59min, first), 2);
}

TEST_F(ticket_keys_test, after_an_hour_another_one_encrypts_and_the_old_one_decrypts) {
    const key first = newest_at(0s);
    const key second = newest_at(1h);
    EXPECT_NE(second.name, first.name);
    EXPECT_NE(second.cipher, first.cipher);
    EXPECT_EQ(known_at(1h, first), 1);
    EXPECT_EQ(known_at(1h, second), 2);
}

TEST_F(ticket_keys_test, an_old_one_goes_when_no_ticket_of_it_can_be_good_any_more) {
    const key first = newest_at(0s);
    EXPECT_EQ(known_at(3h, first), 1) << "made at the end of its hour, good for two";
    EXPECT_EQ(known_at(3h + 1s, first), 0);
}

TEST_F(ticket_keys_test, a_name_that_nobody_has_is_not_known) {
    key other = newest_at(0s);
    other.name[3] ^= 1;
    EXPECT_EQ(known_at(0s, other), 0);
}

TEST_F(ticket_keys_test, of_a_file_the_first_one_encrypts_and_all_decrypt) {
    std::string bytes(160, '\0');
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i);
    ASSERT_TRUE(keys.use(bytes).messages.empty());
    const key first = newest_at(0s);
    EXPECT_EQ(first.name[1], 1);
    EXPECT_EQ(first.mac[0], 16) << "nginx's order: name, HMAC, AES";
    EXPECT_EQ(first.cipher[0], 48);
    key second = first;
    for (size_t i = 0; i < 16; ++i) second.name[i] = static_cast<unsigned char>(80 + i);
    for (size_t i = 0; i < 32; ++i) {
        second.mac[i] = static_cast<unsigned char>(96 + i);
        second.cipher[i] = static_cast<unsigned char>(128 + i);
    }
    EXPECT_EQ(known_at(100h, first), 2) << "a file's keys do not age";
    EXPECT_EQ(known_at(100h, second), 1);
}

TEST_F(ticket_keys_test, a_file_of_another_length_changes_nothing) {
    const key before = newest_at(0s);
    for (const size_t size : {0, 1, 48, 79, 81, 159}) {
        const error wrong = keys.use(std::string(size, 'x'));
        ASSERT_EQ(wrong.messages.size(), 1u) << size;
        EXPECT_NE(wrong.text().find(std::to_string(size) + " bytes"), std::string::npos);
    }
    EXPECT_EQ(newest_at(0s).name, before.name);
}

TEST_F(ticket_keys_test, a_file_is_read_or_named) {
    const test::temporary_folder folder;
    const std::string path = folder.path() + "/tickets";
    EXPECT_NE(keys.use_file(path).text().find(path + " cannot be read"), std::string::npos);
    std::ofstream(path, std::ios::binary) << std::string(80, 'k');
    EXPECT_TRUE(keys.use_file(path).messages.empty());
    EXPECT_EQ(newest_at(0s).name[0], 'k');
}

}  // namespace
}  // namespace saker::tls
