#pragma once
// The keys of a connection in the form that Linux takes them in, and how many records went by under
// them: what the kernel needs to take over in the middle of a conversation. OpenSSL offers them to
// the BIO when it begins to use them (BIO_CTRL_SET_KTLS, since 3.0); the offer is declined, so that
// OpenSSL goes on, and the keys are kept until it is worth while.

#include <cstddef>
#include <cstdint>

namespace saker::tls {

class kernel_keys {
public:
    kernel_keys() noexcept = default;
    ~kernel_keys();
    kernel_keys(const kernel_keys&) = delete;
    kernel_keys& operator=(const kernel_keys&) = delete;

    // A tls12_crypto_info_*, by its cipher.
    struct crypto_info {
        alignas(8) unsigned char bytes[64] = {};
        uint32_t size = 0;  // 0: the kernel knows no such cipher
    };

    // What BIO_CTRL_SET_KTLS brings.
    void offered(bool sending, const void* info) noexcept;
    // Ciphertext goes by, in any pieces.
    void passed(bool sending, const char* bytes, size_t size) noexcept;
    [[nodiscard]] bool known(bool sending) const noexcept {
        return way_of(sending).offered.size != 0;
    }
    // At the end of a record.
    [[nodiscard]] bool between_records(bool sending) const noexcept {
        return way_of(sending).seen == 0;
    }
    // What the kernel goes on from at this point.
    [[nodiscard]] crypto_info now(bool sending) const noexcept;
    // The socket goes on with them: 0, or a negated errno. Once; they are forgotten then.
    [[nodiscard]] int give_to(int native, bool sending) noexcept;
    void forget(bool sending) noexcept;

private:
    // One direction.
    struct way {
        crypto_info offered;
        uint64_t records = 0;  // under these keys, so far
        uint32_t seen = 0;     // bytes of the record that is going by
        uint32_t left = 0;     // and those of it that are still to come, where its header has
        // The header of the last record, and what is behind it: with TLS 1.2 and GCM the nonce.
        unsigned char start[5 + 8] = {};
    };

    [[nodiscard]] way& way_of(bool sending) noexcept { return sending ? out_ : in_; }
    [[nodiscard]] const way& way_of(bool sending) const noexcept { return sending ? out_ : in_; }

    way out_, in_;
};

// Whether this system's kernel encrypts: 0, or the negated errno of the attempt. Looks once.
[[nodiscard]] int kernel_tls_error() noexcept;
// The same in words, and what to do about it; empty where it does.
[[nodiscard]] const char* why_no_kernel_tls() noexcept;
[[nodiscard]] const char* remedy_for_kernel_tls() noexcept;

}  // namespace saker::tls
