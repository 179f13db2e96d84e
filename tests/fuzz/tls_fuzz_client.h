#pragma once
// The client of the TLS fuzzer: OpenSSL's, between two strings. What it wants to say lies in
// `outbox` until the program has done to it what it likes. It knows what a client can be sure of:
// once its handshake is made, no bytes of the server's are wrong. Its randomness is the same in
// every run, so that an input that has broken something breaks it again.

#define OPENSSL_SUPPRESS_DEPRECATED  // RAND_METHOD, which is what OpenSSL's own fuzzers use

#include "protocols/tls/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace saker::fuzz {

inline void check(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

// splitmix64, for all of OpenSSL.
class same_chance {
public:
    static void begin() {
        static const RAND_METHOD method{nullptr, bytes, nullptr, nullptr, bytes, [] { return 1; }};
        check(RAND_set_rand_method(&method) == 1, "OpenSSL takes another randomness");
        state = 1;
    }

private:
    static int bytes(unsigned char* to, int size) {
        while (size-- > 0) {
            uint64_t z = state += 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            *to++ = static_cast<unsigned char>(z >> 56);
        }
        return 1;
    }
    static inline uint64_t state = 1;
};

// ECDSA, signed by itself, for as long as there will be fuzzers.
struct same_certificate {
    same_certificate() : key(EVP_EC_gen("P-256")), itself(X509_new()) {
        X509* const one = itself.get();
        X509_NAME* const name = X509_get_subject_name(one);
        const auto* const text = reinterpret_cast<const unsigned char*>("localhost");
        const bool made =
            X509_set_version(one, X509_VERSION_3) == 1 &&
            ASN1_INTEGER_set(X509_get_serialNumber(one), 1) == 1 &&
            X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
            X509_set_issuer_name(one, name) == 1 &&
            ASN1_TIME_set_string_X509(X509_getm_notBefore(one), "20200101000000Z") == 1 &&
            ASN1_TIME_set_string_X509(X509_getm_notAfter(one), "21200101000000Z") == 1 &&
            X509_set_pubkey(one, key.get()) == 1 && X509_sign(one, key.get(), EVP_sha256()) > 0;
        check(made, "a certificate is made");
    }
    [[nodiscard]] std::string pem() const {
        const tls::bio_ptr text(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(text.get(), itself.get());
        PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        return tls::written(text);
    }
    tls::key_ptr key;
    tls::x509_ptr itself;
};

using session_ptr = std::unique_ptr<SSL_SESSION, tls::freed_by<SSL_SESSION_free>>;

class client {
public:
    struct wishes {
        bool only_tls12 = false, shows_certificate = false;
        const char* name = nullptr;      // by SNI
        SSL_SESSION* resumes = nullptr;  // another client's
    };
    client(const same_certificate& own, const wishes& wanted)
        : ssl_(SSL_new(context())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
        SSL* const ssl = ssl_.get();
        SSL_set_bio(ssl, in_, out_);
        SSL_set_connect_state(ssl);
        SSL_set_app_data(ssl, this);
        SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        if (wanted.only_tls12) SSL_set_max_proto_version(ssl, TLS1_2_VERSION);
        if (wanted.name != nullptr) SSL_set_tlsext_host_name(ssl, wanted.name);
        if (wanted.resumes != nullptr) SSL_set_session(ssl, wanted.resumes);
        if (wanted.shows_certificate) {
            SSL_use_certificate(ssl, own.itself.get());
            SSL_use_PrivateKey(ssl, own.key.get());
            SSL_set_post_handshake_auth(ssl, 1);
        }
        go_on();
    }

    std::string outbox;
    std::string sealed;  // all the plaintext that has ever been in it
    std::string heard;   // plaintext
    [[nodiscard]] bool established() const { return established_; }
    [[nodiscard]] bool over() const { return over_; }
    [[nodiscard]] session_ptr session() { return std::move(session_); }

    // Of the server's.
    void hear(std::string_view bytes) {
        if (bytes.empty()) return;
        BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
        go_on();
    }
    // Of nobody's: it says so with a fatal alert.
    void hear_garbage() {
        is_sure_ = false;
        hear({"\x17\x03\x03\x00\x20 thirty-two bytes, and nobody's .", 37});
    }
    void seal(std::string_view plain) {
        if (!established_ || over_ || plain.empty()) return;
        ERR_clear_error();
        if (SSL_write(ssl_.get(), plain.data(), static_cast<int>(plain.size())) > 0)
            sealed += plain;
        drain();
    }
    void update_key(bool asks) {
        SSL_key_update(ssl_.get(), asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
        shake_again();
    }
    void renegotiate() {
        if (SSL_version(ssl_.get()) == TLS1_2_VERSION) SSL_renegotiate(ssl_.get());
        shake_again();
    }
    void close_notify() {
        if (established_ && !over_) SSL_shutdown(ssl_.get());
        drain();
    }

private:
    static SSL_CTX* context() {
        static SSL_CTX* const only = [] {
            SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
            constexpr unsigned char http[] = "\x08http/1.1";
            SSL_CTX_set_alpn_protos(made, http, sizeof http - 1);
            SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT);
            SSL_CTX_sess_set_new_cb(made, [](SSL* of, SSL_SESSION* given) {
                static_cast<client*>(SSL_get_app_data(of))->session_.reset(given);
                return 1;
            });
            return made;
        }();
        return only;
    }
    void shake_again() {
        ERR_clear_error();
        if (established_ && !over_) SSL_do_handshake(ssl_.get());
        drain();
    }
    void go_on() {
        ERR_clear_error();
        if (!established_ && !over_) {
            const int result = SSL_do_handshake(ssl_.get());
            established_ = result == 1;
            if (!established_) look_at(result);
        }
        char part[16384];
        while (established_ && !over_) {
            const int result = SSL_read(ssl_.get(), part, sizeof part);
            if (result <= 0) {
                look_at(result);
                break;
            }
            heard.append(part, static_cast<size_t>(result));
        }
        drain();
    }
    void look_at(int result) {
        const int error = SSL_get_error(ssl_.get(), result);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
        over_ = true;
        const int reason = ERR_GET_REASON(ERR_peek_error());
        // An alert; that one is a warning where it was asked to renegotiate.
        const bool by_server = error == SSL_ERROR_ZERO_RETURN || reason > SSL_AD_REASON_OFFSET ||
                               reason == SSL_R_NO_RENEGOTIATION;
        if (!established_ || by_server || !is_sure_) return;
        std::fprintf(stderr, "%s\n", tls::openssl_errors().c_str());
        check(false, "what the server says is right");
    }
    void drain() {
        char part[16384];
        for (int size; (size = BIO_read(out_, part, sizeof part)) > 0;)
            outbox.append(part, static_cast<size_t>(size));
    }

    tls::ssl_ptr ssl_;
    BIO *in_, *out_;  // the SSL's
    session_ptr session_;
    bool established_ = false, over_ = false;
    bool is_sure_ = true;  // it hears the server alone
};

// What has come from the server is records, and a plain answer to plain HTTP before them.
class record_watch {
public:
    void see(std::string_view bytes) {
        while (!bytes.empty() && !in_clear_) {
            const size_t wanted = header_.size() < 5 ? 5 - header_.size() : left_;
            const std::string_view part = bytes.substr(0, wanted);
            bytes.remove_prefix(part.size());
            if (header_.size() < 5) {
                header_ += part;
                if (header_.size() == 5) begin();
            } else {
                left_ -= part.size();
                if (left_ == 0) header_.clear();
            }
        }
    }

private:
    void begin() {
        in_clear_ = std::exchange(first_, false) && header_ == "HTTP/";
        if (in_clear_) return;
        const auto at = [&](size_t i) { return static_cast<unsigned char>(header_[i]); };
        left_ = static_cast<size_t>(at(3)) << 8 | at(4);
        // OpenSSL sends an alert with the minor version that the client has sent.
        check(at(0) >= 20 && at(0) <= 23 && at(1) == 3, "what is said is a record");
        check(left_ > 0 && left_ <= 16384 + 256, "of a size that may be");
    }
    std::string header_;
    size_t left_ = 0;
    bool first_ = true, in_clear_ = false;
};

}  // namespace saker::fuzz
