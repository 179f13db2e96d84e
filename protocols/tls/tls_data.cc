// The data path of a TLS connection, both ways. See tls_stream.h.

#include "core/base/log.h"
#include "protocols/tls/service.h"
#include "protocols/tls/tls_stream.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace saker::tls {
namespace {

// Key updates, attempts at a renegotiation, warnings: work for nothing. OpenSSL's own bound for
// empty records.
constexpr uint8_t most_without_data = 32;
constexpr size_t record_header = 5;
constexpr unsigned char first_type = 20, last_type = 24;  // change_cipher_spec to heartbeat
constexpr size_t most_plain = 16 * 1024;                  // RFC 8446 5.1
constexpr size_t most_sealed = most_plain + 2048;  // of a record that may be valid, with TLS 1.2
// Sealed ahead of the socket. More costs memory of clients that read slowly, less a send for each.
constexpr size_t most_ahead = 64 * 1024;
// A client shows what has come when a whole record has: the first ones after a pause fit into a
// packet each, and into the first flight together; what is sent in bulk then has full ones.
constexpr uint16_t first_record = 1350;
constexpr auto pause_between_bursts = std::chrono::seconds(1);
// Smaller pieces are copied together into one record.
constexpr size_t small_piece = 4 * 1024;

}  // namespace

// ---- what comes ----

void tls_stream::wait_for_ciphertext() noexcept {
    raw_in_.when_readable(
        {[](void* self) noexcept { static_cast<tls_stream*>(self)->on_ciphertext(); }, this});
}

// Not more than the reader keeps up with. Where slabs are scarce nobody fills another one while it
// leaves one unread.
// Nor while the client does not take what OpenSSL has to answer: key updates would pile up.
bool tls_stream::may_open() const noexcept {
    if (failed_ || said_end_ || in_.reader_gone() || in_.should_pause() || waits_to_send_)
        return false;
    return in_.unexamined() < slab_pool::slab_size / 2 || !connection_.on_core().slabs().scarce();
}

// Bytes of the record that has come, 0 where it has not come whole. One that cannot be valid counts
// as whole: OpenSSL says what is wrong with it.
size_t tls_stream::next_record() const noexcept {
    if (raw_in_.length() < record_header) return 0;
    unsigned char header[record_header];
    raw_in_.copy_to({reinterpret_cast<char*>(header), record_header});
    const size_t size = record_header + (static_cast<size_t>(header[3]) << 8 | header[4]);
    const bool valid = header[0] >= first_type && header[0] <= last_type && header[1] == 3 &&
                       size <= record_header + most_sealed;
    if (!valid) return raw_in_.length();
    return raw_in_.length() >= size ? size : 0;
}

void tls_stream::on_ciphertext() noexcept {
    const bool opened = open_records();
    hand_in();
    // Behind the end, and what nobody wants any more.
    if (failed_ || said_end_ || in_.reader_gone()) raw_in_.advance(raw_in_.length());
    // An answer to a key update leaves with what is answered next.
    if (opened && !raw_out_.empty()) connection_.on_core().at_turn_end(*this);
    if (waits_to_send_) return in_.publish();  // goes on when the socket has room
    if (kernel_receives_ ? !raw_in_.empty() : next_record() > 0) {
        in_.when_room(
            {[](void* self) noexcept { static_cast<tls_stream*>(self)->on_ciphertext(); }, this});
    } else {
        raw_in_.advance(0, raw_in_.length());
        tell_what_is_behind();
        let_kernel_receive();
        if (raw_in_.completed() && !in_.completed()) {
            // Framing tells HTTP whether something is missing; a raw protocol is told by the error.
            const int error = raw_in_.error();
            return in_.complete(error != 0 ? error : -EPROTO);
        }
        wait_for_ciphertext();
    }
    in_.publish();
}

bool tls_stream::open_records() noexcept {
    bool opened = false;
    forget_errors();
    while (!kernel_receives_ && may_open()) {
        const size_t size = next_record();
        if (size == 0 || !open_record(size)) break;
        opened = true;
        waits_to_send_ =
            raw_out_.length() >= most_ahead && !kernel_sends() && !raw_out_.reader_gone();
    }
    return opened;
}

// Opens one into the slab that the core's other plaintext lies in. False: wait, or the end.
bool tls_stream::open_record(size_t size) noexcept {
    const size_t most = std::min(size, most_plain);
    char* const room = in_.reserve(most);
    if (room == nullptr) {
        fail(end_reason::out_of_memory, "no slab for what was received");
        return false;
    }
    ends_.allowed = size;
    size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), room, most, &got);
    if (result == 1) in_.commit(got);
    if (kernel_sends()) say_by_kernel();
    if (result != 1) on_read_end(result);
    without_data_ = result == 1 ? 0 : without_data_ + 1;
    if (without_data_ > most_without_data)
        fail(end_reason::tls_record_error, "too many records without data");
    return !failed_ && !said_end_;
}

