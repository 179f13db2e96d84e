// See context.h.

#include "protocols/tls/context.h"

#include "protocols/http/characters.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>

namespace saker::tls {
namespace {

// Forward secrecy and AEAD alone: Mozilla's intermediate recommendation, version 5.7.
constexpr const char* usual_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* usual_suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// The first that this OpenSSL knows all of.
constexpr std::array usual_groups = {"X25519MLKEM768:X25519:P-256:P-384", "X25519:P-256:P-384"};
constexpr int least_security_level = 2;  // 112 bits: RSA of 2048, curves of 224

handshake_listener& listener_of(SSL* ssl) noexcept {
    return *static_cast<handshake_listener*>(SSL_get_app_data(ssl));
}

int on_client_hello(SSL* ssl, int* alert, void*) noexcept {
    const std::optional<bool> accepted = listener_of(ssl).on_client_hello(ssl, *alert);
    if (!accepted) return SSL_CLIENT_HELLO_RETRY;
    return *accepted ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

// The server's preference; a client that offers only what nobody serves is refused (RFC 7301 3.2),
// and so is HTTP/2 over a cipher suite that it forbids (RFC 9113 9.2.2).
int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* size,
            const unsigned char* offered, unsigned offered_size, void* of) noexcept {
    const auto& host = *static_cast<const host_settings*>(of);
    const bool http2 = is_fit_for_http2(SSL_get_pending_cipher(ssl));
    for (std::string_view left = host.alpn; !left.empty();) {
        const auto length = static_cast<unsigned>(static_cast<unsigned char>(left.front())) + 1;
        const auto* const ours = reinterpret_cast<const unsigned char*>(left.data());
        const bool forbidden = left.substr(1, length - 1) == "h2" && !http2;
        left.remove_prefix(length);
        unsigned char* found = nullptr;
        if (forbidden || SSL_select_next_proto(&found, size, ours, length, offered, offered_size) !=
                             OPENSSL_NPN_NEGOTIATED)
            continue;
        *chosen = found;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// The stapled response of the certificate that was chosen; OpenSSL frees what it is given.
int on_status_request(SSL* ssl, void*) noexcept {
    const std::string_view response = listener_of(ssl).ocsp_response(SSL_get_certificate(ssl));
    if (response.empty()) return SSL_TLSEXT_ERR_NOACK;
    auto* const copy = static_cast<unsigned char*>(OPENSSL_malloc(response.size()));
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    std::memcpy(copy, response.data(), response.size());
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
    return SSL_TLSEXT_ERR_OK;
}

int on_verify(X509_STORE_CTX* about, void*) noexcept {
    auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(about, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const bool trusted = X509_verify_cert(about) == 1;
    if (listener_of(ssl).on_client_certificate(about, trusted)) {
        X509_STORE_CTX_set_error(about, X509_V_OK);
        return 1;
    }
    if (X509_STORE_CTX_get_error(about) == X509_V_OK)
        X509_STORE_CTX_set_error(about, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

std::string what_is_wrong(std::string_view what) {
    return std::string(what) + ": " + openssl_errors() + '.';
}

// ---- ciphers ----

// IANA's names and OpenSSL's, of both generations, as OpenSSL's two lists.
error use_policy(SSL_CTX* context, const std::vector<std::string>& policy) {
    error wrong;
    if (policy.empty()) {
        if (SSL_CTX_set_cipher_list(context, usual_ciphers) != 1 ||
            SSL_CTX_set_ciphersuites(context, usual_suites) != 1)
            wrong.messages.push_back(what_is_wrong("The usual cipher suites cannot be had"));
        return wrong;
    }
    SSL_CTX_set_cipher_list(context, "ALL");
    SSL_CTX_set_ciphersuites(
        context,
        (std::string(usual_suites) + ":TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256").c_str());
    STACK_OF(SSL_CIPHER)* const known = SSL_CTX_get_ciphers(context);
    std::string ciphers, suites;
    for (const std::string& name : policy) {
        const SSL_CIPHER* found = nullptr;
        for (int i = 0; i < sk_SSL_CIPHER_num(known) && found == nullptr; ++i) {
            const SSL_CIPHER* const one = sk_SSL_CIPHER_value(known, i);
            const char* const iana = SSL_CIPHER_standard_name(one);
            if (equals_ignore_case(name, SSL_CIPHER_get_name(one)) ||
                (iana != nullptr && equals_ignore_case(name, iana)))
                found = one;
        }
        if (found == nullptr) {
            wrong.messages.push_back("cipher_suites_policy names '" + name +
                                     "', which this OpenSSL does not have or takes for too weak; "
                                     "openssl ciphers -v -stdname lists those that it has.");
            continue;
        }
        const bool is_13 = std::string_view(SSL_CIPHER_get_version(found)) == "TLSv1.3";
        std::string& list = is_13 ? suites : ciphers;
        list += (list.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(found));
    }
    if (!wrong.messages.empty()) return wrong;
    // A generation of which none is named is not served.
    SSL_CTX_set_cipher_list(context, ciphers.empty() ? usual_ciphers : ciphers.c_str());
    if (ciphers.empty()) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, suites.c_str());
    if (suites.empty()) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    if (SSL_CTX_get_min_proto_version(context) > SSL_CTX_get_max_proto_version(context))
        wrong.messages.emplace_back(
            "cipher_suites_policy names no cipher suite of the protocols that are served.");
    return wrong;
}

// An endpoint of HTTP/2 alone behind suites that it forbids would be one that nobody can reach.
error check_http2(SSL_CTX* context, std::string_view alpn) {
    if (alpn != "\x02h2") return {};
    const bool only12 = SSL_CTX_get_max_proto_version(context) == TLS1_2_VERSION;
    STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(context);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
        const SSL_CIPHER* const one = sk_SSL_CIPHER_value(all, i);
        const bool is_13 = std::string_view(SSL_CIPHER_get_version(one)) == "TLSv1.3";
        if (is_fit_for_http2(one) && !(is_13 && only12)) return {};
    }
    return error(
        "cipher_suites_policy names nothing but cipher suites that HTTP/2 forbids (RFC 9113 "
        "9.2.2), "
        "and HTTP/2 alone is served.");
}

error use_groups(SSL_CTX* context, const std::string& groups) {
    if (!groups.empty()) {
        if (SSL_CTX_set1_groups_list(context, groups.c_str()) == 1) return {};
        return error(
            what_is_wrong("groups are '" + groups + "', which this OpenSSL does not take"));
    }
    for (const char* const usual : usual_groups)
        if (SSL_CTX_set1_groups_list(context, usual) == 1) break;
    ERR_clear_error();
    return {};
}

// ---- certificates ----

bool put_certificate(SSL_CTX* context, const loaded_certificate& one) {
    STACK_OF(X509)* chain = sk_X509_new_null();
    for (const x509_ptr& link : one.chain) sk_X509_push(chain, link.get());
    const bool well =
        SSL_CTX_use_cert_and_key(context, one.leaf.get(), one.key.get(), chain, 1) == 1;
    sk_X509_free(chain);  // the context has references of its own
    return well;
}

error use_own_certificates(SSL_CTX* context, const host_settings& host) {
    error wrong;
    for (const server_certificate& one : host.certificates)
        if (!one)
            wrong.messages.emplace_back("A certificate in loaded_certificates is null.");
        else if (!put_certificate(context, *one.loaded()))
            wrong.messages.push_back(
                what_is_wrong("The certificate " + one.facts().subject + " cannot be used"));
    return wrong;
}

// The first bytes of the SHA-256 of all of them together.
error look_at_trusted(host_settings& host) {
    error wrong;
    std::string all;
    for (const std::string& file : host.options->client_trust_roots) {
        std::ifstream text(file, std::ios::binary);
        all.append(std::istreambuf_iterator<char>(text), std::istreambuf_iterator<char>());
        if (!text) wrong.messages.push_back("client_trust_roots: " + file + " cannot be read.");
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(all.data(), all.size(), digest, nullptr, EVP_sha256(), nullptr) == 1)
        std::copy_n(digest, host.trusted.size(), host.trusted.begin());
    return wrong;
}

error trust(SSL_CTX* context, host_settings& host) {
    error wrong;
    const https_options& options = *host.options;
    if (host.client_certificates == client_certificate_mode::no_certificate &&
        !options.on_connection && !options.on_connection_async)
        return wrong;
    wrong = look_at_trusted(host);
    if (!wrong.messages.empty()) return wrong;
    store_ptr store(X509_STORE_new());
    STACK_OF(X509_NAME)* file_names = nullptr;  // told to the client, whose they may be
    if (options.client_trust_roots.empty() && X509_STORE_set_default_paths(store.get()) != 1)
        wrong.messages.push_back(what_is_wrong("The system's trusted roots cannot be read"));
    for (const std::string& file : options.client_trust_roots) {
        if (X509_STORE_load_file(store.get(), file.c_str()) != 1) {
            wrong.messages.push_back(
                what_is_wrong("client_trust_roots: " + file + " has no certificates in PEM"));
            continue;
        }
        if (file_names == nullptr) file_names = sk_X509_NAME_new_null();
        SSL_add_file_cert_subjects_to_stack(file_names, file.c_str());
    }
    if (file_names != nullptr) SSL_CTX_set_client_CA_list(context, file_names);
    X509_LOOKUP* const lists = X509_STORE_add_lookup(store.get(), X509_LOOKUP_file());
    for (const std::string& file : options.revocation_lists)
        if (X509_load_crl_file(lists, file.c_str(), X509_FILETYPE_PEM) < 1 &&
            X509_load_crl_file(lists, file.c_str(), X509_FILETYPE_ASN1) < 1)
            wrong.messages.push_back(
                what_is_wrong("revocation_lists: " + file + " is no revocation list"));
    ERR_clear_error();
    if (options.check_certificate_revocation)
        X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    SSL_CTX_set1_verify_cert_store(context, store.get());
    SSL_CTX_set_cert_verify_callback(context, on_verify, nullptr);
    return wrong;
}

// ---- sessions ----

void use_sessions(SSL_CTX* context, const endpoint_settings& of, ticket_keys& keys) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, static_cast<long>(of.session_lifetime.count()));
    keys.serve(context);
}

// A ticket is good where it was made: where the same certificates are shown (RFC 6066 3 forbids to
// resume under another name), and not where clients have to show one when they have shown none, nor
// when other authorities are trusted.
std::optional<session_tie> tie_of(const host_settings& host, client_certificate_mode mode,
                                  const std::vector<server_certificate>& certificates) noexcept {
    session_tie tie{};
    static_assert(sizeof tie == SSL_MAX_SID_CTX_LENGTH);
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX* const hashing = EVP_MD_CTX_new();
    bool well = hashing != nullptr && EVP_DigestInit_ex(hashing, EVP_sha256(), nullptr) == 1 &&
                EVP_DigestUpdate(hashing, &mode, sizeof mode) == 1;
    if (mode != client_certificate_mode::no_certificate)
        well = well && EVP_DigestUpdate(hashing, host.trusted.data(), host.trusted.size()) == 1;
    for (const server_certificate& one : certificates) {
        if (!one) continue;
        const std::string& thumbprint = one.facts().thumbprint;
        well = well && EVP_DigestUpdate(hashing, thumbprint.data(), thumbprint.size()) == 1;
    }
    well = well && EVP_DigestFinal_ex(hashing, digest, nullptr) == 1;
    EVP_MD_CTX_free(hashing);
    if (!well) return std::nullopt;
    std::copy_n(digest, tie.size(), tie.begin());
    return tie;
}

// TLS 1.2 would ask at once: asking later is a renegotiation there.
int forget_delay_before_13(SSL* ssl, void*) noexcept {
    if (SSL_version(ssl) < TLS1_3_VERSION) SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
    return 1;
}

int verification(client_certificate_mode mode) noexcept {
    switch (mode) {
        case client_certificate_mode::no_certificate: return SSL_VERIFY_NONE;
        case client_certificate_mode::allow_certificate: return SSL_VERIFY_PEER;
        case client_certificate_mode::require_certificate:
            return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
        case client_certificate_mode::delay_certificate:
            return SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

int version_of(ssl_protocols protocols, bool least) noexcept {
    if (protocols == ssl_protocols::tls12) return TLS1_2_VERSION;
    if (protocols == ssl_protocols::tls13) return TLS1_3_VERSION;
    return least ? TLS1_2_VERSION : TLS1_3_VERSION;
}

void append(error& all, error more) {
    for (std::string& one : more.messages) all.messages.push_back(std::move(one));
}

void use_client_certificates(SSL* ssl, const https_options& options, client_certificate_mode mode,
                             const std::optional<session_tie>& tie) noexcept {
    const bool delays = mode == client_certificate_mode::delay_certificate;
    SSL_set_verify(ssl, verification(mode), nullptr);
    SSL_set_cert_cb(ssl, delays ? forget_delay_before_13 : nullptr, nullptr);
    // A client that has to be looked at by a callback, or in a revocation list, is looked at in
    // each handshake: a ticket would let it in unseen.
    const bool unseen =
        mode != client_certificate_mode::no_certificate &&
        (options.client_certificate_validation || options.check_certificate_revocation);
    const bool tickets = tie && !unseen;
    tickets ? SSL_clear_options(ssl, SSL_OP_NO_TICKET) : SSL_set_options(ssl, SSL_OP_NO_TICKET);
    SSL_set_num_tickets(ssl, tickets ? 1 : 0);
    if (tie) SSL_set_session_id_context(ssl, tie->data(), static_cast<unsigned>(tie->size()));
}

}  // namespace

error make_context(host_settings& host, const endpoint_settings& of, ticket_keys& keys) {
    ERR_clear_error();
    host.context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* const context = host.context.get();
    if (context == nullptr) return error(what_is_wrong("OpenSSL makes no context"));
    const https_options& options = *host.options;
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_get_security_level(context) < least_security_level)
        SSL_CTX_set_security_level(context, least_security_level);
    SSL_CTX_set_min_proto_version(context, version_of(host.protocols, true));
    SSL_CTX_set_max_proto_version(context, version_of(host.protocols, false));
    SSL_CTX_set_max_early_data(context, 0);
    error wrong = use_policy(context, options.cipher_suites_policy);
    if (wrong.messages.empty()) wrong = check_http2(context, host.alpn);
    append(wrong, use_groups(context, options.groups));
    append(wrong, use_own_certificates(context, host));
    append(wrong, trust(context, host));
    use_sessions(context, of, keys);
    host.tie = tie_of(host, host.client_certificates, host.certificates);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, nullptr);
    if (!host.alpn.empty()) SSL_CTX_set_alpn_select_cb(context, on_alpn, &host);
    SSL_CTX_set_tlsext_status_cb(context, on_status_request);
    return wrong;
}

bool use_certificates(SSL* ssl, const std::vector<server_certificate>& all) noexcept {
    bool any = false;
    SSL_certs_clear(ssl);
    for (const server_certificate& one : all) {
        if (!one) continue;
        STACK_OF(X509)* chain = sk_X509_new_null();
        const loaded_certificate& loaded = *one.loaded();
        for (const x509_ptr& link : loaded.chain) sk_X509_push(chain, link.get());
        any = SSL_use_cert_and_key(ssl, loaded.leaf.get(), loaded.key.get(), chain, 1) == 1;
        sk_X509_free(chain);
        if (!any) return false;
    }
    return any;
}

bool use_protocols(SSL* ssl, ssl_protocols protocols) noexcept {
    const auto allowed_min = static_cast<int>(SSL_get_min_proto_version(ssl));
    const auto allowed_max = static_cast<int>(SSL_get_max_proto_version(ssl));
    const int least = std::max(version_of(protocols, true), allowed_min);
    const int most = std::min(version_of(protocols, false), allowed_max);
    SSL_set_min_proto_version(ssl, least);
    SSL_set_max_proto_version(ssl, most);
    return least <= most;
}

void use_host(SSL* ssl, const host_settings& host) noexcept {
    SSL_CTX* const context = host.context.get();
    SSL_set_SSL_CTX(ssl, context);
    SSL_set_min_proto_version(ssl, static_cast<int>(SSL_CTX_get_min_proto_version(context)));
    SSL_set_max_proto_version(ssl, static_cast<int>(SSL_CTX_get_max_proto_version(context)));
    use_client_certificates(ssl, *host.options, host.client_certificates, host.tie);
}

void use_instead(SSL* ssl, const host_settings& host, client_certificate_mode mode,
                 const std::vector<server_certificate>& certificates) noexcept {
    use_client_certificates(ssl, *host.options, mode, tie_of(host, mode, certificates));
}

bool is_fit_for_http2(const SSL_CIPHER* cipher) noexcept {
    if (cipher == nullptr || SSL_CIPHER_is_aead(cipher) != 1) return false;
    const int exchange = SSL_CIPHER_get_kx_nid(cipher);
    return exchange == NID_kx_any || exchange == NID_kx_ecdhe || exchange == NID_kx_dhe;
}

}  // namespace saker::tls
