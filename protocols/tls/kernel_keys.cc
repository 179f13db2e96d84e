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

static_assert(sizeof(tls12_crypto_info_chacha20_poly1305) <= sizeof(kernel_keys::way::info));

// The record's number is the last field of each of these structures.
void put_record_number(unsigned char* info, uint32_t size, uint64_t records) noexcept {
    uint64_t first = 0;
    unsigned char* const at = info + size - 8;
    for (int i = 0; i < 8; ++i) first = first << 8 | at[i];
    first += records;
    for (int i = 7; i >= 0; --i, first >>= 8) at[i] = static_cast<unsigned char>(first & 0xff);
}

static_assert(offsetof(tls12_crypto_info_aes_gcm_128, rec_seq) + 8 ==
              sizeof(tls12_crypto_info_aes_gcm_128));
static_assert(offsetof(tls12_crypto_info_aes_gcm_256, rec_seq) + 8 ==
              sizeof(tls12_crypto_info_aes_gcm_256));
static_assert(offsetof(tls12_crypto_info_chacha20_poly1305, rec_seq) + 8 ==
              sizeof(tls12_crypto_info_chacha20_poly1305));

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

void kernel_keys::offered(bool sending, const void* crypto_info) noexcept {
    way& one = way_of(sending);
    forget(sending);
    one.size = size_for(static_cast<const tls_crypto_info*>(crypto_info)->cipher_type);
    std::memcpy(one.info, crypto_info, one.size);
}

void kernel_keys::passed(bool sending, const char* bytes, size_t size) noexcept {
    way& one = way_of(sending);
    if (one.size == 0) return;
    while (size > 0) {
        if (one.left == 0) {
            const size_t taken = std::min<size_t>(size, header_size - one.header_seen);
            std::memcpy(one.header + one.header_seen, bytes, taken);
            one.header_seen += static_cast<uint32_t>(taken);
            bytes += taken;
            size -= taken;
            if (one.header_seen < header_size) return;
            one.left = static_cast<uint32_t>(one.header[3]) << 8 | one.header[4];
        }
        const size_t taken = std::min<size_t>(size, one.left);
        one.left -= static_cast<uint32_t>(taken);
        bytes += taken;
        size -= taken;
        if (one.left > 0) return;
        one.header_seen = 0;
        ++one.records;
    }
}

int kernel_keys::give_to(int native, bool sending) noexcept {
    way& one = way_of(sending);
    // Attached already for the other direction is well.
    if (setsockopt(native, IPPROTO_TCP, TCP_ULP, "tls", sizeof "tls") < 0 && errno != EEXIST)
        return -errno;
    put_record_number(one.info, one.size, one.records);
    const int result = setsockopt(native, SOL_TLS, sending ? TLS_TX : TLS_RX, one.info, one.size);
    const int error = result < 0 ? -errno : 0;
    forget(sending);
    return error;
}

void kernel_keys::forget(bool sending) noexcept {
    OPENSSL_cleanse(way_of(sending).info, sizeof(way::info));
    way_of(sending) = {};
}

int kernel_tls_error() noexcept {
    static const int error = look();
    return error;
}

const char* why_no_kernel_tls() noexcept {
    switch (kernel_tls_error()) {
        case 0: return "";
        case -ENOENT:
            return "the kernel has no TLS module (CONFIG_TLS); where it is a module: modprobe tls";
        case -EPERM:
        case -EACCES: return "a security policy refuses to attach TLS to a socket (seccomp)";
        default: return "attaching TLS to a socket fails";
    }
}

void send_close_notify(int native) noexcept {
    constexpr unsigned char alert_record = 21, warning = 1, close_notify = 0;
    unsigned char alert[] = {warning, close_notify};
    iovec bytes{alert, sizeof alert};
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(1)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const type = CMSG_FIRSTHDR(&message);
    type->cmsg_level = SOL_TLS;
    type->cmsg_type = TLS_SET_RECORD_TYPE;
    type->cmsg_len = CMSG_LEN(1);
    *CMSG_DATA(type) = alert_record;
    // A peer that takes no more hears the end of the stream alone; its framing tells it the rest.
    (void)sendmsg(native, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace saker::tls
