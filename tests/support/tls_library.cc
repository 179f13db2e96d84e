// See tls_library.h.

#include "tests/support/tls_library.h"

#include <openssl/crypto.h>

namespace saker::test {

bool library_shares_received_keys_of_tls13() { return OpenSSL_version_num() >= 0x30200000ul; }

}  // namespace saker::test
