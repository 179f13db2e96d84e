// See tunnel.h. Both ends that the protocol does not hold are watched by continuations: the input's
// writer hears when it was read, the output's reader when it was written.

#include "protocols/http2/tunnel.h"

#include "protocols/http2/http2_connection.h"
#include "protocols/http2/http2_stream.h"

namespace saker::http2 {

tunnel::tunnel(http2_stream& of) noexcept
    : connection(of.connection().on_core(), *of.in_, *of.out_), stream_(of) {
    tls_ = of.connection().tls();
    came(of.in_->length());
    wait_for_writing();
}

std::string tunnel::id() const { return stream_.request().id(); }
std::string tunnel::remote_address() const { return stream_.connection().remote_address(); }
std::string tunnel::local_address() const { return stream_.connection().local_address(); }

void tunnel::abort(end_reason why) noexcept {
    ends_by(why);
    stream_.abort();
}

void tunnel::request_close(end_reason why) noexcept {
    ends_by(why);
    close_requested_ = true;
}

bool tunnel::close_requested() const noexcept {
    return close_requested_ || stream_.connection().close_requested();
}

void tunnel::came(size_t size) noexcept {
    owed_ += size;
    input_->when_room(
        {[](void* self) noexcept { static_cast<tunnel*>(self)->wait_for_reading(); }, this});
}

void tunnel::wait_for_reading() noexcept {
    const size_t left = input_->length();
    stream_.owner_->taken(stream_, owed_ - left);
    owed_ = left;
    if (left > 0) came(0);
}

void tunnel::wait_for_writing() noexcept {
    // What has come since the last time.
    const size_t more = output_->length() - counted_;
    counted_ += more;
    if (more > 0 && !stream_.output_stopped_) {
        stream_.owner_->queued(more);
        stream_.more_to_send();
    }
    output_->when_readable(
        {[](void* self) noexcept { static_cast<tunnel*>(self)->wait_for_writing(); }, this});
}

}  // namespace saker::http2
