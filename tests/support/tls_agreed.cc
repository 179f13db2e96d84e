// What `tls_client` knows of an agreement: the negotiated parameters, the server's certificate, and
// channel bindings as RFC 5929 and RFC 9266 make them.

#include "tests/support/tls_client_state.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace saker::test {

std::string tls_client::protocol() const { return SSL_get_version(state_->ssl.get()); }

std::string tls_client::cipher_suite() const {
    const SSL_CIPHER* const chosen = SSL_get_current_cipher(state_->ssl.get());
    return chosen == nullptr ? "" : SSL_CIPHER_standard_name(chosen);
}

std::string tls_client::application_protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(state_->ssl.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

std::string tls_client::group() const {
    const int id = static_cast<int>(SSL_get_negotiated_group(state_->ssl.get()));
    const char* const name = OBJ_nid2sn(id);
    return name == nullptr ? "" : name;
}

bool tls_client::resumed() const { return SSL_session_reused(state_->ssl.get()) == 1; }

bool tls_client::compressed() const {
    return SSL_get_current_compression(state_->ssl.get()) != nullptr;
}

std::string tls_client::server_certificate_pem() const {
    X509* const peer = SSL_get0_peer_certificate(state_->ssl.get());
    if (peer == nullptr) return "";
    const tls::bio_ptr to(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(to.get(), peer);
    char* from = nullptr;
    const long size = BIO_get_mem_data(to.get(), &from);
    return {from, static_cast<size_t>(size)};
}

std::string tls_client::server_subject() const {
    X509* const peer = SSL_get0_peer_certificate(state_->ssl.get());
    if (peer == nullptr) return "";
    const tls::bio_ptr to(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(to.get(), X509_get_subject_name(peer), 0, XN_FLAG_RFC2253);
    char* from = nullptr;
    const long size = BIO_get_mem_data(to.get(), &from);
    return {from, static_cast<size_t>(size)};
}

std::string tls_client::server_key() const {
    X509* const peer = SSL_get0_peer_certificate(state_->ssl.get());
    return peer == nullptr ? "" : OBJ_nid2sn(EVP_PKEY_base_id(X509_get0_pubkey(peer)));
}

size_t tls_client::server_chain_length() const {
    return static_cast<size_t>(sk_X509_num(SSL_get_peer_cert_chain(state_->ssl.get())));
}

std::string tls_client::staple() const {
    unsigned char* response = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(state_->ssl.get(), &response);
    return size <= 0 ? ""
                     : std::string(reinterpret_cast<char*>(response), static_cast<size_t>(size));
}

std::string tls_client::end_point_binding() const {
    X509* const peer = SSL_get0_peer_certificate(state_->ssl.get());
    int digest = 0;
    if (peer == nullptr || X509_get_signature_info(peer, &digest, nullptr, nullptr, nullptr) != 1)
        return "";
    if (digest == NID_md5 || digest == NID_sha1 || digest == NID_undef) digest = NID_sha256;
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(peer, EVP_get_digestbynid(digest), hash, &size);
    return {reinterpret_cast<char*>(hash), size};
}

// The first Finished: the client's, or the server's where the session is resumed.
std::string tls_client::unique_binding() const {
    unsigned char hash[EVP_MAX_MD_SIZE];
    const size_t size = resumed() ? SSL_get_peer_finished(state_->ssl.get(), hash, sizeof hash)
                                  : SSL_get_finished(state_->ssl.get(), hash, sizeof hash);
    return {reinterpret_cast<char*>(hash), size};
}

std::string tls_client::exporter_binding() const {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    unsigned char bytes[32];
    const int done = SSL_export_keying_material(state_->ssl.get(), bytes, sizeof bytes,
                                                label.data(), label.size(), bytes, 0, 1);
    return done == 1 ? std::string(reinterpret_cast<char*>(bytes), sizeof bytes) : "";
}

}  // namespace saker::test
