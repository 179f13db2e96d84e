// See kernel_tls.h.

#include "protocols/tls/kernel_tls.h"

#include <linux/sockios.h>
#include <linux/tls.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

namespace saker::tls {
namespace {

constexpr uint8_t alert_record = 21, handshake_record = 22;
constexpr uint8_t client_hello_message = 1, key_update_message = 24;
// OpenSSL's MAX_WARN_ALERT_COUNT.
constexpr uint8_t most_warnings = 5;
// How long a peer may take nothing before its rest is given up.
constexpr auto patience = std::chrono::seconds(30);

// Whether the kernel has taken it.
bool say(int native, uint8_t level, uint8_t alert) noexcept {
    unsigned char words[] = {level, alert};
    iovec bytes{words, sizeof words};
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
    return sendmsg(native, &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

enum class room : uint8_t { none, some, for_nobody };

room room_of(int native) noexcept {
    pollfd look{native, POLLOUT, 0};
    if (native < 0 || poll(&look, 1, 0) < 0 || (look.revents & (POLLERR | POLLHUP)) != 0)
        return room::for_nobody;
    return (look.revents & POLLOUT) != 0 ? room::some : room::none;
}

}  // namespace

void kernel_tls::warn(int native, uint8_t alert) const noexcept {
    if (sends_) (void)say(native, SSL3_AL_WARNING, alert);
}

// ---- what comes ----

// The kernel's errors as it opens records.
kernel_protocol::meaning kernel_tls::received(int native, int error) noexcept {
    if (!receives_) return meaning::a_failure;
    if (error == -EIO) return read_control(native);
    // It is kept for the next call on the socket as well, which may be a send.
    int kept = 0;
    socklen_t size = sizeof kept;
    getsockopt(native, SOL_SOCKET, SO_ERROR, &kept, &size);
    constexpr meaning last = meaning::the_last_one;
    switch (-error) {
        case EBADMSG:
            return fail(last, SSL_AD_BAD_RECORD_MAC, "decryption failed or bad record mac");
        case EMSGSIZE: return fail(last, SSL_AD_RECORD_OVERFLOW, "packet length too long");
        case EINVAL: return fail(last, SSL_AD_PROTOCOL_VERSION, "wrong version number");
        case EKEYEXPIRED:
            return fail(last, SSL_AD_INTERNAL_ERROR, "the kernel has no key for what comes");
        default: return meaning::a_failure;
    }
}

kernel_protocol::meaning kernel_tls::read_control(int native) noexcept {
    unsigned char text[256];
    iovec bytes{text, sizeof text};
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(1)] = {};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = recvmsg(native, &message, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN ? meaning::nothing : meaning::a_failure;
    const cmsghdr* const type = CMSG_FIRSTHDR(&message);
    if (type == nullptr || type->cmsg_type != TLS_GET_RECORD_TYPE) return meaning::a_failure;
    const uint8_t kind = *CMSG_DATA(type);
    if (kind == alert_record && size == 2) return hear_alert(text[0], text[1]);
    if (kind == handshake_record && size > 0) return hear_handshake(native, text[0]);
    return fail(meaning::nothing, SSL_AD_UNEXPECTED_MESSAGE, "unexpected record");
}

// RFC 8446 6: two alerts are no errors, whatever their level says.
kernel_protocol::meaning kernel_tls::hear_alert(uint8_t level, uint8_t alert) noexcept {
    const bool is_warning = alert == SSL_AD_USER_CANCELLED || alert == SSL_AD_NO_RENEGOTIATION;
    if (alert == SSL_AD_CLOSE_NOTIFY) {
        if (told_ != nullptr) told_->on_kernel_end();
        return meaning::nothing;
    }
    if (is_warning && level == SSL3_AL_WARNING && ++warned_ < most_warnings)
        return meaning::nothing;
    return fail(meaning::nothing, is_warning ? SSL_AD_UNEXPECTED_MESSAGE : nothing,
                std::string("the client's alert: ") + SSL_alert_desc_string_long(alert));
}

// A kernel before 6.14 has no way to other keys, and a newer one none without OpenSSL, which knows
// them and does not tell.
kernel_protocol::meaning kernel_tls::hear_handshake(int native, uint8_t message) noexcept {
    if (message == client_hello_message && ++warned_ < most_warnings) {
        warn(native, SSL_AD_NO_RENEGOTIATION);
        return meaning::nothing;
    }
    if (message == key_update_message)
        return fail(meaning::nothing, SSL_AD_INTERNAL_ERROR,
                    "the client changes its keys, and the kernel keeps those that it has");
    return fail(meaning::nothing, SSL_AD_UNEXPECTED_MESSAGE, "unexpected message");
}

kernel_protocol::meaning kernel_tls::fail(meaning then, uint8_t alert,
                                          const std::string& why) noexcept {
    ends_with(alert);
    if (told_ != nullptr) told_->on_kernel_failure(why);
    return then;
}

// ---- the end ----

// What the kernel has taken may still lie above TCP, a record or two of it, where the peer takes it
// slowly; and an end of TCP's side, or a close, would drop that. There is room in TCP once they are
// down there: records leave in order, so that the last words are written when there is room, and
// have pushed out what was before them where there still is afterwards.
bool kernel_tls::goodbye(int native, std::chrono::steady_clock::time_point now) noexcept {
    if (!over_) over_ = !sends_ || say_last(native) || !has_patience(native, now);
    return over_;
}

bool kernel_tls::say_last(int native) noexcept {
    const room there = room_of(native);
    if (there == room::for_nobody) return true;
    if (said_) {
        calm_ = there == room::some ? calm_ + 1 : 0;
        if (calm_ == 2) return true;
    } else if (there == room::some) {
        const uint8_t level = last_ == SSL_AD_CLOSE_NOTIFY ? SSL3_AL_WARNING : SSL3_AL_FATAL;
        said_ = last_ == nothing || say(native, level, last_);
        if (said_ && room_of(native) != room::none) return true;
    }
    return false;
}

bool kernel_tls::has_patience(int native, std::chrono::steady_clock::time_point now) noexcept {
    int queued = 0;
    if (ioctl(native, SIOCOUTQ, &queued) < 0) return false;
    if (queued != queued_) moved_ = now;
    queued_ = queued;
    return now - moved_ < patience;
}

}  // namespace saker::tls