void tls_stream::on_read_end(int result) noexcept {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            // Nothing for the reader. It may have been a change of keys, which OpenSSL does not
            // offer: the kernel would go on with the old ones.
            forget_keys();
            break;
        case SSL_ERROR_ZERO_RETURN:
            said_end_ = true;
            in_.complete();
            break;
        default:
            if (kernel_ != nullptr && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0)
                kernel_->ends_with(kernel_tls::nothing);  // the client has failed
            fail(end_reason::tls_record_error, openssl_errors());
    }
    if (waits_for_client_ && client_answered_) in_.interrupt();
}

// ---- what goes ----

void tls_stream::wait_for_plaintext() noexcept {
    out_.when_readable(
        {[](void* self) noexcept { static_cast<tls_stream*>(self)->on_plaintext(); }, this});
}

void tls_stream::on_plaintext() noexcept { connection_.on_core().at_turn_end(*this); }

// The socket has taken something, or takes nothing any more.
void tls_stream::on_room() noexcept {
    raw_out_.when_room(
        {[](void* self) noexcept { static_cast<tls_stream*>(self)->on_room(); }, this});
    if (raw_out_.reader_gone() && !out_.reader_gone()) out_.stop_reading();
    if (std::exchange(waits_to_send_, false)) on_ciphertext();
    if (out_.empty() && !finishing_ && !wants_kernel()) return;
    connection_.on_core().at_turn_end(*this);
}

// The turn's hook, and the only place that ends us: nothing that wakes somebody has to fear it.
void tls_stream::at_turn_end() noexcept {
    seal();
    if (finishing_ && sealed()) return std::exchange(finishing_, {}).resume();
    if (!finishing_ && out_.empty()) wait_for_plaintext();
}

bool tls_stream::sealed() const noexcept { return out_.empty() || raw_out_.reader_gone(); }

void tls_stream::seal() noexcept {
    if (!failed_) let_kernel_send();
    if (!out_.empty() && !failed_) {
        forget_errors();
        if (kernel_sends())
            hand_over();
        else
            while (!out_.empty() && raw_out_.length() < most_ahead && seal_record()) {}
    }
    raw_out_.publish();
}

// Small pieces lie together in one record: each costs half a microsecond and 22 bytes.
std::string_view tls_stream::next_piece(size_t most) noexcept {
    const std::string_view front = out_.front().text();
    if (front.size() >= std::min(most, small_piece) || front.size() == out_.length())
        return front.substr(0, most);
    const size_t size = std::min(most, out_.length());
    char* const together = service_.scratch();
    out_.copy_to({together, size});
    return {together, size};
}

// Doubles from what fits into a packet to full records, and begins anew after a pause.
size_t tls_stream::record_size() noexcept {
    const steady_time now = connection_.on_core().now();
    if (next_size_ == 0 || now - last_sealed_ > pause_between_bursts) next_size_ = first_record;
    last_sealed_ = now;
    return next_size_;
}

bool tls_stream::seal_record() noexcept {
    const std::string_view piece = next_piece(record_size());
    size_t written = 0;
    if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &written) != 1) {
        ends_.out_of_memory ? fail(end_reason::out_of_memory, "no slab for a record")
                            : fail(end_reason::tls_record_error, openssl_errors());
        return false;
    }
    if (piece.size() >= next_size_)
        next_size_ = static_cast<uint16_t>(std::min<size_t>(most_plain, next_size_ * 2u));
    out_.advance(written);
    return true;
}

// ---- the end ----

void tls_stream::fail(end_reason why, std::string_view what) noexcept {
    if (failed_) return;
    failed_ = true;
    connection_.ends_by(why);
    service_.log(connection_, "TLS has failed: " + escape(what, 256));
    if (kernel_ != nullptr) kernel_->ends_with(SSL_AD_INTERNAL_ERROR);
    raw_out_.publish();  // with the alert that says so
    out_.stop_reading();
    in_.complete(-EPROTO);
}

void tls_stream::say_goodbye() noexcept {
    if (failed_ || kernel_sends() || raw_out_.reader_gone()) return;
    forget_errors();
    SSL_shutdown(ssl_.get());
    raw_out_.publish();
}

}  // namespace saker::tls
