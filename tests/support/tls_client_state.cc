// See tls_client_state.h.

#include "tests/support/tls_client_state.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace saker::test {
namespace {

tls::bio_ptr text(const std::string& pem) {
    return tls::bio_ptr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

void must(bool good, const char* what) {
    EXPECT_TRUE(good) << what << ": " << tls::openssl_errors();
}

}  // namespace

tls_client::state::state(const tls_client_options& chosen)
    : context(SSL_CTX_new(TLS_client_method())) {
    configure(chosen);
    start(chosen);
}

void tls_client::state::configure(const tls_client_options& chosen) {
    SSL_CTX* const with = context.get();
    if (chosen.lowest < tls_version::tls12) SSL_CTX_set_security_level(with, 0);
    SSL_CTX_set_min_proto_version(with, static_cast<int>(chosen.lowest));
    SSL_CTX_set_max_proto_version(with, static_cast<int>(chosen.highest));
    if (!chosen.ciphers.empty())
        must(SSL_CTX_set_cipher_list(with, chosen.ciphers.c_str()) == 1, "ciphers");
    if (!chosen.suites.empty())
        must(SSL_CTX_set_ciphersuites(with, chosen.suites.c_str()) == 1, "suites");
    if (!chosen.groups.empty())
        must(SSL_CTX_set1_groups_list(with, chosen.groups.c_str()) == 1, "groups");
    if (!chosen.signatures.empty())
        must(SSL_CTX_set1_sigalgs_list(with, chosen.signatures.c_str()) == 1, "signatures");
    if (!chosen.tickets) SSL_CTX_set_options(with, SSL_OP_NO_TICKET);
    if (!chosen.trusts.empty()) {
        const tls::bio_ptr from = text(chosen.trusts);
        const tls::x509_ptr root(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr));
        must(X509_STORE_add_cert(SSL_CTX_get_cert_store(with), root.get()) == 1, "root");
        SSL_CTX_set_verify(with, SSL_VERIFY_PEER, nullptr);
    }
    if (!chosen.certificate.empty()) {
        const tls::bio_ptr certificates = text(chosen.certificate);
        const tls::x509_ptr own(PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr));
        const tls::bio_ptr keys = text(chosen.key);
        const tls::key_ptr key(PEM_read_bio_PrivateKey(keys.get(), nullptr, nullptr, nullptr));
        must(SSL_CTX_use_certificate(with, own.get()) == 1, "certificate");
        must(SSL_CTX_use_PrivateKey(with, key.get()) == 1, "key");
        while (X509* const above = PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr))
            must(SSL_CTX_add0_chain_cert(with, above) == 1, "chain");
        ERR_clear_error();  // no more in the text
    }
    SSL_CTX_set_session_cache_mode(with, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(with, saw_session);
    SSL_CTX_set_keylog_callback(with, saw_secret);
}

void tls_client::state::start(const tls_client_options& chosen) {
    ssl.reset(SSL_new(context.get()));
    in = BIO_new(BIO_s_mem());
    out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    SSL_set_app_data(ssl.get(), this);
    SSL_set_msg_callback(ssl.get(), saw);
    SSL_set_msg_callback_arg(ssl.get(), this);
    SSL_set_info_callback(ssl.get(), saw_info);
    SSL_set_connect_state(ssl.get());
    if (!chosen.server_name.empty()) {
        SSL_set_tlsext_host_name(ssl.get(), chosen.server_name.c_str());
        if (!chosen.trusts.empty()) SSL_set1_host(ssl.get(), chosen.server_name.c_str());
    }
    std::string names;
    for (const std::string& one : chosen.application_protocols)
        names += static_cast<char>(one.size()) + one;
    if (!names.empty())
        SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(names.data()),
                            static_cast<unsigned>(names.size()));
    if (chosen.resumes) {
        // A copy: OpenSSL takes a session of TLS 1.3 for used up.
        const tls_session copy(SSL_SESSION_dup(chosen.resumes.get()), SSL_SESSION_free);
        must(SSL_set_session(ssl.get(), copy.get()) == 1, "session");
    }
    SSL_set_post_handshake_auth(ssl.get(), chosen.post_handshake_auth ? 1 : 0);
    if (chosen.asks_for_staple) SSL_set_tlsext_status_type(ssl.get(), TLSEXT_STATUSTYPE_ocsp);
}

std::string tls_client::state::drain() {
    char* from = nullptr;
    const long size = BIO_get_mem_data(out, &from);
    std::string all(from, static_cast<size_t>(size));
    BIO_reset(out);
    return all;
}

bool tls_client::state::fails(int result) {
    const int error = SSL_get_error(ssl.get(), result);
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return false;
    if (error == SSL_ERROR_ZERO_RETURN)
        closed = true;
    else if (failure.empty())
        failure = tls::openssl_errors();
    ERR_clear_error();
    return true;
}

tls_client::state& tls_client::state::of(const SSL* one) {
    return *static_cast<state*>(SSL_get_app_data(one));
}

void tls_client::state::saw(int write, int, int kind, const void* bytes, size_t size, SSL*,
                            void* self) {
    state& mine = *static_cast<state*>(self);
    const auto* const at = static_cast<const unsigned char*>(bytes);
    std::vector<tls_record>& all = write != 0 ? mine.sent_records : mine.records;
    if (kind == SSL3_RT_HEADER) {
        all.push_back({static_cast<tls_content>(at[0]), static_cast<size_t>(at[3] << 8 | at[4])});
        if (write != 0 && mine.established) ++mine.sequence;
    } else if (kind == SSL3_RT_INNER_CONTENT_TYPE) {
        // Of what is written it is told before the header.
        if (write == 0 && !all.empty()) all.back().kind = static_cast<tls_content>(at[0]);
    } else if (kind == SSL3_RT_HANDSHAKE && size > 0) {
        mine.messages.push_back({write != 0, at[0], size});
    }
}

void tls_client::state::saw_info(const SSL* one, int where, int value) {
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
    const auto which = static_cast<tls_alert>(value & 0xff);
    if (which == tls_alert::close_notify) return;
    of(one).alert = which;
    of(one).alert_was_fatal = value >> 8 == SSL3_AL_FATAL;
}

void tls_client::state::saw_secret(const SSL* one, const char* line) {
    // "CLIENT_TRAFFIC_SECRET_0 <client random> <secret>"
    const std::string all = line;
    const size_t name = all.find(' '), secret = all.rfind(' ');
    std::string bytes;
    for (size_t i = secret + 1; i + 2 <= all.size(); i += 2)
        bytes += static_cast<char>(std::stoi(all.substr(i, 2), nullptr, 16));
    of(one).secrets[all.substr(0, name)] = bytes;
}

int tls_client::state::saw_session(SSL* one, SSL_SESSION* given) {
    of(one).session = tls_session(given, SSL_SESSION_free);
    return 1;
}

}  // namespace saker::test
