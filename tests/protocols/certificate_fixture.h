#pragma once
// What tests of certificates share: two authorities a process, and loading with what came of it.

#include "protocols/tls/loaded_certificate.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_certificates.h"

#include <saker/certificate.h>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <chrono>
#include <string>
#include <string_view>

namespace saker::tests {

using namespace std::chrono_literals;
using test::issued_certificate;
using test::temporary_folder;
using test::test_ca;

inline const test_ca& root() {
    static const test_ca made;
    return made;
}

inline const test_ca& intermediate() {
    static const test_ca made = root().intermediate();
    return made;
}

inline std::string subject_of(const tls::x509_ptr& one) { return tls::facts_of(one.get()).subject; }

// What is wrong; "(loaded)" where nothing is.
inline std::string mistakes(const result<server_certificate>& loaded) {
    EXPECT_EQ(ERR_peek_error(), 0u) << "something was left in OpenSSL's queue";
    return loaded ? "(loaded)" : loaded.error().text();
}

inline std::string mistakes(const certificate_source& from) {
    return mistakes(server_certificate::load(from));
}

inline server_certificate loaded(const certificate_source& from) {
    auto made = server_certificate::load(from);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    EXPECT_EQ(ERR_peek_error(), 0u) << "something was left in OpenSSL's queue";
    return made ? *made : server_certificate();
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}
#define EXPECT_CONTAINS(text, part) \
    EXPECT_PRED2(::saker::tests::contains, std::string(text), std::string(part))

}  // namespace saker::tests
