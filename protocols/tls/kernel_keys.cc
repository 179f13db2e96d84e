// See kernel_keys.h. The layout of a record's header (RFC 8446 5.1): type, version, length.

#include "protocols/tls/kernel_keys.h"

#include <arpa/inet.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef SOL_TLS
#define SOL_TLS 282
#endif

namespace saker::tls {
namespace {

constexpr uint32_t header_size = 5;

uint32_t size_for(uint16_t cipher) noexcept {
    switch (cipher) {
        case TLS_CIPHER_AES_GCM_128: return sizeof(tls12_crypto_info_aes_gcm_128);
        case TLS_CIPHER_AES_GCM_256: return sizeof(tls12_crypto_info_aes_gcm_256);
        case TLS_CIPHER_CHACHA20_POLY1305: return sizeof(tls12_crypto_info_chacha20_poly1305);
        default: return 0;
    }
}

static_assert(sizeof(tls12_crypto_info_chacha20_poly1305) <=
              sizeof(kernel_keys::crypto_info::bytes));

// The record's number is the last field of each of these structures, and the nonce the first one.
static_assert(offsetof(tls12_crypto_info_aes_gcm_128, rec_seq) + 8 ==
              sizeof(tls12_crypto_info_aes_gcm_128));
static_assert(offsetof(tls12_crypto_info_aes_gcm_256, rec_seq) + 8 ==
              sizeof(tls12_crypto_info_aes_gcm_256));
static_assert(offsetof(tls12_crypto_info_chacha20_poly1305, rec_seq) + 8 ==
              sizeof(tls12_crypto_info_chacha20_poly1305));
constexpr size_t nonce_at = offsetof(tls12_crypto_info_aes_gcm_128, iv);
static_assert(nonce_at == offsetof(tls12_crypto_info_aes_gcm_256, iv));

// A number of eight bytes, the first one the highest.
void add(unsigned char* to, uint64_t more) noexcept {
    uint64_t number = 0;
    for (int i = 0; i < 8; ++i) number = number << 8 | to[i];
    number += more;
    for (int i = 7; i >= 0; --i, number >>= 8) to[i] = static_cast<unsigned char>(number & 0xff);
}

// Its records bring the nonce with them, a counter that whoever sends has begun anywhere.
bool has_nonce(const unsigned char* info) noexcept {
    tls_crypto_info about;
    std::memcpy(&about, info, sizeof about);
    return about.version == TLS_1_2_VERSION && (about.cipher_type == TLS_CIPHER_AES_GCM_128 ||
                                                about.cipher_type == TLS_CIPHER_AES_GCM_256);
}

// TLS can only be attached to a connection: one to ourselves on loopback.
int look() noexcept {
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0) return -errno;
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    int result = -1, connected = -1;
    if (bind(listening, address, sizeof where) == 0 && listen(listening, 1) == 0 &&
        getsockname(listening, address, &size) == 0) {
        connected = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connected >= 0 && connect(connected, address, sizeof where) == 0)
            result = setsockopt(connected, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
    }
    const int error = result == 0 ? 0 : -errno;
    if (connected >= 0) close(connected);
    close(listening);
    return error;
}

}  // namespace

kernel_keys::~kernel_keys() {
    forget(true);
    forget(false);
}

void kernel_keys::offered(bool sending, const void* info) noexcept {
    way& one = way_of(sending);
    forget(sending);
    one.offered.size = size_for(static_cast<const tls_crypto_info*>(info)->cipher_type);
    std::memcpy(one.offered.bytes, info, one.offered.size);
}

void kernel_keys::passed(bool sending, const char* bytes, size_t size) noexcept {
    way& one = way_of(sending);
    if (one.offered.size == 0) return;
    while (size > 0) {
        size_t taken =
            std::min<size_t>(size, one.seen < header_size ? header_size - one.seen : one.left);
        if (one.seen < sizeof one.start) {
            taken = std::min(taken, sizeof one.start - one.seen);
            std::memcpy(one.start + one.seen, bytes, taken);
        }
        const bool is_header = one.seen < header_size;
        one.seen += static_cast<uint32_t>(taken);
        bytes += taken;
        size -= taken;
        if (!is_header)
            one.left -= static_cast<uint32_t>(taken);
        else if (one.seen == header_size)
            one.left = static_cast<uint32_t>(one.start[3]) << 8 | one.start[4];
        if (one.seen < header_size || one.left > 0) continue;
        one.seen = 0;
        ++one.records;
    }
}

// A nonce must never be used twice under a key: the kernel's goes on from the last one that went
// by, wherever it was begun.
kernel_keys::crypto_info kernel_keys::now(bool sending) const noexcept {
    const way& one = way_of(sending);
    crypto_info info = one.offered;
    if (info.size == 0) return info;
    add(info.bytes + info.size - 8, one.records);
    if (sending && one.records > 0 && has_nonce(info.bytes)) {
        std::memcpy(info.bytes + nonce_at, one.start + header_size, 8);
        add(info.bytes + nonce_at, 1);
    }
    return info;
}

int kernel_keys::give_to(int native, bool sending) noexcept {
    crypto_info info = now(sending);
    forget(sending);
    // Attached already for the other direction is well.
    int result = setsockopt(native, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls");
    if (result == 0 || errno == EEXIST)
        result = setsockopt(native, SOL_TLS, sending ? TLS_TX : TLS_RX, info.bytes, info.size);
    const int error = result < 0 ? -errno : 0;
    OPENSSL_cleanse(&info, sizeof info);
    return error;
}

void kernel_keys::forget(bool sending) noexcept {
    OPENSSL_cleanse(&way_of(sending).offered, sizeof(crypto_info));
    way_of(sending) = {};
}

int kernel_tls_error() noexcept {
    static const int error = look();
    return error;
}

const char* why_no_kernel_tls() noexcept {
    switch (kernel_tls_error()) {
        case 0: return "";
        case -ENOENT: return "the kernel has no TLS, or its module is not loaded";
        case -EPERM:
        case -EACCES: return "a security policy refuses to attach TLS to a socket";
        default: return "attaching TLS to a socket fails";
    }
}

const char* remedy_for_kernel_tls() noexcept {
    switch (kernel_tls_error()) {
        case 0: return "";
        case -ENOENT:
            return "sudo modprobe tls; where there is no module: a kernel with CONFIG_TLS";
        case -EPERM:
        case -EACCES: return "allow setsockopt TCP_ULP in the seccomp profile";
        default: return "";
    }
}

}  // namespace saker::tls
