#pragma once
// OpenSSL's objects as values that free themselves, and its queue of errors as a text.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

namespace saker::tls {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* owned) const noexcept {
        Free(owned);
    }
};

// For an object that one source needs.
template <class T, auto Free>
using owned = std::unique_ptr<T, freed_by<Free>>;

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using store_ptr = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;

// Another owner of the same object.
inline x509_ptr again(const x509_ptr& one) noexcept {
    X509_up_ref(one.get());
    return x509_ptr(one.get());
}

// Reads the bytes, which stay where they are and outlive it. Null: there is no memory for it.
[[nodiscard]] bio_ptr reading(std::string_view bytes) noexcept;
// What was written into a BIO in memory.
[[nodiscard]] std::string written(const bio_ptr&);

// The reasons in this thread's queue, the oldest first, joined by ": "; the queue is empty then.
[[nodiscard]] std::string openssl_errors();
// Of whoever has used OpenSSL on this thread before, the application perhaps: SSL_get_error would
// take them for ours. Looking costs a quarter of clearing.
void forget_errors() noexcept;
// Whether the queue begins or ends with: an algorithm is in no provider that is loaded. Old ones
// are in "legacy", apart.
[[nodiscard]] bool algorithm_is_missing() noexcept;

}  // namespace saker::tls
