// What a TLS connection leaves to the kernel. OpenSSL has made the handshake and knows the keys; at
// a moment when nothing is under way in one direction, the kernel goes on with its next record.
// From then on OpenSSL neither reads nor writes there.

#include "protocols/tls/service.h"
#include "protocols/tls/tls_stream.h"

#include <algorithm>

namespace saker::tls {
namespace {

// What is sent as pieces of this size or more may go by way of the kernel.
constexpr size_t large_piece = 32 * 1024;

}  // namespace

bool tls_stream::wants_kernel() const noexcept {
    return keys_ != nullptr && !kernel_sends() && host_->options->ktls == ktls_mode::on;
}

void tls_stream::forget_keys() noexcept {
    keys_ = nullptr;
    ends_.keys = nullptr;
}

// They are given or gone: what the kernel does not take is asked of it once a connection.
bool tls_stream::give_keys(bool sending) noexcept {
    if (const int failed = keys_->give_to(connection_.native(), sending); failed != 0) {
        service_.log_kernel(connection_, failed);
        forget_keys();
        return false;
    }
    if (kernel_ == nullptr) {
        auto made = std::make_unique<kernel_tls>(static_cast<kernel_listener&>(*this));
        kernel_ = made.get();
        connection_.speaks(std::move(made));
    }
    sending ? kernel_->sends() : kernel_->receives();
    service_.count_kernel(sending);
    return true;
}

// ---- what goes ----

// A body, or a head and its body behind it.
bool tls_stream::is_large() const noexcept {
    buffer first[2] = {};
    (void)out_.gather(first);
    return first[0].size >= large_piece || first[1].size >= large_piece;
}

// What is large is the kernel's business where it has TLS, from when all that was sealed here has
// left on: the records go on counting there.
void tls_stream::let_kernel_send() noexcept {
    if (keys_ == nullptr || kernel_sends() || !keys_->known(true)) return;
    if (!is_large() && !wants_kernel()) return;
    if (!keys_->between_records(true) || !connection_.prepare_to_encrypt()) return;
    if (!give_keys(true)) return;
    ends_.closed_to_us = true;
    SSL_set_info_callback(ssl_.get(), [](const SSL* ssl, int where, int value) {
        if ((where & SSL_CB_WRITE_ALERT) != SSL_CB_WRITE_ALERT) return;
        auto* const listening = static_cast<handshake_listener*>(SSL_get_app_data(ssl));
        static_cast<tls_stream*>(listening)->unsent_alert_ = value;
    });
}

void tls_stream::hand_over() noexcept {
    while (!out_.empty() && !raw_out_.should_pause()) raw_out_.append(out_.take(SIZE_MAX));
}

// OpenSSL answers what it has read, and only the kernel can send that: it says alerts, but does not
// change its keys.
void tls_stream::say_by_kernel() noexcept {
    const int level = unsent_alert_ >> 8;
    const auto alert = static_cast<uint8_t>(unsent_alert_ & 0xff);
    unsent_alert_ = 0;
    const bool has_answered = std::exchange(ends_.unsent, false);
    if (level == SSL3_AL_FATAL) return kernel_->ends_with(alert);
    if (level == SSL3_AL_WARNING) return kernel_->warn(connection_.native(), alert);
    if (has_answered || SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE)
        fail(end_reason::tls_record_error,
             "the client asks for other keys, and the kernel keeps those that it has");
}

// ---- what comes ----

// Between two records, when nothing that has come is anywhere but in the kernel.
void tls_stream::let_kernel_receive() noexcept {
    if (keys_ == nullptr || kernel_receives_ || !keys_->known(false)) return;
    if (failed_ || said_end_ || !raw_in_.empty() || raw_in_.completed()) return;
    if (!keys_->between_records(false) || !connection_.prepare_to_decrypt()) return;
    kernel_receives_ = give_keys(false);
}

void tls_stream::hand_in() noexcept {
    while (kernel_receives_ && may_open() && !raw_in_.empty())
        in_.append_received(raw_in_.take(SIZE_MAX));
}

void tls_stream::on_kernel_end() noexcept {
    if (behind_ == behind::nothing) behind_ = behind::end;
    on_ciphertext();
}

void tls_stream::on_kernel_failure(const std::string& why) noexcept {
    if (behind_ == behind::nothing) {
        behind_ = behind::failure;
        failure_ = why;
    }
    on_ciphertext();
}

void tls_stream::tell_what_is_behind() noexcept {
    if (failed_ || said_end_) return;
    if (behind_ == behind::failure) return fail(end_reason::tls_record_error, failure_);
    if (behind_ == behind::nothing) return;
    said_end_ = true;
    in_.complete();
}

}  // namespace saker::tls
