#pragma once
// What OpenSSL reads ciphertext from and writes it to: the connection's own pipes. Reading copies
// out of the slabs that were received into OpenSSL's record; writing copies a finished record into
// the slab that the core's sends lie in. Nothing is buffered in between.

#include "protocols/tls/kernel_keys.h"
#include "protocols/tls/openssl.h"

#include <saker/pipe.h>

#include <cstddef>
#include <cstdint>

namespace saker::tls {

struct pipe_ends {
    pipe& in;
    pipe& out;
    // The keys and the count of records that a kernel would go on from; null: not wanted.
    kernel_keys* keys = nullptr;
    // Bytes that may be read: of the one record that is being opened, lest OpenSSL begins another.
    size_t allowed = SIZE_MAX;
    bool out_of_memory = false;  // a record could not be written: the connection is lost
    bool closed_to_us = false;   // the kernel encrypts: what OpenSSL writes can not be sent
};

// The ends outlive it. Null where there is no memory.
[[nodiscard]] BIO* make_pipe_bio(pipe_ends&) noexcept;

}  // namespace saker::tls
