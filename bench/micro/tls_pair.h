#pragma once
// A TLS client and a TLS server in one thread, nothing between them but memory: what the TLS
// benchmarks measure is OpenSSL's own calls on the server's side. Certificates are made here when
// they are first asked for. The transport is a BIO over flat buffers, or OpenSSL's memory BIO.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace saker::tls_bench {

template <auto free_with>
struct freed {
    template <typename T>
    void operator()(T* it) const noexcept {
        free_with(it);
    }
};
using key_pointer = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using certificate_pointer = std::unique_ptr<X509, freed<X509_free>>;
using context_pointer = std::unique_ptr<SSL_CTX, freed<SSL_CTX_free>>;
using session_pointer = std::unique_ptr<SSL_SESSION, freed<SSL_SESSION_free>>;
using ssl_pointer = std::unique_ptr<SSL, freed<SSL_free>>;

// Benchmarks cannot go on where one of these fails.
inline void require(bool right, const char* what) {
    if (right) return;
    std::fprintf(stderr, "tls bench: %s failed\n", what);
    std::abort();
}

// Seconds this thread was on a processor: others on the machine do not count.
inline double cpu_now() noexcept {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

enum class key_kind : uint8_t { ecdsa_p256, rsa_2048 };

struct identity {
    key_pointer key;
    certificate_pointer certificate;
};

inline const identity& identity_of(key_kind kind) {
    static const auto make = [](key_kind made) {
        identity one;
        one.key.reset(made == key_kind::rsa_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
        one.certificate.reset(X509_new());
        X509* x = one.certificate.get();
        require(one.key != nullptr && x != nullptr, "making a key");
        X509_set_version(x, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
        X509_gmtime_adj(X509_getm_notBefore(x), -3600);
        X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
        X509_set_pubkey(x, one.key.get());
        const auto* name = reinterpret_cast<const unsigned char*>("localhost");
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, name, -1, -1, 0);
        X509_set_issuer_name(x, X509_get_subject_name(x));
        require(X509_sign(x, one.key.get(), EVP_sha256()) > 0, "signing a certificate");
        return one;
    };
    static const identity ecdsa = make(key_kind::ecdsa_p256), rsa = make(key_kind::rsa_2048);
    return kind == key_kind::rsa_2048 ? rsa : ecdsa;
}

// What a BIO of `flat_method` reads from and writes to. Nothing is copied twice: the reader's bytes
// lie in one piece, as in a slab; what is written goes behind what was written before.
struct flat_wire {
    std::string_view in;
    std::vector<char> out = std::vector<char>(1 << 16);
    size_t written = 0;

    [[nodiscard]] std::string_view sent() const noexcept { return {out.data(), written}; }
};

inline int flat_read(BIO* bio, char* to, size_t size, size_t* done) {
    auto& wire = *static_cast<flat_wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    *done = std::min(size, wire.in.size());
    if (*done == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(to, wire.in.data(), *done);
    wire.in.remove_prefix(*done);
    return 1;
}

inline int flat_write(BIO* bio, const char* from, size_t size, size_t* done) {
    auto& wire = *static_cast<flat_wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire.written + size > wire.out.size()) wire.out.resize((wire.written + size) * 2);
    std::memcpy(wire.out.data() + wire.written, from, size);
    wire.written += size;
    *done = size;
    return 1;
}

inline long flat_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

inline BIO* flat_bio(flat_wire& wire) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "flat");
        BIO_meth_set_read_ex(made, flat_read);
        BIO_meth_set_write_ex(made, flat_write);
        BIO_meth_set_ctrl(made, flat_control);
        return made;
    }();
    BIO* made = BIO_new(method);
    BIO_set_data(made, &wire);
    BIO_set_init(made, 1);
    return made;
}

struct pair_options {
    key_kind key = key_kind::ecdsa_p256;
    int version = TLS1_3_VERSION;
    bool release_buffers = false;
    bool read_ahead = false;
    bool memory_bio = false;  // at the server
    const char* groups = "X25519:P-256";
};

