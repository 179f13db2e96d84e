// See pipe_bio.h.

#include "protocols/tls/pipe_bio.h"

#include <algorithm>
#include <climits>
#include <cstring>

namespace saker::tls {
namespace {

// Internal to OpenSSL, and the same from 3.0 on: `num` says whether it is about sending, `given`
// is a tls12_crypto_info_*.
constexpr int ctrl_set_ktls = 72;

pipe_ends& ends_of(BIO* bio) noexcept { return *static_cast<pipe_ends*>(BIO_get_data(bio)); }

int read_from_pipe(BIO* bio, char* into, int size) noexcept {
    BIO_clear_retry_flags(bio);
    pipe_ends& ends = ends_of(bio);
    const size_t wanted =
        std::min({static_cast<size_t>(std::max(size, 0)), ends.in.length(), ends.allowed});
    if (wanted == 0) {
        // What comes behind the record is not the stream's end, even where nothing does.
        const bool ended = ends.allowed != 0 && ends.in.empty() && ends.in.completed();
        if (!ended) BIO_set_retry_read(bio);
        return ended ? 0 : -1;
    }
    if (const std::string_view front = ends.in.front().text(); front.size() >= wanted)
        std::memcpy(into, front.data(), wanted);
    else
        ends.in.copy_to({into, wanted});
    ends.in.advance(wanted);
    if (ends.allowed != SIZE_MAX) ends.allowed -= wanted;
    if (ends.keys != nullptr) ends.keys->passed(false, into, wanted);
    return static_cast<int>(wanted);
}

int write_to_pipe(BIO* bio, const char* bytes, int size) noexcept {
    BIO_clear_retry_flags(bio);
    pipe_ends& ends = ends_of(bio);
    const std::string_view record(bytes, static_cast<size_t>(std::max(size, 0)));
    if (ends.closed_to_us) {
        ends.unsent = true;  // OpenSSL goes on as if it were, and says what it was
        return size;
    }
    if (!ends.out.write(record)) {
        ends.out_of_memory = true;
        return -1;
    }
    if (ends.keys != nullptr) ends.keys->passed(true, bytes, record.size());
    return size;
}

long control(BIO* bio, int command, long number, void* given) noexcept {
    switch (command) {
        case BIO_CTRL_FLUSH: return 1;  // what was written leaves at the end of the turn
        case BIO_CTRL_EOF: return ends_of(bio).in.completed() && ends_of(bio).in.empty();
        case ctrl_set_ktls:
            if (ends_of(bio).keys != nullptr) ends_of(bio).keys->offered(number != 0, given);
            return 0;
        default: return 0;
    }
}

// One for the process, never freed: OpenSSL's BIOs point to it.
const BIO_METHOD* method() noexcept {
    static const BIO_METHOD* const made = [] {
        BIO_METHOD* const fresh =
            BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "saker pipe");
        if (fresh == nullptr) return fresh;
        BIO_meth_set_read(fresh, read_from_pipe);
        BIO_meth_set_write(fresh, write_to_pipe);
        BIO_meth_set_ctrl(fresh, control);
        return fresh;
    }();
    return made;
}

}  // namespace

BIO* make_pipe_bio(pipe_ends& ends) noexcept {
    BIO* const bio = method() == nullptr ? nullptr : BIO_new(method());
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &ends);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace saker::tls
