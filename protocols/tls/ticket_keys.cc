// See ticket_keys.h. A ticket is encrypted with AES-256-CBC and authenticated with HMAC-SHA-256, as
// OpenSSL's own are.

#include "protocols/tls/ticket_keys.h"

#include "protocols/tls/certificates/read_file.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

namespace saker::tls {
namespace {

void wipe(std::vector<ticket_keys::key>& keys) noexcept {
    for (ticket_keys::key& one : keys) OPENSSL_cleanse(&one, sizeof one);
}

// Looked up once: it is a search through all providers.
const EVP_CIPHER* ticket_cipher() noexcept {
    static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
    return fetched;
}

int index_of_keys() noexcept {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

bool use_key(const ticket_keys::key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher,
             EVP_MAC_CTX* mac, bool encrypting) noexcept {
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(
            OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key.mac.data()), key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>("SHA256"), 0),
        OSSL_PARAM_construct_end()};
    return EVP_CipherInit_ex(cipher, ticket_cipher(), nullptr, key.cipher.data(), iv,
                             encrypting ? 1 : 0) == 1 &&
           EVP_MAC_CTX_set_params(mac, params) == 1;
}

// SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 is well, 0 is no ticket or a full handshake, 2 is well
// and the client gets a new one; below 0 the handshake ends.
int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
              EVP_MAC_CTX* mac, int encrypting) noexcept {
    auto* const keys =
        static_cast<ticket_keys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), index_of_keys()));
    const auto now = std::chrono::steady_clock::now();
    ticket_keys::key key;
    bool is_newest = true;
    if (encrypting != 0) {
        if (!keys->newest(now, key) || RAND_bytes(iv, 16) != 1) return 0;
        std::memcpy(name, key.name.data(), key.name.size());
    } else if (!keys->find(name, now, key, is_newest)) {
        return 0;
    }
    const bool well = use_key(key, iv, cipher, mac, encrypting != 0);
    OPENSSL_cleanse(&key, sizeof key);
    if (!well) return 0;
    // Of TLS 1.3, a ticket is used once (RFC 8446 C.4): a client that resumes gets the next one.
    return is_newest && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
}

}  // namespace

ticket_keys::~ticket_keys() { wipe(keys_); }

error ticket_keys::use(std::string_view bytes) {
    if (bytes.empty() || bytes.size() % file_key_size != 0)
        return error("it has " + std::to_string(bytes.size()) +
                     " bytes; expected are 80 random ones for each key (openssl rand 80)");
    std::vector<key> fresh;
    for (; !bytes.empty(); bytes.remove_prefix(file_key_size)) {
        key& one = fresh.emplace_back();
        std::memcpy(one.name.data(), bytes.data(), 16);
        std::memcpy(one.mac.data(), bytes.data() + 16, 32);
        std::memcpy(one.cipher.data(), bytes.data() + 48, 32);
    }
    const std::lock_guard lock(guard_);
    keys_.swap(fresh);
    wipe(fresh);
    from_file_ = true;
    return {};
}

error ticket_keys::use_file(const std::string& path) {
    const auto content = read_file(path);
    if (!content)
        return error("The session ticket key file " + path +
                     " cannot be read: " + content.error().text());
    const error wrong = use(content->bytes());
    if (!wrong.messages.empty())
        return error("The session ticket key file " + path + " cannot be used: " + wrong.text() +
                     '.');
    return {};
}

void ticket_keys::rotate(time now) noexcept {
    if (from_file_) return;
    std::erase_if(keys_, [&](const key& one) { return now - one.made > rotation + lifetime_; });
    if (!keys_.empty() && now - keys_.front().made < rotation) return;
    key fresh;
    fresh.made = now;
    if (RAND_bytes(fresh.name.data(), 16) == 1 && RAND_priv_bytes(fresh.cipher.data(), 32) == 1 &&
        RAND_priv_bytes(fresh.mac.data(), 32) == 1)
        keys_.insert(keys_.begin(), fresh);
    OPENSSL_cleanse(&fresh, sizeof fresh);
}

bool ticket_keys::newest(time now, key& found) noexcept {
    const std::lock_guard lock(guard_);
    rotate(now);
    if (keys_.empty()) return false;
    found = keys_.front();
    return true;
}

bool ticket_keys::find(const unsigned char* name, time now, key& found, bool& is_newest) noexcept {
    const std::lock_guard lock(guard_);
    rotate(now);
    for (const key& one : keys_) {
        if (CRYPTO_memcmp(one.name.data(), name, one.name.size()) != 0) continue;
        found = one;
        is_newest = &one == &keys_.front();
        return true;
    }
    return false;
}

void ticket_keys::serve(SSL_CTX* context) noexcept {
    SSL_CTX_set_ex_data(context, index_of_keys(), this);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}

}  // namespace saker::tls
