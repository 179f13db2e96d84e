#pragma once
// What the library of TLS can do that this process runs with, which may be a newer one than that
// it was compiled with.

namespace saker::test {

// Offers the keys of what is received over TLS 1.3 to the kernel: OpenSSL 3.2.
[[nodiscard]] bool library_shares_received_keys_of_tls13();

}  // namespace saker::test
