// The keys that a kernel would go on from: how many records have gone by under them, in any cut,
// and which nonce is the next.

#include "protocols/tls/kernel_keys.h"

#include "tests/support/delivery.h"

#include <gtest/gtest.h>
#include <linux/tls.h>

#include <cstring>
#include <string>

namespace saker::test {
namespace {

using tls::kernel_keys;

template <class Info>
Info info(uint16_t version, uint16_t cipher, uint8_t first = 0) {
    Info made{};
    made.info.version = version;
    made.info.cipher_type = cipher;
    std::memset(made.key, 'k', sizeof made.key);
    std::memset(made.iv, 'i', sizeof made.iv);
    made.rec_seq[7] = first;
    return made;
}

using aes128 = tls12_crypto_info_aes_gcm_128;
using aes256 = tls12_crypto_info_aes_gcm_256;
using chacha = tls12_crypto_info_chacha20_poly1305;

template <class Info>
Info now(const kernel_keys& keys, bool sending) {
    const kernel_keys::crypto_info bytes = keys.now(sending);
    EXPECT_EQ(bytes.size, sizeof(Info));
    Info made;
    std::memcpy(&made, bytes.bytes, sizeof made);
    return made;
}

uint64_t number(const unsigned char* at) {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | at[i];
    return value;
}

std::string big_endian(uint64_t value) {
    std::string text;
    for (int i = 7; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

std::string record(size_t size, const std::string& begins = {}) {
    std::string text = begins + std::string(size - begins.size(), 'x');
    return std::string("\x17\x03\x03", 3) + static_cast<char>(size >> 8) +
           static_cast<char>(size & 0xff) + text;
}

void pass(kernel_keys& keys, bool sending, std::string_view bytes) {
    keys.passed(sending, bytes.data(), bytes.size());
}

TEST(kernel_keys, are_unknown_until_they_are_offered) {
    kernel_keys keys;
    for (const bool sending : {true, false}) {
        EXPECT_FALSE(keys.known(sending));
        EXPECT_EQ(keys.now(sending).size, 0u);
        pass(keys, sending, "anything");
        EXPECT_TRUE(keys.between_records(sending));
        const auto one = info<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128);
        keys.offered(sending, &one);
        EXPECT_TRUE(keys.known(sending));
        keys.forget(sending);
        EXPECT_FALSE(keys.known(sending));
        EXPECT_EQ(keys.now(sending).size, 0u);
    }
}

TEST(kernel_keys, of_a_cipher_that_no_kernel_has_are_unknown) {
    kernel_keys keys;
    const auto one = info<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_CCM_128);
    keys.offered(true, &one);
    EXPECT_FALSE(keys.known(true));
}

template <class Info>
void expect_counted(uint16_t version, uint16_t cipher) {
    std::string all;
    for (const size_t size : {24u, 1u, 16384u, 0u, 300u, 5u, 13u, 8u}) all += record(size);
    seeded chance(version + cipher);
    for (const bool sending : {true, false}) {
        for (size_t most = 1; most < 40'000; most = most * 3 + 1) {
            kernel_keys keys;
            const Info offered = info<Info>(version, cipher, 250);
            keys.offered(sending, &offered);
            for (size_t at = 0; at < all.size();) {
                const size_t size = std::min(all.size() - at, 1 + chance.below(most));
                pass(keys, sending, std::string_view(all).substr(at, size));
                at += size;
            }
            EXPECT_TRUE(keys.between_records(sending));
            const Info after = now<Info>(keys, sending);
            EXPECT_EQ(number(after.rec_seq), 258u);  // over the edge of a byte
            EXPECT_EQ(std::memcmp(&after.info, &offered.info, sizeof after.info), 0);
            EXPECT_EQ(std::memcmp(after.key, offered.key, sizeof after.key), 0);
            EXPECT_EQ(std::memcmp(after.salt, offered.salt, sizeof after.salt), 0);
        }
    }
}

TEST(kernel_keys, count_records_in_any_cut) {
    expect_counted<aes128>(TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128);
    expect_counted<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128);
    expect_counted<aes256>(TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256);
    expect_counted<aes256>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256);
    expect_counted<chacha>(TLS_1_2_VERSION, TLS_CIPHER_CHACHA20_POLY1305);
    expect_counted<chacha>(TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305);
}

