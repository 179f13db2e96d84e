// The kernel that the guest boots has what kernel TLS needs: the protocol can be attached to a
// connection, keys can be handed to it for both directions, and bytes go through as TLS records. No
// library of TLS takes part: the keys are fixed ones.

#include "tests/guest/with_kernel_tls.h"

#include <linux/tls.h>

#include <algorithm>
#include <string>
#include <thread>

namespace saker::test {
namespace {

// One direction: what one end sends with, the other receives with.
tls12_crypto_info_aes_gcm_128 keys_of(char direction, uint16_t version) {
    tls12_crypto_info_aes_gcm_128 keys{};
    keys.info.version = version;
    keys.info.cipher_type = TLS_CIPHER_AES_GCM_128;
    std::fill_n(keys.key, sizeof keys.key, static_cast<unsigned char>(direction));
    std::fill_n(keys.salt, sizeof keys.salt, static_cast<unsigned char>(direction + 1));
    std::fill_n(keys.iv, sizeof keys.iv, static_cast<unsigned char>(direction + 2));
    return keys;
}

int hand_over(int fd, int direction, const tls12_crypto_info_aes_gcm_128& keys) {
    return setsockopt(fd, SOL_TLS, direction, &keys, sizeof keys) == 0 ? 0 : errno;
}

std::string received(int fd, size_t size) {
    std::string text(size, '\0');
    size_t done = 0;
    while (done < size) {
        const ssize_t count = recv(fd, &text[done], size - done, 0);
        // A ring that this thread had opened interrupts a later call when it goes.
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += static_cast<size_t>(count);
    }
    text.resize(done);
    return text;
}

class kernel_tls : public with_kernel_tls, public testing::WithParamInterface<uint16_t> {};

TEST_P(kernel_tls, bytes_go_both_ways_under_keys_of_ours) {
    const connected_pair pair;
    ASSERT_EQ(attach_kernel_tls(pair.here), 0);
    ASSERT_EQ(attach_kernel_tls(pair.there), 0);
    ASSERT_EQ(hand_over(pair.here, TLS_TX, keys_of('a', GetParam())), 0);
    ASSERT_EQ(hand_over(pair.there, TLS_RX, keys_of('a', GetParam())), 0);
    ASSERT_EQ(hand_over(pair.there, TLS_TX, keys_of('n', GetParam())), 0);
    ASSERT_EQ(hand_over(pair.here, TLS_RX, keys_of('n', GetParam())), 0);

    std::string question(200'000, 'q');  // many records
    question.back() = '?';
    std::thread asks([&] {
        EXPECT_EQ(send(pair.here, question.data(), question.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(question.size()));
    });
    EXPECT_TRUE(received(pair.there, question.size()) == question);
    asks.join();
    EXPECT_EQ(send(pair.there, "answer", 6, MSG_NOSIGNAL), 6);
    EXPECT_EQ(received(pair.here, 6), "answer");
}

TEST_P(kernel_tls, what_goes_over_the_wire_is_a_record) {
    const connected_pair pair;
    ASSERT_EQ(attach_kernel_tls(pair.here), 0);
    ASSERT_EQ(hand_over(pair.here, TLS_TX, keys_of('a', GetParam())), 0);
    ASSERT_EQ(send(pair.here, "secret", 6, MSG_NOSIGNAL), 6);
    const std::string head = received(pair.there, 5);
    ASSERT_EQ(head.size(), 5u);
    EXPECT_EQ(head.substr(0, 4), std::string("\x17\x03\x03\0", 4));
    // Beside the text and the tag: TLS 1.2 sends its nonce, TLS 1.3 the type.
    const size_t length = 6u + 16u + (GetParam() == TLS_1_2_VERSION ? 8u : 1u);
    EXPECT_EQ(static_cast<unsigned char>(head[4]), length);
    EXPECT_EQ(received(pair.there, length).find("secret"), std::string::npos);
}

TEST_P(kernel_tls, a_record_under_another_key_is_refused) {
    const connected_pair pair;
    ASSERT_EQ(attach_kernel_tls(pair.here), 0);
    ASSERT_EQ(attach_kernel_tls(pair.there), 0);
    ASSERT_EQ(hand_over(pair.here, TLS_TX, keys_of('a', GetParam())), 0);
    ASSERT_EQ(hand_over(pair.there, TLS_RX, keys_of('n', GetParam())), 0);
    ASSERT_EQ(send(pair.here, "secret", 6, MSG_NOSIGNAL), 6);
    char text[6];
    EXPECT_EQ(recv(pair.there, text, sizeof text, 0), -1);
    EXPECT_EQ(errno, EBADMSG);
}

INSTANTIATE_TEST_SUITE_P(versions, kernel_tls,
                         testing::Values(uint16_t{TLS_1_2_VERSION}, uint16_t{TLS_1_3_VERSION}),
                         [](const auto& version) {
                             return version.param == TLS_1_2_VERSION ? "tls_1_2" : "tls_1_3";
                         });

}  // namespace
}  // namespace saker::test