// Both contexts; the client keeps the newest session that it was given.
class contexts {
public:
    explicit contexts(const pair_options& options) : options_(options) {
        for (SSL_CTX* each : {server_.get(), client_.get()}) {
            SSL_CTX_set_min_proto_version(each, options.version);
            SSL_CTX_set_max_proto_version(each, options.version);
            SSL_CTX_set_ciphersuites(each, "TLS_AES_128_GCM_SHA256");
            SSL_CTX_set_cipher_list(each, "ECDHE+AESGCM");
            SSL_CTX_set1_groups_list(each, options.groups);
        }
        const identity& who = identity_of(options.key);
        require(SSL_CTX_use_certificate(server_.get(), who.certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(server_.get(), who.key.get()) == 1,
                "using a certificate");
        SSL_CTX_set_num_tickets(server_.get(), 1);
        SSL_CTX_set_session_cache_mode(server_.get(), SSL_SESS_CACHE_OFF);
        if (options.release_buffers) SSL_CTX_set_mode(server_.get(), SSL_MODE_RELEASE_BUFFERS);
        SSL_CTX_set_read_ahead(server_.get(), options.read_ahead ? 1 : 0);
        SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_CLIENT);
        SSL_CTX_set_app_data(client_.get(), this);
        SSL_CTX_sess_set_new_cb(client_.get(), [](SSL* ssl, SSL_SESSION* given) {
            static_cast<contexts*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))
                ->session.reset(given);
            return 1;
        });
    }
    contexts(const contexts&) = delete;
    contexts& operator=(const contexts&) = delete;

    [[nodiscard]] SSL_CTX* server() const noexcept { return server_.get(); }
    [[nodiscard]] SSL_CTX* client() const noexcept { return client_.get(); }
    [[nodiscard]] const pair_options& options() const noexcept { return options_; }

    session_pointer session;

private:
    pair_options options_;
    context_pointer server_{SSL_CTX_new(TLS_server_method())};
    context_pointer client_{SSL_CTX_new(TLS_client_method())};
};

// Two ends and what lies between them. What an end has sent is moved by `to_server`, `to_client`.
class tls_pair {
public:
    tls_pair(const contexts& of, SSL_SESSION* resumed) : memory_bio_(of.options().memory_bio) {
        client_.reset(SSL_new(of.client()));
        BIO* both = flat_bio(client_wire);
        SSL_set_bio(client_.get(), both, both);
        if (resumed != nullptr) SSL_set_session(client_.get(), resumed);
        SSL_set_connect_state(client_.get());
        const double before = cpu_now();
        server_.reset(SSL_new(of.server()));
        if (memory_bio_) {
            SSL_set_bio(server_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        } else {
            both = flat_bio(server_wire);
            SSL_set_bio(server_.get(), both, both);
        }
        SSL_set_accept_state(server_.get());
        making_seconds = cpu_now() - before;
    }

    // As if closed in order: else SSL_free would spoil the session.
    ~tls_pair() { SSL_set_shutdown(client_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); }
    tls_pair(const tls_pair&) = delete;
    tls_pair& operator=(const tls_pair&) = delete;

    // The whole handshake, with the tickets taken; CPU seconds of the server's SSL_accept calls.
    double shake_hands() {
        double accepting = 0;
        int connected = 0, accepted = 0;
        for (int steps = 0; connected != 1 || accepted != 1; ++steps) {
            require(steps < 10, "a handshake");
            if (connected != 1) connected = SSL_connect(client_.get());
            to_server();
            if (accepted == 1) break;
            const double before = cpu_now();
            accepted = SSL_accept(server_.get());
            accepting += cpu_now() - before;
            to_client();
        }
        char none;
        require(SSL_read(client_.get(), &none, 1) <= 0, "reading no more than tickets");
        return accepting;
    }

    // Ends the server; CPU seconds of SSL_free.
    double free_server() {
        const double before = cpu_now();
        server_.reset();
        return cpu_now() - before;
    }

    void to_server() {
        carried_to_server_.assign(client_wire.sent());
        client_wire.written = 0;
        give_server(carried_to_server_);
    }
    // What the server reads next: bytes of the caller.
    void give_server(std::string_view bytes) {
        if (memory_bio_)
            BIO_write(SSL_get_rbio(server_.get()), bytes.data(), static_cast<int>(bytes.size()));
        else
            server_wire.in = bytes;
    }
    void to_client() {
        if (memory_bio_) {
            char* sent = nullptr;
            const long size = BIO_get_mem_data(SSL_get_wbio(server_.get()), &sent);
            carried_to_client_.assign(sent, static_cast<size_t>(size));
            forget_sent();
        } else {
            carried_to_client_.assign(server_wire.sent());
            server_wire.written = 0;
        }
        client_wire.in = carried_to_client_;
    }
    // What the server has sent goes nowhere.
    void forget_sent() {
        if (memory_bio_)
            (void)BIO_reset(SSL_get_wbio(server_.get()));
        else
            server_wire.written = 0;
    }

    [[nodiscard]] SSL* server() const noexcept { return server_.get(); }
    [[nodiscard]] SSL* client() const noexcept { return client_.get(); }

    flat_wire client_wire, server_wire;
    double making_seconds = 0;

private:
    bool memory_bio_;
    std::string carried_to_server_, carried_to_client_;
    ssl_pointer client_, server_;
};

}  // namespace saker::tls_bench