TEST(kernel_keys, tell_the_middle_of_a_record_from_its_end) {
    kernel_keys keys;
    const auto one = info<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128);
    keys.offered(false, &one);
    const std::string bytes = record(20);
    for (size_t at = 0; at < bytes.size(); ++at) {
        EXPECT_TRUE(keys.between_records(false) == (at == 0)) << at;
        EXPECT_EQ(number(now<aes128>(keys, false).rec_seq), 0u);
        pass(keys, false, std::string_view(bytes).substr(at, 1));
    }
    EXPECT_TRUE(keys.between_records(false));
    EXPECT_EQ(number(now<aes128>(keys, false).rec_seq), 1u);
    EXPECT_TRUE(keys.between_records(true)) << "the other direction is another matter";
}

TEST(kernel_keys, that_are_offered_again_begin_again) {
    kernel_keys keys;
    const auto first = info<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128);
    keys.offered(true, &first);
    pass(keys, true, record(100) + record(100) + record(100).substr(0, 50));
    const auto second = info<aes256>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, 7);
    keys.offered(true, &second);
    EXPECT_TRUE(keys.between_records(true));
    EXPECT_EQ(number(now<aes256>(keys, true).rec_seq), 7u);
}

// ---- the nonce, where records bring it ----

TEST(kernel_keys, go_on_behind_the_last_nonce_that_was_sent) {
    const auto one = info<aes128>(TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128);
    for (const size_t cut : {1u, 2u, 5u, 7u, 13u, 1000u}) {
        kernel_keys keys;
        keys.offered(true, &one);
        // Wherever it was begun.
        const uint64_t begins = 0x0123'4567'89ab'cdfe;
        std::string all;
        for (uint64_t i = 0; i < 3; ++i) all += record(40, big_endian(begins + i));
        for (size_t at = 0; at < all.size(); at += cut)
            pass(keys, true, std::string_view(all).substr(at, cut));
        const auto after = now<aes128>(keys, true);
        EXPECT_EQ(number(after.iv), begins + 3);
        EXPECT_EQ(number(after.rec_seq), 3u);
    }
}

TEST(kernel_keys, take_the_nonce_that_was_offered_where_none_was_sent) {
    kernel_keys keys;
    const auto one = info<aes256>(TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256);
    keys.offered(true, &one);
    EXPECT_EQ(std::memcmp(now<aes256>(keys, true).iv, one.iv, sizeof one.iv), 0);
}

TEST(kernel_keys, leave_a_nonce_alone_that_is_no_counter) {
    for (const uint16_t version : {uint16_t{TLS_1_2_VERSION}, uint16_t{TLS_1_3_VERSION}}) {
        kernel_keys keys;
        const auto one = info<chacha>(version, TLS_CIPHER_CHACHA20_POLY1305);
        keys.offered(true, &one);
        pass(keys, true, record(40, big_endian(1)));
        EXPECT_EQ(std::memcmp(now<chacha>(keys, true).iv, one.iv, sizeof one.iv), 0);
    }
    kernel_keys keys;
    const auto one = info<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128);
    keys.offered(true, &one);
    pass(keys, true, record(40, big_endian(1)));
    EXPECT_EQ(std::memcmp(now<aes128>(keys, true).iv, one.iv, sizeof one.iv), 0);
}

TEST(kernel_keys, are_gone_when_they_were_given) {
    kernel_keys keys;
    const auto one = info<aes128>(TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128);
    keys.offered(true, &one);
    EXPECT_EQ(keys.give_to(-1, true), -EBADF);
    EXPECT_FALSE(keys.known(true));
}

TEST(kernel_tls, is_there_or_it_is_said_why_not) {
    const bool there = tls::kernel_tls_error() == 0;
    EXPECT_EQ(std::string(tls::why_no_kernel_tls()).empty(), there);
    EXPECT_TRUE(!there || std::string(tls::remedy_for_kernel_tls()).empty());
}

}  // namespace
}  // namespace saker::test
