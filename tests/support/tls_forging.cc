// Records that OpenSSL would not write, made with the client's keys: of the kinds that nobody
// knows, empty, too large, or padded. RFC 8446 5.2 and 7.3 for TLS 1.3, RFC 5246 6.3 and RFC 5288
// for 1.2.

#include "tests/support/tls_client_state.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace saker::test {
namespace {

constexpr size_t key_size = 16, iv_size = 12, tag_size = 16;

std::string number(uint64_t value, int bytes) {
    std::string text;
    while (bytes-- > 0) text += static_cast<char>(bytes < 8 ? value >> (8 * bytes) & 0xff : 0);
    return text;
}

std::string derived(const char* how, const OSSL_PARAM* with, size_t size) {
    EVP_KDF* const kind = EVP_KDF_fetch(nullptr, how, nullptr);
    EVP_KDF_CTX* const context = EVP_KDF_CTX_new(kind);
    std::string bytes(size, '\0');
    EXPECT_EQ(EVP_KDF_derive(context, reinterpret_cast<unsigned char*>(bytes.data()), size, with),
              1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kind);
    return bytes;
}

OSSL_PARAM octets(const char* name, std::string& value) {
    return OSSL_PARAM_construct_octet_string(name, value.data(), value.size());
}

OSSL_PARAM digest() {
    static char name[] = "SHA256";
    return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
}

// HKDF-Expand-Label with an empty context.
std::string expanded(std::string secret, std::string_view label, size_t size) {
    std::string info = number(size, 2) + number(label.size() + 6, 1) + "tls13 " +
                       std::string(label) + number(0, 1);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM with[] = {
        digest(), octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode), OSSL_PARAM_construct_end()};
    return derived("HKDF", with, size);
}

// The client's key, and the four bytes of its nonces that are not sent.
std::string keys_of_tls12(const SSL* one) {
    const auto from = [&](auto read, const auto* of) {
        std::string bytes(64, '\0');
        bytes.resize(read(of, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()));
        return bytes;
    };
    std::string master = from(SSL_SESSION_get_master_key, SSL_get_session(one));
    std::string seed =
        "key expansion" + from(SSL_get_server_random, one) + from(SSL_get_client_random, one);
    const OSSL_PARAM with[] = {digest(), octets(OSSL_KDF_PARAM_SECRET, master),
                               octets(OSSL_KDF_PARAM_SEED, seed), OSSL_PARAM_construct_end()};
    const std::string block = derived("TLS1-PRF", with, 2 * key_size + 8);
    return block.substr(0, key_size) + block.substr(2 * key_size, 4);
}

std::string encrypted(const std::string& key, const std::string& iv, const std::string& covered,
                      const std::string& plain) {
    const auto bytes = [](const std::string& of) {
        return reinterpret_cast<const unsigned char*>(of.data());
    };
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    std::string result(plain.size() + tag_size, '\0');
    auto* const to = reinterpret_cast<unsigned char*>(result.data());
    int size = 0;
    EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, bytes(key), bytes(iv));
    EVP_EncryptUpdate(context, nullptr, &size, bytes(covered), static_cast<int>(covered.size()));
    EVP_EncryptUpdate(context, to, &size, bytes(plain), static_cast<int>(plain.size()));
    EVP_EncryptFinal_ex(context, to + plain.size(), &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, to + plain.size());
    EVP_CIPHER_CTX_free(context);
    return result;
}

}  // namespace

std::string forged_key_pem(const std::string& certificate_pem) {
    const tls::bio_ptr from(
        BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())));
    const tls::x509_ptr own(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr));
    const tls::key_ptr another(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1"));
    std::string shown(65, '\0');
    auto* const at = reinterpret_cast<unsigned char*>(shown.data());
    size_t size = 0;
    EXPECT_EQ(EVP_PKEY_get_octet_string_param(X509_get0_pubkey(own.get()), OSSL_PKEY_PARAM_PUB_KEY,
                                              at, shown.size(), &size),
              1);
    BIGNUM* secret = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(another.get(), OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
    OSSL_PARAM_BLD* const building = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(building, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(building, OSSL_PKEY_PARAM_PUB_KEY, at, size);
    OSSL_PARAM_BLD_push_BN(building, OSSL_PKEY_PARAM_PRIV_KEY, secret);
    OSSL_PARAM* const with = OSSL_PARAM_BLD_to_param(building);
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
    EVP_PKEY* made = nullptr;
    EXPECT_EQ(EVP_PKEY_fromdata_init(context), 1);
    EXPECT_EQ(EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, with), 1);
    const tls::bio_ptr to(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(to.get(), made, nullptr, nullptr, 0, nullptr, nullptr);
    char* text = nullptr;
    const long length = BIO_get_mem_data(to.get(), &text);
    std::string pem(text, static_cast<size_t>(length));
    EVP_PKEY_free(made);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(with);
    OSSL_PARAM_BLD_free(building);
    BN_free(secret);
    return pem;
}

std::string tls_client::forge(tls_content kind, std::string_view plain, size_t padding) {
    const SSL* const one = state_->ssl.get();
    const auto type = static_cast<char>(kind);
    const uint64_t sequence = state_->sequence++;
    if (SSL_version(one) == TLS1_3_VERSION) {
        EXPECT_EQ(cipher_suite(), "TLS_AES_128_GCM_SHA256");
        const std::string& secret = state_->secrets["CLIENT_TRAFFIC_SECRET_0"];
        std::string iv = expanded(secret, "iv", iv_size);
        const std::string counted = number(sequence, iv_size);
        for (size_t i = iv_size - 8; i < iv_size; ++i)
            iv[i] = static_cast<char>(iv[i] ^ counted[i]);
        std::string inner(plain);
        if (kind != tls_content::none) inner += type;
        inner.append(padding, '\0');
        const std::string header = "\x17\x03\x03" + number(inner.size() + tag_size, 2);
        return header + encrypted(expanded(secret, "key", key_size), iv, header, inner);
    }
    EXPECT_NE(cipher_suite().find("AES_128_GCM"), std::string::npos);
    const std::string keys = keys_of_tls12(one);
    // The Finished message was the first.
    const std::string counted = number(sequence + 1, 8);
    const std::string iv = keys.substr(key_size) + counted;
    const std::string covered = counted + type + "\x03\x03" + number(plain.size(), 2);
    return std::string(1, type) + "\x03\x03" + number(plain.size() + 8 + tag_size, 2) + counted +
           encrypted(keys.substr(0, key_size), iv, covered, std::string(plain));
}

}  // namespace saker::test
